"""What came of a fetch, for people and for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.fetching.fetch import Failed, Saved
from bot.terminal.text import visible

NEXT = "Run excerpta refresh to index them, unless something watches the folder."


def fetch_document(outcomes: Sequence[Saved | Failed]) -> dict[str, Any]:
    """Return a fetch's outcomes as `--json` prints them."""
    return {
        "saved": [
            {
                "url": one.url,
                "article": one.article,
                "title": one.title,
                "date": one.date.isoformat() if one.date else None,
                "changed": one.changed,
            }
            for one in outcomes
            if isinstance(one, Saved)
        ],
        "failed": [
            {"url": one.url, "reason": one.reason} for one in outcomes if isinstance(one, Failed)
        ],
    }


def fetch_text(outcomes: Sequence[Saved | Failed]) -> str:
    """Return what was saved, a line each, and what to do next."""
    saved = [one for one in outcomes if isinstance(one, Saved)]
    lines = [_line(one) for one in saved]
    if any(one.changed for one in saved):
        lines.append(NEXT)
    return "\n".join(lines)


def failure_text(failed: Failed) -> str:
    """Return why an address gave nothing."""
    return visible(f"excerpta: {failed.url}: {failed.reason}")


def _line(saved: Saved) -> str:
    told = " · ".join(filter(None, [saved.title, str(saved.date or "")]))
    said = f"{'saved' if saved.changed else 'unchanged'} {saved.article}"
    return visible(f"{said}: {told}" if told else said)
