"""`excerpta telegram` itself: the command line, the real encoder and the articles that ship."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from .emulator import Emulator

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]


async def test_question_in_a_private_chat_is_answered_with_citations(
    emulator: Emulator, tmp_path: Path, encoder: object
) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot"),
        *("telegram", "-v", "--index", str(tmp_path / "index")),
        cwd=ROOT,
        env={
            **os.environ,
            "EXCERPTA_TELEGRAM__TOKEN": emulator.token,
            "EXCERPTA_TELEGRAM__BASE_URL": emulator.url,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        emulator.say(7, "Where is Artem Kariakin's home?")
        emulator.say(7, "What is the capital of Mongolia?")
        answered, refused = await emulator.sent(2, within_s=60)
        child.send_signal(signal.SIGTERM)
        assert child.stderr
        logged = await child.stderr.read()
        assert await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    quote = answered.parts("blockquote", "expandable_blockquote")[0]
    assert "Luhansk" in quote
    assert answered.parts("bold")[0] in quote
    assert "[1] Leaving Sudzha: a soldier's account · " in answered.text
    assert refused.text.startswith("The articles do not answer this")
    # Even with -v, which logs the most.
    assert emulator.token.encode() not in logged
    assert b"Mongolia" not in logged
