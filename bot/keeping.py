"""The commands that keep the index: refresh, rollback, fetch, status, doctor."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.command import WORLD_AT_FAULT, Run, command, say, write
from config import Settings

if TYPE_CHECKING:
    from embeddings import Encoder
    from retrieval.refresh.plan import RefreshProgress


@command
def refresh(
    run: Run,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and refresh whenever the articles change.")
    ] = False,
    progress: Annotated[
        bool, typer.Option("--progress", help="Say how far it is on standard error, as JSON lines.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Publish the new state though it finds less.")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the index again from nothing.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another process that is writing.")
    ] = False,
) -> None:
    """Bring the index in line with the articles."""
    from rich.text import Text

    from bot.idle import nothing_to_do, stores_tokens
    from bot.terminal.reports import of_preview, of_report, preview_text, report_text, skipped_text
    from retrieval.refresh.plan import preview

    if dry_run:
        seen = preview(run.settings.articles, run.settings.index, stores_tokens(run.settings))
        text = preview_text(seen)
        run.print(of_preview(seen), Text(text))
        return
    if watch:
        run.refuse_json("run excerpta refresh --json again and again instead")
    encoder = None
    # Who wants to know how far it is has looked already.
    report = None if watch or rebuild or progress else nothing_to_do(run.settings)
    if report is None:
        from rich.console import Console

        from bot.build import bring_in_line, open_encoder
        from bot.terminal.progress import Building
        from retrieval.refresh.refresh import WAIT_S

        with Building(Console(stderr=True)) as building:
            encoder = open_encoder(run.settings, building.announce)
            report = bring_in_line(
                run.settings,
                encoder,
                _say_progress if progress else building.update,
                force=force,
                rebuild=rebuild,
                wait_s=-1 if wait else WAIT_S,
            )
    text = "\n".join(filter(None, [report_text(report), skipped_text(report.skipped)]))
    run.print(of_report(report), Text(text))
    if watch and encoder is not None:
        _watch(run.settings, encoder)


def _watch(settings: Settings, encoder: Encoder) -> None:
    from bot.build import bring_in_line
    from bot.idle import is_in_line
    from bot.refresh_process import WRITTEN_S
    from bot.terminal.reports import report_text
    from retrieval.articles import WRITTEN
    from bot.terminal.text import visible
    from retrieval.errors import RetrievalError
    from retrieval.refresh.watch import FolderChanges

    said = ""
    looks = FolderChanges(settings.articles.folder, settings.refresh.watch)
    for _ in looks:
        try:
            if is_in_line(settings):
                continue
            report = bring_in_line(settings, encoder)
        except RetrievalError as exc:
            if str(exc) != said:
                said = str(exc)
                say(f"excerpta: {visible(said)}")
            continue
        said = ""
        if report.changed:
            write(report_text(report))
        if any(one.reason == WRITTEN for one in report.skipped):
            looks.soon(WRITTEN_S)


@command
def rollback(
    run: Run,
    generation: Annotated[
        int | None,
        typer.Argument(metavar="GENERATION", help="One that is kept; left out: the one before."),
    ] = None,
) -> None:
    """Go back to the articles of the generation before, until the next refresh."""
    from rich.text import Text

    from bot.build import open_store
    from bot.terminal.reports import generation_text, of_generation
    from retrieval.index import lexical_files as derived
    from retrieval.index import writer as generations
    from retrieval.index.folder import write_lock
    from retrieval.refresh.refresh import WAIT_S

    store = open_store(run.settings)
    with write_lock(run.settings.index.folder, WAIT_S):
        restored = generations.rollback(store, generation)
        derived.write_lexical(store, restored.number)
    text = generation_text(restored)
    run.print(of_generation(restored), Text(text))


@command
def fetch(
    run: Run,
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Of pages, feeds and PDFs.")],
) -> int:
    """Save web pages, feeds and PDFs as articles."""
    from rich.text import Text

    # No other command touches the web.
    from bot import fetching

    outcomes = []
    for outcome in fetching.fetch(fetching.check(urls), run.settings.articles):
        outcomes.append(outcome)
        if isinstance(outcome, fetching.Failed):
            say(fetching.failure_text(outcome))
    text = fetching.fetch_text(outcomes)
    if text or run.json:
        run.print(fetching.fetch_document(outcomes), Text(text))
    return WORLD_AT_FAULT if any(isinstance(one, fetching.Failed) for one in outcomes) else 0


@command
def status(run: Run) -> None:
    """Say what is indexed, and with which model."""
    from bot import documents
    from bot.build import open_store
    from bot.terminal.articles import ValuesDrawing

    document = documents.of_index(run.settings, open_store(run.settings))
    run.print(document, ValuesDrawing(document))


@command
def doctor(
    run: Run,
    every: Annotated[
        bool, typer.Option("--all", help="Look for every article, not for a sample of them.")
    ] = False,
) -> int:
    """Say what is wrong with the index and the articles, and what mends it."""
    from rich.console import Console

    from bot import doctor as checkup
    from bot.build import open_encoder
    from bot.terminal.progress import Building

    with Building(Console(stderr=True)) as building:
        diagnosis = checkup.examined(
            run.settings,
            lambda: open_encoder(run.settings, building.announce),
            building.announce,
            every=every,
        )
    run.print(checkup.document(diagnosis), checkup.ExaminationDrawing(diagnosis))
    return WORLD_AT_FAULT if checkup.has_errors(diagnosis) else 0


def _say_progress(progress: RefreshProgress) -> None:
    """Write how far a refresh has come to standard error."""
    say(json.dumps(asdict(progress)))
