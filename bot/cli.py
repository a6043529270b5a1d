"""The command line: each command reads its arguments, calls the parts, and prints."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot import documents, reasons, render
from bot.answers import check_question
from bot.build import bring_in_line, is_in_line, open_encoder, open_store, stores_tokens
from bot.command import NOT_ANSWERED, WORLD_AT_FAULT, Run, app, command, say, write
from bot.errors import BotError
from bot.evaluation import evaluate as evaluation
from bot.evaluation import figures, outfile, questions
from bot.progress import Asking, Building
from bot.refresher import Refresher
from bot.report import generation_text, preview_text, report_text, skipped_text
from bot.writing import console as written
from config import LogFormat, Settings, SettingsError, logs
from embeddings import Encoder
from retrieval import derived, generations
from retrieval.errors import RetrievalError
from retrieval.lock import writing
from retrieval.plan import preview
from retrieval.refresh import WAIT_S, Progress

__all__ = ["app"]

# A longer question is refused anyway; this bounds what is read of standard input.
_STDIN_CHARS = 1_000_000


@command
def chat(run: Run) -> None:
    """Chat in the console; builds or refreshes the index first."""
    run.refuse_json("excerpta ask --json does")
    # Here, for prompt_toolkit would slow every other command down.
    from bot import console

    library = run.library()
    with library.searcher.following():
        console.chat(library)


@command
def ask(
    run: Run,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="'-' or nothing reads standard input.")
    ] = "-",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each excerpt why it was chosen.")
    ] = False,
) -> int:
    """Answer one question; exit status 1 if the articles do not answer it."""
    asked = _read_question() if question == "-" else question
    # Before the library is opened, so that a wrong question costs nothing.
    asked = check_question(asked, run.settings.search.max_question_chars)
    library = run.library()
    trace = library.answerer.trace(asked)
    answer = trace.answer
    drafted = documents.of_written(library.writer, answer) if run.json else None
    why = reasons.below(trace, run.settings.search.threshold) if explain else ()
    run.print(
        documents.of_trace(trace, drafted) if explain else documents.of_answer(answer, drafted),
        lambda: render.answer_text(answer, why),
        lambda: render.answer(answer, why),
    )
    if library.writer is not None and not run.json:
        out = Console()
        write("")
        written.show(answer, library.writer, out, plain=not out.is_terminal)
    return 0 if answer.answered else NOT_ANSWERED


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
    if dry_run:
        seen = preview(run.settings.articles, run.settings.index, stores_tokens(run.settings))
        text = preview_text(seen)
        run.print(documents.of_preview(seen), lambda: text, lambda: Text(text))
        return
    if watch:
        run.refuse_json("run excerpta refresh --json again and again instead")
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
    run.print(documents.of_report(report), lambda: text, lambda: Text(text))
    if watch:
        _watch(run.settings, encoder)


def _watch(settings: Settings, encoder: Encoder) -> None:
    from retrieval.watch import changes

    for _ in changes(settings.articles.folder):
        try:
            if is_in_line(settings):
                continue
            report = bring_in_line(settings, encoder)
        except RetrievalError as exc:
            say(f"excerpta: {render.visible(str(exc))}")
            continue
        if report.changed:
            write(report_text(report))


@command
def rollback(
    run: Run,
    generation: Annotated[
        int | None,
        typer.Argument(metavar="GENERATION", help="One that is kept; left out: the one before."),
    ] = None,
) -> None:
    """Go back to the articles of the generation before, until the next refresh."""
    store = open_store(run.settings)
    with writing(run.settings.index.folder, WAIT_S):
        restored = generations.rollback(store, generation)
        derived.write_lexical(store, restored.number)
    text = generation_text(restored)
    run.print(documents.of_generation(restored), lambda: text, lambda: Text(text))


@command
def fetch(
    run: Run,
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Of pages, feeds and PDFs.")],
) -> int:
    """Save web pages, feeds and PDFs as articles."""
    # Here, as no other command touches the web.
    from bot import fetching

    outcomes = []
    for outcome in fetching.fetch(fetching.check(urls), run.settings.articles):
        outcomes.append(outcome)
        if isinstance(outcome, fetching.Failed):
            say(fetching.line(outcome))
    text = fetching.text(outcomes)
    if text or run.json:
        run.print(fetching.document(outcomes), lambda: text, lambda: Text(text))
    return WORLD_AT_FAULT if any(isinstance(one, fetching.Failed) for one in outcomes) else 0


@command
def telegram(run: Run) -> None:
    """Run the Telegram bot."""
    run.refuse_json("its answers go to Telegram")
    try:
        token = run.settings.telegram.read_token()
    except SettingsError as exc:
        raise BotError(str(exc)) from exc
    logs.setup(run.verbose, service=True, as_json=run.settings.telegram.log is LogFormat.JSON)
    from bot import telegram as bot

    bot.check(token, run.settings.telegram)
    # Articles that changed meanwhile are refreshed beside the answering, not before it.
    library = run.library(stale=run.settings.telegram.watch)
    bot.run(library, token, Refresher(run.settings, run.options))


@command
def status(run: Run) -> None:
    """Say what is indexed, and with which model."""
    document = documents.of_index(run.settings, open_store(run.settings))
    values = {name: "" if value is None else str(value) for name, value in document.items()}
    run.print(document, lambda: render.status_text(values), lambda: render.status(values))


@command
def show(
    run: Run,
    article: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="Its path under the articles folder.")
    ],
) -> None:
    """Print an article's text as indexed; offsets in answers refer to it."""
    found = open_store(run.settings).article(article)
    if found is None:
        raise SettingsError(
            f"no article {article!r} in the index {run.settings.index.folder}; /sources in "
            "excerpta chat lists those there are"
        )
    run.print(documents.of_article(found), lambda: found.text, lambda: render.article(found, None))


@command
def evaluate(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions, one JSON object a line.")
    ],
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="Ask so many, the same ones every time."),
    ] = None,
    foreign: Annotated[
        Path | None,
        typer.Option(
            "--foreign",
            metavar="FILE",
            help="Questions about other articles, in place of those that no article answers.",
        ),
    ] = None,
    per_question: Annotated[
        Path | None,
        typer.Option(
            "--per-question",
            metavar="FILE",
            help="Write what came of each question, one JSON object a line.",
        ),
    ] = None,
) -> None:
    """Measure answers on questions with known answers."""
    asked = questions.gather(file, limit, foreign)
    if per_question is not None:
        outfile.check(per_question, sources=[file, *([foreign] if foreign else [])])
    library = run.library()
    absent = questions.missing(asked, {one.path for one in library.store.sources()})
    if absent:
        say(figures.absent_text(absent))
    with Asking(Console(stderr=True), len(asked)) as asking:
        outcomes = evaluation.evaluate(
            library.answerer, asked, run.settings.search.excerpts, asking.update
        )
    if per_question is not None:
        written = (documents.of_outcome(one) for one in outcomes)
        outfile.write(per_question, (json.dumps(one, ensure_ascii=False) for one in written))
    report = evaluation.summed_up(outcomes)
    run.print(
        documents.of_evaluation(report),
        lambda: figures.lines(report),
        lambda: figures.table(report),
    )


def _read_question() -> str:
    """Read a question from standard input, whatever its bytes are."""
    if sys.stdin.isatty():
        say("Type the question, then Enter and Ctrl-D.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.read(_STDIN_CHARS)


def _say_progress(progress: Progress) -> None:
    """Write how far a refresh has come to standard error."""
    say(json.dumps(asdict(progress)))
