"""Who may ask: hosts, other sites, proxies, and how much."""

from __future__ import annotations

import asyncio

import pytest

from bot.library import Library

from .servers import CROWS, serving

pytestmark = pytest.mark.anyio

ASKED = {"question": CROWS}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:80", 200),
        ("192.168.1.7", 200),
        ("[::1]:8000", 200),
        ("ASK.example.org", 200),
        ("evil.example", 421),
        ("ask.example.org.evil.example", 421),
        ("localhost@evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
async def test_only_hosts_of_ours_are_answered(small: Library, host: str, status: int) -> None:
    async with serving(small, names=["ask.example.org"]) as client:
        answer = await client.get("/health", headers={"Host": host})
    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert status == 200 or "web.names" in answer.json()["detail"]


async def test_only_listed_sites_may_call_and_frame(small: Library) -> None:
    site = "https://news.example.org"
    async with serving(small, origins=[site]) as client:
        asked = {"Access-Control-Request-Method": "POST"}
        for origin, allowed in ((site, site), ("https://evil.example", None)):
            headers = {"Origin": origin}
            before = await client.options("/api/ask", headers=headers | asked)
            answer = await client.post("/api/ask", json=ASKED, headers=headers)
            for one in (before, answer):
                assert one.headers.get("Access-Control-Allow-Origin") == allowed
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"frame-ancestors 'self' {site}" in policy


async def test_an_address_may_ask_only_so_much(small: Library) -> None:
    async with serving(small, questions_per_minute=1) as client:
        answers = [await client.post("/api/ask", json=ASKED) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[-1].headers["Retry-After"] == "60"
        forged = {"X-Forwarded-For": "203.0.113.7"}
        assert (await client.post("/api/ask", json=ASKED, headers=forged)).status_code == 429
        assert (await client.get("/api/articles")).status_code == 200


async def test_a_trusted_proxy_says_who_asks(small: Library) -> None:
    async with serving(small, questions_per_minute=1, proxy=["127.0.0.0/8"]) as client:
        for reader in range(12):
            # What the reader says himself stands before what the proxy adds.
            told = {"X-Forwarded-For": f"192.0.2.1, 203.0.113.{reader}"}
            answer = await client.post("/api/ask", json=ASKED, headers=told)
            assert answer.status_code == 200
        assert (await client.get("/metrics", headers=told)).status_code == 404


async def test_two_hundred_readers_at_once_are_all_answered(small: Library) -> None:
    async with serving(small, proxy=["127.0.0.1"]) as client:

        async def ask(reader: int) -> int:
            told = {"X-Forwarded-For": f"203.0.113.{reader}", "Cookie": ""}
            if reader % 2:
                return (await client.post("/api/ask", json=ASKED, headers=told)).status_code
            return (await client.post("/ask", data=ASKED, headers=told)).status_code

        statuses = await asyncio.gather(*(ask(reader) for reader in range(200)))
    assert set(statuses) == {200}


async def test_metrics_count_without_texts(small: Library) -> None:
    async with serving(small) as client:
        await client.post("/api/ask", json=ASKED)
        await client.post("/api/ask", json={"question": "hello"})
        await client.get("/api/articles/no.md")
        text = (await client.get("/metrics")).text
    assert 'excerpta_web_questions_total{outcome="answered"} 1.0' in text
    assert 'excerpta_web_questions_total{outcome="talk"} 1.0' in text
    assert 'excerpta_web_requests_total{status="404"} 1.0' in text
    assert "excerpta_articles 3.0" in text
    assert "faces" not in text


@pytest.mark.parametrize("logged", [False, True])
async def test_the_log_has_questions_only_if_it_is_to(
    small: Library, caplog: pytest.LogCaptureFixture, logged: bool
) -> None:
    caplog.set_level("INFO")
    async with serving(small, log_questions=logged) as client:
        await client.post("/api/ask", json=ASKED)
    fields = [record.__dict__["fields"] for record in caplog.records if record.msg == "question"]
    assert [("question" in one, one["answered"]) for one in fields] == [(logged, True)]
    assert "127.0.0.1" not in str(fields)
