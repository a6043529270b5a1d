"""The command line: each command reads its arguments, calls the parts, and prints.

Those that keep the index are in `keeping`.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import keeping
from bot.command import NOT_ANSWERED, Run, app, command, say, write
from bot.errors import BotError
from config import LogFormat, SettingsError, logs

__all__ = ["app", "keeping"]

# A longer question is refused anyway; this bounds what is read of standard input.
_STDIN_CHARS = 1_000_000


@command
def chat(run: Run) -> None:
    """Chat in the console; builds or refreshes the index first."""
    run.refuse_json("excerpta ask --json does")
    from bot.refresh_process import Refresher
    from bot.terminal import console

    library = run.library()
    refresher = Refresher(run.settings, run.options)
    with refresher.watching(lambda _: library.searcher.reload()):
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
    from rich.console import Console

    from bot import documents
    from bot.answers import check_question
    from bot.terminal.answers import AnswerDrawing
    from bot.terminal.explanation import reasons_below
    from bot.writing.printing import print_written, written_document

    asked = _read_question() if question == "-" else question
    # Before the library is opened, so that a wrong question costs nothing.
    asked = check_question(asked, run.settings.search.max_question_chars)
    library = run.library()
    trace = library.answerer.trace(asked)
    answer = trace.answer
    written = None
    if library.writer is not None and run.json:
        written = written_document(answer, library.writer)
    reasons = reasons_below(trace, run.settings.search.threshold) if explain else ()
    run.print(
        documents.of_trace(trace, written) if explain else documents.of_answer(answer, written),
        AnswerDrawing(answer, reasons),
    )
    if library.writer is not None and not run.json:
        write("")
        print_written(answer, library.writer, Console())
    return 0 if answer.answered else NOT_ANSWERED


@command
def telegram(run: Run) -> None:
    """Run the Telegram bot."""
    from bot.refresh_process import Refresher

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
    bot.run(library, token, Refresher(run.settings, run.options, prewarm=True))


@command
def show(
    run: Run,
    article: Annotated[
        str, typer.Argument(metavar="ARTICLE", help="Its path under the articles folder.")
    ],
) -> None:
    """Print an article's text as indexed; offsets in answers refer to it."""
    from bot import documents
    from bot.build import open_store
    from bot.terminal.articles import ArticleDrawing

    found = open_store(run.settings).article(article)
    if found is None:
        raise SettingsError(
            f"no article {article!r} in the index {run.settings.index.folder}; /sources in "
            "excerpta chat lists those there are"
        )
    run.print(documents.of_article(found), ArticleDrawing(found, bare=True))


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
    from rich.console import Console

    from bot import documents
    from bot.evaluation import command as figures
    from bot.evaluation import command as outfile
    from bot.evaluation import evaluate as evaluation
    from bot.evaluation import questions
    from bot.terminal.progress import Asking

    asked = questions.gather(file, limit, foreign)
    if per_question is not None:
        outfile.check_output(per_question, sources=[file, *([foreign] if foreign else [])])
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
        outfile.write_output(per_question, (json.dumps(one, ensure_ascii=False) for one in written))
    report = evaluation.summed_up(outcomes)
    run.print(documents.of_evaluation(report), figures.EvaluationDrawing(report))


def _read_question() -> str:
    """Read a question from standard input, whatever its bytes are."""
    if sys.stdin.isatty():
        say("Type the question, then Enter and Ctrl-D.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.read(_STDIN_CHARS)
