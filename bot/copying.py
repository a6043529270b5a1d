"""The command `copy`: an index is moved to another address, and nothing is encoded."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.command import Run, command
from bot.display import counted
from bot.terminal import Building
from config import IndexSettings, SettingsError
from retrieval.backends import index_of
from retrieval.errors import IndexFault
from retrieval.refresh import copy_index


@command(hidden=("articles", "index"))
def copy(
    run: Run,
    source: Annotated[
        str, typer.Option("--from", metavar="INDEX", help="Folder or Milvus server of the index.")
    ],
    target: Annotated[
        str, typer.Option("--to", metavar="INDEX", help="Folder or Milvus server of the copy.")
    ],
) -> None:
    """Copy an index to another address, and encode nothing."""
    settings = run.settings.index
    for option, address in (("--from", source), ("--to", target)):
        if not address:
            raise SettingsError(
                f"{option}: found nothing, wanted the folder or the server of an index"
            )
    if _place(_at(settings, source)) == _place(_at(settings, target)):
        raise SettingsError(
            f"--from and --to: found the same index, {source}, wanted two; name another one to "
            "copy to"
        )
    found = index_of(_at(settings, source)).open()
    if found is None or not found.current():
        raise IndexFault(f"no index in {source} to be copied; make it with excerpta refresh")
    with Building(Console(stderr=True)) as building:
        to = index_of(_at(settings, target))
        made = copy_index(found, to, settings.keep, building.update)
    sizes = f"{counted(made.articles, 'article')}, {counted(made.chunks, 'chunk')}"
    published = made.published.isoformat() if made.published else None
    run.print(
        {**asdict(made), "published": published},
        Text(f"{target} has generation {made.number}: {sizes}, the same as {source}"),
    )


def _place(index: IndexSettings) -> str | Path:
    """Return what two settings of the same index have in common."""
    return index.server or index.folder.resolve()


def _at(settings: IndexSettings, address: str) -> IndexSettings:
    """Return the settings of an index at another address."""
    values = settings.model_dump(exclude={"folder", "server"})
    return IndexSettings.model_validate({**values, "folder": address})
