"""Memory, start, questions and refreshes of indexes of ten thousand to a million chunks.

python -m tests.benchmarks.scale FOLDER [FOLDER ...] [--chunks N ...] [--at FOLDER]
                                 [--faiss FACTORY] [--questions N]

A FOLDER holds `articles/` and `questions.jsonl`. Its articles are indexed as they are; larger
indexes are made of these by recombining their sentences, ten chunks an article, each under a
made-up title. Nothing of them is encoded: a chunk's vector is the mean of those of the chunks that
its sentences are from, with noise, and its token codes are those of its sentences, one bit in fifty
turned. So they are as many and as large as encoded ones, and lie like them; but what a question
finds says nothing about how good answers are. The questions are those of the folders.

An index of a million takes 15 GB and, on two cores, half an hour. With --at it is kept there, for
the next time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bot.build import open_library
from bot.library import Library
from config import Settings
from retrieval.index import FileState, Store, StoredEncoding, Tokens, write_lexical
from retrieval.refresh.plan import ReaderVersion
from retrieval.types import Article, ByteArray, Chunk, FloatArray, Sentence, Source
from tests.benchmarks.callers import questions_of
from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import names
from tests.paths import ROOT

_CHUNKS_OF_ARTICLE = 10
# Articles that are written together.
_TOGETHER = 500
# Every second sentence is exchanged for one from anywhere.
_EXCHANGED = 0.5
# Length of the noise beside a vector's 1, and the share of the bits that are turned.
_NOISE, _TURNED = 0.4, 0.02
# Of each kind of row one in so many is measured.
_SAMPLED = 101
_EDITS = 3
_WARM = 50
_NEAREST = 50


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sentence of a chunk that was encoded, the codes of its tokens, and where these begin."""

    text: str
    codes: ByteArray
    starts: tuple[int, ...]
    chunk: int


class Recombined:
    """Articles made of the sentences of a library's chunks, and encodings to go with them."""

    def __init__(self, library: Library) -> None:
        snapshot = library.searcher.snapshot
        ids = snapshot.dense.ids.tolist()
        self.dim = len(snapshot.dense.vectors(ids[:1])[0])
        self._vectors = snapshot.dense.vectors(ids)
        self._chunks: list[list[Encoded]] = []
        self._titles: list[ByteArray] = []
        for at in range(0, len(ids), _TOGETHER):
            for one in snapshot.store.chunks(
                ids[at : at + _TOGETHER], snapshot.generation.number
            ).values():
                self._add(one.chunk, one.tokens)
        self._chance = random.Random(0)
        self._random = np.random.default_rng(0)
        self._names = names(random.Random(1))
        codes = self._titles[0].shape[1]
        turned = self._random.random((1 << 16, 8 * codes), dtype=np.float32) < _TURNED
        self._masks = np.packbits(turned, axis=1)

    def _add(self, chunk: Chunk, tokens: Tokens | None) -> None:
        assert tokens is not None, "the tokens are stored"
        sentences = []
        for one in chunk.sentences:
            start, end = one.start - chunk.start, one.end - chunk.start
            left, right = np.searchsorted(tokens.starts, [start, end])
            own = tuple((tokens.starts[left:right] - start).tolist())
            sentences.append(
                Encoded(chunk.text[start:end], tokens.codes[left:right], own, len(self._chunks))
            )
        self._chunks.append(sentences)
        self._titles.append(tokens.codes[tokens.starts < 0])

    def article(self, path: str) -> tuple[Article, list[tuple[Chunk, StoredEncoding]]]:
        """Make an article and its encoded chunks."""
        name = next(self._names)
        chosen = [self._sentences() for _ in range(_CHUNKS_OF_ARTICLE)]
        texts, sentences, at = [], [], 0
        for paragraph, own in enumerate(chosen, start=1):
            spans = []
            for one in own:
                spans.append(Sentence(at, at + len(one.text), paragraph))
                at += len(one.text) + 1
            # A blank line in place of the blank behind the last sentence.
            at += 1
            texts.append(" ".join(one.text for one in own))
            sentences.append(tuple(spans))
        chunks = [Chunk(text, spans) for text, spans in zip(texts, sentences, strict=True)]
        vectors = self._vectors_of(chosen)
        encodings = [
            StoredEncoding(vector, self._tokens(own))
            for vector, own in zip(vectors, chosen, strict=True)
        ]
        article = Article(Source(path, f"The archive of {name}"), "\n\n".join(texts))
        return article, list(zip(chunks, encodings, strict=True))

    def _sentences(self) -> list[Encoded]:
        chance = self._chance
        return [
            chance.choice(chance.choice(self._chunks)) if chance.random() < _EXCHANGED else one
            for one in chance.choice(self._chunks)
        ]

    def _vectors_of(self, chosen: Sequence[Sequence[Encoded]]) -> FloatArray:
        made = np.stack([self._vectors[[one.chunk for one in own]].mean(axis=0) for own in chosen])
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        noise = self._random.standard_normal(made.shape, dtype=np.float32)
        made += _NOISE / np.sqrt(self.dim) * noise
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)

    def _tokens(self, own: Sequence[Encoded]) -> Tokens:
        title = self._titles[own[0].chunk]
        codes = np.concatenate([title, *(one.codes for one in own)])
        at = self._chance.randrange(len(self._masks) - len(codes))
        starts, offset = [-1] * len(title), 0
        for one in own:
            starts += [start + offset for start in one.starts]
            offset += len(one.text) + 1
        return Tokens(codes ^ self._masks[at : at + len(codes)], np.array(starts, dtype=np.int32))


def make(library: Library, articles: Path, index: Path, chunks: int) -> None:
    """Write an index of so many chunks, and its articles."""
    recombined = Recombined(library)
    store = Store.create(index, library.encoder.fingerprint, library.encoder.name, recombined.dim)
    writer = store.writer()
    settings = _settings(articles, index)
    version = ReaderVersion.of(settings.articles, settings.index, tokens=True).read
    count = chunks // _CHUNKS_OF_ARTICLE
    for begin in range(0, count, _TOGETHER):
        files, encodings = [], dict[bytes, StoredEncoding]()
        for number in range(begin, min(count, begin + _TOGETHER)):
            path = articles / f"{number // 1000:04}" / f"{number:07}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            name = str(path.relative_to(articles))
            article, cut = recombined.article(name)
            data = f"---\ntitle: {article.source.title}\n---\n\n{article.text}\n".encode()
            path.write_bytes(data)
            seen = path.stat()
            file = FileState(
                *(name, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns),
                *(hashlib.sha256(data).hexdigest(), version),
            )
            digests = [f"{number}.{n}".encode() for n in range(len(cut))]
            encodings |= {
                digest: encoding for digest, (_, encoding) in zip(digests, cut, strict=True)
            }
            own = [(chunk, digest) for (chunk, _), digest in zip(cut, digests, strict=True)]
            files.append((file, [(article, own)]))
        writer.keep(encodings)
        writer.put(files)
        print(f"{begin + len(files):,} of {count:,} articles", end="\r", file=sys.stderr)
    print(f"\nthe lexical index of {chunks:,} chunks", file=sys.stderr)
    write_lexical(store, writer.number)
    writer.publish()
    store.close()


def _settings(articles: Path, index: Path) -> Settings:
    return Settings.load(None, {"articles": {"folder": articles}, "index": {"folder": index}})


def serve(articles: Path, index: Path) -> None:
    """Open the index, and do what standard input says, a line for each: see `Server`."""
    started, processor = time.perf_counter(), time.process_time()
    library = open_library(_settings(articles, index), lambda _: None, stale=True)
    took = {"load_s": time.perf_counter() - started, "load_cpu_s": time.process_time() - processor}
    took["chunks"] = library.searcher.snapshot.generation.chunks
    print(json.dumps({**took, **_memory()}), flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        started, processor = time.perf_counter(), time.process_time()
        found: dict[str, Any] = {}
        if wanted["do"] == "ask":
            found["times"] = [list(_asked(library, question)) for question in wanted["questions"]]
        elif wanted["do"] == "recall":
            found["recall"] = recall(library, wanted["questions"])
        else:
            found["reloaded"] = library.searcher.reload()
        found["took_s"] = time.perf_counter() - started
        found["cpu_s"] = time.process_time() - processor
        print(json.dumps({**found, **_memory()}), flush=True)


def _asked(library: Library, question: str) -> tuple[float, float]:
    started, processor = time.perf_counter(), time.process_time()
    library.answerer.answer(question)
    return time.perf_counter() - started, time.process_time() - processor


def recall(library: Library, questions: Sequence[str]) -> float:
    """Return the share of the truly nearest chunks that the search by meaning finds."""
    snapshot = library.searcher.snapshot
    vectors = np.stack([library.encoder.encode_query(one).vector for one in questions])
    best = np.full((len(questions), _NEAREST), -np.inf, dtype=np.float32)
    ids = np.zeros(best.shape, dtype=np.int64)
    store = snapshot.store
    assert isinstance(store, Store)
    for some, rows in store.vectors(snapshot.generation.number):
        cosines = np.concatenate([best, vectors @ rows.astype(np.float32).T], axis=1)
        every = np.concatenate([ids, np.broadcast_to(some, (len(questions), len(some)))], axis=1)
        top = np.argpartition(-cosines, _NEAREST - 1, axis=1)[:, :_NEAREST]
        best, ids = np.take_along_axis(cosines, top, 1), np.take_along_axis(every, top, 1)
    found = [snapshot.dense.search(one, _NEAREST).keys() for one in vectors]
    shared = sum(len(near & set(row.tolist())) for near, row in zip(found, ids, strict=True))
    return shared / ids.size


def _memory() -> dict[str, float]:
    """Return what the process holds, in megabytes: all of it, and its share of what is shared."""
    rollup = Path("/proc/self/smaps_rollup").read_text().splitlines()
    sizes = {line.split()[0]: int(line.split()[1]) / 1000 for line in rollup[1:]}
    # Not `ru_maxrss`, which a process inherits from the one that started it.
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return {"rss_mb": sizes["Rss:"], "pss_mb": sizes["Pss:"], "peak_mb": peak / 1000}


class Server:
    """A process that serves an index."""

    def __init__(self, articles: Path, index: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "--serve", str(articles), str(index)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.opened = self._heard()

    def do(self, what: str, questions: Sequence[str] = ()) -> dict[str, Any]:
        """Let it ask, compare its neighbours with the true ones, or load the newest generation."""
        assert self._process.stdin is not None
        print(
            json.dumps({"do": what, "questions": questions}), file=self._process.stdin, flush=True
        )
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the process that serves ended with status {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def refresh(articles: Path, index: Path) -> dict[str, float]:
    """Return what `excerpta refresh` takes as a process."""
    places = ["--articles", str(articles), "--index", str(index)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-P", "-m", "bot", "refresh", "--json", *places],
        stdout=subprocess.DEVNULL,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": time.perf_counter() - started, "cpu_s": processor}


def edit(articles: Path, number: int) -> None:
    """Add a sentence to an article."""
    path = sorted(articles.rglob("*.md"))[number]
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\nThe gate was painted {time.time_ns()} times.\n", encoding="utf-8")


def sizes(index: Path) -> dict[str, float]:
    """Return the bytes that a chunk takes on the disk, by kind."""
    store = Store.open(index)
    assert store is not None
    chunks = store.generation().chunks
    found = {}
    for kind, table, columns in (
        ("token codes", "tokens", "length(codes) + length(starts)"),
        ("vectors", "encodings", "length(vector) + length(digest)"),
        ("chunks, their sentences", "chunks", "length(text) + length(sentences)"),
    ):
        row = store.db.one(f"SELECT avg({columns}) FROM {table} WHERE rowid % {_SAMPLED} = 0")
        found[kind] = float(row[0] or 0.0)
    for path in sorted(store.place.iterdir()):
        files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
        found[path.name] = sum(one.stat().st_size for one in files) / chunks
    store.close()
    return found


def measure(articles: Path, index: Path, questions: Sequence[str]) -> None:
    """Measure one index and print."""
    print("\nbytes a chunk: " + ", ".join(f"{k} {v:,.0f}" for k, v in sizes(index).items()))
    for which in ("the first time", "again"):
        # The first one makes what is derived from the database, if there is anything to be made.
        server = Server(articles, index)
        opened = server.opened
        print(
            f"{opened['chunks']:,} chunks opened, {which}, in {opened['load_s']:.2f} s (processor "
            f"time {opened['load_cpu_s']:.2f} s); RSS {opened['rss_mb']:,.0f} MB, PSS "
            f"{opened['pss_mb']:,.0f} MB, peak {opened['peak_mb']:,.0f} MB",
            flush=True,
        )
        if which != "again":
            server.close()
    server.do("ask", questions[:_WARM])
    asked = server.do("ask", questions[_WARM:])
    wall, processor = (sorted(column) for column in zip(*asked["times"], strict=True))
    print(
        f"{len(wall)} questions: median {1000 * median(wall):.1f} ms (processor time "
        f"{1000 * median(processor):.1f} ms), 95 % {1000 * wall[int(0.95 * len(wall))]:.1f} ms "
        f"({1000 * processor[int(0.95 * len(processor))]:.1f} ms); RSS {asked['rss_mb']:,.0f} MB, "
        f"PSS {asked['pss_mb']:,.0f} MB"
    )
    print(f"recall of the search by meaning: {server.do('recall', questions[:200])['recall']:.4f}")
    print(f"first refresh, nothing changed: {_told(refresh(articles, index))}")
    print(f"refresh, nothing changed: {_told(refresh(articles, index))}")
    for number in range(_EDITS):
        edit(articles, number)
        took = refresh(articles, index)
        loaded = server.do("reload")
        print(
            f"refresh of one article: {_told(took)}; loaded in {loaded['took_s']:.2f} s (processor "
            f"time {loaded['cpu_s']:.2f} s); RSS {loaded['rss_mb']:,.0f} MB, peak "
            f"{loaded['peak_mb']:,.0f} MB"
        )
    server.close()


def _told(took: dict[str, float]) -> str:
    return f"{took['wall_s']:.2f} s (processor time {took['cpu_s']:.2f} s)"


def _gathered(folders: Sequence[Path], articles: Path) -> Iterator[str]:
    """Copy the articles of all folders into one, and yield their questions."""
    for folder in folders:
        if not (articles / folder.name).exists():
            shutil.copytree(folder / "articles", articles / folder.name)
        yield from questions_of(folder)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--at", type=Path, metavar="FOLDER")
    parser.add_argument("--faiss", metavar="FACTORY")
    parser.add_argument("--serve", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.faiss:
        os.environ["EXCERPTA_INDEX__FAISS"] = options.faiss
    if options.serve:
        serve(*options.serve)
        return
    print(conditions())
    with tempfile.TemporaryDirectory() as temporary:
        root = options.at or Path(temporary)
        asked = list(_gathered(options.folders, root / "real"))
        random.Random(0).shuffle(asked)
        asked = asked[: options.questions + _WARM]
        library = open_library(_settings(root / "real", root / "real-index"), lambda _: None)
        print("as they are:")
        measure(root / "real", root / "real-index", asked)
        for chunks in options.chunks:
            place = root / str(chunks)
            if not (place / "index").exists():
                started = time.perf_counter()
                make(library, place / "articles", place / "index", chunks)
                print(f"made in {time.perf_counter() - started:.0f} s")
            measure(place / "articles", place / "index", asked)
            if options.at is None:
                shutil.rmtree(place)


if __name__ == "__main__":
    main()
