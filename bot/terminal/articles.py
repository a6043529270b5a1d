"""Drawings of an article, of the list of articles, and of names with values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.display import ACCENT, Readable, apart, counted, link_to, one_line, visible
from retrieval.types import Article, Source

# What keys of the document of an index are called where the key alone says little.
_WORDS = {
    "kept": "generations kept",
    "fingerprint": "fingerprint of the encoder",
    "dim": "numbers in a vector",
    "vectors": "index of vectors",
    "format": "format of the index",
}
# So many articles are named where a name fits several.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class ArticleDrawing:
    """An article with numbered paragraphs.

    Attributes:
        marked: The numbers of the paragraphs that are marked, if any.
        bare: Whether a pipe gets only the text, to which the offsets in answers refer.
    """

    article: Article
    marked: range = range(0)
    bare: bool = False

    @property
    def opening(self) -> str:
        """The beginning of the line at which the first marked paragraph is drawn; "" for none."""
        return f"> ¶ {self.marked.start} " if self.marked else ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""
        head = Text(
            title_of(self.article.source), Style(bold=True) + link_to(self.article.source.url)
        )
        about = Text(_about(self.article.source), "dim")
        if options.is_terminal:
            yield Readable(head, about, self._table())
        elif self.bare:
            # A `Text` would drop tabs and control characters.
            yield Segment(f"{self.article.text}\n")
        else:
            yield head
            yield about
            for number, text in _paragraphs(self.article):
                mark = "> " if number in self.marked else ""
                yield Segment(f"\n{mark}¶ {number}  {text}\n")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(justify="right", no_wrap=True)
        for number, text in _paragraphs(self.article):
            marked = number in self.marked
            sign, mark, style = ("> ", f"bold {ACCENT}", ACCENT) if marked else ("", "dim", "")
            table.add_row()
            table.add_row(Text(f"{sign}¶ {number}", mark), Text(text, style, overflow="fold"))
        return table


def _paragraphs(article: Article) -> Iterator[tuple[int, str]]:
    # Imported here, as the sentence splitter takes a while to load.
    from retrieval.chunking import split_paragraphs

    for number, (start, end) in enumerate(split_paragraphs(article.text), start=1):
        lines = article.text[start:end].expandtabs(4).split("\n")
        yield number, "\n".join(visible(line) for line in lines)


@dataclass(frozen=True, slots=True)
class SourcesDrawing:
    """A line for each article; in a terminal their number, too."""

    sources: Sequence[Source]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        for source in self.sources:
            line = Text(overflow="fold").append(title_of(source), link_to(source.url))
            for part in filter(None, (source.iso_date, source.path)):
                line.append(f" · {apart(part)}", "dim")
            yield line
        if options.is_terminal:
            yield Text()
            yield Text(counted(len(self.sources), "article"), "dim")


@dataclass(frozen=True, slots=True)
class ValuesDrawing:
    """Names and values; those that are None or empty are left out."""

    values: Mapping[str, object]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, value in self.values.items():
            if value is None or value == "":
                continue
            label, text = visible(name.replace("_", " ")), visible(str(value))
            if options.is_terminal:
                table.add_row(Text(label, ACCENT), Text(text, overflow="fold"))
            else:
                yield Text(f"{label}: {text}")
        if options.is_terminal:
            yield table


def index_drawing(document: Mapping[str, object]) -> ValuesDrawing:
    """Draw the document of an index, each value by words instead of its key."""
    return ValuesDrawing({_WORDS.get(key, key): value for key, value in document.items()})


def articles_named(sources: Iterable[Source], name: str) -> list[Source]:
    """Return the articles that a name can mean, as far as possible only one.

    A name is a path, or a title, or a part of either; capitals and spaces between words do not
    matter then.
    """
    listed = [(one, visible(one.path)) for one in sources]
    exact = [one for one, path in listed if name in (one.path, path)]
    wanted = _folded(name)
    if exact or not wanted:
        return exact
    names = [(one, {_folded(path), _folded(title_of(one))}) for one, path in listed]
    whole = [one for one, known in names if wanted in known]
    return whole or [one for one, known in names if any(wanted in part for part in known)]


def several_text(named: Sequence[Source], name: str) -> str:
    """Say that a name means several articles, and which."""
    paths = ", ".join(apart(one.path) for one in named[:_NAMED])
    more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
    return f"{len(named):,} articles are named {name}: {paths}{more}; name one by its path"


def title_of(source: Source) -> str:
    """Return the title of an article on one line, for a line beside others."""
    return apart(one_line(source.title))


def _folded(text: str) -> str:
    return one_line(text).casefold()


def _about(source: Source) -> str:
    about = (source.author, source.language, ", ".join(source.tags), source.url, source.path)
    return " · ".join(apart(part) for part in (source.iso_date, *about) if part)
