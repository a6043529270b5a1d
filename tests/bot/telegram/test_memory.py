from __future__ import annotations

import random
import re
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import BotError
from bot.records import (
    WEB,
    ChatPlace,
    Gap,
    PostgresStorage,
    State,
    Stats,
    open_state,
    questions_at,
    schema,
)

from .postgres import Server
from .virtual import Clock

BOT = 4_000_000_001
ANN, BOB, EVE = 5_111_222_333, 5_444_555_666, 5_777_888_999
GROUP = -1_001_234_567_890
DAY = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def state(request: pytest.FixtureRequest, folder: Path, clock: Clock) -> Iterator[State]:
    """The memory in a file, or where `BOTH` asks for it in PostgreSQL."""
    if getattr(request, "param", "file") == "file":
        memory = opened(folder, clock)
    else:
        server: Server = request.getfixturevalue("server")
        address = SecretStr(server.new_database())
        database = PostgresStorage.open(address, BOT, schema())
        memory = State(database, keep_days=30, conversation_minutes=20, clock=clock)
    with closing(memory) as state:
        yield state


BOTH = pytest.mark.parametrize("state", ["file", "postgres"], indirect=True)


def opened(folder: Path, clock: Clock | None = None) -> State:
    return State.open(folder, BOT, keep_days=30, conversation_minutes=20, clock=clock or Clock())


def place(user: int = ANN, chat: int = GROUP, topic: int | None = None) -> ChatPlace:
    return ChatPlace(chat, topic, user)


def add(
    state: State,
    question_id: int,
    question: str = "why?",
    where: ChatPlace | None = None,
    answered: bool = True,
) -> int:
    return state.add_answer(where or place(), question_id, question, ("before",), answered)


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


# The file


def test_only_the_owner_may_read_the_file(state: State, folder: Path) -> None:
    state.set_language(ANN, "uk")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert files[f"{BOT}.sqlite"] == 0o600
    assert set(files.values()) == {0o600}


def test_a_file_that_others_may_read_is_closed_to_them(folder: Path) -> None:
    opened(folder).close()
    (folder / f"{BOT}.sqlite").chmod(0o644)

    opened(folder).close()

    assert stat.S_IMODE((folder / f"{BOT}.sqlite").stat().st_mode) == 0o600


def test_another_format_is_refused(folder: Path) -> None:
    opened(folder).close()
    with closing(sqlite3.connect(folder / f"{BOT}.sqlite")) as db:
        db.execute("PRAGMA user_version = 9")

    with pytest.raises(BotError, match=r"has format 9, .* reads format 2; move it away and start"):
        opened(folder)


def test_another_programs_database_is_refused_and_left_alone(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / f"{BOT}.sqlite")) as db:
        db.execute("CREATE TABLE theirs (n)")
    before = on_disk(folder)

    with pytest.raises(BotError, match="has format 0"):
        opened(folder)

    assert on_disk(folder) == before


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda _: b"no database" * 20, "it is no SQLite database"),
        (lambda _: b"SQLite format 3\0", ".*"),
        (lambda whole: whole[:5000], r"5000 bytes are left of \d+"),
        (lambda whole: whole[:4096] + b"\xa5" * (len(whole) - 4096), ".*malformed.*"),
    ],
    ids=["another file", "a header", "cut off", "overwritten"],
)
def test_a_damaged_file_is_refused(
    folder: Path, damage: Callable[[bytes], bytes], found: str
) -> None:
    with closing(opened(folder)) as state:
        add(state, 1)
    file = folder / f"{BOT}.sqlite"
    file.write_bytes(damage(file.read_bytes()))

    with pytest.raises(
        BotError,
        match=rf"the bot's memory .*{BOT}.sqlite is damaged \({found}\); move it away .* lost",
    ):
        opened(folder)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(BotError, match=r"cannot be written \(.*\); give the bot a folder"):
        opened(tmp_path / "file" / "state")


# Pseudonyms


@given(st.integers(-(2**52), 2**52), st.integers(-(2**52), 2**52))
@settings(deadline=None, max_examples=40)
def test_pseudonyms_differ_as_ids_do_and_hold_none(one: int, other: int) -> None:
    with TemporaryDirectory() as folder:
        state = opened(Path(folder))
        name = state.pseudonym(one)
        state.close()

    assert len(name) == 16
    assert (name == state.pseudonym(other)) == (one == other)
    assert one.to_bytes(8, "big", signed=True) not in name
    assert one.to_bytes(8, "little", signed=True) not in name


def test_each_file_has_its_own_pseudonyms_and_keeps_them(folder: Path, tmp_path: Path) -> None:
    with closing(opened(folder)) as state, closing(opened(tmp_path / "other")) as other:
        name = state.pseudonym(ANN)
        assert name != other.pseudonym(ANN)

    with closing(opened(folder)) as again:
        assert again.pseudonym(ANN) == name


# Conversations


@BOTH
def test_a_conversation_holds_the_last_four_questions(state: State) -> None:
    for n in range(6):
        state.asked(place(), f"question {n}")

    assert state.earlier(place()) == ("question 2", "question 3", "question 4", "question 5")


# Answers


@BOTH
def test_a_question_that_comes_again_keeps_its_number(state: State) -> None:
    number = add(state, 70)
    state.sent(number, 71)

    assert add(state, 70) == number
    kept = state.answer_to(GROUP, 70)
    assert kept is not None
    assert kept.message_id == 71
    assert state.stats(0).questions == 1


# Feedback


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), max_size=30))
@settings(max_examples=40, deadline=None)
def test_the_last_vote_of_each_user_counts(presses: list[tuple[int, int, bool]]) -> None:
    votes: dict[tuple[int, int], bool] = {}
    with TemporaryDirectory() as folder, closing(opened(Path(folder))) as state:
        numbers = [add(state, question) for question in range(4)]
        for user, question, up in presses:
            changed = votes.get((user, question)) != up
            votes[user, question] = up
            assert state.vote(numbers[question], user, up) is changed

        found = state.stats(0)
        assert (found.up, found.down) == (
            sum(votes.values()),
            len(votes) - sum(votes.values()),
        )
        disliked = [
            question
            for question in range(4)
            if sum(1 if up else -1 for (_, of), up in votes.items() if of == question) < 0
        ]
        assert len(state.gaps(0, 10)) == len(disliked)


@BOTH
def test_gaps_are_what_was_answered_badly_or_not_the_newest_first(
    state: State, clock: Clock
) -> None:
    add(state, 1, "unanswered", answered=False)
    start = clock.now
    for question_id, question in enumerate(("disliked", "liked", "divided"), 2):
        clock.now += 1
        number = add(state, question_id, question)
        state.vote(number, BOB, up=question == "liked")
        state.vote(number, EVE, up=question != "disliked")

    assert state.gaps(0, 10) == [
        Gap("disliked", 2),
        Gap("unanswered", 0),
    ]
    asked = state.questions(0, 10)
    assert [Gap(one.question, one.downs) for one in asked if one.is_gap] == state.gaps(0, 10)
    assert asked == sorted(asked, key=lambda one: -one.at)
    assert [gap.question for gap in state.gaps(0, 1)] == ["disliked"]
    assert [gap.question for gap in state.gaps(start + 1, 10)] == ["disliked"]


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_what_page_and_bots_were_asked_is_read_together(
    request: pytest.FixtureRequest, folder: Path, clock: Clock, kind: str
) -> None:
    place: Path | SecretStr = folder
    if kind == "postgres":
        place = SecretStr(request.getfixturevalue("server").new_database())
    assert questions_at(place, 0, 10) == {}
    for name in (BOT, WEB):
        with closing(open_state(place, name, keep_days=30, conversation_minutes=20)) as memory:
            add(memory, 1, f"first of {name}")
            add(memory, 2, f"second of {name}", answered=False)
    if kind == "file":
        (folder / "other.sqlite").touch()
    found = questions_at(place, 0, 10)
    assert {name: {one.question for one in asked} for name, asked in found.items()} == {
        str(name): {f"first of {name}", f"second of {name}"} for name in (BOT, WEB)
    }
    assert [len(asked) for asked in questions_at(place, 0, 1).values()] == [1, 1]


# Forgetting


@BOTH
def test_a_forgotten_user_leaves_nothing_and_others_stay(state: State) -> None:
    anns, bobs = add(state, 1), add(state, 2, where=place(BOB))
    state.vote(anns, BOB, up=True)
    state.vote(bobs, ANN, up=False)
    state.vote(bobs, EVE, up=True)
    for user in (ANN, BOB):
        state.asked(place(user), "why?")
        state.asked(place(user, topic=7), "why?")
        state.set_language(user, "uk")

    state.forget_user(ANN)

    assert state.answer(anns, GROUP) is None
    assert state.language(ANN) is None
    assert state.earlier(place()) == ()
    assert state.stats(0) == Stats(1, 1, 1, 1, 1, 0)
    assert state.gaps(0, 10) == []
    assert state.language(BOB) == "uk"
    assert state.earlier(place(BOB)) == ("why?",)
    rows = "SELECT (SELECT count(*) FROM votes), (SELECT count(*) FROM conversations)"
    assert state.database.one(rows) == (1, 2)


@BOTH
def test_a_purge_drops_what_is_too_old(state: State, clock: Clock) -> None:
    old = [add(state, question_id) for question_id in range(450)]
    state.vote(old[0], BOB, up=True)
    state.set_language(ANN, "uk")
    state.asked(place(BOB), "why?")
    clock.now += 30 * DAY
    kept = add(state, 1000)
    state.asked(place(), "why?")
    state.purge()
    assert state.stats(0).questions == 451

    clock.now += 1
    state.purge()

    assert state.stats(0) == Stats(1, 1, 1, 1, 0, 0)
    assert state.answer(kept, GROUP) is not None
    assert state.earlier(place()) == ("why?",)
    assert state.language(ANN) == "uk"
    with state.database.transaction() as db:
        assert db.execute("SELECT count(*) FROM votes").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM conversations").fetchone() == (1,)


def test_what_was_kept_while_the_clock_was_ahead_is_dropped_in_time(
    state: State, clock: Clock, folder: Path
) -> None:
    clock.now += 3650 * DAY
    add(state, 1, "SECRET")
    state.asked(place(), "SECRET")
    add(state, 2, "SECRET", place(BOB))
    state.forget_user(BOB)
    clock.now -= 3650 * DAY
    state.purge()

    clock.now += 30 * DAY + 1
    state.purge()

    assert state.stats(0).questions == 0
    assert state.earlier(place()) == ()
    assert b"SECRET" not in on_disk(folder)


@BOTH
def test_the_number_of_an_answer_that_is_gone_is_not_used_again(state: State) -> None:
    number = add(state, 1)
    state.forget_user(ANN)

    assert add(state, 1) > number


def test_no_id_is_in_the_file(state: State, folder: Path) -> None:
    add(state, 1)
    state.asked(place(topic=7), "why?")
    state.set_language(ANN, "uk")
    state.vote(add(state, 2, where=place(BOB, chat=BOB)), EVE, up=True)

    content = on_disk(folder)
    for number in (ANN, BOB, EVE, GROUP):
        assert str(number).encode() not in content
        assert number.to_bytes(8, "big", signed=True).lstrip(b"\0\xff") not in content
        assert number.to_bytes(8, "little", signed=True).rstrip(b"\0\xff") not in content


def test_what_was_forgotten_is_not_in_the_file(state: State, folder: Path) -> None:
    state.asked(place(), "a SECRET")
    add(state, 1, "a SECRET")
    add(state, 2, "a RIDDLE", place(BOB))
    state.vote(2, ANN, up=True)
    name = state.pseudonym(ANN)
    assert name in on_disk(folder)

    state.forget_user(ANN)

    content = on_disk(folder)
    assert b"SECRET" not in content
    assert name not in content
    assert b"RIDDLE" in content


def test_copies_of_what_was_forgotten_are_gone_after_a_day(
    state: State, folder: Path, clock: Clock
) -> None:
    """Pages that have grown too empty share their rows with others, which leaves copies."""
    chance = random.Random(3)
    for n in range(3000):
        user = chance.randrange(60)
        text = f"SECRET{user:02d} " + "x" * chance.choice([10, 100, 300, 2000, 6000])
        add(state, n, text, place(user))
    for user in range(57):
        state.forget_user(user)
    kept = state.stats(0).questions

    clock.now += DAY
    state.purge()

    content = on_disk(folder)
    assert set(re.findall(rb"SECRET(\d\d)", content)) == {b"57", b"58", b"59"}
    assert [user for user in range(60) if state.pseudonym(user) in content] == [57, 58, 59]
    assert state.stats(0).questions == kept > 0


# Many at once


@BOTH
def test_threads_do_not_disturb_each_other(state: State) -> None:
    def work(user: int) -> list[int]:
        numbers: list[int] = []
        for n in range(40):
            state.asked(place(user), f"{user} asks {n}")
            number = add(state, user * 1000 + n, where=place(user))
            state.sent(number, n)
            state.vote(number, user, up=True)
            state.vote(numbers[0] if numbers else number, user, up=False)
            numbers.append(number)
        return numbers

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(work, range(8)))

    assert len({number for of in numbers for number in of}) == 320
    assert state.stats(0) == Stats(320, 320, 8, 1, 312, 8)
    for user in range(8):
        assert state.earlier(place(user)) == tuple(f"{user} asks {n}" for n in range(36, 40))


def test_every_query_finds_its_rows_by_an_index(state: State, clock: Clock) -> None:
    asked: list[str] = []
    with state.database.transaction() as db:
        pass
    assert isinstance(db, sqlite3.Connection)
    db.set_trace_callback(asked.append)
    number = add(state, 1)
    state.sent(number, 2)
    state.asked(place(), "why?")
    state.forget(place())
    state.set_language(ANN, "uk")
    state.language(ANN)
    state.answer(number, GROUP)
    state.answer_to(GROUP, 1)
    state.change_answer(number, "what?", (), False)
    state.vote(number, BOB, up=True)
    state.gaps(0, 5)
    state.stats(0)
    state.purge()
    state.forget_user(BOB)
    clock.now += DAY
    state.purge()
    db.set_trace_callback(None)

    queries = [sql for sql in asked if re.match("SELECT|INSERT|UPDATE|DELETE", sql)]
    assert len(queries) > 25
    for sql in queries:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [
            step for step in plan if re.match("SCAN (?!meta)|.*TEMP B-TREE FOR ORDER", step)
        ]
    assert any(
        "USING INDEX gaps" in row[3]
        for sql in queries
        if "downs > ups" in sql
        for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")
    )


@BOTH
def test_half_a_surrogate_pair_is_kept_as_a_question_mark(state: State) -> None:
    state.asked(place(), "why \ud83d")
    number = add(state, 70, "why \ud83d")

    kept = state.answer(number, GROUP)
    assert kept is not None
    assert kept.question == "why ?"
    assert state.earlier(place()) == ("why \ud83d",)
