"""PostgreSQL as the place of the bot's state: what replicas share there, and what may go wrong."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from telegram import Bot, Update

from bot.errors import BotError
from bot.quota import Verdict
from bot.records import ChatPlace, PostgresStorage, State, StateUnreachable, schema
from bot.telegram.metrics import Metrics
from bot.telegram.shared_inbox import SCHEMA as INBOX
from bot.telegram.shared_inbox import SharedInbox, asker_of
from bot.telegram.shared_quota import SCHEMA as QUOTAS
from bot.telegram.shared_quota import SharedQuota
from bot.telegram.updates import Updates
from bot.telegram.workers import Workers
from tests.paths import ROOT

from .postgres import PASSWORD, Server

BOT = 4_000_000_001
TABLES = (*schema(), *INBOX, *QUOTAS)
LONG_S = 60.0


@pytest.fixture
def url(server: Server) -> str:
    return server.new_database()


@pytest.fixture
def storage(url: str) -> Iterator[PostgresStorage]:
    with closing(opened(url)) as storage:
        yield storage


def opened(url: str) -> PostgresStorage:
    return PostgresStorage.open(SecretStr(url), BOT, TABLES)


def update(update_id: int, user: int = 7, chat: int | None = None) -> dict[str, Any]:
    message = {
        "message_id": update_id,
        "date": 1_700_000_000,
        "chat": {"id": chat or user, "type": "private"},
        "from": {"id": user, "is_bot": False, "first_name": "Ann"},
        "text": "\0 \ud83d é",
    }
    return {"update_id": update_id, "message": message}


def ids(updates: list[dict[str, Any]]) -> list[int]:
    return [update["update_id"] for update in updates]


# The shared inbox


def test_an_asker_is_a_user_in_a_chat() -> None:
    press = {"from": {"id": 7}, "message": {"chat": {"id": -5}, "from": {"id": 1}}}
    assert asker_of(update(1, user=7, chat=-5)) == "-5:7"
    assert asker_of({"update_id": 1, "edited_message": update(1, 7, -5)["message"]}) == "-5:7"
    assert asker_of({"update_id": 1, "callback_query": press}) == "-5:7"
    assert asker_of({"update_id": 1, "channel_post": {"chat": {"id": -5}}}) == "-5:-5"
    assert asker_of({"update_id": 1, "inline_query": {"from": {"id": 7}}}) is None
    assert asker_of({"update_id": 1, "message": {"chat": "?"}}) is None
    assert asker_of({"update_id": 1}) is None


def test_an_askers_updates_are_handed_out_one_after_the_other(storage: PostgresStorage) -> None:
    one, other = SharedInbox(storage), SharedInbox(storage)
    assert one.put([update(1), update(2), update(3, user=8)]) == [update(1), update(3, user=8)]
    assert other.put([update(1), update(4)]) == other.pending() == []
    assert one.done(3) == []
    assert one.done(1) == [update(2)]
    assert one.done(2) == [update(4)]
    assert one.put([update(2)]) == []


def test_replicas_take_each_update_once_and_in_order(url: str) -> None:
    count, users = 400, 20
    sent = [update(number, user=1 + number % users) for number in range(count)]
    handled: list[int] = []

    def replica(seed: int) -> None:
        chance = random.Random(seed)
        with closing(opened(url)) as storage:
            inbox = SharedInbox(storage)
            for first in range(0, count, 4):
                batch = sent[first : first + 4]
                # Telegram repeats what was confirmed late.
                batch += chance.sample(sent[: first + 4], 2)
                hand = inbox.put(batch)
                while hand:
                    number = hand.pop(0)["update_id"]
                    handled.append(number)
                    hand += inbox.done(number)

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(replica, range(4)):
            pass

    assert sorted(handled) == list(range(count))
    for user in range(users):
        # Each replica has them in this order, and the first to come decides.
        own = [number for number in handled if number % users == user]
        assert own == sorted(own)


def test_what_a_dead_replica_had_is_anothers_when_its_time_is_over(
    storage: PostgresStorage,
) -> None:
    dead, heir = SharedInbox(storage, lease_s=0.5), SharedInbox(storage, lease_s=LONG_S)
    assert ids(dead.put([update(1), update(2), update(3, 8), update(4, 9)])) == [1, 3, 4]
    assert dead.mark_sending(3)
    assert dead.mark_sending(4)
    assert dead.mark_sending(4, False)
    assert heir.pending() == []
    time.sleep(0.6)
    assert ids(heir.pending()) == [1, 4]  # the message of 3 may have arrived
    assert not dead.mark_sending(1)
    assert dead.done(1) == []
    assert heir.mark_sending(1)
    assert ids(heir.done(1)) == [2]
    assert heir.put([update(3, 8)]) == []


def test_what_is_prolonged_stays(storage: PostgresStorage) -> None:
    slow, heir = SharedInbox(storage, lease_s=0.5), SharedInbox(storage)
    slow.put([update(1), update(2, 8)])
    for _ in range(4):
        time.sleep(0.2)
        slow.prolong([1])
    assert ids(heir.pending()) == [2]
    assert slow.mark_sending(1)


def test_an_orderly_end_leaves_updates_and_leases_at_once(storage: PostgresStorage) -> None:
    one, other = SharedInbox(storage), SharedInbox(storage)
    assert one.lead("webhook", LONG_S)
    for _ in range(5):
        one.put([update(1)])
        one.pending()
        one.reset_starts()
    assert ids(other.pending()) == [1]
    assert other.lead("webhook", LONG_S)
    assert not one.lead("webhook", LONG_S)


def test_an_update_that_three_replicas_died_of_is_given_up(
    storage: PostgresStorage, caplog: pytest.LogCaptureFixture
) -> None:
    inboxes = [SharedInbox(storage, lease_s=0.05) for _ in range(4)]
    assert ids(inboxes[0].put([update(1), update(2)])) == [1]
    for inbox in inboxes[1:3]:
        time.sleep(0.1)
        assert ids(inbox.pending()) == [1]
    time.sleep(0.1)
    assert inboxes[3].pending() == []
    assert ids(inboxes[3].pending()) == [2]
    assert "update 1 was not handled by 3 replicas" in caplog.text


def test_one_replica_leads_until_its_time_is_over(storage: PostgresStorage) -> None:
    one, other = SharedInbox(storage), SharedInbox(storage)
    assert one.lead("alarm", 0.3)
    assert one.lead("alarm", 0.3)
    assert not other.lead("alarm", 0.3)
    assert other.lead("purge", LONG_S)
    time.sleep(0.4)
    assert other.lead("alarm", 0.3)


def test_replicas_count_one_another(url: str) -> None:
    with closing(opened(url)) as storage, closing(opened(url)) as elsewhere:
        one, other = SharedInbox(storage, lease_s=0.3), SharedInbox(elsewhere)
        assert one.replicas() == 1
        assert other.replicas() == one.replicas() == 2
        other.reset_starts()
        assert one.replicas() == 1, "the other has ended in good order"
        time.sleep(0.4)
        assert other.replicas() == 1, "the one has died"


def test_a_handled_update_is_known_for_a_day(storage: PostgresStorage) -> None:
    inbox = SharedInbox(storage)
    inbox.put([update(1), update(2, 8)])
    for number in (1, 2):
        inbox.done(number)
    storage.query("UPDATE updates SET handled = handled - 86401 WHERE update_id = 1")
    inbox.purge()
    assert ids(inbox.put([update(1), update(2, 8)])) == [1]


@pytest.mark.anyio
async def test_an_update_that_is_taken_again_while_it_is_in_hand_is_handled_once(
    storage: PostgresStorage,
) -> None:
    """Its lease may run out while the database is away, and Telegram may send it again then."""
    inbox, workers, go = SharedInbox(storage, lease_s=0.1), Workers(1), asyncio.Event()
    handled: list[int] = []

    async def process(update: Update) -> None:
        handled.append(update.update_id)
        await go.wait()

    updates = Updates(Bot("123456:token"), process, inbox, workers, Metrics())
    try:
        for _ in range(3):
            await updates.receive([update(1), update(2)])
            await asyncio.sleep(0.2)
        assert handled == [1]
        inbox.prolong([1])
        go.set()
        for _ in range(200):
            if not len(updates):
                break
            await asyncio.sleep(0.05)
    finally:
        await updates.finish()
        workers.close()
    assert handled == [1, 2]


# Quotas


def test_replicas_count_a_users_questions_together(storage: PostgresStorage) -> None:
    now = [1_000_000.0]

    def pseudonym(user: int) -> bytes:
        return b"%d" % user

    one, other = (SharedQuota(storage, pseudonym, lambda: now[0]) for _ in range(2))
    assert one.admit(7, 2) is other.admit(7, 2) is Verdict.ADMITTED
    assert one.admit(7, 2) is Verdict.TOO_FAST
    assert other.admit(7, 2) is Verdict.TOLD
    assert 0 < one.wait_s(7, 2) <= 60
    assert one.wait_s(8, 2) == 0
    assert other.admit(8, 2) is Verdict.ADMITTED
    now[0] += 61
    one.purge()
    assert storage.query("SELECT * FROM quotas") == []
    assert other.admit(7, 2) is Verdict.ADMITTED


def test_votes_of_two_replicas_at_once_are_counted(url: str) -> None:
    with closing(opened(url)) as storage:
        state = State(storage, keep_days=30, conversation_minutes=20)
        number = state.add_answer(ChatPlace(-5, None, 7), 1, "why?", (), True)

        def vote(users: range) -> None:
            with closing(opened(url)) as other:
                voting = State(other, keep_days=30, conversation_minutes=20)
                for user in users:
                    voting.vote(number, user, user % 3 > 0)

        with ThreadPoolExecutor(3) as pool:
            for _ in pool.map(vote, (range(100, 130), range(200, 230), range(300, 330))):
                pass
        assert storage.one("SELECT ups, downs FROM answers") == (60, 30)


# Faults


def test_a_restart_of_the_server_is_noticed_by_nobody(server: Server, url: str) -> None:
    with closing(opened(url)) as storage:
        inbox = SharedInbox(storage)
        inbox.put([update(1)])
        server.stop()
        with pytest.raises(StateUnreachable, match=r"host 127\.0\.0\.1 .* is out of reach"):
            inbox.put([update(2)])
        server.start()
        assert ids(inbox.put([update(2, 8)])) == [2]
        assert inbox.done(1) == []


@pytest.mark.slow
def test_a_server_that_hangs_is_given_up(server: Server, url: str) -> None:
    with closing(opened(url)) as storage:
        started = time.monotonic()
        with server.held(), pytest.raises(StateUnreachable):
            storage.query("SELECT 1")
        assert time.monotonic() - started < LONG_S
        assert storage.query("SELECT 1") == [(1,)]


def test_what_is_wrong_is_told_in_one_line_without_the_password(server: Server, url: str) -> None:
    server.execute(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
    guest = server.url(url.rpartition("/")[2], user="guest")
    opened(url).close()
    other = server.new_database()
    opened(other).close()
    server.execute(f"UPDATE excerpta_{BOT}.format SET n = 99", other)
    faults = {
        server.url("nowhere"): r'database "nowhere" does not exist',
        server.url(password=f"not-{PASSWORD}"): "password authentication failed",
        url.replace(str(server.port), "1"): "Connection refused",
        url.replace("127.0.0.1", "no.such.host.invalid"): "resolve",
        f"{url}?nonsense=1": "no address that PostgreSQL's driver reads",
        guest: r"permission denied .*; let the user of telegram\.state make the schema",
        guest.replace(guest.rpartition("/")[2], "postgres"): "permission denied for database",
        other: r"has format 99, this version of Excerpta reads format 1",
    }
    found = Counter[str]()
    for address, message in faults.items():
        with pytest.raises(BotError, match=message) as caught:
            opened(address)
        said = str(caught.value)
        found[said] += 1
        assert PASSWORD not in said
        assert "\n" not in said
        assert PASSWORD not in repr(caught.value.__cause__)
    assert len(found) == len(faults)


def test_without_the_driver_the_extra_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "psycopg"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('no libpq')")
    program = (
        "from pydantic import SecretStr\nfrom bot.records import PostgresStorage\n"
        f"PostgresStorage(SecretStr('postgresql://u:{PASSWORD}@h/d'), 1)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    last = ended.stderr.splitlines()[-1]
    assert last.endswith("(no libpq): pip install 'excerpta[postgres]'")
    assert "ImportError" not in ended.stderr
