"""`excerpta mcp` as a process of its own, asked over its standard input and output."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.bot.shell import Shell
from tests.paths import ROOT

pytestmark = pytest.mark.anyio

HOME = "Where is Artem Kariakin's home?"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def shell(tmp_path: Path, seeds: Shell) -> Shell:
    shutil.copytree(seeds.articles, tmp_path / "articles")
    shutil.copytree(seeds.index, tmp_path / "index")
    return Shell(tmp_path)


@pytest.mark.slow
async def test_it_follows_articles_and_gives_what_ask_prints(shell: Shell) -> None:
    program, *arguments = shell.arguments("mcp")
    server = StdioServerParameters(command=program, args=arguments, env=dict(os.environ), cwd=ROOT)
    log = shell.folder / "log"
    with log.open("w", encoding="utf-8") as errors:
        async with Client(stdio_client(server, errors)) as client:
            (shell.articles / "ferry.md").write_text("# Ferry\n\nThe ferry to Hven leaves at noon.")
            ferry = await asked(client, "When does the ferry to Hven leave?")
            end = time.monotonic() + 60
            while not ferry["answered"]:
                assert time.monotonic() < end
                await anyio.sleep(0.5)
                ferry = await asked(client, "When does the ferry to Hven leave?")
            given = await asked(client, HOME)
    printed = shell.json("ask", HOME)
    for excerpt in given["excerpts"]:
        del excerpt["id"], excerpt["link"]
    assert given["excerpts"] == printed["excerpts"]
    assert ferry["excerpts"][0]["article"] == "ferry.md"
    assert "Traceback" not in log.read_text(encoding="utf-8")


async def asked(client: Client, question: str) -> dict[str, Any]:
    answer: dict[str, Any] | None = (
        await client.call_tool("ask", {"question": question})
    ).structured_content
    assert answer is not None
    return answer


@pytest.mark.slow
def test_only_the_protocol_is_written_to_standard_output(tmp_path: Path, encoder: object) -> None:
    shell = Shell(tmp_path)
    shell.articles.mkdir()
    (shell.articles / "ferry.md").write_text("# Ferry\n\nThe ferry to Hven leaves at noon.")
    who = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a", "version": "1"},
    }
    half = {"name": "ask", "arguments": {"question": "\ud800"}}
    lines = [
        "no JSON",
        message(1, "initialize", who),
        message(2, "tools/call", half),
        message(3, "tools/list", {}),
    ]
    with subprocess.Popen(
        shell.arguments("mcp", "-v"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdin.write("".join(f"{line}\n" for line in lines))
        server.stdin.flush()
        ids = []
        while 3 not in ids:
            answer = json.loads(server.stdout.readline())
            assert answer["jsonrpc"] == "2.0"
            ids.append(answer.get("id"))
        server.stdin.close()
        assert server.stdout.read() == ""
        # The first start builds the index, and says so elsewhere.
        assert "1 added" in server.stderr.read()
    assert server.returncode == 0


def message(number: int, method: str, parameters: dict[str, Any]) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})


@pytest.mark.slow
def test_an_interrupt_ends_it_while_it_waits(seeds: Shell) -> None:
    with subprocess.Popen(
        seeds.arguments("mcp"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        assert any("answering" in line for line in server.stderr)
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(30) == -signal.SIGINT
        finally:
            server.kill()
        assert server.stderr.read() == ""


def test_without_the_sdk_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "mcp.py").write_text("raise ImportError('no SDK')")
    done = subprocess.run(
        [sys.executable, "-c", "from bot.__main__ import main; main()", "mcp"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.endswith("(no SDK): pip install 'excerpta[mcp]'")
