"""Health and metrics, asked for over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.telegram.metrics import Metrics
from bot.telegram.monitor import Health, Monitor, Status

pytestmark = pytest.mark.anyio

WELL = Health(Status.OK, generation=3, contact_s=1.26, waiting=2)


@asynccontextmanager
async def monitoring(
    health: Callable[[], Health], metrics: Metrics | None = None
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    async with (
        Monitor(health, (metrics or Metrics()).text).serving(0) as port,
        aiohttp.ClientSession() as session,
    ):
        yield session, f"http://127.0.0.1:{port}"


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Return values by name and labels, without those that the client library adds."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name.startswith("excerpta_") and not sample.name.endswith("_created")
    }


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
async def test_a_bot_that_is_not_well_says_why(status: Status) -> None:
    health = Health(status, generation=None, contact_s=None, waiting=0)
    async with (
        monitoring(lambda: health) as (session, url),
        session.get(f"{url}/health") as response,
    ):
        assert response.status == 503
        assert await response.json() == {
            "status": status,
            "generation": None,
            "last_contact_seconds": None,
            "waiting": 0,
        }


async def test_other_paths_and_methods_are_refused() -> None:
    async with monitoring(lambda: WELL) as (session, url):
        async with session.get(f"{url}/") as response:
            assert response.status == 404
        async with session.post(f"{url}/metrics", data=b"1") as response:
            assert response.status == 405
            allowed = response.headers["Allow"].split(",")
            assert {method.strip() for method in allowed} == {"GET", "HEAD"}


def test_updates_are_counted_by_kinds_that_are_known() -> None:
    metrics = Metrics()
    metrics.received({"update_id": 1, "message": {}})
    metrics.received({"update_id": 2, "message": {}})
    for number in range(3, 6):
        metrics.received({"update_id": number, f"telepathy_{number}": {}})
    assert samples(metrics)["excerpta_updates_total", "message"] == 2
    assert samples(metrics)["excerpta_updates_total", "other"] == 3


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, "ok"),
        (403, "forbidden"),
        (400, "refused"),
        (429, "flood"),
        (None, "lost"),
        (502, "other"),
    ],
)
def test_requests_are_counted_by_what_came_of_them(status: int | None, result: str) -> None:
    metrics = Metrics()
    metrics.requested("sendMessage", status)
    assert samples(metrics)["excerpta_telegram_requests_total", "sendMessage", result] == 1


def test_times_votes_and_the_state_of_things_are_told() -> None:
    metrics = Metrics()
    metrics.voted(up=True)
    metrics.voted(up=False)
    metrics.replied(0.03)
    metrics.answered(40.0)
    metrics.waiting(4)
    metrics.index(generation=5, articles=1000)
    metrics.refreshed(1_800_000_000.0)
    told = samples(metrics)
    assert told["excerpta_votes_total", "up"] == told["excerpta_votes_total", "down"] == 1
    assert told["excerpta_reply_seconds_bucket", "0.025"] == 0
    assert told["excerpta_reply_seconds_bucket", "0.05"] == 1
    assert told["excerpta_answering_seconds_bucket", "30.0"] == 0
    assert told["excerpta_answering_seconds_sum",] == 40.0
    assert told["excerpta_updates_waiting",] == 4
    assert told["excerpta_index_generation",] == 5
    assert told["excerpta_articles",] == 1000
    assert told["excerpta_last_refresh_timestamp_seconds",] == 1_800_000_000.0
