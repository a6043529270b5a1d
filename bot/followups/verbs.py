"""Verbs: which of a question's words are none of the things that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.followups.words import Kind, Word, WordLists, rows_of_content

_PARTICIPLE = re.compile(
    r"(?:ed|ting|wn|orn|aught|ought|uilt|ound)$"
    r"|^(?:taken|given|broken|written|chosen|spoken|driven|eaten|fallen|stolen|beaten|hidden|seen|sent"
    r"|spent|lost|left|held|sold|told|paid|laid|said|led|fed|fled|met|made|shot|cut|hit|put|set|won|run"
    r"|begun|done|gone|struck|died)$"
)
_ENDING = re.compile(r"(?:s|es|d|ed|ing)$")
_BEING = frozenset(["is", "are", "was", "were"])
_SPEAKERS = frozenset(["i", "you", "we", "that"])

# Endings that are a verb's nearly everywhere, and those that are a noun's as often.
_SLAVIC = {
    "ru": (
        re.compile(
            r"(?:[аеиуыя]л[аои]|л[аио]?с[ья]|[её]тся|ится|[уюая]тся|ться|[аияе]ть|[ае]н[аоы]|ют|[аяу]ет)$"
        ),
        re.compile(r"(?:л|[её]т|ит|ут|ят|ат|[ае]н|ти|чь)$"),
    ),
    "uk": (
        re.compile(
            r"(?:[аеиіуя]л[аои]|л[аоие]с[ья]|вся|[єїеиюуя]ться|тися|[аиіяу]ти|[ає]но|ено|[юу]ть|[аяую]є)$"
        ),
        re.compile(r"(?:в|є|[иїяе]ть)$"),
    ),
}


def find_verbs(words: Sequence[Word], language: str, lists: WordLists, text: str) -> set[int]:
    """Return the indexes of verbs among the content words."""
    if language == "en":
        return _english_verbs(words, lists, text)
    if language == "de":
        return set(_german_verbs(words, lists, text))
    if language in _SLAVIC:
        return set(_slavic_verbs(words, language, lists))
    return set(_verbs_by_place(words, language, lists))


# What is said of a subject behind "is" and the like: most are participles and adjectives.
_SAID = {
    "it": re.compile(r"(?:[aiu]t|ert|ess|ett|ort|ost|us|ut)[oaie]$|^(?:gratis|grande|grandi)$"),
    "es": re.compile(r"(?:[ai]d|iert|uest|ech|rit|ot)[oa]s?$|^(?:gratis|grandes?)$"),
    "fr": re.compile(r"(?:é|i|u|it|is|ert)e?s?$|^(?:gratuit|grand|ouvert)e?s?$"),
    "pt": re.compile(r"(?:[ai]d|ert|ost|eit|rit)[oa]s?$|^(?:gr[aá]tis|grandes?)$"),
    "pl": re.compile(r"(?:[nt][yaei]|[nt]o|[ćn]ci|oni|łe|ły|ła)$"),
    "cs": re.compile(r"(?:[nt][oaiy]|[nt][ýáé]|ené|ený)$"),
}


def _verbs_by_place(words: Sequence[Word], language: str, lists: WordLists) -> Iterator[int]:
    """Yield verbs that are known and what is said behind "is", or else what follows "when"."""
    found, behind = [], []
    for at, word in enumerate(words):
        if word.kind is not Kind.CONTENT or word.name or word.number:
            continue
        before = next((one for one in reversed(words[:at]) if one.kind is not Kind.OTHER), None)
        said = before is not None and before.kind is Kind.HELPER and language in _SAID
        if word.folded in lists.verbs or (said and _SAID[language].search(word.folded)):
            found.append(at)
        # "Dlaczego most jest zamknięty?"
        helped = at + 1 < len(words) and words[at + 1].kind is Kind.HELPER
        if before is not None and before.folded in lists.who | lists.when and not helped:
            behind.append(at)
    yield from found or behind


def _english_verbs(words: Sequence[Word], lists: WordLists, text: str) -> set[int]:
    found: set[int] = set()
    helper: int | None = None
    done = 0
    for first, last in rows_of_content(words, text):
        for at in range(done, first):
            if words[at].kind is Kind.HELPER:
                helper = at
        done = first
        found.update(_verbs_of_row(words, lists, first, last, helper, found))
    return found


def _verbs_of_row(
    words: Sequence[Word],
    lists: WordLists,
    first: int,
    last: int,
    helper: int | None,
    found: set[int],
) -> Iterator[int]:
    """Yield verbs in a row of content words: at its end behind a helper, else at its beginning."""
    before = words[first - 1] if first else None
    inner = [at for at in range(first + 1, last + 1) if not words[at].name]
    known = [at for at in inner if _is_known(words[at].folded, lists)]
    ending = inner[-1:] == [last]
    opening = first - (words[first - 1].kind is Kind.ARTICLE) if first else 0
    if opening == 1 and words[0].folded in _BEING and ending:
        yield last  # "Is tin toxic?"
        return
    if before is None or before.kind is Kind.ASKING:
        yield from _verbs_of_start(words, lists, first, last, known)
    elif not words[first].name and (
        before.folded in lists.person | lists.thing | lists.place | _SPEAKERS
        or (before.kind is Kind.HELPER and _PARTICIPLE.search(words[first].folded))
    ):
        yield first
    elif before.folded in ("many", "much"):
        if ending and (known or _PARTICIPLE.search(words[last].folded)):
            yield last
    elif helper is None or not _is_open(words, lists, found, helper, first):
        return
    elif words[helper].folded in lists.doing:
        if known or ending:
            yield known[-1] if known else last
    elif ending and _PARTICIPLE.search(words[last].folded):
        yield last


def _verbs_of_start(
    words: Sequence[Word], lists: WordLists, first: int, last: int, known: Sequence[int]
) -> Iterator[int]:
    """Yield "ordered" in "who ordered"; but none of "which vehicles", "what year did"."""
    if words[first].name or any(word.kind is Kind.HELPER for word in words[last + 1 : last + 4]):
        return
    if words[first - 1].folded in lists.who if first else words[first].folded in lists.verbs:
        yield from (first, *known)
    elif first:
        yield from known[:1]


def _is_open(
    words: Sequence[Word], lists: WordLists, found: set[int], helper: int, first: int
) -> bool:
    """Whether the verb that a helper belongs to is still to come."""
    return not any(
        at in found
        or (words[at].kind is Kind.PREPOSITION and words[at].folded not in lists.linking)
        or (words[at].kind is Kind.CONTENT and _is_known(words[at].folded, lists))
        for at in range(helper + 1, first)
    )


def _is_known(word: str, lists: WordLists) -> bool:
    stems = (word, _ENDING.sub("", word), word.removesuffix("s"))
    return not lists.verbs.isdisjoint(stems)


def _german_verbs(words: Sequence[Word], lists: WordLists, text: str) -> Iterator[int]:
    """Yield words in lower case that no noun follows, and what follows a word that asks."""
    capitals = any(text[word.start].isupper() for word in words[1:])
    for at, word in enumerate(words):
        if word.kind is not Kind.CONTENT:
            continue
        after = words[at + 1].kind if at + 1 < len(words) else None
        if not at:
            verb = after in (Kind.ARTICLE, Kind.OTHER) and len(words) > 2
        else:
            asked = words[at - 1].folded in lists.who | lists.when
            verb = asked or (capitals and after is not Kind.CONTENT)
            verb = verb and text[word.start].islower()
        if verb:
            yield at


def _slavic_verbs(words: Sequence[Word], language: str, lists: WordLists) -> Iterator[int]:
    sure, likely = _SLAVIC[language]
    for at, word in enumerate(words):
        if word.kind is not Kind.CONTENT or word.name or word.folded in lists.nouns:
            continue
        before = words[at - 1] if at else None
        if before is not None and before.kind is Kind.PREPOSITION:
            continue
        stands = before is not None and (
            before.name
            or before.kind is Kind.OTHER
            or before.folded in lists.who
            or before.folded in lists.when
        )
        known = word.folded in lists.verbs or sure.search(word.folded)
        if known or (stands and likely.search(word.folded)):
            yield at
