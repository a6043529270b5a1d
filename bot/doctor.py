"""The command `doctor`: it reports what is wrong with the index and the articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from bot.build import open_encoder
from bot.command import WORLD_AT_FAULT, Run, command
from bot.display import ACCENT, counted, visible
from bot.encoder_choice import how_to_switch
from bot.terminal import Building
from retrieval.doctor import Examination, Examined, Finding, Severity, examine_index

# So many findings of one kind are printed, each with so many articles; the document has all.
_FINDINGS, _NAMES = 5, 3
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_ALL = "excerpta doctor --json lists all"


@command
def doctor(
    run: Run,
    every: Annotated[
        bool, typer.Option("--all", help="Look for every article, not for a sample of them.")
    ] = False,
) -> int:
    """Say what is wrong with index and articles, and what mends it."""
    settings = run.settings
    with Building(Console(stderr=True)) as building:
        examined = Examined(
            settings.articles,
            settings.index,
            settings.search,
            settings.search.stores_tokens,
            lambda: open_encoder(settings, building.announce)[0],
            how_to_switch(settings),
        )
        examination = examine_index(examined, every, building.announce)
    run.print(examination_document(examination), ExaminationDrawing(examination))
    return WORLD_AT_FAULT if examination.count(Severity.ERROR) else 0


def examination_document(examination: Examination) -> dict[str, Any]:
    """Return the examination as `--json` prints it."""
    generation = examination.generation
    return {
        "errors": examination.count(Severity.ERROR),
        "warnings": examination.count(Severity.WARNING),
        "notes": examination.count(Severity.NOTE),
        "generation": generation.number if generation else None,
        "articles": generation.articles if generation else None,
        "chunks": generation.chunks if generation else None,
        "encoder": examination.encoder or None,
        "encoder_chosen": examination.chosen or None,
        "looked_for": _share(examination.looked_for),
        "compared": _share(examination.compared),
        "findings": [
            {
                "kind": one.kind.value,
                "severity": one.severity.value,
                "found": one.found,
                "mend": one.mend,
                "about": list(one.about),
            }
            for one in examination.findings
        ],
        "elapsed_s": round(examination.elapsed_s, 3),
    }


@dataclass(frozen=True, slots=True)
class ExaminationDrawing:
    """The findings, the worst first, then a summary."""

    examination: Examination

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""
        for severity, found, (*named, mend) in _lines(self.examination.findings):
            style = _STYLES[severity]
            yield Text(overflow="fold").append(f"{severity.value}: ", style).append(found)
            for detail in named:
                yield _indented(Text(detail, "dim", overflow="fold"), options)
            yield _indented(Text(mend, ACCENT, overflow="fold"), options, below=1)
        first, *rest = _summary(self.examination)
        yield Text(first, "bold")
        yield from (Text(line, "dim") for line in rest)


def _indented(text: Text, options: ConsoleOptions, below: int = 0) -> RenderableType:
    """Return a text with a margin; a pipe gets no empty lines below it."""
    if options.is_terminal:
        return Padding(text, (0, 0, below, 2))
    return Text("  ").append(text)


def _lines(findings: Sequence[Finding]) -> Iterator[tuple[Severity, str, list[str]]]:
    """Yield of each finding its severity, its text, and the articles and the remedy as details."""
    for _, group in groupby(findings, lambda one: (one.severity, one.kind)):
        some = list(group)
        for one in some[:_FINDINGS]:
            details = [_named(one.about)] if one.about else []
            yield one.severity, visible(one.found), [*details, f"-> {visible(one.mend)}"]
        more = len(some) - _FINDINGS
        if more > 0:
            others = f"{more:,} more of the kind {some[0].kind.value}"
            yield some[0].severity, others, [f"-> {_ALL}"]


def _named(about: Sequence[str]) -> str:
    names = ", ".join(map(visible, about[:_NAMES]))
    more = len(about) - _NAMES
    return f"{names} and {more:,} more" if more > 0 else names


def _summary(examination: Examination) -> Iterator[str]:
    counts = {one: examination.count(one) for one in Severity}
    generation = examination.generation
    text = ", ".join(counted(count, one.value) for one, count in counts.items() if count)
    if not counts[Severity.ERROR] and not counts[Severity.WARNING]:
        text = f"nothing is wrong{f', {text}' if text else ''}"
    if generation is not None:
        sizes = counted(generation.articles, "article"), counted(generation.chunks, "chunk")
        text += f": {', '.join(sizes)}, generation {generation.number}"
    yield text
    if examination.chosen:
        yield visible(f"encoder {PurePath(examination.encoder).name}: {examination.chosen}")
    shares = {
        "looked for by their titles": examination.looked_for,
        "compared with all others": examination.compared,
    }
    for what, (some, total) in shares.items():
        if some < total:
            yield f"{some:,} of {total:,} articles were {what}; with --all, every one is"


def _share(share: tuple[int, int]) -> dict[str, int]:
    return {"articles": share[0], "of": share[1]}
