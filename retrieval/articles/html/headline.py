"""Headlines: the title of a page's article, among all that calls itself a title.

A page has a `<title>`, titles for other sites to show, and headings. In each of them the site's
name, or that of a section, may stand beside the article's title or in place of it. What two of
them say is the title; a heading that shares no word with the others is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice
from urllib.parse import urlsplit

from lxml import html  # type: ignore[import-untyped]

from retrieval.articles.text import one_line

Headings = Sequence[tuple[str, str]]
"""The tags and the texts of headings."""
Meta = Mapping[str, Sequence[str]]
"""The values of a page's meta elements, by names in lower case."""

MAX_HEADINGS = 100
MAX_PARTS = 10
MAX_TEXT = 1_000
MAX_BODY = 20_000
MIN_WORDS = 3

_DECLARED = (
    *("og:title", "twitter:title", "citation_title", "dc.title", "dc:title", "dcterms.title"),
    *("dcterms:title", "parsely-title"),
)
_SITE_NAMES = ("og:site_name", "application-name", "apple-mobile-web-app-title")
_HOMES = frozenset({"/", "./", "../", "/index.html", "/index.php", "index.html"})
_LD_HEADLINE = re.compile(r'"headline"\s{0,9}:\s{0,9}("(?:[^"\\]|\\.){1,500}")')
_LOGO = re.compile(r"\b(?:logo|brand|(?:site|blog)[_-]?(?:title|name))\b", re.IGNORECASE)
_BESIDE = frozenset({"aside", "footer", "nav"})
# Of these scripts each character counts as a word: no spaces stand between them.
_SPACELESS = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}])[^\W_])+")
_BREAK = re.compile(
    rf"\s+(?:[-–—~/\\<>«]|::|>>|--)\s+|\s*[|»›·•]+\s*|\s*[:：]\s+|(?<=[{_SPACELESS}])[-–—_](?=\w)"
)


def headline_of(page: html.HtmlElement, meta: Meta, text: str) -> str | None:
    """Return the title of the article on a page, None if nothing on it is one.

    Args:
        page: The page.
        meta: What its meta elements say.
        text: The text of the article.
    """
    text = text[:MAX_BODY]
    titles = (one.text or "" for one in page.iter("title") if one.getparent().tag != "svg")
    title = one_line(next(titles, ""))
    site = _Site(page, meta)
    headings = list(islice(_headings(page, site), MAX_HEADINGS))
    agreed = _agreed(title, headings, site)
    while agreed and _is_beside(agreed, site.cut(title) or title, headings, site, text):
        site.add_name(agreed)
        agreed = _agreed(title, headings, site)
    first = [heading for tag, heading in headings if tag == "h1" and not site.is_name(heading)]
    rest = site.cut(title, guess=True) if _has_letter(title) else None
    declared = list(_declared(page, meta))
    for one in declared:
        said = _agreed(one, headings, site)
        found = said or site.cut(one)
        if found and (said or _is_as_good(found, agreed, rest, text)):
            return found
    if agreed:
        return agreed
    heading = max(first, key=lambda one: _likeness(one, rest or ""), default=None)
    if heading is None or rest is None:
        return rest or heading or next((one for _, one in headings), next(iter(declared), None))
    if _likeness(heading, rest) >= 0.5:
        return heading
    # All pages of some sites have one title: its words are not those of the text.
    other = len(_words(heading)) > 1 and _share(heading, text) >= 0.5 and not _share(rest, text)
    return heading if other else rest


def _is_as_good(declared: str, agreed: str | None, rest: str | None, text: str) -> bool:
    """Tell whether a title that is declared, and is no heading, may be the article's."""
    other = agreed or rest or declared
    own, others = _share(declared, text), _share(other, text)
    return _likeness(declared, other) > 0 or own > others or (own == others and not agreed)


def _is_beside(part: str, title: str, headings: Headings, site: _Site, text: str) -> bool:
    """Tell whether an end of a title, though a heading says it, is the name of a site."""
    rest = title.removesuffix(part)
    if rest != title:
        return any(
            _share(rest[start:end], text) > _share(part, text) for start, end in _parts(rest)
        )
    rest = title.removeprefix(part)
    others = [other for start, end in _parts(rest) if (other := rest[start:end])]
    said = {_key(heading) for _, heading in headings}
    length = len(_words_of(part))
    return any(
        len(_words_of(one)) > length
        and _share(one, text) > _share(part, text)
        and (_key(one) in said or (len(others) == 1 and not site.is_like_name(one)))
        for one in others
    )


class _Site:
    """The site that a page belongs to, by its address and its names."""

    def __init__(self, page: html.HtmlElement, meta: Meta) -> None:
        links = page.xpath(".//link[@rel = 'canonical']/@href")
        addresses = map(_address, [*links, *meta.get("og:url", ())])
        self._host, self._path = next((one for one in addresses if one[0]), ("", ""))
        names = [name for key in _SITE_NAMES for name in meta.get(key, ())]
        names += [_text(one) for one in page.iter("a") if one.get("href") in _HOMES]
        self._names = {_key(one_line(name)) for name in names}

    def add_name(self, name: str) -> None:
        """Take something for a name of the site."""
        self._names.add(_key(name))

    def is_above(self, link: html.HtmlElement) -> bool:
        """Tell whether a link leads to the first page of the site or of the page's section."""
        href = link.get("href", "").strip()
        host, path = _address(href)
        if href in _HOMES or (host and path == "/" and self._host in {host, ""}):
            return True
        above = host == self._host and path.endswith("/") and path != self._path
        return above and self._path.startswith(path)

    def is_name(self, title: str) -> bool:
        """Tell whether a title, or a part of one, is a name of the site."""
        name = "".join(_words_of(title))
        labels = self._host.replace("-", "").split(".")
        return _key(title) in self._names or name in {"", "".join(labels), *labels}

    def cut(self, title: str, *, guess: bool = False) -> str | None:
        """Return a title without the names of its site, None if nothing is left of it.

        Args:
            title: The title.
            guess: Whether a short end of it is taken for a name where none is known.
        """
        parts = _parts(title)
        names = [self.is_name(title[start:end]) for start, end in parts]
        if all(names):
            return None
        if not any(names):
            names = [self.is_like_name(title[start:end]) for start, end in parts]
        if not any(names) and guess and len(parts) > 1:
            (_, end), (start, _) = parts[-2:]
            between = title[end:start].strip()
            is_short = len(title) - start <= end and between not in {":", "："}
            long = len(_words_of(title[:end])) >= MIN_WORDS
            names[-1] = is_short and (long or between in {"|", "»", "::"})
        kept = [part for part, is_name in zip(parts, names, strict=True) if not is_name] or parts
        return title[kept[0][0] : kept[-1][1]]

    def is_like_name(self, title: str) -> bool:
        """Tell whether a part of a title looks like the site's address written out."""
        name = "".join(_words_of(title))
        words = max(self._host.split("."), key=len).split("-")
        length = sum(map(len, words))
        return length > 3 and 2 * length >= len(name) and all(word in name for word in words)


def _agreed(title: str, headings: Headings, site: _Site) -> str | None:
    """Return the longest part of a title that a heading says, too, one of high rank first."""
    parts = _parts(title)
    runs = [title[parts[i][0] : parts[j - 1][1]] for i, j in combinations(range(len(parts) + 1), 2)]
    keys = {_key(run): run for run in runs if not site.is_name(run)}
    for rank in ("h1", "h2", "h3"):
        said = [keys[key] for tag, one in headings if tag == rank and (key := _key(one)) in keys]
        if said:
            return max(said, key=len)
    return None


def _headings(page: html.HtmlElement, site: _Site) -> Iterator[tuple[str, str]]:
    """Yield the tags and texts of headings that are not the site's name."""
    for heading in page.iter("h1", "h2", "h3"):
        text, around = one_line(_text(heading)), heading.getparent()
        names = " ".join(one.get(key, "") for one in (heading, around) for key in ("id", "class"))
        if not _has_letter(text) or site.is_name(text) or _LOGO.search(names):
            continue
        if around.tag not in _BESIDE and not any(map(site.is_above, heading.iter("a"))):
            yield heading.tag, text


def _declared(page: html.HtmlElement, meta: Meta) -> Iterator[str]:
    """Yield the titles that a page declares for others to show."""
    titles = [title for key in _DECLARED for title in meta.get(key, ())]
    for script in page.iterfind(".//script[@type='application/ld+json']"):
        if match := _LD_HEADLINE.search(script.text or ""):
            try:
                titles.append(json.loads(match[1], strict=False))
            except ValueError:
                continue
    for title in map(one_line, titles):
        is_slug = " " not in title and title.count("-") > 1
        if _has_letter(title) and not is_slug:
            yield title


def _parts(title: str) -> list[tuple[int, int]]:
    """Return where the parts of a title begin and end; one that is empty has one part."""
    breaks = list(islice(_BREAK.finditer(title), MAX_PARTS))
    starts = [0, *(one.end() for one in breaks)]
    ends = [*(one.start() for one in breaks), len(title)]
    return [part for part in zip(starts, ends, strict=True) if part[0] < part[1]] or [(0, 0)]


def _text(element: html.HtmlElement) -> str:
    return str(element.text_content())[:MAX_TEXT]


def _share(title: str, text: str) -> float:
    """Return the share of a title's words that stand in another text."""
    words = _words(title)
    return len(words & _words(text)) / max(1, len(words))


def _likeness(title: str, other: str) -> float:
    """Return the share of the words of either title that stand in the other, the higher one."""
    return max(_share(title, other), _share(other, title))


def _words(text: str) -> frozenset[str]:
    return frozenset(_words_of(text))


def _words_of(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _key(title: str) -> str:
    return " ".join(_words_of(title))


def _has_letter(title: str) -> bool:
    return any(map(str.isalpha, title))


def _address(url: str) -> tuple[str, str]:
    """Return the host and the path of a web address, both empty of what is none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return "", ""
    host = (parts.hostname or "").removeprefix("www.")
    return host, (parts.path or "/") if host else ""
