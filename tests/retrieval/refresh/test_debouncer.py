from __future__ import annotations

from itertools import pairwise

from retrieval.refresh.watch import Debouncer

STEP_S = 0.1


def told(times: list[float], until: float) -> list[float]:
    """Return when it is told, after the first look, of changes at such times."""
    pace = Debouncer(0.0)
    assert pace.is_time(0.0, quiet=True)
    pace.told(0.0, 30.0)
    found = []
    left = sorted(times)
    for step in range(1, round(until / STEP_S)):
        now = step * STEP_S
        heard = bool(left) and left[0] <= now
        while left and left[0] <= now:
            left.pop(0)
        if heard:
            pace.hear(now)
        if pace.is_time(now, quiet=not heard):
            pace.told(now, 30.0)
            found.append(now)
    return found


def test_a_change_is_told_once_as_soon_as_it_is_quiet() -> None:
    (at,) = told([1.0], until=20.0)
    assert 1.0 < at < 1.3


def test_changes_that_follow_at_once_are_told_together() -> None:
    (at,) = told([1.0 + n * STEP_S for n in range(10)], until=20.0)
    assert 1.9 < at < 2.3


def test_changes_that_do_not_end_are_told_meanwhile_and_after_the_last() -> None:
    found = told([n * STEP_S for n in range(1, 100)], until=25.0)
    assert found[0] < 3.0
    assert found[-1] > 9.9
    assert len(found) <= 7


def test_a_copy_of_many_files_that_takes_long_is_told_seldom() -> None:
    # Three files a second for a quarter of an hour.
    found = told([n / 3 for n in range(2700)], until=930.0)
    assert len(found) < 110
    assert max(found) > 899.0
    gaps = [later - before for before, later in pairwise(found)]
    assert max(gaps) < 11.0


def test_a_look_is_due_now_and_then_and_when_it_was_asked_for() -> None:
    first, second = told([], until=61.0)
    assert 29.9 < first < 30.2
    assert 59.9 < second < 60.4
    pace = Debouncer(0.0)
    pace.told(0.0, 1.0)
    assert not pace.is_time(0.9, quiet=True)
    assert pace.is_time(1.1, quiet=True)
    pace.told(1.1, 30.0)
    pace.hurry(2.0)
    assert pace.is_time(2.0, quiet=True)
