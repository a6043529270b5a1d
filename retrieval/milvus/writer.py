"""The writer of generations in Milvus: the next one, then published, kept, rolled back, purged.

What is new is written before what is old is taken out, and a file after its articles: so whatever a
kill leaves behind, the next refresh knows what it is. Readers of the current generation see none of
it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from retrieval.index import (
    ChunkedArticle,
    Difference,
    FileState,
    Generation,
    Names,
    StoredEncoding,
    digest_of,
    packed_sentences,
    rollback_target,
)
from retrieval.milvus.connection import Row
from retrieval.milvus.encodings import Encodings
from retrieval.milvus.generations import Generations
from retrieval.milvus.listing import Head, Listing, StoredFile, rows_of_article, rows_of_file
from retrieval.milvus.tables import ALWAYS, KEY, PARTED, PARTS, packed, visible
from retrieval.milvus.visibility import OWNERS, Visibility
from retrieval.types import Article

# Ids that are taken at once, of which a kill loses the rest.
_IDS = 1000
_Named = dict[str, tuple[str, str | None]]


class MilvusWriter:
    """Writes the generation after the current one; the caller holds the lease.

    Attributes:
        number: Number of the generation that is written.
    """

    def __init__(self, index: Generations) -> None:
        self._index = index
        self._connection = index.connection
        self._current = index.fresh_state().current
        self.number = self._current + 1
        self._encodings = Encodings(index)
        self._rows = Visibility(index.connection, index.collection, self.number)
        self._ids: Iterator[int] = iter(())
        self._begun: bool | None = None

    def check_counts(self) -> None:
        """Raise `IndexDamaged` unless the current generation has as much as was published."""
        seen = self._index.generation(self._current)
        found = self._index.count(self._current)
        rows = self._connection.count(self._collection("chunks"), visible(self._current))
        if found != (seen.articles, seen.chunks) or rows != seen.chunks:
            raise self._index.damage(
                f"{found[0]} articles and {rows} chunks are left of {seen.articles} and "
                f"{seen.chunks}"
            )

    def files(self) -> dict[str, FileState]:
        """Return what the next generation has seen of each file."""
        if "_next" in vars(self):
            return {path: file.state for path, file in self._next.files.items()}
        return self._index.files(self.number)

    def known_encodings(self, digests: Sequence[bytes], tokens: bool) -> set[bytes]:
        """Return those digests of passages whose encoding is stored, with its tokens if wanted."""
        return self._encodings.known(digests, tokens)

    def keep(self, encodings: Mapping[bytes, StoredEncoding]) -> None:
        """Store encodings, by the digest of their passage.

        Raises:
            IndexFault: The codes of one are too many for Milvus.
        """
        self._encodings.keep(encodings)

    def put(self, files: Iterable[tuple[FileState, Sequence[ChunkedArticle]]]) -> None:
        """Put files, each with its articles, in place of what was known of them."""
        self._connection.lease.check()
        named = []
        new: list[tuple[int, Article, ChunkedArticle]] = []
        for file, articles in files:
            names: dict[str, tuple[int, str | None]] = {}
            for article, chunks in articles:
                digest = digest_of(article, file.reader_version).hex()
                number = self._digests.get(digest)
                if number is None:
                    number = self._digests[digest] = self._new_id()
                    head = Head.of(article, digest, len(chunks))
                    self._next.heads[number] = head
                    new.append((number, article, (article, chunks)))
                title = None if article.titled else article.source.title
                names[article.source.path] = number, title
            named.append((file, names))
        self._insert(new)
        self._encodings.used()
        self._place(named)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files and their articles."""
        some = [self._next.files[path] for path in paths if path in self._next.files]
        if some:
            self._connection.lease.check()
            self._take_out(some)

    def touch(self, files: Iterable[FileState]) -> None:
        """Note other sizes and times of files whose content is what it was."""
        known = self._next.files
        for file in files:
            old = known[file.path]
            seen = replace(
                old.state, size=file.size, mtime_ns=file.mtime_ns, ctime_ns=file.ctime_ns
            )
            known[file.path] = replace(old, state=seen)
            first = next(iter(rows_of_file(known[file.path])))
            self._connection.lease.check()
            self._connection.put(self._collection("files"), [first])
        self._index.forget(self._current)
        self._forget()

    def articles_of(
        self, digest: str, reader_version: str
    ) -> list[tuple[str, int, str | None, str]]:
        """Return the articles of any known file with this content, read in this way.

        Returns:
            For each the part of its path behind the file's, its id, its title if it declares none,
            and its text.
        """
        file = self._contents.get((digest, reader_version))
        # Of a file that came and went before it was published, nothing is left.
        if file is None or not all(
            article in self._next.heads or article in self._before.heads
            for article, _ in file.names.values()
        ):
            return []
        return [
            (path[len(file.state.path) :], number, title, self._index.body(number)["text"])
            for path, (number, title) in file.names.items()
        ]

    def link(self, file: FileState, names: Names) -> None:
        """Put a file whose articles are stored already, under these names."""
        self._connection.lease.check()
        self._place([(file, names)])

    def chunks_of(self, articles: Sequence[int]) -> int:
        """Count the chunks of articles that are stored, by their ids."""
        return sum(self._head(article).chunks for article in articles)

    def difference(self) -> Difference:
        """Compare the next generation with the current one."""
        if not self._is_begun():
            return Difference(0, 0, 0, self._index.generation(self._current).articles, 0)
        came, went = self._changes()
        added, deleted = came.keys() - went.keys(), went.keys() - came.keys()
        total = sum(len(file.names) for file in self._next.files.values())
        gone = {went[path][0] for path in deleted}
        return Difference(
            added=len(added),
            modified=len(came) - len(added),
            deleted=len(deleted),
            unchanged=total - len(came),
            renamed=sum(came[path][0] in gone for path in added),
        )

    def changed(self) -> list[str]:
        """Return the paths of the articles that are new in the next generation, in order."""
        return sorted(self._changes()[0])

    def refuse(self, reason: str) -> None:
        """Note why the next generation is not published."""
        self._index.change(lambda state: replace(state, refused=reason))

    def discard(self) -> None:
        """Drop the next generation, no article of which differs, but keep what it saw of files."""
        collection = self._collection("files")
        if self._is_begun():
            self._connection.lease.check()
            new = self._connection.rows(collection, f"added == {self.number}", PARTED)
            self._connection.put(collection, [{**row, "added": self._current} for row in new])
            self._connection.delete(collection, f"removed == {self.number}")
            self._forget()
            self._index.forget(self._current)
        self._index.change(lambda state: replace(state, held="", refused=""))

    def publish(self) -> None:
        """Make the next generation the current one, which readers see."""
        self._forget()
        new = Generation(
            self.number,
            dt.datetime.now(dt.UTC).replace(microsecond=0),
            *self._index.count(self.number),
            self.number,
            self._index.digest(self.number),
        )
        self._index.change(lambda state: state.published(new))

    def purge(self, keep: int) -> None:
        """Drop all but the last generations, and what only they need."""
        kept = self._index.generations()[:keep]
        if not kept:
            return
        self._index.change(lambda state: replace(state, generations=tuple(kept)))
        for table in ("files", "articles", "chunks"):
            self._connection.delete(self._collection(table), f"removed <= {kept[-1].number}")
        # Nothing that an unfinished refresh has encoded: a purge comes before the next one begins.
        self._connection.delete(self._collection("encodings"), f'{KEY} != ""')

    def rollback(self, to: int | None = None) -> Generation:
        """Publish the articles of an older generation again, and hold the index there.

        What came back is written again, and what went is taken out, as for any next generation.

        Args:
            to: A generation that is kept; by default the one before that whose articles are
                current.

        Raises:
            IndexFault: There is no such generation.
        """
        current = self._index.generation(self._current)
        target = rollback_target(current, self._index.generations(), to)
        self._connection.lease.check()
        self._rows.undo()
        self._forget()
        now, then = self._index.listing(current.number), self._index.listing(target.number)
        self._rows.copy([one for one in then.sources if one not in now.sources], self._copied)
        wanted = [
            (
                file.state,
                {
                    path: (self._digests[then.heads[n].digest], title)
                    for path, (n, title) in file.names.items()
                },
            )
            for path, file in then.files.items()
            if now.files.get(path) is None or now.files[path].owner != file.owner
        ]
        self.drop([path for path in now.files if path not in then.files])
        self._place(wanted)
        self._forget()
        at = dt.datetime.now(dt.UTC).replace(microsecond=0)
        new = Generation(
            self.number,
            at,
            *self._index.count(self.number),
            target.content,
            self._index.digest(self.number),
        )
        held = (
            f"it was rolled back on {at:%Y-%m-%d} from generation {current.number} to the articles "
            f"of generation {target.number}"
        )
        self._index.change(lambda state: state.published(new, held))
        return new

    def _copied(self, article: int) -> int:
        """Return the id of the copy of an article."""
        head = self._head(article)
        number = self._digests.get(head.digest)
        if number is None:
            number = self._digests[head.digest] = self._new_id()
            self._next.heads[number] = head
        return number

    def _head(self, article: int) -> Head:
        for listing in (self._next, self._before):
            if article in listing.heads:
                return listing.heads[article]
        return next(
            listing.heads[article]
            for kept in self._index.generations()
            if article in (listing := self._index.listing(kept.number)).heads
        )

    @cached_property
    def _before(self) -> Listing:
        """The current generation."""
        return self._index.listing(self._current)

    @cached_property
    def _next(self) -> Listing:
        """The next generation, of which what a kill has left behind is taken out."""
        found = Listing.read(self._connection, self._index.number, self.number)
        named = {article for file in found.files.values() for article, _ in file.names.values()}
        lost = [article for article in found.heads if article not in named]
        if (lost or found.twice) and self._connection.lease.held:
            self._rows.take_out("files", [file.owner for file in found.twice])
            self._rows.take_out("chunks", lost)
            self._rows.take_out("articles", lost)
            for article in lost:
                del found.heads[article]
        return found

    @cached_property
    def _digests(self) -> dict[str, int]:
        """The ids of the articles by the digests of their contents."""
        return {
            head.digest: number
            for listing in (self._before, self._next)
            for number, head in listing.heads.items()
        }

    @cached_property
    def _uses(self) -> Counter[int]:
        """How many names each article of the next generation has."""
        return Counter(
            article for file in self._next.files.values() for article, _ in file.names.values()
        )

    @cached_property
    def _contents(self) -> dict[tuple[str, str], StoredFile]:
        """The files whose articles are stored, by their content and how they were read."""
        return {
            (file.state.digest, file.state.reader_version): file
            for listing in (self._before, self._next)
            for file in listing.files.values()
            if file.state.reason is None
        }

    def _insert(self, new: Sequence[tuple[int, Article, ChunkedArticle]]) -> None:
        """Write articles, then their chunks, with the encodings that are stored."""
        for at in range(0, len(new), OWNERS):
            some = new[at : at + OWNERS]
            articles = [
                row
                for number, article, _ in some
                for row in rows_of_article(number, self.number, self._next.heads[number], article)
            ]
            self._connection.put(self._collection("articles"), articles)
            wanted = {digest.hex() for _, _, (_, chunks) in some for _, digest in chunks}
            encodings = self._encodings.rows(wanted)
            self._connection.put(
                self._collection("chunks"),
                [
                    {
                        "id": (number << PARTS) + place,
                        "owner": number,
                        "added": self.number,
                        "removed": ALWAYS,
                        "language": article.source.language,
                        "text": chunk.text,
                        "sentences": packed(packed_sentences(chunk.sentences)),
                        "encoding": digest.hex(),
                        **encodings[digest.hex()],
                    }
                    for number, article, (_, chunks) in some
                    for place, (chunk, digest) in enumerate(chunks)
                ],
            )

    def _place(self, files: Sequence[tuple[FileState, Names]]) -> None:
        """Put files with their articles, all of them stored, in place of what is known of them."""
        uses = self._uses
        self._begun = True
        replaced = []
        rows: list[Row] = []
        back = set()
        for state, names in files:
            file = StoredFile(self._new_id(), self.number, state, dict(names))
            old = self._next.files.get(state.path)
            replaced += [old] if old else []
            self._next.files[state.path] = file
            if state.reason is None:
                self._contents[state.digest, state.reader_version] = file
            rows += rows_of_file(file)
            for article, _ in names.values():
                if article not in self._next.heads:
                    self._next.heads[article] = self._before.heads[article]
                    back.add(article)
                uses[article] += 1
        self._rows.bring_back(sorted(back))
        self._connection.put(self._collection("files"), rows)
        self._take_out(replaced)

    def _take_out(self, files: Sequence[StoredFile]) -> None:
        """Take files out, and the articles that no other file has."""
        gone = []
        uses = self._uses
        self._begun = True
        for file in files:
            if self._next.files[file.state.path] is file:
                del self._next.files[file.state.path]
            for article, _ in file.names.values():
                uses[article] -= 1
                if not uses[article]:
                    del uses[article]
                    gone.append(article)
        for article in gone:
            head = self._next.heads.pop(article)
            if article not in self._before.heads:
                self._digests.pop(head.digest, None)
        self._rows.take_out("files", [file.owner for file in files])
        self._rows.take_out("chunks", gone)
        self._rows.take_out("articles", gone)
        self._forget()

    def _changes(self) -> tuple[_Named, _Named]:
        """Return the names that differ, as the next generation has them and as the current has."""
        came, went = (
            {
                path: (listing.heads[article].digest, title)
                for file in listing.files.values()
                for path, (article, title) in file.names.items()
            }
            for listing in (self._next, self._before)
        )
        same = came.items() & went.items()
        return dict(came.items() - same), dict(went.items() - same)

    def _is_begun(self) -> bool:
        """Whether anything of the next generation is written."""
        if self._begun is None:
            where = f"added == {self.number} or removed == {self.number}"
            self._begun = bool(self._connection.count(self._collection("files"), where))
        return self._begun

    def _new_id(self) -> int:
        """Return an id that nothing has had."""
        number = next(self._ids, None)
        if number is None:
            end = self._index.change(lambda s: replace(s, next_id=s.next_id + _IDS)).next_id
            self._ids = iter(range(end - _IDS, end))
            number = next(self._ids)
        return number

    def _forget(self) -> None:
        """Let the store read the next generation anew."""
        self._index.forget(self.number)

    def _collection(self, table: str) -> str:
        return self._index.collection(table)
