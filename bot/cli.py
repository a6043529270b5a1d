"""The command line: the table of commands, and those of the core.

A command reads its arguments, calls the parts, and prints. The wings bring their own: the table
names the module of each, which is imported only when the command is run.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import nullcontext
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from bot.command import NOT_ANSWERED, Command, Run, Version, command, say, write
from bot.display import visible
from bot.ending import Ending
from config import Settings, SettingsError

if TYPE_CHECKING:
    from retrieval.refresh import RefreshProgress, RefreshReport
    from retrieval.types import Encoder

# A command's name, the module that defines it under this name, and its line in --help; they are in
# the order in which somebody comes to use them.
COMMANDS = {
    "chat": ("bot.cli", "Chat in the console; builds or refreshes the index first."),
    "ask": (
        "bot.cli",
        "Answer one question; status 1 if the articles do not answer it.",
    ),
    "sources": ("bot.cli", "List the articles with their dates."),
    "show": ("bot.cli", "Print an article's text as indexed; offsets refer to it."),
    "config": (
        "bot.configuration",
        "Say what is set and from where, or write a file of settings.",
    ),
    "fetch": ("bot.fetching.command", "Save web pages, feeds and PDFs as articles."),
    "refresh": ("bot.cli", "Bring the index in line with the articles."),
    "status": ("bot.cli", "Say what is indexed, and with which model."),
    "doctor": (
        "bot.doctor",
        "Say what is wrong with index and articles, and what mends it.",
    ),
    "telegram": ("bot.telegram.command", "Run the Telegram bot."),
    "serve": ("bot.web.command", "Serve the web page and the HTTP API."),
    "mcp": ("bot.mcp.command", "Answer an assistant by the Model Context Protocol."),
    "evaluate": ("bot.evaluation.command", "Measure answers on questions with known answers."),
    "rollback": (
        "bot.cli",
        "Go back to the generation before, until the next refresh.",
    ),
    "copy": ("bot.copying", "Copy an index to another address, and encode nothing."),
}

# This bounds what is read of standard input; a shorter question may be refused, too.
_STDIN_CHARS = 1_000_000


class _Group(TyperGroup):
    """The commands of the table; each is imported when it is run."""

    # `ctx` has a class of click, of which typer keeps a copy of its own.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read what stands before the command, where none of its options may stand."""
        option = args[0].partition("=")[0] if args else ""
        known = {one for parameter in self.get_params(ctx) for one in parameter.opts}
        if option.startswith("--") and option not in {"--", *known} and not ctx.resilient_parsing:
            name = next((one for one in args if one in COMMANDS), "COMMAND")
            ctx.fail(
                f"No such option: {visible(option)}. Options stand behind the command: "
                f"excerpta {name} {visible(option)}"
            )
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Command, list[str]]:  # noqa: ANN401
        """Return the command that the arguments name, and the arguments that follow the name."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else load(name), rest


app = typer.Typer(
    cls=_Group,
    name="excerpta",
    help="Answer questions from a folder of articles, with excerpts cited to the paragraph.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@app.callback()
def _root(_version: Version = False) -> None:
    """Answer questions from a folder of articles, with excerpts cited to the paragraph."""


for _name, (_, _help) in COMMANDS.items():
    app.command(_name, help=_help)(lambda: None)


def load(name: str) -> Command:
    """Import a command by its name in the table."""
    module, _ = COMMANDS[name]
    return getattr(import_module(module), name)


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
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Encode on the nodes of a Ray cluster."),
    ] = None,
) -> None:
    """Bring the index in line with the articles."""
    from bot.terminal import (
        preview_document,
        preview_text,
        report_document,
        report_text,
        skipped_text,
    )
    from retrieval.refresh import preview

    if dry_run:
        seen = preview(run.settings.articles, run.settings.index, run.settings.search.stores_tokens)
        text = preview_text(seen)
        run.print(preview_document(seen), text)
        return
    if watch:
        run.refuse_json("run excerpta refresh --json again and again instead")
    with Ending() if watch else nullcontext() as ending:
        encoder: Encoder | None = None
        # The parent that asks for the progress has compared articles and index already.
        report = None if watch or rebuild or progress else _nothing_to_do(run.settings)
        if report is None:
            with run.building() as building:
                from bot.build import bring_in_line, on_cluster, open_encoder
                from retrieval.refresh import WAIT_S

                told = _say_progress if progress else building.update
                loaded, choice = open_encoder(
                    run.settings, building.announce, anew=rebuild, due=True
                )
                encoder = on_cluster(run.settings, loaded, choice, ray) if ray else loaded
                report = bring_in_line(
                    run.settings,
                    encoder,
                    ending.checking(told) if ending else told,
                    building.announce,
                    choice=choice,
                    force=force,
                    rebuild=rebuild,
                    wait_s=-1 if wait else WAIT_S,
                )
        text = "\n".join(filter(None, [report_text(report), skipped_text(report.skipped)]))
        run.print(report_document(report), text)
        if ending and encoder is not None:
            _watch(run.settings, encoder, ending)


def _nothing_to_do(settings: Settings) -> RefreshReport | None:
    """Return what a refresh would report if there is nothing to do, without loading the encoder."""
    from bot.encoder_choice import settled
    from embeddings import EncoderError, identify
    from retrieval.errors import IndexFault
    from retrieval.refresh import compare

    encoder = settings.encoder
    if encoder.needs_torch:
        return None
    try:
        choice = settled(settings)
        if choice is None:
            return None
        fingerprint = identify(
            choice.model,
            query_prompt=encoder.query_prompt,
            passage_prompt=encoder.passage_prompt,
            cache=encoder.cache,
        )
        if fingerprint is None:
            return None
        found = compare(settings.articles, settings.index, settings.search.stores_tokens)
        return found.unchanged(fingerprint) if found else None
    except (EncoderError, IndexFault):
        # The refresh will meet the same fault, and mend it or report it.
        return None


def _watch(settings: Settings, encoder: Encoder, ending: Ending) -> None:
    """Bring the index in line whenever the articles change; report a repeated failure once."""
    from bot.build import bring_in_line, is_in_line
    from bot.display import visible
    from bot.refresh_process import WRITTEN_S
    from bot.terminal import report_text
    from retrieval.articles import WRITTEN
    from retrieval.errors import RetrievalError
    from retrieval.refresh import FolderChanges

    failure = ""
    changes = FolderChanges(settings.articles.folder, settings.refresh.watch)
    for _ in ending.waiting_for(changes):
        try:
            if is_in_line(settings):
                continue
            report = bring_in_line(settings, encoder, ending.checking(lambda _: None))
        except RetrievalError as exc:
            if str(exc) != failure:
                failure = str(exc)
                say(f"excerpta: {visible(failure)}")
            continue
        failure = ""
        if report.changed:
            write(report_text(report))
        if any(one.reason == WRITTEN for one in report.skipped):
            changes.soon(WRITTEN_S)


@command(hidden=("articles",))
def rollback(
    run: Run,
    generation: Annotated[
        int | None,
        typer.Argument(metavar="GENERATION", help="One that is kept; left out: the one before."),
    ] = None,
) -> None:
    """Go back to the generation before, until the next refresh."""
    from bot.build import open_store
    from bot.terminal import generation_document, generation_text
    from retrieval.backends import index_of
    from retrieval.index import write_lexical
    from retrieval.refresh import WAIT_S

    store = open_store(run.settings)
    with index_of(run.settings.index).write_lock(WAIT_S):
        restored = store.writer().rollback(generation)
        write_lexical(store, restored.number)
    text = generation_text(restored)
    run.print(generation_document(restored), text)


def _say_progress(progress: RefreshProgress) -> None:
    """Write how far a refresh has come to standard error."""
    from bot.display import json_text

    say(json_text(asdict(progress)))


@command
def status(run: Run) -> None:
    """Say what is indexed, and with which model."""
    from bot import documents
    from bot.build import open_store
    from bot.terminal import index_drawing

    document = documents.of_index(run.settings, open_store(run.settings))
    run.print(document, index_drawing(document))


@command(hidden=("json",))
def chat(run: Run) -> None:
    """Chat in the console; builds or refreshes the index first."""
    run.refuse_json("excerpta ask --json does")
    from bot.refresh_process import Refresher
    from bot.terminal import run_chat

    library = run.library()
    refresher = Refresher(run.settings, run.options, library.searcher)
    with refresher.watching(lambda _: library.searcher.reload()):
        run_chat(library)


@command
def ask(
    run: Run,
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUESTION", help="'-' or nothing reads standard input."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each excerpt why it was chosen.")
    ] = False,
) -> int:
    """Answer one question; status 1 if the articles do not answer it."""
    try:
        # Without quotation marks, the shell hands on its words one by one.
        return _answer(run, " ".join(question or ["-"]), explain)
    except KeyboardInterrupt as exc:
        exc.add_note("the question was not answered")
        raise


def _answer(run: Run, question: str, explain: bool) -> int:
    """Answer a question and return the exit status."""
    # Before the imports, which take as long.
    loading = run.loading()
    from rich.console import Console

    from bot import documents
    from bot.answers import check_question
    from bot.conversation import Conversation, answer_of, of_reply
    from bot.languages import language_of_environment
    from bot.terminal import AnswerDrawing, ReplyDrawing, reasons_below

    asked = _read_question() if question == "-" else question
    # Checked before the library is opened, so that a wrong question costs nothing.
    asked = check_question(asked, run.settings.search.max_question_chars)
    library = run.library(loading=loading)
    language = language_of_environment(os.environ)
    conversation = Conversation(library)
    message = conversation.read(asked, language.code)
    reply = conversation.reply(message, interface=language.code)
    if reply is not None:
        run.print(of_reply(message, reply), ReplyDrawing(reply))
        return 0 if answer_of(message, reply).answered else NOT_ANSWERED
    trace = library.answerer.trace(message.question)
    answer, written = trace.answer, None
    if library.writer is not None:
        from bot.writing import print_written, written_document

        if run.json:
            written = written_document(library.writer, list(library.writer.written(answer)))
    reasons = reasons_below(trace, run.settings.search.threshold) if explain else ()
    run.print(
        documents.of_trace(trace, written) if explain else documents.of_answer(answer, written),
        AnswerDrawing(answer, reasons, language),
    )
    if library.writer is not None and not run.json:
        write("")
        print_written(answer, library.writer, Console())
    return 0 if answer.answered else NOT_ANSWERED


def _read_question() -> str:
    """Read a question from standard input, whatever its bytes are."""
    if sys.stdin.isatty():
        say("Type the question, then Enter and Ctrl-D.")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return sys.stdin.read(_STDIN_CHARS)


@command(hidden=("articles",))
def sources(run: Run) -> None:
    """List the articles with their dates."""
    from bot import documents
    from bot.build import open_store
    from bot.terminal import SourcesDrawing

    found = open_store(run.settings).sources()
    listed = {"articles": [documents.of_source(one) for one in found]}
    run.print(listed, SourcesDrawing(found), paged=True)


@command(hidden=("articles",))
def show(
    run: Run,
    article: Annotated[
        str,
        typer.Argument(
            metavar="ARTICLE", help="Its path under the articles folder, or a part of its title."
        ),
    ],
) -> None:
    """Print an article's text as indexed; offsets refer to it."""
    from bot import documents
    from bot.build import open_store
    from bot.terminal import ArticleDrawing, articles_named, several_text

    store = open_store(run.settings)
    named = articles_named(store.sources(), article)
    if len(named) > 1:
        raise SettingsError(several_text(named, article))
    found = store.article(named[0].path) if named else None
    if found is None:
        raise SettingsError(
            f"no article {article!r} in the index {run.settings.index.address}; excerpta sources "
            "lists those there are"
        )
    run.print(documents.of_article(found), ArticleDrawing(found, bare=True), paged=True)
