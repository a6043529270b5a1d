"""How much one user may ask, with a clock of the test's."""

from __future__ import annotations

from bot.telegram.access import WAITING, Quota, Seen, Verdict


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_a_minute_are_admitted_and_the_next_is_refused_once() -> None:
    clock = Clock()
    quota = Quota(2, clock)
    verdicts = []
    for _ in range(4):
        verdicts.append(quota.admit(7))
        if verdicts[-1] is Verdict.ADMITTED:
            quota.leave(7)
    assert verdicts == [Verdict.ADMITTED, Verdict.ADMITTED, Verdict.TOO_FAST, Verdict.SILENCE]


def test_the_minute_slides() -> None:
    clock = Clock()
    quota = Quota(2, clock)
    for moment in (100.0, 130.0):
        clock.now = moment
        assert quota.admit(7) is Verdict.ADMITTED
        quota.leave(7)
    clock.now = 159.9
    assert quota.admit(7) is Verdict.TOO_FAST
    clock.now = 160.0
    assert quota.admit(7) is Verdict.ADMITTED
    quota.leave(7)
    clock.now = 160.1
    assert quota.admit(7) is Verdict.TOO_FAST


def test_one_is_answered_while_some_wait_and_more_are_refused_once() -> None:
    quota = Quota(100, Clock())
    verdicts = [quota.admit(7) for _ in range(WAITING + 3)]
    assert verdicts == [Verdict.ADMITTED] * (WAITING + 1) + [Verdict.TOO_MANY, Verdict.SILENCE]
    quota.leave(7)
    assert quota.admit(7) is Verdict.ADMITTED
    assert quota.admit(7) is Verdict.TOO_MANY


def test_users_do_not_count_for_each_other() -> None:
    quota = Quota(1, Clock())
    assert quota.admit(7) is Verdict.ADMITTED
    assert quota.admit(8) is Verdict.ADMITTED
    assert quota.admit(7) is Verdict.TOO_FAST


def test_who_leaves_and_is_not_known_changes_nothing() -> None:
    quota = Quota(1, Clock())
    quota.leave(7)
    assert quota.admit(7) is Verdict.ADMITTED


def test_what_was_seen_is_forgotten_when_others_take_its_place() -> None:
    seen = Seen(2)
    assert [seen.first(key) for key in ("a", "a", "b", "a", "c")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert seen.first("b")
    assert not seen.first("c")
