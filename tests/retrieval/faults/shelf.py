"""A small index, and what must hold of it whatever was done to its files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random

from retrieval.articles.folder import walk
from retrieval.errors import IndexFault
from retrieval.index.dense import DenseIndex
from retrieval.index.lexical_files import write_lexical
from retrieval.refresh.refresh import RefreshOptions
from retrieval.types import Source
from tests.retrieval.library import Library, articles_in, only
from tests.retrieval.rebuilt import WORDS

QUESTIONS = ["Where does the river rise?", "mill and bridge 3", "spring flood 11 town"]

OUTCOMES = {"answered", "IndexFault", "IndexDamaged", "IndexMismatch"}

Shown = set[tuple[Source, str]]
State = dict[object, object]


def prose(seed: int, paragraphs: int = 3) -> str:
    random = Random(seed)
    return "\n\n".join(
        " ".join(
            f"The {' '.join(random.choices(WORDS, k=6))} {seed} {one} {n} end." for n in range(3)
        )
        for one in range(paragraphs)
    )


def headed(seed: int) -> str:
    title = f"title: The {WORDS[seed]}\nurl: https://example.org/{seed}\nauthor: Author {seed}"
    return f"---\n{title}\ndate: 2024-01-0{seed + 1}\ntags: [one, two]\n---\n\n{prose(seed)}"


@dataclass(frozen=True)
class Shelf:
    """A library that is whole; others are copied from it and damaged.

    Attributes:
        texts: What articles say, and said before the last refresh, by what they are cited by.
        state: What the index of the current articles holds.
    """

    library: Library
    texts: dict[Source, list[str]]
    state: State

    @classmethod
    def make(cls, root: Path) -> Shelf:
        library = Library(root)
        for n in range(4):
            (library.articles / f"headed{n}.md").write_text(headed(n), encoding="utf-8")
        library.write(**{f"plain{n}": prose(n) for n in (10, 11, 12)})
        shutil.copy(library.articles / "plain10.txt", library.articles / "copied.txt")
        library.refresh()
        texts: dict[Source, list[str]] = {}
        told(library, texts)
        (library.articles / "plain12.txt").unlink()
        (library.articles / "headed3.md").write_text(headed(3) + "\n\nMore.", encoding="utf-8")
        library.refresh()
        told(library, texts)
        return cls(library, texts, state(library))

    def copy(self, root: Path) -> Library:
        """Return another library with the same articles and index, in place of one there."""
        shutil.rmtree(root, ignore_errors=True)
        # tantivy may leave a lock in a folder that was just deleted.
        shutil.copytree(self.library.root, root, dirs_exist_ok=True)
        return Library(root)

    def hold(self, library: Library) -> str:
        """Ask, refresh, ask again; return what came of the first question.

        The first shows nothing that no article says, or says in one line what is wrong. A refresh
        puts things right, or else one that rebuilds does.
        """
        came = self.ask(library)
        if not self._is_right_after_refresh(library):
            assert self.ask(library)
            report = library.refresh(options=RefreshOptions(rebuild=True))
            assert report.rebuilt
        assert state(library) == self.state
        assert came in OUTCOMES
        return came

    def ask(self, library: Library) -> str:
        """Return "answered" or the name of the error."""
        try:
            found = shown(library)
        except IndexFault as exc:
            return type(exc).__name__ if is_one_line(exc) else "a message of several lines"
        for source, text in found:
            assert any(text in whole for whole in self.texts[source])
        return "answered"

    def _is_right_after_refresh(self, library: Library) -> bool:
        try:
            library.refresh()
            return state(library) == self.state
        except IndexFault:
            return False


def is_one_line(exc: Exception) -> bool:
    return bool(str(exc)) and "\n" not in str(exc) and "Traceback" not in str(exc)


def told(library: Library, texts: dict[Source, list[str]]) -> None:
    """Add what the files say, read by the readers and not from the index."""
    for file in walk(library.articles, 10**6).files:
        data = (library.articles / file.path).read_bytes()
        article = only(file.path, data, articles_in(library.articles).language)
        texts.setdefault(article.source, []).append(article.text)


def shown(library: Library) -> Shown:
    """Return all that some questions find, and the articles themselves."""
    searcher = library.searcher()
    try:
        found = {
            (source, hit.chunk.text)
            for question in QUESTIONS
            for hit in searcher.search(question).hits
            for source in (hit.source, *hit.also)
        }
        for source in searcher.snapshot.store.sources():
            article = searcher.snapshot.store.article(source.path)
            # An index of the table may be damaged, so that not all is found.
            if article is not None:
                found.add((article.source, article.text))
    finally:
        searcher.snapshot.store.close()
    return found


def state(library: Library) -> State:
    """Return what the index holds: its articles and chunks, and what questions find of them.

    BM25's scores are left out: in an updated index they still count what was removed.
    """
    store = library.store()
    try:
        number = store.current()
        dense = DenseIndex.build(store.origin.dim, store.vectors(number))
        lexical = write_lexical(store, number)
        chunks = store.chunks(dense.ids.tolist(), number)
        held: State = {"articles": {one: store.article(one.path) for one in store.sources()}}
        name = {key: (one.sources, one.chunk) for key, one in chunks.items()}
        held["chunks"] = sorted(name.values(), key=lambda one: (one[0][0].path, one[1].start))
        for question in QUESTIONS:
            near = dense.search(library.encoder.encode_query(question).vector, 1000)
            matching = lexical.search(question, store.languages(number), 1000)
            held[question] = {
                (name[key][0][0].path, name[key][1].start): (round(near[key], 3), key in matching)
                for key in near
                if key in name
            }
    finally:
        store.close()
    return held
