"""The command `fetch`: it saves web addresses as articles and prints the outcome of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from bot.command import WORLD_AT_FAULT, Run, command, say
from bot.display import visible
from bot.fetching.fetch import Failed, Saved, parse_addresses
from bot.fetching.fetch import fetch as fetch_all

_NEXT = "Run excerpta refresh to index them, unless something watches the folder."


@command(hidden=("index",))
def fetch(
    run: Run,
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Of pages, feeds and PDFs.")],
) -> int:
    """Save web pages, feeds and PDFs as articles."""
    outcomes = []
    for outcome in fetch_all(parse_addresses(urls), run.settings.articles):
        outcomes.append(outcome)
        if isinstance(outcome, Failed):
            say(visible(f"excerpta: {outcome.url}: {outcome.reason}"))
    text = _text(outcomes)
    if text or run.json:
        run.print(_document(outcomes), Text(text))
    return WORLD_AT_FAULT if any(isinstance(one, Failed) for one in outcomes) else 0


def _document(outcomes: Sequence[Saved | Failed]) -> dict[str, Any]:
    """Return the outcomes as `--json` prints them."""
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


def _text(outcomes: Sequence[Saved | Failed]) -> str:
    """Return a line for each saved article, then a hint what to do next."""
    saved = [one for one in outcomes if isinstance(one, Saved)]
    lines = [_line(one) for one in saved]
    if any(one.changed for one in saved):
        lines.append(_NEXT)
    return "\n".join(lines)


def _line(saved: Saved) -> str:
    about = " · ".join(filter(None, [saved.title, str(saved.date or "")]))
    outcome = f"{'saved' if saved.changed else 'unchanged'} {saved.article}"
    return visible(f"{outcome}: {about}" if about else outcome)
