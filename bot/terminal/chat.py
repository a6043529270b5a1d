"""A conversation with a library, line by line: questions and slash commands."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.text import Text

from bot import documents
from bot.answers import Answer, Trace
from bot.build import refresh
from bot.conversation import (
    MOST_QUESTIONS,
    Continuation,
    Conversation,
    Origin,
    Summary,
    Talk,
    Wish,
    split_questions,
)
from bot.display import ACCENT, counted, link_to, plain, visible
from bot.errors import QuestionError
from bot.followups import REMEMBERED
from bot.languages import ENGLISH, Language
from bot.library import Library
from bot.terminal.answers import (
    AnswerDrawing,
    AnswersDrawing,
    ExcerptsDrawing,
    quotation_text,
)
from bot.terminal.articles import (
    ArticleDrawing,
    SourcesDrawing,
    ValuesDrawing,
    articles_named,
    index_drawing,
    several_text,
)
from bot.terminal.desktop import copy_text, open_outside
from bot.terminal.explanation import ExplanationDrawing
from bot.terminal.pager import page
from bot.terminal.progress import Building
from bot.terminal.replies import ReplyDrawing
from bot.terminal.reports import report_text, skipped_text
from retrieval.errors import RetrievalError
from retrieval.types import Excerpt, Source

logger = logging.getLogger(__name__)

_COPIED = {
    "clipboard": "Copied.",
    "terminal": "Copied, if this terminal lets programs write to the clipboard.",
    "": "There is no clipboard here.",
}
# So many excerpts are added by /more.
_MORE = 3


class Chat:
    """A conversation with a library.

    Attributes:
        over: Whether the asker has left.

    Args:
        library: The library that answers.
        out: The console for replies, which are plain text where it is no terminal.
        err: The console for the progress of a refresh.
        language: The language of what is said beside the excerpts, and to what may be in several.
    """

    def __init__(
        self, library: Library, out: Console, err: Console, language: Language = ENGLISH
    ) -> None:
        self._language = language
        self.over = False
        self._library = library
        self._out = out
        self._err = err
        self._conversation = Conversation(library)
        self._traces: tuple[Trace, ...] = ()
        self._cited: dict[int, Excerpt] = {}
        self._asked = False
        self._shown = 0
        self._before: tuple[str, ...] = ()
        self._earlier: deque[str] = deque(maxlen=REMEMBERED)
        self._sources: tuple[int, dict[str, Source]] = (-1, {})
        self._generation = library.searcher.snapshot.generation.number

    def greet(self) -> None:
        """Greet the asker, and name the articles and the help."""
        index = self._library.searcher.snapshot.generation
        size = counted(index.articles, "article")
        self._show(
            Text.assemble(
                ("Excerpta", f"bold {ACCENT}"),
                " ",
                (f"· {visible(size)}\nAsk a question, or type /help.", "dim"),
            )
        )

    def handle(self, line: str) -> None:
        """Answer a line; an error is reported and does not end the conversation."""
        line = line.strip()
        self._note_changes()
        try:
            if line.startswith("/"):
                self._run(line)
            elif line:
                self._hear(line)
        except (QuestionError, RetrievalError) as exc:
            self.tell(str(exc))
        except Exception as exc:
            logger.info("failed to handle a line", exc_info=True)
            self.tell(f"Something went wrong ({type(exc).__name__}: {exc}); -v shows where.")

    def tell(self, text: str) -> None:
        """Show a line of text."""
        self._show(Text(visible(text)))

    def choices(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the arguments that a command takes, each with the title of its article."""
        if name in ("/show", "/open", "/copy", "/why"):
            for number, excerpt in self._cited.items():
                yield str(number), excerpt.source.title
        if name in ("/show", "/open"):
            for path, source in self._by_path().items():
                yield path, source.title

    def _show(self, drawing: RenderableType) -> None:
        if self._out.is_terminal:
            self._out.print(Group(Text(), drawing, Text()))
        else:
            self._out.out(f"{plain(drawing)}\n", highlight=False)

    def _note_changes(self) -> None:
        """Note in a terminal that the articles have changed since the line before."""
        index = self._library.searcher.snapshot.generation
        if index.number != self._generation and self._out.is_terminal:
            size = counted(index.articles, "article")
            self._out.print(Text(f"The articles have changed; there are {size} now.", "dim"))
        self._generation = index.number

    def _hear(self, line: str) -> None:
        """Answer a question, or reply to what is none."""
        message = self._conversation.read(line, self._language.code)
        earlier = tuple(self._earlier)
        # The chat knows what it has shown, and /why and /show are to take further citations, too.
        if message.wish is Wish.MORE and self._asked and self._add_excerpts():
            return
        reply = self._conversation.reply(message, earlier, self._language.code)
        if reply is None:
            questions = split_questions(message.question)
            if len(questions) == 1:
                self._ask(message.question)
            else:
                self._ask_several(questions)
            return
        remembered = self._conversation.remembered(message, earlier)
        if remembered is not None:
            self._earlier.append(remembered)
            self._asked = self._asked and message.wish is Wish.MORE
        if isinstance(reply, Summary | Origin | Continuation):
            self._cited = dict(reply.answer.cited())
        self._show(ReplyDrawing(reply))
        self.over = message.talk is Talk.LEAVING

    def _ask(self, question: str) -> None:
        trace = self._answered(question)
        answer = trace.answer
        self._traces, self._cited = (trace,), dict(answer.cited())
        # Of what does not answer, only a sentence is shown.
        self._shown = len(answer.excerpts) if answer.answered else 0
        self._show(AnswerDrawing(answer, language=self._language, goes_on=True))
        self._write(answer)

    def _ask_several(self, questions: Sequence[str]) -> None:
        """Answer the questions of one line, each with its best excerpt."""
        traces = [self._answered(question) for question in questions[:MOST_QUESTIONS]]
        answers = [trace.answer for trace in traces]
        numbered = [
            replace(trace, answer=replace(trace.answer, first=number))
            for number, trace in enumerate(traces, start=1)
        ]
        opened = tuple(map(_opened, numbered))
        # Only the last one goes on.
        self._traces = (*opened[:-1], numbered[-1])
        self._cited = _citations(opened)
        self._shown = 1 if answers[-1].answered else 0
        self._show(AnswersDrawing(answers, len(questions), self._language))
        for answer in answers:
            self._write(answer)

    def _answered(self, question: str) -> Trace:
        before = self._conversation.subjects(tuple(self._earlier))
        trace = self._library.answerer.trace(question, earlier=before)
        self._asked, self._before = True, before
        self._earlier.append(trace.answer.remembered)
        return trace

    def _write(self, answer: Answer) -> None:
        if self._library.writer is not None:
            from bot.writing import print_written

            print_written(answer, self._library.writer, self._out)

    def _run(self, line: str) -> None:
        name, _, argument = line.partition(" ")
        command = COMMANDS.get(name.lower())
        if command is None:
            (nearest,) = get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0)
            self.tell(f"There is no command {name}; the nearest is {nearest}, /help lists all.")
        else:
            command.run(self, argument.strip())

    def _by_path(self) -> dict[str, Source]:
        """Return the articles by their paths, as these are shown and so are typed."""
        generation = self._library.searcher.snapshot.generation.number
        if self._sources[0] != generation:
            sources = self._library.store.sources()
            self._sources = generation, {visible(one.path): one for one in sources}
        return self._sources[1]

    # Commands

    def _help(self, _argument: str) -> None:
        usages = {
            f"{name} {command.argument}".strip(): command.help for name, command in COMMANDS.items()
        }
        self._show(ValuesDrawing(usages))

    def _list_sources(self, _argument: str) -> None:
        drawing = SourcesDrawing(list(self._by_path().values()))
        if not page(drawing, self._out):
            self._show(drawing)

    def _more(self, _argument: str) -> None:
        if not self._traces:
            self.tell("Ask a question first; then /more shows further excerpts.")
        elif not self._add_excerpts():
            self.tell("There are no more excerpts for this question.")

    def _add_excerpts(self) -> bool:
        """Show further excerpts for the last question; return whether there are any."""
        *others, last = self._traces
        known = last.answer.excerpts
        if self._shown < len(known):
            self._show_further(last.answer)
            return True
        found = self._library.answerer.trace(last.answer.question, len(known) + _MORE, self._before)
        # They are compared by place, as scores of another generation differ.
        places = {(one.source.path, one.start) for one in known}
        new = [
            (excerpt, window)
            for excerpt, window in zip(found.answer.excerpts, found.windows, strict=True)
            if (excerpt.source.path, excerpt.start) not in places
        ]
        if not new:
            return False
        answer = replace(last.answer, excerpts=(*known, *(excerpt for excerpt, _ in new)))
        windows = (*last.windows, *(window for _, window in new))
        self._traces = (*others, replace(last, answer=answer, windows=windows))
        self._show_further(answer)
        return True

    def _show_further(self, answer: Answer) -> None:
        """Show the excerpts of an answer that were not shown before."""
        # As for the conversation, each "more" is remembered.
        self._earlier.append(answer.remembered)
        self._cited = _citations(self._traces)
        self._show(ExcerptsDrawing(answer, self._shown, self._language, answer.first > 1))
        self._shown = len(answer.excerpts)

    def _new(self, _argument: str) -> None:
        self._traces, self._cited = (), {}
        self._asked, self._shown, self._before = False, 0, ()
        self._earlier.clear()
        self.tell("A new conversation begins; what was asked before counts no more.")

    def _why(self, argument: str) -> None:
        if not self._traces:
            self.tell("Ask a question first; then /why tells how its excerpts were chosen.")
            return
        trace, citation = self._traces[-1], _citation(argument)
        if argument:
            found = [one for one in self._traces if citation in _citations([one])]
            if not found:
                self.tell(self._no_citation(argument))
                return
            (trace,) = found
        threshold = self._library.settings.search.threshold
        self._show(ExplanationDrawing(trace, threshold, citation))

    def _no_citation(self, argument: str) -> str:
        have = (
            f"has {counted(len(self._cited), 'citation')}"
            if self._cited or self._traces
            else "is yet to come"
        )
        return f"There is no citation {argument}; the last answer {have}."

    def _show_article(self, argument: str) -> None:
        named = self._named("/show", argument)
        if named is None:
            return
        source, excerpt = named
        article = self._library.store.article(source.path)
        if article is None:
            self.tell(f"{source.path} is no longer among the articles.")
            return
        marked = range(0)
        if excerpt is not None:
            marked = range(excerpt.paragraph, (excerpt.last_paragraph or excerpt.paragraph) + 1)
        drawing = ArticleDrawing(article, marked)
        if not page(drawing, self._out, drawing.opening):
            self._show(drawing)

    def _open(self, argument: str) -> None:
        named = self._named("/open", argument)
        if named is None:
            return
        source, _ = named
        place = source.url or ""
        if not link_to(place).link:
            # Of a file with several articles, an article's path has its key behind the file's.
            folder = self._library.settings.articles.folder.absolute()
            file = folder / source.path
            place = str(file if file.exists() else folder / source.path.rpartition("#")[0])
            if not Path(place).is_file():
                self.tell(f"{source.path} is no longer in {folder}.")
                return
        if open_outside(place):
            self.tell(f"Opened {place}")
        else:
            self.tell(f"Nothing here opens it; it is at {place}")

    def _copy(self, argument: str) -> None:
        named = self._named("/copy", argument)
        if named is None:
            return
        _, excerpt = named
        if excerpt is None:
            self.tell(self._no_citation(argument))
            return
        took = copy_text(quotation_text(excerpt, self._language), self._out)
        self.tell(_COPIED[took])

    def _named(self, command: str, argument: str) -> tuple[Source, Excerpt | None] | None:
        """Return an article by its citation, with the excerpt, or by its name; or say why not."""
        citation = _citation(argument)
        if citation in self._cited:
            excerpt = self._cited[citation]
            return excerpt.source, excerpt
        if not argument:
            self.tell(f"Which one? {command} 1 takes that of citation [1].")
        elif argument.strip("[]").isdecimal():
            self.tell(self._no_citation(argument))
        else:
            named = articles_named(self._by_path().values(), argument)
            if len(named) == 1:
                return named[0], None
            if named:
                self.tell(several_text(named, argument))
                return None
            near = get_close_matches(argument, self._by_path(), n=1, cutoff=0.5)
            hint = f"the nearest is {near[0]}, " if near else ""
            self.tell(f"There is no article {argument}; {hint}/sources lists all.")
        return None

    def _status(self, _argument: str) -> None:
        document = documents.of_index(self._library.settings, self._library.store)
        self._show(index_drawing(document))

    def _refresh(self, _argument: str) -> None:
        with Building(self._err) as building:
            report = refresh(self._library, building.update)
        self._generation = self._library.searcher.snapshot.generation.number
        text = report_text(report)
        if report.skipped:
            text += f"\n{skipped_text(report.skipped)}"
        self._show(Text(text))

    def _quit(self, _argument: str) -> None:
        self.over = True


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: the name of its argument, its line in /help, and what runs it."""

    argument: str
    help: str
    run: Callable[[Chat, str], None]


COMMANDS = {
    "/help": Command("", "this list", Chat._help),
    "/sources": Command("", "the articles", Chat._list_sources),
    "/more": Command("", "further excerpts for the last question", Chat._more),
    "/show": Command(
        "N|ARTICLE", "the article of citation [N], or any article", Chat._show_article
    ),
    "/open": Command("N|ARTICLE", "open its page, or its file, in another window", Chat._open),
    "/copy": Command("N", "copy the excerpt of citation [N], and where it is from", Chat._copy),
    "/why": Command("N", "why the excerpts were chosen, or that of citation [N]", Chat._why),
    "/new": Command("", "begin a new conversation", Chat._new),
    "/status": Command("", "what is indexed, and with which model", Chat._status),
    "/refresh": Command("", "bring the index in line with the articles", Chat._refresh),
    "/quit": Command("", "leave, as Ctrl-D does", Chat._quit),
}


def _opened(trace: Trace) -> Trace:
    """Return the trace of an answer that shows only its first excerpt."""
    answer = replace(trace.answer, excerpts=trace.answer.excerpts[:1])
    return replace(trace, answer=answer, windows=trace.windows[:1])


def _citations(traces: Iterable[Trace]) -> dict[int, Excerpt]:
    """Return the excerpts of answers by the numbers that they are cited by."""
    return dict(chain.from_iterable(trace.answer.cited() for trace in traces))


def _citation(argument: str) -> int | None:
    """Return the number of a citation as people type it, `1` or `[1]`; None if it is none."""
    digits = argument.strip("[]")
    # Python reads no number of thousands of digits.
    return int(digits) if digits.isdecimal() and len(digits) < 10 else None
