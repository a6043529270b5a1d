"""Running heads: what a PDF repeats at the edges of its pages is said once, page numbers never."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from retrieval.articles.pdf.lines import Line

# A running head or foot has at most so many lines, and stands at one height (in points) on so many
# pages, or on both of two.
EDGE = 3
_NEAR = 4
# What has more pieces at one height is a row of a table.
_PIECES = 4
_REPEATS = 3
# What counts the pages is the outermost line of a page with so many more, or else is its content:
# the number of a receipt, of a slide, of a step.
_LONG_PAGE = 8
# Numbers in a line without a word: "7 of 12" has fewer, a table's row may have more.
_FIGURES = 3

_DIGITS = re.compile(r"\d{1,18}")
_WORDS = re.compile(r"\w+")
# What stands beside the number of a page and says no more.
_PAGE_WORD_LIST = (
    "page pages seite seiten blatt página páginas pagina pagine pág pag strona str strana stránka "
    "сторінка стор страница стр side sida sivu lapa puslapis oldal sayfa pagină halaman trang "
    "σελίδα pg p s of von de di sur od z ze из з із av af van din dari"
)
_PAGE_WORDS = frozenset(_PAGE_WORD_LIST.split())
# A document that was put together of others counts anew at times.
_COUNTING = 0.7

_Place = tuple[int, int]
"""The number of a page, and of a line on it."""


def without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Leave out what stands on several pages at one height of their edges, but the first of it.

    Its numbers may count the pages. What only says on which page one is, is left out whole.
    """
    needed = min(_REPEATS, len(pages))
    alike: defaultdict[str, defaultdict[int, list[_Place]]] = defaultdict(lambda: defaultdict(list))
    outermost: set[_Place] = set()
    for number, page in enumerate(pages if needed > 1 else ()):
        for line, is_outermost in _edges(page):
            place = number, line
            if is_outermost:
                outermost.add(place)
            height = round(page[line].base / _NEAR)
            alike[_folded(page[line].text)][height].append(place)
    superfluous: set[_Place] = set()
    for heights in alike.values():
        for group in _groups(heights):
            if len({page for page, _ in group}) >= needed:
                superfluous.update(_repeated(pages, group, outermost))
    return [
        _without(page, {place for place in range(len(page)) if (number, place) in superfluous})
        for number, page in enumerate(pages)
    ]


def _without(page: Sequence[Line], superfluous: set[int]) -> list[Line]:
    """Leave out lines, but not a part of a row between others, which may be a table's."""
    heights = [round(line.base) for line in page]
    kept = {one for number, one in enumerate(heights) if number not in superfluous}
    ends = {min(heights, default=0), max(heights, default=0)}
    whole = kept - ends
    return [
        line
        for number, line in enumerate(page)
        if number not in superfluous or heights[number] in whole
    ]


def _edges(page: Sequence[Line]) -> Iterable[tuple[int, bool]]:
    """Yield the numbers of the highest and the lowest lines, and whether they are outermost."""
    pieces = Counter(round(line.base) for line in page)
    heights = sorted(pieces)
    edges = {one for one in (*heights[:EDGE], *heights[-EDGE:]) if pieces[one] <= _PIECES}
    ends = {*heights[:1], *heights[-1:]}
    for number, line in enumerate(page):
        if round(line.base) in edges:
            yield number, round(line.base) in ends


def _folded(text: str) -> str:
    """Return a line with its digits made equal, but not a row of a table's figures."""
    folded, numbers = _DIGITS.subn("0", text)
    return folded if numbers < _FIGURES or any(map(str.isalpha, text)) else text


def _groups(heights: dict[int, list[_Place]]) -> Iterable[list[_Place]]:
    """Yield the places whose heights are next to each other, in the order of the pages."""
    group: list[_Place] = []
    last = None
    for height in sorted(heights):
        if last is not None and height > last + 1:
            yield sorted(group)
            group = []
        group += heights[height]
        last = height
    yield sorted(group)


def _repeated(
    pages: Sequence[Sequence[Line]], group: Sequence[_Place], outermost: set[_Place]
) -> Iterable[_Place]:
    """Yield the places of a group where a reader learns nothing new."""
    texts = [pages[page][line].text for page, line in group]
    counting = _count_pages(group, texts)
    if all(map(_is_page_number, texts)):
        # Others are figures of a table, which stand where those of another page do.
        yield from group if counting else ()
        return
    said: set[str] = set()
    for place, text in zip(group, texts, strict=True):
        counted = counting and place in outermost and _is_long(pages[place[0]])
        if text in said or (said and counted):
            yield place
        said.add(text)


def _is_page_number(text: str) -> bool:
    words = _WORDS.findall(text.casefold())
    return bool(words) and all(word.isdecimal() or word in _PAGE_WORDS for word in words)


def _count_pages(group: Sequence[_Place], texts: Sequence[str]) -> bool:
    """Whether the numbers in a head grow with the pages, or stay."""
    numbers = [list(map(int, _DIGITS.findall(text))) for text in texts]
    steps = [
        {further - number for number, further in zip(before, after, strict=True)}
        for before, after in pairwise(numbers)
    ]
    pages = [after - before for (before, _), (after, _) in pairwise(group)]
    counted = sum(
        step in step_set and step_set <= {0, step}
        for step, step_set in zip(pages, steps, strict=True)
    )
    return counted >= _COUNTING * len(steps)


def _is_long(page: Sequence[Line]) -> bool:
    return len({round(line.base) for line in page}) > _LONG_PAGE
