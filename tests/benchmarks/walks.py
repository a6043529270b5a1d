"""Walks: the files that a question, an article and an update pass, by running them.

A walk passes a file of the packages if a function that is written there runs. What runs because a
module is imported does not count, nor do functions that a decorator generates, such as the
constructors of dataclasses; so a file of mere declarations is passed by nobody. The articles are
those in `seeds/`, the encoder is that for English, and everything was done once before:

question    an open library answers, and the answer is drawn for a terminal
article     a file is added to the folder, and `Library.refresh` indexes it
reader      the files that only the process passes which reads that article
update      a question in a private chat goes from an emulator of Telegram to a bot that polls; from
            then until half a second after the answer has come, the bot's polling included
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "embeddings", "retrieval", "bot")
QUESTIONS = "What is a withdrawal?", "How are minefields breached?"
ADDED = "# Lighthouses\n\nA lighthouse warns ships of rocks. Its lamp turns every ten seconds.\n"
_WITHIN_S = 30.0
_AFTER_S = 0.5


class Recorder:
    """Notes the files of the packages in which a function runs, in the order of the first calls.

    Attributes:
        files: The keys are they; None while nothing is noted.

    Args:
        tell: Is told of each.
    """

    def __init__(self, tell: Callable[[str], object] = lambda _: None) -> None:
        self.files: dict[str, None] | None = None
        self._tell = tell
        self._folders = tuple(f"{ROOT / package}{os.sep}" for package in PACKAGES)

    def install(self) -> None:
        """Look at this thread, and at those that are yet to start."""
        sys.setprofile(self._look)
        threading.setprofile(self._look)

    @contextmanager
    def recording(self) -> Iterator[dict[str, None]]:
        files = self.files = dict[str, None]()
        try:
            yield files
        finally:
            self.files = None

    def _look(self, frame: FrameType, event: str, _argument: object) -> None:
        files, file = self.files, frame.f_code.co_filename
        if files is None or event != "call" or not file.startswith(self._folders):
            return
        name = Path(file).relative_to(ROOT).as_posix()
        if name not in files and not _is_importing(frame):
            files[name] = None
            self._tell(name)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def tell(pipe: str) -> None:
    """Write what this process passes into a named pipe."""
    # Opened at once, as a process that reads articles may not open anything to write to later.
    end = os.open(pipe, os.O_WRONLY)
    recorder = Recorder(lambda file: os.write(end, f"{file}\n".encode()))
    recorder.files = {}
    recorder.install()


@contextmanager
def _processes(folder: Path) -> Iterator[Callable[[], list[str]]]:
    """Yield what returns the files that processes have passed which were started meanwhile."""
    pipe = folder / "passed"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def passed() -> list[str]:
        with suppress(BlockingIOError):  # such a process lives and has said nothing
            return os.read(end, 1 << 16).decode().split()
        return []

    # Python imports this module when it starts.
    hook = f"from tests.benchmarks.walks import tell\ntell({str(pipe)!r})\n"
    (folder / "sitecustomize.py").write_text(hook, encoding="utf-8")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT), *filter(None, [before])])
    try:
        yield passed
    finally:
        os.close(end)
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


async def walks(folder: Path) -> dict[str, list[str]]:
    """Take the walks, and return the files of each in order; `folder` is empty."""
    # All that this needs of the packages: here, as `tell` needs none of it.
    from pydantic import SecretStr
    from rich.console import Console

    from bot.build import open_library, refresh
    from bot.library import Library
    from bot.refresh_process import Refresher
    from bot.telegram import Service
    from bot.terminal import AnswerDrawing
    from config import Settings
    from tests.bot.telegram.emulator import Emulator

    def ask(library: Library, question: str) -> None:
        answer = library.answerer.answer(question)
        Console(file=io.StringIO(), force_terminal=True).print(AnswerDrawing(answer))

    recorder, passed = Recorder(), {}
    recorder.install()
    articles = shutil.copytree(ROOT / "seeds", folder / "articles")
    async with Emulator() as emulator, asyncio.TaskGroup() as tasks:
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": articles},
            "index": {"folder": folder / "index"},
            "telegram": {"base_url": emulator.url, "state": folder / "state", "watch": False},
        }
        library = open_library(Settings.load(overrides=overrides), lambda _: None)
        for question in QUESTIONS:
            with recorder.recording() as files:
                ask(library, question)
        passed["question"] = list(files)

        (articles / "lighthouses.md").write_text(ADDED, encoding="utf-8")
        with _processes(folder) as elsewhere, recorder.recording() as files:
            refresh(library)
            passed["article"] = list(files)
            passed["reader"] = [file for file in elsewhere() if file not in files]

        stop = asyncio.Event()
        service = Service(library, SecretStr(emulator.token), Refresher(library.settings, ()))
        tasks.create_task(service.serve(stop))
        for user, question in enumerate(QUESTIONS, start=1):
            with recorder.recording() as files:
                emulator.say(user, question)
                await emulator.sent(user, _WITHIN_S)
                await asyncio.sleep(_AFTER_S)
        passed["update"] = list(files)
        stop.set()
    return passed
