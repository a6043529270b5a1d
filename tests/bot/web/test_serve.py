"""`excerpta serve` as a process of its own: it follows its articles, and ends in order."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.bot.shell import Shell

from .servers import served

pytestmark = pytest.mark.slow

HEAD = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HOME = {"question": "Where is Artem Kariakin's home?"}


@pytest.fixture
def shell(tmp_path: Path, seeds: Shell) -> Shell:
    shutil.copytree(seeds.articles, tmp_path / "articles")
    shutil.copytree(seeds.index, tmp_path / "index")
    return Shell(tmp_path)


def test_it_follows_articles_and_gives_what_ask_prints(shell: Shell) -> None:
    with served(shell) as server, httpx.Client(base_url=server.url, timeout=30) as client:
        (shell.articles / "ferry.md").write_text("# Ferry\n\nThe ferry to Hven leaves at noon.")
        ferry = {"question": "When does the ferry to Hven leave?"}
        end = time.monotonic() + 60
        while not (found := client.post("/api/ask", json=ferry).json())["answered"]:
            assert time.monotonic() < end
            time.sleep(0.5)
        assert found["excerpts"][0]["article"] == "ferry.md"
        given = client.post("/api/ask", json=HOME).json()
        assert server.ended() == 0
    printed = shell.json("ask", HOME["question"])
    assert given["excerpts"] == printed["excerpts"]
    assert "Traceback" not in "".join(server.lines)


def test_without_watching_it_follows_what_another_process_publishes(shell: Shell) -> None:
    with (
        served(shell, EXCERPTA_WEB__WATCH="false") as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        (shell.articles / "ferry.md").write_text("# Ferry\n\nThe ferry to Hven leaves at noon.")
        # Watching would have found it by now.
        time.sleep(3)
        assert shell.json("refresh")["added"] == 1
        ferry = {"question": "When does the ferry to Hven leave?"}
        assert client.post("/api/ask", json=ferry).json()["answered"]
        assert server.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_answers_in_hand(shell: Shell, number: signal.Signals) -> None:
    body = json.dumps(HOME).encode()
    with served(shell) as server:
        port = httpx.URL(server.url).port or 0
        with socket.create_connection(("127.0.0.1", port), timeout=30) as reader:
            reader.sendall(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body))
            # The request is in hand: its body is waited for.
            assert reader.recv(1000).startswith(b"HTTP/1.1 100")
            server.process.send_signal(number)
            # Refused when it listens no more; reset when it stopped at that moment.
            with suppress(ConnectionRefusedError, ConnectionResetError):
                while True:
                    socket.create_connection(("127.0.0.1", port), timeout=30).close()
            reader.sendall(body)
            assert reader.recv(1000).startswith(b"HTTP/1.1 200")
        assert server.process.wait(30) == 0


def test_a_port_in_use_is_named(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        said = shell.fails(3, "serve", EXCERPTA_WEB__PORT=port)
    assert f"port {port}" in said
    assert "web.port" in said


def test_a_slow_sender_holds_up_nobody(shell: Shell) -> None:
    with served(shell) as server:
        port = httpx.URL(server.url).port or 0
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        for one in slow:
            one.sendall(HEAD + b"Content-Length: 40\r\n\r\n{")
        assert httpx.post(f"{server.url}/api/ask", json=HOME, timeout=30).status_code == 200
        slow[0].settimeout(30)
        assert slow[0].recv(100).startswith(b"HTTP/1.1 408")
        for one in slow:
            one.close()
        assert server.ended() == 0
