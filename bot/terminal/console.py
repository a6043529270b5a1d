"""The console of the chat: lines with editing, completion and history, or from a pipe."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.output import create_output
from prompt_toolkit.styles import Style
from rich.console import Console

from bot.display import visible
from bot.languages import language_of_environment
from bot.library import Library
from bot.terminal.chat import COMMANDS, Chat
from config import ConsoleSettings, held_logs

logger = logging.getLogger(__name__)

PROMPT = "› "
_STYLE = Style.from_dict({"prompt": "#0087d7 bold"})


class Suggestions(Completer):
    """Completes commands and their arguments.

    Args:
        choices: Returns the arguments that a command takes, each with its meaning.
    """

    def __init__(self, choices: Callable[[str], Iterable[tuple[str, str]]]) -> None:
        self._choices = choices

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterator[Completion]:
        """Yield the completions of the line."""
        typed = document.text_before_cursor
        name, space, argument = typed.partition(" ")
        if space:
            typed, choices = argument, self._choices(name)
        elif typed.startswith("/"):
            choices = ((name, command.help) for name, command in COMMANDS.items())
        else:
            return
        for choice, meaning in choices:
            if choice.startswith(typed):
                yield Completion(choice, -len(typed), display_meta=visible(meaning))


class _PrivateHistory(FileHistory):
    """A history in a file that only its owner may read; a line that cannot be saved is dropped."""

    def store_string(self, string: str) -> None:
        with contextlib.suppress(OSError):
            super().store_string(string)


def open_history(settings: ConsoleSettings) -> History:
    """Open the history that the settings name, or one in memory if the file cannot be written."""
    if not settings.save_history:
        return InMemoryHistory()
    path = settings.history or platformdirs.user_state_path("excerpta") / "history"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if path.is_file():  # not a device, such as /dev/null
            path.chmod(0o600)
    except OSError as exc:
        logger.warning("questions are not remembered: %s cannot be written: %s", path, exc.strerror)
        return InMemoryHistory()
    return _PrivateHistory(path)


def run_chat(library: Library) -> None:
    """Chat until the asker leaves or standard input ends.

    Answers are drawn if standard input and output are a terminal, else they are plain text below
    the questions, which a pipe or a file would lack. There is no prompt if standard input is one.
    """
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    prompted = sys.stdin.isatty()
    drawn = prompted and sys.stdout.isatty()
    out = Console(force_terminal=None if drawn else False)
    language = language_of_environment(os.environ)
    chat = Chat(library, out, Console(stderr=True), language)
    if prompted:
        with held_logs() as let_out:
            _converse(chat, library.settings.console, out, let_out)
    else:
        for line in sys.stdin:
            _repeat(line, out)
            chat.handle(line)
            if chat.over:
                break


def _repeat(line: str, out: Console) -> None:
    """Write the question above its answer, where nobody sees what was typed."""
    if line.strip() and not out.is_terminal:
        out.out(f"{PROMPT}{visible(line.strip())}", highlight=False)


def _converse(
    chat: Chat, settings: ConsoleSettings, out: Console, let_out: Callable[[], None]
) -> None:
    session: PromptSession[str] = PromptSession(
        [("class:prompt", PROMPT)],
        style=_STYLE,
        history=open_history(settings),
        completer=Suggestions(chat.choices),
        # Otherwise a Tab that comes while the menu is being made is lost.
        complete_while_typing=False,
        # This takes standard error if standard output is a file.
        output=create_output(always_prefer_tty=True),
    )
    chat.greet()
    while not chat.over:
        let_out()
        try:
            line = session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        let_out()
        _repeat(line, out)
        try:
            chat.handle(line)
        except KeyboardInterrupt:
            chat.tell("Stopped.")
