from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from config import held_logs, logs, setup_logs

SECRET = "B" * 35
TOKEN = f"123456789:{SECRET}"
_MARK = "<so far>"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    ours = ("bot", "config", "embeddings", "retrieval")
    names = (*ours, "httpx", "httpcore", "telegram", "watchfiles")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for handler in [handler for handler in root.handlers if handler.name == "excerpta"]:
        root.removeHandler(handler)
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


class Url:
    """Shows the token only when it is formatted."""

    def __str__(self) -> str:
        return f"https://api.telegram.org/bot{TOKEN}/getMe"

    __repr__ = __str__


class Broken:
    def __str__(self) -> str:
        raise LookupError(TOKEN)


def test_levels() -> None:
    logs.setup_logs(verbose=False)
    assert not logging.getLogger("retrieval.search").isEnabledFor(logging.INFO)
    assert logging.getLogger("retrieval.search").isEnabledFor(logging.WARNING)
    logs.setup_logs(verbose=True)
    for name in ("bot.cli", "config.settings", "embeddings.encoder", "retrieval.search"):
        assert logging.getLogger(name).isEnabledFor(logging.DEBUG)
    for name in ("httpx", "httpcore.connection", "telegram.ext.Application", "elsewhere"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
        assert logging.getLogger(name).isEnabledFor(logging.WARNING)


def test_levels_of_our_own_do_not_hang_on_the_root_logger() -> None:
    logs.setup_logs(verbose=False)
    logging.getLogger().setLevel(logging.ERROR)
    for name in ("bot.cli", "config.settings", "embeddings.encoder", "retrieval.search"):
        assert logging.getLogger(name).isEnabledFor(logging.WARNING)


def test_the_end_of_watching_is_no_warning() -> None:
    logs.setup_logs(verbose=True)
    assert not logging.getLogger("watchfiles.main").isEnabledFor(logging.WARNING)
    assert logging.getLogger("watchfiles.main").isEnabledFor(logging.ERROR)


def test_setup_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = len(logging.getLogger().handlers)
    logs.setup_logs(verbose=True)
    logs.setup_logs(verbose=False)
    assert len(logging.getLogger().handlers) == before + 1
    logging.getLogger("bot").warning("once")
    logging.getLogger("bot").debug("never")
    captured = capsys.readouterr()
    assert captured.err.count("WARNING bot: once") == 1
    assert "never" not in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("message", "args"),
    [
        (f"token {TOKEN}", ()),
        ("token %s", (TOKEN,)),
        ("token %(token)s", ({"token": TOKEN},)),
        ("get %s", (Url(),)),
        ("get %r", (Url(),)),
        ("get %s:%s", (123456789, SECRET)),
        ("malformed %d", (TOKEN,)),
        ("malformed", (TOKEN,)),
        ("broken %s", (Broken(),)),
    ],
)
def test_token_is_redacted(
    message: str, args: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.setup_logs(verbose=False)
    # Past the handlers of pytest, which do not survive malformed calls.
    handler = next(old for old in logging.getLogger().handlers if old.name == "excerpta")
    record = logging.getLogger("bot").makeRecord(
        "bot", logging.WARNING, __file__, 1, message, args, None
    )
    handler.handle(record)
    written = capsys.readouterr().err
    assert "WARNING bot: " in written
    assert message.split()[0] in written
    assert SECRET not in written


def test_token_in_an_exception_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup_logs(verbose=False)
    try:
        try:
            raise ConnectionError(f"no answer from {Url()}")
        except ConnectionError as exc:
            raise RuntimeError(TOKEN) from exc
    except RuntimeError:
        logging.getLogger("bot").exception("failed", stack_info=True)
    written = capsys.readouterr().err
    assert "RuntimeError: <bot token>" in written
    assert (
        "ConnectionError: no answer from https://api.telegram.org/bot<bot token>/getMe" in written
    )
    assert "Stack (most recent call last)" in written
    assert SECRET not in written


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b2J\x7f\x00", r"\x9b2J\x7f\x00"),
        ("a\n1970 ERROR bot: forged\r", r"a\n1970 ERROR bot: forged\r"),
        ("\u2028\u2029\x85\x0b\x0c", r"\u2028\u2029\x85\x0b\x0c"),
        ("\u202egnp.exe\u2066\u200f\u061c", r"\u202egnp.exe\u2066\u200f\u061c"),
        ("pass\u200bword\ufeff\xad\U000e0041", r"pass\u200bword\ufeff\xad\U000e0041"),
        ("Колона — naïve 🚜", "Колона — naïve 🚜"),
    ],
)
def test_a_name_does_not_steer_the_terminal(
    name: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.setup_logs(verbose=False)
    logging.getLogger("retrieval").warning("skipped %s", name)
    assert capsys.readouterr().err.endswith(f" WARNING retrieval: skipped {shown}\n")


def test_a_traceback_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup_logs(verbose=False)
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        logging.getLogger("bot").exception("failed")
    written = capsys.readouterr().err
    assert "failed\nTraceback (most recent call last):\n" in written
    assert written.endswith("RuntimeError: first\nsecond\n")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_does_not_steer_the_terminal(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.setup_logs(verbose=False, as_json=as_json)
    try:
        raise RuntimeError("\x1b[2J\x9b\u202e\x7f\r")
    except RuntimeError:
        logging.getLogger("bot").exception("failed", stack_info=True)
    written = capsys.readouterr().err
    assert r"\x1b[2J" in written
    assert not set("\x1b\x9b\u202e\x7f\r") & set(written)


def logged(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
    logs.setup_logs(verbose=False, service=True, as_json=as_json)
    logger = logging.getLogger("bot.telegram")
    fields = {"question": f"Is\n{TOKEN} \x1b[31mred?", "confidence": 0.5, "article": None}
    logger.info("a question", extra={"fields": fields})
    try:
        raise RuntimeError(TOKEN)
    except RuntimeError:
        logger.exception("it failed")
    return capsys.readouterr().err


def test_a_service_logs_what_goes_well(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = logged(capsys, as_json=False).splitlines()
    assert first.endswith(
        r'INFO bot.telegram: a question question="Is\\n<bot token> \\x1b[31mred?"'
        " confidence=0.5 article=null"
    )
    assert "ERROR bot.telegram: it failed" in second
    assert not logging.getLogger("bot").isEnabledFor(logging.DEBUG)


def test_a_log_in_json_is_a_document_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = logged(capsys, as_json=True)
    question, failure = [json.loads(line) for line in text.splitlines()]
    assert question.pop("time").endswith("+00:00")
    assert question == {
        "level": "INFO",
        "logger": "bot.telegram",
        "message": "a question",
        "question": r"Is\n<bot token> \x1b[31mred?",
        "confidence": 0.5,
        "article": None,
    }
    assert failure["level"] == "ERROR"
    assert failure["traceback"].splitlines()[-1] == "RuntimeError: <bot token>"
    assert SECRET not in text


def test_records_are_held_back_from_a_terminal_until_they_are_let_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_terminal() as (written, terminal):
        monkeypatch.setattr(sys, "stderr", terminal)
        setup_logs(verbose=False)
        log = logging.getLogger("bot.test")
        with held_logs() as let_out:
            log.warning("one \x1b%s", "2")
            assert not written()
            let_out()
            assert "one \\x1b2" in written()
            with held_logs():
                log.warning("three")
            assert not written()
            log.warning("four")
        assert re.search("three.*four", written(), re.DOTALL)
        log.warning("five")
        assert "five" in written()


def test_records_are_not_held_back_from_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    setup_logs(verbose=False)
    with held_logs():
        logging.getLogger("bot.test").warning("one")
        assert "one" in capsys.readouterr().err


@contextmanager
def open_terminal() -> Iterator[tuple[Callable[[], str], TextIO]]:
    """Open a terminal; yield what returns what was written since it last did, and its file."""
    side, other = os.openpty()

    def written() -> str:
        # A terminal passes on what is written when it likes, but in order.
        print(_MARK, end="", file=terminal, flush=True)
        found = b""
        while not found.endswith(_MARK.encode()):
            found += os.read(side, 65536)
        return found.decode().removesuffix(_MARK)

    with os.fdopen(other, "w") as terminal:
        yield written, terminal
    os.close(side)
