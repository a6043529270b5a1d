"""Questions with known answers, read from a file with one JSON object a line."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.errors import BotError
from config import SettingsError

logger = logging.getLogger(__name__)

# This is enough for hundreds of thousands of questions, and ends reading /dev/zero.
_MAX_BYTES = 64 * 2**20
_EXAMPLE = '{"question": "...", "answers": ["..."], "articles": ["..."]}'


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its right answers.

    Attributes:
        id: Its id, or the number of its line if it has none.
        answers: The right answers, each of which is enough.
        articles: The paths of the articles that answer it, relative to the articles folder.
        answerable: False if no article answers it.
        history: The earlier questions of the same person, oldest first.
    """

    question: str
    id: str = ""
    answers: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    answerable: bool = True
    history: tuple[str, ...] = ()


_READER = TypeAdapter(Question)


def gather_questions(
    path: Path, limit: int | None = None, out_of_corpus: Path | None = None
) -> list[Question]:
    """Return the questions of a file, or a sample of them.

    Args:
        path: The file.
        limit: The greatest number of questions from each file.
        out_of_corpus: A file of questions about other articles. They replace those in `path` that
            no article answers, and none of them counts as answerable.

    Raises:
        BotError: A file cannot be read.
        SettingsError: A file has something else in it than questions, or nothing.
    """
    own = read_questions(path)
    if out_of_corpus is None:
        return sample_questions(own, limit)
    answerable = [one for one in own if one.answerable]
    others = [
        replace(one, answers=(), articles=(), answerable=False)
        for one in sample_questions(read_questions(out_of_corpus), limit)
    ]
    return [*sample_questions(answerable, limit), *others]


def read_questions(path: Path) -> list[Question]:
    """Return the questions of a file.

    Raises:
        BotError: The file cannot be read.
        SettingsError: It has something else in it than questions, or nothing.
    """
    lines = [(number, line) for number, line in _lines(path) if line.strip()]
    found = [_parse(path, number, line) for number, line in lines]
    _name_unknown_keys(path, lines)
    if not found:
        raise SettingsError(f"{path} holds no question; write one a line, as {_EXAMPLE}")
    return found


def sample_questions(questions: Sequence[Question], limit: int | None) -> list[Question]:
    """Return a sample of questions, in their order; it is the same every time.

    A smaller sample is part of a larger one, and most of it stays when the file changes.
    """
    if limit is None or limit >= len(questions):
        return list(questions)
    order = sorted(range(len(questions)), key=lambda n: _digest(questions[n]))
    return [questions[n] for n in sorted(order[:limit])]


def missing_articles(questions: Sequence[Question], paths: Collection[str]) -> list[str]:
    """Return the articles that questions name and that are not among the paths, each once."""
    named = (path for one in questions if one.answerable for path in one.articles)
    return [path for path in dict.fromkeys(named) if path not in paths]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        raise BotError(
            f"cannot read the questions {path}: {exc.strerror}; name a file with one question a "
            "line"
        ) from exc
    if len(content) > _MAX_BYTES:
        raise SettingsError(
            f"{path} has more than {_MAX_BYTES // 2**20} megabytes; part it into smaller files"
        )
    # For str.splitlines, U+2028 within a string would end a line.
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            yield number, line.decode()
        except UnicodeDecodeError as exc:
            raise SettingsError(
                f"{path}, line {number}: found bytes that are not UTF-8 (from byte {exc.start + 1})"
                "; save the file as UTF-8"
            ) from exc


def _parse(path: Path, number: int, line: str) -> Question:
    try:
        found = _READER.validate_json(line, strict=True)
    except ValidationError as exc:
        raise SettingsError(
            f"{path}, line {number}: {_fault(exc)}; wanted one JSON object a line, as {_EXAMPLE}"
        ) from exc
    return found if found.id else replace(found, id=str(number))


def _name_unknown_keys(path: Path, lines: Iterable[tuple[int, str]]) -> None:
    """Warn of each key that is not read: `answer`, say, leaves a question without an answer."""
    known = [field.name for field in fields(Question)]
    first: dict[str, int] = {}
    for number, line in lines:
        for key in json.loads(line, parse_int=str).keys() - known:
            first.setdefault(key, number)
    for key, number in first.items():
        (closest,) = get_close_matches(key, known, n=1, cutoff=0)
        logger.warning(
            '%s, line %d: the key "%s" is not read, the closest is "%s"', path, number, key, closest
        )


def _fault(invalid: ValidationError) -> str:
    """Describe the first fault of a line."""
    error = invalid.errors()[0]
    if error["type"] == "json_invalid":
        # The message says "line 1", as pydantic sees only one line.
        return f"not JSON ({error['ctx']['error'].replace(' at line 1 column', ' at column')})"
    place = ".".join(str(part) for part in error["loc"])
    message = error["msg"][:1].lower() + error["msg"][1:]
    return f'"{place}": {message}' if place else message


def _digest(question: Question) -> bytes:
    return hashlib.blake2b(f"{question.id}\n{question.question}".encode()).digest()
