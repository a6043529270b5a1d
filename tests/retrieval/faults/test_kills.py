"""SIGKILL at any moment of a refresh.

It falls before steps on the disk, which are the same every time, and at moments by the clock, in
the midst of whatever is going on. CI takes some of the steps and a few moments;
`pytest -m long tests/retrieval/faults` takes every step and 200 moments.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from retrieval.index.folder import database_folder, rebuild_folder
from retrieval.index.store import Store
from tests.fakes import HashEncoder
from tests.retrieval.faults.check import digests, encodings, problems
from tests.retrieval.faults.victim import Order, Outcome, Victims, encoded_by, victims
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import Found, Indexed, assert_like, both, indexed, prose, rebuilt

# "purge" is an update that keeps no other generation, so that much is deleted after it.
SCENES = ("first build", "update", "purge", "rollback", "rebuild")
# What is encoded and not yet committed, see `retrieval.refresh`.
BATCH = 128
ENDLESS = 10**9
# By the clock, of each kind of refresh.
_MOMENTS, _MANY_MOMENTS = 2, 40
# CI takes one step of so many, fewer where most are the deletion of a file.
_STRIDES = {"first build": 4, "update": 10, "purge": 24, "rollback": 18, "rebuild": 18}
# Of these steps every run of the tests takes one of so many, and the slow tests the others.
_QUICK = 4


@pytest.fixture(scope="module")
def killer() -> Iterator[Victims]:
    with victims() as process:
        yield process


@pytest.fixture(scope="module")
def whole(killer: Victims, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What each kind of refresh takes if it is left alone."""
    outcomes = {}
    for scene in SCENES:
        # Counted, which takes longer, and timed.
        counted, timed = (
            killer.carry_out(
                order(scene, staged(scene, tmp_path_factory.mktemp("whole"), Random(0)), step)
            )
            for step in (ENDLESS, None)
        )
        assert not counted.failed
        assert not timed.failed
        assert counted.steps > 20
        outcomes[scene] = replace(timed, steps=counted.steps)
    return outcomes


def staged(scene: str, root: Path, random: Random) -> Library:
    """Return a library in which a refresh of some kind is due."""
    library = Library(root, chunk_tokens=16, keep=1 if scene == "purge" else 3)
    for n in range(16):
        (library.articles / f"a{n}.txt").write_text(prose(random.randrange(1000), 14))
    # Before the last: so that a purge or a rollback has something to do, and an edit to be due.
    for _ in range({"first build": 0, "update": 1, "rebuild": 1}.get(scene, 2)):
        library.refresh()
        edit(library.articles, random)
    if scene == "rollback":
        library.refresh()
    return library


def edit(articles: Path, random: Random) -> None:
    """Change, add, delete, copy, move and rename some articles."""
    paths = sorted(articles.rglob("*.txt"))
    random.shuffle(paths)
    for path in paths[:3]:
        path.write_text(f"{prose(random.randrange(1000), 8)} {path.read_text()}")
    paths[3].unlink()
    paths[4].rename(articles / f"renamed{random.randrange(1000)}.txt")
    (articles / "sub").mkdir(exist_ok=True)
    paths[5].rename(articles / "sub" / paths[5].name)
    shutil.copy(paths[6], articles / f"copy{random.randrange(1000)}.txt")
    for _ in range(3):
        text = prose(random.randrange(1000), 14)
        (articles / f"new{random.randrange(1000)}.txt").write_text(text)


def order(
    scene: str, library: Library, step: int | None = None, after_s: float | None = None
) -> Order:
    act = scene if scene in ("rollback", "rebuild") else "refresh"
    return Order(str(library.root), library.chunk_tokens, library.keep, act, step, after_s)


def copied(library: Library) -> Library:
    """Return a copy to look at: who looks mends, and the next is to find what the kill left."""
    copy = Library(library.root / "copy", library.chunk_tokens, library.keep)
    shutil.rmtree(copy.index, ignore_errors=True)
    shutil.copytree(library.index, copy.index, symlinks=True)
    return copy


def written_by(scene: str, copy: Library) -> Path:
    """Return the folder of the database that a refresh goes on with."""
    return rebuild_folder(copy.index) if scene == "rebuild" else database_folder(copy.index)


def look(copy: Library, wanted: list[Indexed]) -> None:
    """Assert that the index is well, and answers from one of these states and no other."""
    assert problems(copy.index) == []
    store = Store.open(copy.index)
    if store is None or not store.current():
        assert {} in wanted
        if store is not None:
            store.close()
        return
    store.close()
    state = indexed(copy)
    assert state in wanted
    searcher = copy.searcher()
    for question in ("Where does the river rise?", "mill bridge", "ferry 3"):
        hits = searcher.search(question).hits
        assert hits
        for hit in hits:
            assert hit.chunk in state[hit.source]


def kill_and_go_on(
    killer: Victims, scene: str, library: Library, moments: list[Order], aim: Indexed
) -> int:
    """Kill one attempt after the other; return how many of them died before they had finished."""
    wanted = [indexed(library) if scene != "first build" else {}, aim]
    if scene == "rollback":
        wanted.append(indexed(library, library.store().current() - 1))
    killed = 0
    for moment in moments:
        if library.index.exists():
            copy = copied(library)
            known = encodings(written_by(scene, copy)) if moment.act != "rollback" else set()
        else:
            known = set()
        outcome = killer.carry_out(moment)
        assert not outcome.failed
        killed += outcome.killed
        encoded = encoded_by(library.root)
        assert len(encoded) == len(set(encoded))
        assert not known & digests(encoded)
        if not library.index.exists():
            continue
        copy = copied(library)
        assert len(digests(encoded) - encodings(copy.index)) <= BATCH
        look(copy, wanted)
    return killed


def assert_completed(library: Library, aim: tuple[Indexed, Found]) -> None:
    """Refresh what a kill has left, and compare with what was never killed."""
    known = encodings(database_folder(copied(library).index)) if library.index.exists() else set()
    encoder = HashEncoder()
    library.refresh(encoder)
    assert not known & digests(encoder.encoded)
    assert problems(library.index) == []
    assert_like(library, aim)
    assert not library.refresh().changed


def kill_by_the_clock(
    killer: Victims, whole: dict[str, Outcome], root: Path, scene: str, moment: int
) -> None:
    random = Random(f"{scene} {moment}")
    library = staged(scene, root, random)
    aim = both(rebuilt(library))
    orders = [order(scene, library, after_s=random.uniform(0, whole[scene].elapsed_s))]
    if moment % 2:
        # A second one dies at going on with what the first has left; a second rollback would go
        # back further.
        again = "update" if scene == "rollback" else scene
        orders.append(order(again, library, after_s=random.uniform(0, whole[again].elapsed_s)))
    kill_and_go_on(killer, scene, library, orders, aim[0])
    assert_completed(library, aim)


def kill_before_steps(killer: Victims, root: Path, scene: str, steps: Iterable[int]) -> None:
    aim = None
    for step in steps:
        library = staged(scene, root / str(step), Random(0))
        aim = aim or both(rebuilt(library))
        orders = [order(scene, library, step=step)]
        assert kill_and_go_on(killer, scene, library, orders, aim[0]) == 1
        assert_completed(library, aim)
        shutil.rmtree(library.root)


@pytest.mark.parametrize("moment", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("scene", SCENES)
def test_a_refresh_that_is_killed_is_completed_by_the_next(
    killer: Victims, whole: dict[str, Outcome], tmp_path: Path, scene: str, moment: int
) -> None:
    kill_by_the_clock(killer, whole, tmp_path, scene, moment)


@pytest.mark.parametrize(
    "first", [0, *[pytest.param(first, marks=pytest.mark.slow) for first in range(1, _QUICK)]]
)
@pytest.mark.parametrize("scene", SCENES)
def test_a_refresh_may_be_killed_before_steps_on_the_disk(
    killer: Victims, whole: dict[str, Outcome], tmp_path: Path, scene: str, first: int
) -> None:
    steps = range(1, whole[scene].steps, _STRIDES[scene])[first::_QUICK]
    kill_before_steps(killer, tmp_path, scene, steps)


@pytest.mark.long
@pytest.mark.parametrize("moment", range(_MOMENTS, _MOMENTS + _MANY_MOMENTS))
@pytest.mark.parametrize("scene", SCENES)
def test_a_refresh_that_is_killed_at_many_moments_is_completed_by_the_next(
    killer: Victims, whole: dict[str, Outcome], tmp_path: Path, scene: str, moment: int
) -> None:
    kill_by_the_clock(killer, whole, tmp_path, scene, moment)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("scene", SCENES)
def test_a_refresh_may_be_killed_before_any_step_on_the_disk(
    killer: Victims, whole: dict[str, Outcome], tmp_path: Path, scene: str
) -> None:
    kill_before_steps(killer, tmp_path, scene, range(whole[scene].steps))
