"""What all commands share: options, settings, printing and exit statuses.

0 done (ask: answered)   1 asked and not answered   2 wrong usage   3 the world is at fault

This module and `cli` import what takes long where it is used: a refresh without a change, which
may run every minute, needs little of it.
"""

from __future__ import annotations

import inspect
import io
import logging
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, overload

import typer

from bot.errors import BotError, QuestionError
from config import Settings, SettingsError, setup_logs
from embeddings import EncoderError
from retrieval.errors import RetrievalError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.library import Library
    from bot.loading import Loading
    from bot.terminal import Building

logger = logging.getLogger(__name__)

# Commands have a class of click, of which typer keeps a copy of its own.
Command: TypeAlias = Any
Body: TypeAlias = Callable[..., int | None]

_FIRST_START = (
    "First start: this compiles the encoder, in half a minute or so, and indexes the articles, a "
    "hundred short ones in ten to thirty seconds. Later starts take a second or two."
)

NOT_ANSWERED, WRONG_USAGE, WORLD_AT_FAULT, INTERRUPTED = 1, 2, 3, 130


def print_version(wanted: bool) -> None:
    """Print the version and end the program, if it is wanted."""
    if wanted:
        typer.echo(f"excerpta {version('excerpta')}")
        raise typer.Exit


Folder = Annotated[
    str | None, typer.Option("--articles", metavar="DIR", help="Folder of the articles.")
]
Index = Annotated[
    str | None,
    typer.Option("--index", metavar="DIR", help="Folder of the index, or a Milvus server."),
]
File = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Settings, in TOML.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Log more, show tracebacks.")]
Version = Annotated[
    bool,
    typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command.

    Attributes:
        origins: Where each setting is from that is no default, by "section.key".
        options: The options that chose the settings, to hand on to another process.
    """

    settings: Settings
    origins: Mapping[str, str]
    json: bool
    verbose: bool
    options: tuple[str, ...]

    def loading(self) -> Loading:
        """Begin to load the encoder, while the caller imports what he needs."""
        from bot.loading import Loading

        return Loading(self.settings)

    def library(self, stale: bool = False, loading: Loading | None = None) -> Library:
        """Open the library; draw the progress and report changes on standard error.

        Args:
            stale: Open the index as it is, if there is one.
            loading: The encoder, if the caller began to load it.
        """
        with self.building() as building:
            # So do these.
            loading = loading or self.loading()
            from bot.build import open_library
            from bot.terminal import report_text

            library = open_library(
                self.settings, building.announce, building.update, stale=stale, loading=loading
            )
        if library.report is not None and library.report.changed:
            say(report_text(library.report))
        return library

    @contextmanager
    def building(self) -> Iterator[Building]:
        """Draw what takes long on standard error; say of a first start what is to come."""
        index = self.settings.index
        if sys.stderr.isatty() and not (index.server or index.folder.exists()):
            say(textwrap.fill(_FIRST_START, shutil.get_terminal_size().columns - 1))
        # Imported when something is on the screen, as this takes half a second.
        from rich.console import Console

        from bot.terminal import Building

        with Building(Console(stderr=True)) as building:
            building.announce("starting")
            yield building

    def print(
        self, document: Mapping[str, Any], drawing: RenderableType, *, paged: bool = False
    ) -> None:
        """Print a result: as JSON if asked to, else drawn in a terminal and plain in a pipe.

        Args:
            document: The result as JSON.
            drawing: The result as it is drawn; a text stands as it is, without markup.
            paged: Show it in the pager if it is longer than the terminal's screen.
        """
        from bot.display import json_text, plain

        if self.json:
            write(json_text(document))
            return
        from rich.console import Console
        from rich.text import Text

        console = Console()
        if isinstance(drawing, str):
            drawing = Text(drawing)
        if console.is_terminal:
            from bot.terminal import page

            if not (paged and page(drawing, console)):
                console.print(drawing)
        else:
            # The console would end the program if the pipe is closed.
            write(plain(drawing))

    def refuse_json(self, instead: str) -> None:
        """Refuse `--json` for a command that prints no document."""
        if self.json:
            raise SettingsError(f"--json: this command prints no document; {instead}")


def write(text: str) -> None:
    """Write a line to standard output.

    Raises:
        BrokenPipeError: Its reader has gone.
        BotError: It cannot be written, as on a full disk.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as exc:
        _write_no_more()
        raise BotError(
            f"the output cannot be written ({exc.strerror}); make room where it goes, or send it "
            "elsewhere"
        ) from exc


def _write_no_more() -> None:
    """Let all further output vanish, as Python would try once more at its exit, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Write a line to standard error."""
    typer.echo(text, err=True)


@contextmanager
def _explained(as_json: bool, verbose: bool) -> Iterator[None]:
    """Turn an error into one line and an exit status; only a verbose run logs the traceback."""
    fault: Exception
    try:
        yield
    except (SettingsError, QuestionError) as exc:
        fault, status = exc, WRONG_USAGE
    except (RetrievalError, EncoderError, BotError) as exc:
        fault, status = exc, WORLD_AT_FAULT
    except KeyboardInterrupt as exc:
        # Whoever was interrupted may have noted what that means.
        say("; ".join(["interrupted", *getattr(exc, "__notes__", [])]))
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader has gone: `excerpta ask ... | head -1`.
        _write_no_more()
        return
    except Exception as exc:  # noqa: BLE001 - any error is one line and a status
        hint = "" if verbose else "; run it with -v for the details"
        fault, status = BotError(f"unexpected {type(exc).__name__}: {exc}{hint}"), WORLD_AT_FAULT
        fault.__cause__ = exc
    else:
        return
    from bot.display import json_text, visible

    if as_json:
        # Where the output is at fault, the line below tells it.
        with suppress(BotError, BrokenPipeError):
            write(json_text({"error": str(fault)}))
    # The log keeps the bot's token out of the traceback.
    logger.debug("the command failed", exc_info=fault)
    say(f"excerpta: {visible(str(fault))}")
    raise typer.Exit(status)


@overload
def command(body: Body) -> Command: ...
@overload
def command(*, hidden: Collection[str]) -> Callable[[Body], Command]: ...
def command(body: Body | None = None, *, hidden: Collection[str] = ()) -> Command:
    """Make a command with its own parameters and those that every command has.

    Args:
        body: It takes the `Run`, then its own parameters, and returns the exit status or None.
        hidden: Names of options of every command that do nothing here, and that its help leaves
            out: "articles", "index", "config", "json".
    """
    if body is None:
        return partial(command, hidden=hidden)

    def call(
        *,
        articles: Folder = None,
        index: Index = None,
        config: File = None,
        json: Json = False,
        verbose: Verbose = False,
        _version: Version = False,
        **own: object,
    ) -> None:
        setup_logs(verbose)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Characters that the encoding of the output lacks become question marks.
            sys.stdout.reconfigure(errors="replace")
        status = 0
        with _explained(json, verbose):
            # An index that is named here takes the place of a server that a file names.
            overrides: dict[str, dict[str, object]]
            place = {} if index is None else {"folder": index, "server": ""}
            overrides = {"articles": {"folder": articles}, "index": {**place}}
            given = {"--articles": articles, "--index": index, "--config": config}
            options = [part for name, path in given.items() if path for part in (name, str(path))]
            settings, origins = Settings.load_traced(config, overrides)
            run = Run(settings, origins, json, verbose, tuple(options))
            status = body(run, **own) or 0
        raise typer.Exit(status)

    everyones = [
        _without_help(parameter) if parameter.name in hidden else parameter
        for parameter in inspect.signature(call, eval_str=True).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    _run, *its_own = inspect.signature(body, eval_str=True).parameters.values()
    parameters = [one.replace(kind=one.KEYWORD_ONLY) for one in [*its_own, *everyones]]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(name=body.__name__, help=inspect.getdoc(body))(call)
    return typer.main.get_command(alone)


def _without_help(option: inspect.Parameter) -> inspect.Parameter:
    """Return an option that is taken, as scripts may give it, and that help does not list."""
    kind, info = option.annotation.__origin__, copy(option.annotation.__metadata__[0])
    info.hidden = True
    return option.replace(annotation=Annotated[kind, info])
