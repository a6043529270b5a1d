"""How whole files are read: the words that are kept and added, titles and dates; and known cases.

python -m tests.benchmarks.files FOLDER ... [--worst N]
python -m tests.benchmarks.files --cases FOLDER

A FOLDER holds files, and beside each `NAME.SUFFIX` a `NAME.SUFFIX.expected` with the text that a
person reads in it, which may begin with front matter (`title`, `date`) as an article may. Of a file
with several articles, such as a feed, it is the text of all of them, and `title` is a list.

Words are compared as a bag, in lower case: `kept` is the share of the expected words that was read,
`extra` the share of the words read that was not expected, both as the mean of the files, title
included. With --cases each folder in FOLDER is a case that `cases.toml` describes: what is right.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from bot.build import open_library
from bot.evaluation import ask_questions, gather_questions, summarize
from bot.evaluation.command import evaluation_document
from config import ArticlesSettings, Settings
from retrieval.articles import READERS, Parser, UnreadableArticle
from retrieval.articles.folder import file_at
from retrieval.articles.reading import parse
from retrieval.types import Article
from tests.benchmarks.conditions import conditions

EXPECTED = ".expected"
CASES = Path(__file__).with_name("cases.toml")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file that was read, compared with what was expected; shares are 0 to 1."""

    path: Path
    kept: float
    extra: float
    titled: bool | None
    dated: bool | None
    refused: str = ""


@dataclass(slots=True)
class Kind:
    """All files of one suffix."""

    files: list[Comparison] = field(default_factory=list)

    def __str__(self) -> str:
        kept, extra = mean(f.kept for f in self.files), mean(f.extra for f in self.files)
        titles, dates = ([getattr(f, of) for f in self.files] for of in ("titled", "dated"))
        return (
            f"{len(self.files):,} | {sum(bool(f.refused) for f in self.files)} | {kept:.3f} | "
            f"{extra:.3f} | {_of(titles)} | {_of(dates)}"
        )


def compare_folder(folder: Path) -> Iterator[Comparison]:
    """Read each file that has an expected text beside it, in a worker, and compare."""
    with Parser(settings_of(folder)) as parser:
        for path in sorted(folder.rglob("*")):
            expected = path.with_name(path.name + EXPECTED)
            if path.suffix.lower() in READERS and expected.is_file():
                (right,) = parse("expected.txt", expected.read_bytes())
                yield compare(path, right, parser, folder)


def compare(path: Path, right: Article, parser: Parser, folder: Path) -> Comparison:
    """Read a file and compare it with the article that it should be."""
    titled = dated = None
    try:
        articles = read(path, parser, folder)
        refused = ""
    except UnreadableArticle as exc:
        articles, refused = [], str(exc)
    got = Counter(word for one in articles for word in words(f"{one.source.title} {one.text}"))
    wanted = Counter(words(f"{right.source.title if right.titled else ''} {right.text}"))
    common = (got & wanted).total()
    if right.titled:
        titled = right.source.title in [one.source.title for one in articles]
    if right.source.date:
        dated = right.source.date in [one.source.date for one in articles]
    return Comparison(
        path,
        common / max(1, wanted.total()),
        1 - common / max(1, got.total()),
        titled,
        dated,
        refused,
    )


def settings_of(folder: Path, **own: object) -> ArticlesSettings:
    """Return the default settings of a folder of articles."""
    return Settings.load(None, {"articles": {"folder": folder, **own}}).articles


def read(path: Path, parser: Parser, folder: Path) -> list[Article]:
    """Read a file as a refresh reads it."""
    parser.read(file_at(folder, path.relative_to(folder).as_posix()))
    return parser.parse()


def words(text: str) -> list[str]:
    """Return a text's words in lower case."""
    return _WORD.findall(text.lower())


def _of(values: Sequence[bool | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known)} of {len(known)}" if known else ""


def wrong_in(case: Path, right: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a case gets wrong, a line each."""
    if questions := right.get("questions"):
        yield from _wrong_answers(case, questions)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = case
        if script := right.get("make"):
            folder = Path(temporary)
            subprocess.run([sys.executable, case / script, folder], check=True)
        with Parser(settings_of(folder, **right.get("settings", {}))) as parser:
            for wanted in right["file"]:
                yield from _wrong_file(folder / wanted["name"], wanted, parser, folder)


def _wrong_file(
    path: Path, wanted: Mapping[str, Any], parser: Parser, folder: Path
) -> Iterator[str]:
    try:
        articles = read(path, parser, folder)
    except UnreadableArticle as exc:
        yield f"{path.name}: not read: {exc}"
        return
    text = " ".join(" ".join(one.text.split()) for one in articles)
    found: dict[str, list[Any]] = {
        "title": [one.source.title for one in articles],
        "date": [str(one.source.date or "") for one in articles],
        "author": [one.source.author for one in articles],
        "url": [one.source.url for one in articles],
        "tags": [list(one.source.tags) for one in articles],
    }
    if (count := wanted.get("articles", 1)) != len(articles):
        yield f"{path.name}: {len(articles)} articles, wanted {count}"
    for name, values in found.items():
        each = wanted.get(name)
        if each is not None and each not in (values, values[0]):
            yield f"{path.name}: {name} {values[:5]}, wanted {each}"
    for piece in wanted.get("has", ()):
        if piece not in text:
            yield f"{path.name}: {piece!r} is missing"
    for piece in wanted.get("lacks", ()):
        if piece in text:
            yield f"{path.name}: {piece!r} is in the text"


def _wrong_answers(case: Path, questions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for wanted in questions:
        with tempfile.TemporaryDirectory() as index:
            overrides = {
                "articles": {"folder": case / wanted.get("articles", "articles")},
                "index": {"folder": index},
            }
            library = open_library(Settings.load(None, overrides), lambda _: None)
            asked = gather_questions(case / wanted["name"])
            report = summarize(ask_questions(library.answerer, asked))
        for figure in ("answer_at_1", "answer_at_3", "answered_answerable"):
            if (least := wanted.get(figure)) is not None:
                got = evaluation_document(report)[figure]
                if got < least:
                    yield f"{wanted['name']}: {figure} {got:.2f}, wanted {least}"


def main() -> None:
    """Print a table of kinds of files, or of cases."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="print so many of the worst files")
    arguments = parser.parse_args()
    print(conditions())
    for folder in arguments.folders:
        kinds: dict[str, Kind] = defaultdict(Kind)
        for one in compare_folder(folder.resolve()):
            kinds[one.path.suffix.lower()].files.append(one)
        print(f"\n{folder}\n\nkind | files | refused | kept | extra | titles | dates")
        for name, kind in sorted(kinds.items()):
            print(f"{name} | {kind}")
        everything = [one for kind in kinds.values() for one in kind.files]
        for one in sorted(everything, key=lambda one: one.kept - one.extra)[: arguments.worst]:
            print(f"  {one.path.name}: kept {one.kept:.2f}, extra {one.extra:.2f} {one.refused}")
    if arguments.cases:
        right = tomllib.loads(CASES.read_text(encoding="utf-8"))
        total = 0
        for name, case in right.items():
            wrong = list(wrong_in(arguments.cases.resolve() / name, case))
            total += not wrong
            print(f"{'wrong' if wrong else 'right'}  {name}", *wrong, sep="\n       ")
        print(f"{total} of {len(right)} cases are right")


if __name__ == "__main__":
    main()
