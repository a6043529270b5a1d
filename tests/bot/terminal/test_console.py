from __future__ import annotations

import base64
import io
import logging
import os
import re
import shutil
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, cast

import pexpect
import pytest
from pexpect.fdpexpect import fdspawn
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory
from rich.console import Console

from bot.answers import Answerer
from bot.languages import language_of_environment
from bot.library import Library
from bot.terminal import Chat
from bot.terminal.chat import COMMANDS
from bot.terminal.console import Suggestions, open_history
from config import ConsoleSettings, Settings
from retrieval.index import Store
from retrieval.refresh import RefreshOptions, refresh_index
from retrieval.search import Searcher
from tests.fakes import HashEncoder, ReadsHere
from tests.paths import ROOT

DRIVER = """
import sys
import time
from pathlib import Path
from bot.terminal.console import run_chat
from tests.bot.terminal.test_console import library
run_chat(library(Path(sys.argv[1])))
"""
NOISY = f"""
import logging
import threading
import time
from config import setup_logs

def log():
    while True:
        logging.getLogger("bot").warning("noise")
        time.sleep(0.02)

setup_logs(False)
threading.Thread(target=log, daemon=True).start()
{DRIVER}
"""
ARTICLES = {
    "crows.md": "# Crows\n\nCrows recognise human faces.\n\nThey hold grudges for many years.",
    "tides.md": "# Tides\n\nThe moon raises tides twice a day.\n\nSpring tides follow a new moon.",
    "bread.md": "# Bread\n\nSourdough rises slowly because wild yeast is slow.",
}
FROM_CROWS = (
    "“Crows recognise human faces. They hold grudges for many years.”\n"
    "[1] Crows · paragraphs 1–2\n\n"
)


def library(folder: Path, articles: Mapping[str, str] = ARTICLES) -> Library:
    """Open articles with an encoder that costs nothing."""
    settings = Settings.load(
        overrides={
            "articles": {"folder": folder / "articles"},
            "index": {"folder": folder / "index"},
            "search": {"excerpts": 1, "threshold": 0.4},
            "console": {"history": folder / "state" / "history"},
        }
    )
    settings.articles.folder.mkdir(exist_ok=True)
    for name, text in articles.items():
        (settings.articles.folder / name).write_text(text, encoding="utf-8")
    encoder = HashEncoder()
    report = refresh_index(
        settings.articles, settings.index, encoder, options=RefreshOptions(parser=ReadsHere)
    )
    store = Store.open(settings.index.folder)
    assert store is not None
    searcher = Searcher.open(store, settings.index.folder, encoder, settings.search)
    answerer = Answerer(searcher, settings.search)
    return Library(settings, searcher, answerer, report)


class Talk:
    """A chat and what it has said."""

    def __init__(self, library: Library, plain: bool = False) -> None:
        self._file = io.StringIO()
        out = Console(width=80, file=self._file, force_terminal=not plain, color_system=None)
        self.chat = Chat(library, out, Console(file=io.StringIO()))

    def __call__(self, line: str) -> str:
        """Say a line; return the reply."""
        before = self._file.tell()
        self.chat.handle(line)
        return self._file.getvalue()[before:].strip()


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(library(tmp_path))


def test_the_greeting_tells_what_can_be_asked(tmp_path: Path) -> None:
    file = io.StringIO()
    Chat(library(tmp_path), Console(file=file), Console(file=file)).greet()
    assert file.getvalue() == "Excerpta · 3 articles\nAsk a question, or type /help.\n\n"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("Who can recognise human faces?", f"▎ {FROM_CROWS}"),
        ("Zanzibar parliament?", "The articles do not answer this."),
        ("word " * 600, "The question has 2,999 characters, the limit is 2,000;"),
        ("/show tides.md", "Tides"),
        ("/status", "articles folder"),
    ],
)
def test_a_line_is_answered(talk: Talk, line: str, reply: str) -> None:
    assert talk(line).startswith(reply)


@pytest.mark.parametrize(
    ("question", "line", "reply"),
    [
        ("", "", ""),
        ("", "\t\n", ""),
        ("", "/more", "Ask a question first; then /more shows further excerpts."),
        ("", "/why", "Ask a question first; then /why tells how its excerpts were chosen."),
        ("moon tides", "/why 2", "There is no citation 2; the last answer has 1 citation."),
        ("moon tides", "/why 0", "There is no citation 0; the last answer has 1 citation."),
        ("moon tides", "/why a.md", "There is no citation a.md; the last answer has 1 citation."),
        ("", "/show 1", "There is no citation 1; the last answer is yet to come."),
        ("moon tides", "/show 7", "There is no citation 7; the last answer has 1 citation."),
        (
            "",
            "/show",
            "Which one? /show 1 takes that of citation [1].",
        ),
        (
            "",
            "/show tide.md",
            "There is no article tide.md; the nearest is tides.md, /sources lists all.",
        ),
        ("", "/show x\x1b[2J", "There is no article x␛[2J; /sources lists all."),
        ("", "/show s", "2 articles are named s: crows.md, tides.md; name one by its path"),
        ("", "/open", "Which one? /open 1 takes that of citation [1]."),
        ("moon tides", "/open 2", "There is no citation 2; the last answer has 1 citation."),
        (
            "moon tides",
            "/copy tides",
            "There is no citation tides; the last answer has 1 citation.",
        ),
        ("", "/sorces", "There is no command /sorces; the nearest is /sources, /help lists all."),
        ("", "/exit", "There is no command /exit; the nearest is /quit, /help lists all."),
    ],
)
def test_what_cannot_be_done_is_one_line(talk: Talk, question: str, line: str, reply: str) -> None:
    talk(question)
    assert talk(line) == reply


@pytest.mark.parametrize("command", ["/show", "/why"])
def test_a_number_of_thousands_of_digits_is_no_citation(talk: Talk, command: str) -> None:
    talk("moon tides")
    assert talk(f"{command} {'9' * 5000}").startswith("There is no citation")


def test_a_follow_up_leans_on_the_question_before(talk: Talk) -> None:
    talk("Who can recognise human faces?")
    talk("/status")
    reply = talk("And who?")
    assert reply.startswith("Understood as: Who can recognise human faces?\n")


def test_a_new_conversation_leans_on_nothing(talk: Talk) -> None:
    talk("Who can recognise human faces?")
    assert talk("/new").startswith("A new conversation begins")
    assert "Understood as" not in talk("And who?")
    assert talk("/new") == talk("/new")
    assert talk("/more").startswith("Ask a question first")


def test_several_questions_are_answered_one_after_the_other(tmp_path: Path) -> None:
    talk = Talk(library(tmp_path), plain=True)
    reply = talk("Who can recognise human faces? Which moon raises tides? Why?")
    headings = re.findall(r"^\d\. .+", reply, re.MULTILINE)
    assert headings == [
        "1. Who can recognise human faces?",
        "2. Which moon raises tides?",
        "3. Why?",
    ]
    assert re.findall(r"^\[(\d)\] (\w+)", reply, re.MULTILINE)[:2] == [
        ("1", "Crows"),
        ("2", "Tides"),
    ]
    assert "Understood as: Why: Which moon raises tides?" in reply
    assert talk("/show 1").startswith("Crows")
    assert talk("/why 1").startswith("[1] Crows")
    assert talk("/why 2").startswith("[2] Tides")
    more = talk("/more")
    assert more.startswith("“Why?”\n\n")
    # Numbers go on behind those of all three, and each leads to what it was shown with.
    (first, title), *_ = re.findall(r"^\[(\d)\] (\w+)", more, re.MULTILINE)
    assert first == "4"
    assert talk(f"/show {first}").startswith(title)
    assert talk(f"/why {first}").startswith(f"[{first}] {title}")
    assert talk("/show 2").startswith("Tides")
    assert talk("Who? " * 5).count("questions at a time") == 1


def test_a_refusal_is_one_sentence_and_more_shows_the_closest_excerpts(tmp_path: Path) -> None:
    talk = Talk(library(tmp_path), plain=True)
    refused = talk("Zanzibar parliament moon?").split("\n\n")
    assert refused[0] == "The articles do not answer this."
    assert re.fullmatch(r"Closest, but not an answer:\n“[^.]+.”\n\[1\] .+", refused[1])
    assert re.fullmatch(r"Next closest: “\w+”, “\w+”. Say “more” for the closest .+", refused[2])
    assert re.findall(r"^\[\d\]", talk("more"), re.MULTILINE) == ["[1]"]
    assert re.findall(r"^\[\d\]", talk("more"), re.MULTILINE)[0] == "[2]"


@pytest.mark.parametrize(
    ("locale", "refusal", "closest", "more"),
    [
        ("uk_UA.UTF-8", "У статтях немає відповіді", "Найближче", "«ще»"),
        ("ru", "В статьях нет ответа", "Самое близкое", "«ещё»"),
        ("de_AT", "Die Artikel beantworten", "Am nächsten", "„mehr“"),
        ("C.UTF-8", "The articles do not answer", "Closest", "“more”"),
    ],
)
def test_a_refusal_is_said_in_the_language_of_the_locale(
    tmp_path: Path, locale: str, refusal: str, closest: str, more: str
) -> None:
    out = io.StringIO()
    language = language_of_environment({"LC_ALL": "", "LANG": locale})
    chat = Chat(library(tmp_path), Console(file=out), Console(file=io.StringIO()), language)
    chat.handle("Zanzibar parliament moon?")
    first, second, third, *_ = out.getvalue().split("\n\n")
    assert first.startswith(refusal)
    assert second.startswith(closest)
    assert more in third


@pytest.mark.parametrize(
    "text",
    [
        "# Harvest of oats\n",
        "# Harvest\n\n## Wheat\n\n## Oats\n",
        "".join(f"# Line {number} of the oats\n" for number in range(50)),
        "| crop | tons |\n|---|---|\n" + "| oats | 5 |\n" * 300,
        "".join(f"## Who sows oats in field {n}?\n\nFarmer {n} does.\n\n" for n in range(50)),
    ],
)
def test_articles_of_headings_or_rows_are_answered_from(tmp_path: Path, text: str) -> None:
    talk = Talk(library(tmp_path, {"oats.md": text}), plain=True)
    for line in ("oats?", "What is this about?", "more", "WHERE ARE OATS?AND WHEAT?", "❤️", "?"):
        assert "Something went wrong" not in talk(line)
        assert talk(line)


def test_plain_answers_are_not_drawn(tmp_path: Path) -> None:
    reply = Talk(library(tmp_path), plain=True)("Who can recognise human faces?")
    assert reply.startswith(FROM_CROWS)


def test_rows_of_a_table_have_lines_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    table = "# Fares\n\n| Boat | Single |\n|---|---|\n| Gull | 9 |\n| Tern | 31 |"
    (tmp_path / "articles" / "fares.md").write_text(table, encoding="utf-8")
    reply = Talk(library(tmp_path))("Gull 9 Tern 31")
    assert "▎ “Gull | Single: 9\n▎ Tern | Single: 31”\n" in reply


def test_more_excerpts_go_on_until_there_are_none(talk: Talk) -> None:
    assert "[1]" in talk("moon tides")
    numbers: list[str] = []
    while "There are no more excerpts" not in (reply := talk("/more")):
        numbers += re.findall(r"^\[(\d+)\]", reply, re.MULTILINE)
    assert numbers == [str(number) for number in range(2, len(numbers) + 2)]
    assert len(numbers) > 1


def test_why_explains_every_excerpt_of_the_last_answer(tmp_path: Path) -> None:
    talk = Talk(library(tmp_path), plain=True)
    talk("Which moon raises tides?")
    talk("/more")
    reply = talk("/why")
    assert reply.startswith("[1] Tides · paragraph 1\nwords in it: ")
    shown = re.findall(r"^\[(\d)\]", reply, re.MULTILINE)
    assert shown == [str(n) for n in range(1, len(shown) + 1)]
    assert len(shown) > 1
    assert re.search(r"^closest words: .*moon → moon", reply, re.MULTILINE)
    assert re.search(r"^The confidence is [\d.]+ %; from 40 % on", reply, re.MULTILINE)


@pytest.mark.parametrize("argument", ["2", "[2]"])
def test_why_explains_one_citation(tmp_path: Path, argument: str) -> None:
    talk = Talk(library(tmp_path), plain=True)
    talk("Which moon raises tides?")
    talk("/more")
    reply = talk(f"/why {argument}")
    assert re.findall(r"^\[(\d)\]", reply, re.MULTILINE) == ["2"]
    assert "The confidence" not in reply


def test_more_excerpts_of_a_follow_up_are_those_of_what_was_searched_for_it(talk: Talk) -> None:
    talk("Who can recognise human faces?")
    talk("And who?")
    assert talk("/more").startswith("▎")
    reply = talk("/why 2")
    assert reply.startswith("[2] ")
    assert "faces" in reply


def test_why_draws_what_is_drawn_of_answers(talk: Talk) -> None:
    talk("Which moon raises tides?")
    assert re.search(r"^  by meaning +\d+ +-?\d\.\d\d  closeness", talk("/why 1"), re.MULTILINE)


def test_why_of_what_is_not_answered_names_what_no_article_has(talk: Talk) -> None:
    talk("Zanzibar parliament faces?")
    reply = talk("/why")
    assert "not found      Zanzibar 1.00 · parliament 1.00" in reply
    assert "Nowhere in the articles, in any form: Zanzibar, parliament." in reply


@pytest.mark.parametrize("argument", ["1", "[1]"])
@pytest.mark.parametrize(
    ("question", "marks"),
    [("hold grudges for many years", ("", "> ")), ("recognise human faces", ("> ", ""))],
)
def test_a_citation_shows_its_article_at_its_paragraphs(
    tmp_path: Path, question: str, marks: tuple[str, str], argument: str
) -> None:
    # Short paragraphs would be cited together.
    first = "Crows recognise human faces. " + "Far over the plain they go. " * 12
    second = "They hold grudges for many years."
    crows = {"crows.md": f"# Crows\n\n{first}\n\n{second}"}
    talk = Talk(library(tmp_path, crows), plain=True)
    talk(question)
    assert talk(f"/show {argument}") == (
        f"Crows\nen · crows.md\n\n{marks[0]}¶ 1  {first.strip()}\n\n{marks[1]}¶ 2  {second}"
    )


def test_an_article_that_went_is_not_shown(tmp_path: Path) -> None:
    opened = library(tmp_path)
    talk = Talk(opened)
    talk("Who can recognise human faces?")
    (tmp_path / "articles" / "crows.md").unlink()
    assert talk("/refresh").startswith("2 articles: 1 deleted, 2 unchanged")
    assert talk("/show 1") == "crows.md is no longer among the articles."
    assert "crows" not in talk("/sources")


def test_the_articles_are_listed(talk: Talk) -> None:
    assert talk("/sources").split("\n") == [
        "Bread · bread.md",
        "Crows · crows.md",
        "Tides · tides.md",
        "",
        "3 articles",
    ]


def test_a_path_with_a_line_break_is_shown_as_it_is_listed(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a\nb.md").write_text("# Broken\n\nA line.", encoding="utf-8")
    talk = Talk(library(tmp_path))
    assert "Broken · a␊b.md" in talk("/sources")
    assert talk("/show a␊b.md").startswith("Broken")


def test_a_refresh_takes_up_and_reports(tmp_path: Path) -> None:
    talk = Talk(library(tmp_path))
    (tmp_path / "articles" / "new.md").write_text("# New\n\nPlatypuses glow.", encoding="utf-8")
    (tmp_path / "articles" / "void.md").write_text("", encoding="utf-8")
    lines = talk("/refresh").splitlines()
    assert lines[0] == "4 articles: 1 added, 3 unchanged, 1 file skipped"
    assert lines[2].startswith("skipped void.md: ")
    assert "Platypuses glow." in talk("platypuses glow")


def test_a_status_counts_as_skipped_what_a_refresh_does(tmp_path: Path) -> None:
    talk = Talk(library(tmp_path), plain=True)
    (tmp_path / "articles" / "nul.md").write_bytes(b"\0" * 100)
    (tmp_path / "articles" / "outside.md").symlink_to("/etc/passwd")
    assert "2 files skipped" in talk("/refresh")
    assert "\nskipped: 2\n" in talk("/status")
    (tmp_path / "articles").rename(tmp_path / "away")
    assert "\nskipped: 1\n" in talk("/status")


def test_a_refresh_that_fails_is_one_line(tmp_path: Path) -> None:
    talk = Talk(library(tmp_path))
    for name in ARTICLES:
        (tmp_path / "articles" / name).unlink()
    assert talk("/refresh").startswith("no articles in ")
    assert "Crows" in talk("Who can recognise human faces?")


def test_the_help_names_every_command(talk: Talk) -> None:
    assert re.findall(r"^/\w+", talk("/help"), re.MULTILINE) == list(COMMANDS)


def test_quit_leaves(talk: Talk) -> None:
    assert not talk.chat.over
    assert talk(" /QUIT ") == ""
    assert talk.chat.over


class Defective:
    def trace(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> NoReturn:
        raise ZeroDivisionError(f"\x1b]{question}")


def test_a_defect_is_one_line_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    opened = library(tmp_path)
    broken = Library(
        opened.settings,
        opened.searcher,
        cast(Answerer, Defective()),
        None,
    )
    talk = Talk(broken)
    with caplog.at_level(logging.INFO, logger="bot.terminal.chat"):
        reply = talk("why?")
    assert reply == "Something went wrong (ZeroDivisionError: ␛]why?); -v shows where."
    (record,) = (one for one in caplog.records if one.name == "bot.terminal.chat")
    assert record.exc_info
    assert talk("/sources").endswith("3 articles")


def completed(talk: Talk, typed: str) -> list[str]:
    suggestions = Suggestions(talk.chat.choices)
    found = suggestions.get_completions(Document(typed), CompleteEvent())
    return [typed[: len(typed) + one.start_position] + one.text for one in found]


def test_commands_and_articles_are_completed(talk: Talk) -> None:
    talk("moon tides")
    assert completed(talk, "/s") == ["/sources", "/show", "/status"]
    assert completed(talk, "/show ") == [
        f"/show {one}" for one in ("1", "bread.md", "crows.md", "tides.md")
    ]
    assert completed(talk, "/show ti") == ["/show tides.md"]
    assert completed(talk, "/w") == ["/why"]
    assert completed(talk, "/why ") == ["/why 1"]
    assert completed(talk, "/copy ") == ["/copy 1"]
    assert completed(talk, "/open c") == ["/open crows.md"]
    assert completed(talk, "/more t") == completed(talk, "moon") == completed(talk, "") == []


def test_history_is_private_and_outlives_a_folder_that_went(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "history"
    history = open_history(ConsoleSettings(save_history=True, history=path))
    history.append_string("why?")
    assert isinstance(history, FileHistory)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(history.load_history_strings()) == ["why?"]
    path.unlink()
    path.parent.rmdir()
    history.append_string("and now?")


def test_history_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.touch(0o644)
    open_history(ConsoleSettings(save_history=True, history=path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["", "file/history"])
def test_history_that_cannot_be_written_is_kept_in_memory(
    tmp_path: Path, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    mode = tmp_path.stat().st_mode
    history = open_history(ConsoleSettings(save_history=True, history=tmp_path / place))
    assert isinstance(history, InMemoryHistory)
    assert "questions are not remembered" in caplog.text
    assert tmp_path.stat().st_mode == mode


def test_history_that_is_not_wanted_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = open_history(ConsoleSettings(save_history=False, history=path))
    assert isinstance(history, InMemoryHistory)
    assert not path.exists()


def environment(**own: str) -> dict[str, str]:
    # Without an answer to "where is the cursor?" prompt_toolkit waits, then warns.
    quiet = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "NO_COLOR": ""}
    return {**os.environ, **quiet, **own}


class Terminal(fdspawn):  # type: ignore[misc]  # pexpect has no types
    """A chat at a terminal of its own.

    `pexpect.spawn` would fork this process, whose threads other tests have started, and run Python
    in the fork.
    """

    def __init__(self, folder: Path, driver: str = DRIVER, **own: str) -> None:
        side, other = os.openpty()
        termios.tcsetwinsize(other, (40, 100))
        self.chat = subprocess.Popen(
            [sys.executable, "-c", driver, str(folder)],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=ROOT,
            env=environment(**own),
            start_new_session=True,
        )
        os.close(other)
        super().__init__(side, encoding="utf-8", timeout=60)

    def leave(self) -> int:
        """Press Ctrl-D at the next prompt and return the chat's exit status."""
        self.expect_exact("› ")
        self.send("\x04")
        self.expect(pexpect.EOF)
        return self.chat.wait(timeout=60)

    def __exit__(self, *exc: object) -> None:
        print("exit status of the chat, if it has ended:", self.chat.poll())
        self.chat.kill()
        self.chat.wait()
        super().__exit__(*exc)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path) as chat:
        yield chat


def test_a_conversation_at_a_terminal(terminal: Terminal, tmp_path: Path) -> None:
    terminal.expect_exact("3 articles")
    terminal.expect_exact("› ")
    terminal.send("Who can recognise human faces?\r")
    terminal.expect_exact("Crows recognise human faces.")
    terminal.expect_exact("confidence")
    terminal.expect_exact("› ")
    terminal.send("half a quest")
    terminal.expect_exact("quest")
    terminal.send("\x03")
    terminal.expect_exact("› ")
    terminal.send("/so\t")
    terminal.expect_exact("/sources")
    terminal.send("\r")
    terminal.expect_exact("3 articles")
    assert terminal.leave() == 0
    history = tmp_path / "state" / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    asked = [line for line in history.read_text().splitlines() if line.startswith("+")]
    assert asked == ["+Who can recognise human faces?", "+/sources"]


def test_the_last_question_comes_back_with_the_arrow_key(terminal: Terminal) -> None:
    terminal.expect_exact("› ")
    terminal.send("/show crows.md\r")
    terminal.expect_exact("grudges")
    terminal.expect_exact("› ")
    terminal.send("\x1b[A\r")
    terminal.expect_exact("grudges")
    assert terminal.leave() == 0


@pytest.mark.slow
def test_a_log_does_not_break_into_what_is_typed(tmp_path: Path) -> None:
    with Terminal(tmp_path, NOISY) as chat:
        chat.expect_exact("› ")
        for letter in "/sources":
            chat.send(letter)
            chat.expect_exact(letter)
            assert "noise" not in chat.before
            time.sleep(0.05)
        chat.send("\r")
        chat.expect_exact("noise")
        chat.expect_exact("3 articles")
        assert chat.leave() == 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("less") is None, reason="there is no less on this machine")
def test_an_article_opens_in_the_pager_and_an_excerpt_is_copied(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    paragraphs = [f"Paragraph {number} of many." for number in range(1, 90)]
    paragraphs[59] = "Otters hold hands while they sleep."
    (tmp_path / "articles" / "otters.md").write_text("\n\n".join(["# Otters", *paragraphs]))
    with Terminal(tmp_path, PAGER="", LESS="", DISPLAY="", WAYLAND_DISPLAY="") as chat:
        chat.expect_exact("› ")
        chat.send("Who holds hands while they sleep?\r")
        chat.expect_exact("confidence")
        chat.expect_exact("› ")
        chat.send("/show 1\r")
        chat.expect_exact("> ¶ 60")
        assert "¶ 40" not in chat.before
        chat.send("q")
        chat.expect_exact("› ")
        chat.send("/copy 1\r")
        chat.expect(r"\x1b\]52;c;([\w+/=]+)\x07")
        copied = base64.b64decode(chat.match[1]).decode()
        assert "Otters hold hands while they sleep." in copied
        assert "\nOtters · paragraph" in copied
        assert chat.leave() == 0


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_is_left_out_on_demand(tmp_path: Path, no_color: str, coloured: bool) -> None:
    with Terminal(tmp_path, NO_COLOR=no_color) as chat:
        written = io.StringIO()
        chat.logfile_read = written
        chat.expect_exact("› ")
        chat.send("Who can recognise human faces?\r")
        chat.expect_exact("confidence")
        assert chat.leave() == 0
    colours = re.findall(r"\x1b\[[\d;]*[345]8;[\d;]*m", written.getvalue())
    assert bool(colours) is coloured


def piped(folder: Path, data: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", DRIVER, str(folder)],
        input=data,
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        timeout=60,
        check=True,
    )


def test_questions_come_through_a_pipe_and_stand_above_their_answers(tmp_path: Path) -> None:
    lines = b"Who can recognise human faces?\n\nbad \xff byte\n/nothing\n/quit\nmoon\n"
    done = piped(tmp_path, lines)
    out = done.stdout.decode()
    assert out.startswith(f"› Who can recognise human faces?\n{FROM_CROWS}")
    assert re.findall("^› (.+)", out, re.MULTILINE)[1:] == ["bad \ufffd byte", "/nothing", "/quit"]
    assert out.rstrip().removesuffix("\n\n› /quit").endswith("/help lists all.")
    assert "\x1b" not in out
    assert done.stderr == b""
    assert not (tmp_path / "state").exists()


def test_the_chat_ends_with_its_input(tmp_path: Path) -> None:
    assert piped(tmp_path, b"moon tides").stdout.decode().count("[1] Tides") == 1


def test_it_is_said_once_that_the_articles_have_changed(tmp_path: Path) -> None:
    opened = library(tmp_path)
    talk = Talk(opened)
    assert "have changed" not in talk("Do crows recognise human faces?")
    (tmp_path / "articles" / "owls.md").write_text("# Owls\n\nOwls hunt at night.")
    refresh_index(opened.settings.articles, opened.settings.index, opened.encoder)
    opened.searcher.reload()
    reply = talk("Do owls hunt at night?")
    assert reply.startswith("The articles have changed; there are 4 articles now.")
    assert "Owls hunt at night." in reply
    assert "have changed" not in talk("Do owls hunt at night?")
    (tmp_path / "articles" / "owls.md").unlink()
    assert "1 deleted" in talk("/refresh")
    assert "have changed" not in talk("Do owls hunt at night?")


def test_a_chat_answers_from_what_was_saved_meanwhile(tmp_path: Path) -> None:
    articles, index = tmp_path / "articles", tmp_path / "index"
    articles.mkdir()
    (articles / "bees.md").write_text("# Bees\n\nHoney bees do not hibernate.")
    command = [sys.executable, "-P", "-m", "bot", "chat"]
    with subprocess.Popen(
        [*command, "--articles", str(articles), "--index", str(index)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as chat:  # fmt: skip
        assert chat.stdin is not None
        assert chat.stdout is not None
        print("Do honey bees hibernate?", file=chat.stdin, flush=True)
        while "Honey bees do not hibernate." not in chat.stdout.readline():
            pass
        (articles / "ferry.md").write_text("# The ferry\n\nThe ferry leaves at seven.")
        answers = ""
        while "The ferry leaves at seven." not in answers:
            print("When does the ferry leave?\n/status", file=chat.stdin, flush=True)
            for line in iter(chat.stdout.readline, ""):
                answers += line
                if line.startswith("bytes: "):
                    break
            time.sleep(0.5)
        chat.stdin.close()
        assert chat.wait() == 0
