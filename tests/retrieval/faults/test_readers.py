"""Readers that ask without pause while generations are published."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from retrieval.index.folder import write_lock
from retrieval.index.lexical_files import write_lexical
from retrieval.index.writer import rollback
from retrieval.refresh.refresh import RefreshOptions
from tests.retrieval.faults.reader import told_by
from tests.retrieval.library import Library
from tests.retrieval.processes import next_line, started
from tests.retrieval.rebuilt import WORDS

_ROUNDS = 50
_ROLLED_BACK = (12, 31)
_REBUILT = (22, 40)
# 8 readers: a process with 4 threads that share a searcher, and 4 with a searcher of their own.
_PROCESSES = (4, 1, 1, 1, 1)
# Of the slowest answer. On a quiet machine it is far less than one; here only a hang counts.
_HANGS_S = 20.0
# Generations that every reader must have met, of so many that its neighbours left it little time.
_SEEN = 5

State = dict[str, list[int]]
"""The round in which each article was written, by its path."""


@contextmanager
def reading(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Let the readers ask meanwhile, and until the standard input of their process is closed."""
    with started("-m", "tests.retrieval.faults.reader", root, *_PROCESSES) as process:
        assert next_line(process) == "ready\n"
        yield process


def write(library: Library, name: str, number: int) -> None:
    word = WORDS[number % len(WORDS)]
    library.write(**{name: f"The {word} of {name} is told of in round {number}."})


def change(library: Library, number: int, random: Random) -> None:
    """Edit, add, delete, copy and rename some articles, so that a dozen stay."""
    paths = sorted(library.articles.iterdir())
    random.shuffle(paths)
    for path in paths[:4]:
        write(library, path.stem, number)
    paths[4].rename(library.articles / f"renamed{number}.txt")
    shutil.copy(paths[5], library.articles / f"copy{number}.txt")
    write(library, f"new{number}", number)
    for path in paths[10:]:
        path.unlink()


def state(library: Library) -> State:
    """Return what the articles folder holds."""
    return {
        path.name: [int(path.read_text().split()[-1].strip("."))]
        for path in library.articles.iterdir()
    }


def of_one(answer: State, states: list[State]) -> bool:
    """Whether an answer is from one of these states."""
    return bool(answer) and any(answer.items() <= one.items() for one in states)


@pytest.mark.slow
def test_every_answer_is_of_one_generation_while_others_are_published(tmp_path: Path) -> None:
    library, random = Library(tmp_path), Random(8)
    for n in range(10):
        write(library, f"a{n}", 0)
    library.refresh()
    # A rebuild begins to count anew, so a number may stand for several states.
    states: dict[int, list[State]] = {1: [state(library)]}
    generation = 1
    with reading(tmp_path) as process:
        for number in range(1, _ROUNDS + 1):
            if number in _ROLLED_BACK:
                generation = rolled_back(library)
                target = states[generation - 2][-1]
            else:
                change(library, number, random)
                rebuild = number in _REBUILT
                report = library.refresh(options=RefreshOptions(rebuild=rebuild, wait_s=30))
                assert report.changed
                assert report.rebuilt == rebuild
                generation, target = report.generation, state(library)
            states.setdefault(generation, []).append(target)
        process.communicate()
        assert process.returncode == 0

    slowest_s, answers = 0.0, 0
    for *told, last in told_by(tmp_path, len(_PROCESSES)):
        assert [number for number, _ in last.states] == [generation]
        for one in told:
            assert one.errors == []
            assert len({number for number, _ in one.states}) > _SEEN
            for number, answer in one.states:
                assert of_one(answer, states[number]), (number, answer)
            slowest_s, answers = max(slowest_s, one.slowest_s), answers + one.answers
    print(f"{answers} answers, the slowest in {slowest_s:.2f} s")
    assert slowest_s < _HANGS_S


def rolled_back(library: Library) -> int:
    store = library.store()
    with write_lock(library.index, 30):
        restored = rollback(store)
        write_lexical(store, restored.number)
    store.close()
    return restored.number
