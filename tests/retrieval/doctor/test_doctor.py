from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from retrieval.doctor import Examination, Examined, Finding, FindingKind, Severity, examine_index
from retrieval.doctor.index import check_room
from retrieval.doctor.search import sample_comparisons
from retrieval.errors import IndexRefused
from retrieval.index.folder import DATABASE, is_locked, write_lock
from retrieval.index.lexical import LexicalIndex
from retrieval.index.lexical_files import describe, lexical_in_memory
from retrieval.index.snapshot import load_snapshot
from retrieval.index.writer import rollback
from retrieval.refresh.refresh import DEFAULT_OPTIONS
from retrieval.types import Encoder
from tests.fakes import HashEncoder
from tests.retrieval.library import Library, articles_in
from tests.retrieval.rebuilt import StoppedEncoder, prose

# A small index is not calibrated by these tests, and may lie on a full disk.
ALWAYS = {FindingKind.UNCALIBRATED, FindingKind.DISK}


def write(
    library: Library, name: str, text: str, title: str = "", date: str = "2024-05-01"
) -> Path:
    path = library.articles / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(f"---\ntitle: {title or path.stem.title()}\ndate: {date}\n---\n\n{text}\n")
    return draft.replace(path)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two articles that lack nothing, indexed."""
    library = Library(tmp_path)
    write(library, "river.md", "The river rises in the hills.\n\nIt floods the town in spring.")
    write(library, "mill.md", "The mill burnt down.\n\nThe town rebuilt it with 12 men.")
    library.refresh()
    return library


def index_of(library: Library, encoder: Callable[[], Encoder] | None = None) -> Examined:
    return Examined(
        articles_in(library.articles),
        library.settings,
        library.search,
        tokens=True,
        encoder=encoder or (lambda: library.encoder),
        switch="switch the encoder",
    )


def examined(library: Library) -> Examination:
    return examine_index(index_of(library))


def found(library: Library) -> dict[FindingKind, Finding]:
    """Return what is found of each kind, of which there must be one only."""
    findings = [one for one in examined(library).findings if one.kind not in ALWAYS]
    twice = [kind for kind, count in Counter(one.kind for one in findings).items() if count > 1]
    assert twice == [], findings
    return {one.kind: one for one in findings}


def only(library: Library, kind: FindingKind, severity: Severity) -> Finding:
    """Return the one thing that is found."""
    findings = found(library)
    assert list(findings) == [kind], findings
    assert findings[kind].severity is severity
    assert findings[kind].mend
    return findings[kind]


def database(library: Library) -> Path:
    with closing(library.store()) as store:
        return store.place / DATABASE


@contextmanager
def changing(library: Library) -> Iterator[sqlite3.Connection]:
    """Do damage to rows."""
    with closing(sqlite3.connect(database(library), isolation_level=None)) as db:
        yield db


def test_of_a_healthy_index_nothing_is_said(library: Library) -> None:
    examination = examined(library)
    assert {one.kind for one in examination.findings} <= ALWAYS
    assert examination.generation is not None
    assert (examination.generation.number, examination.generation.articles) == (1, 2)
    assert examination.looked_for == examination.compared == (2, 2)
    assert examination.elapsed_s > 0


def test_articles_that_the_encoder_does_not_know_are_named(library: Library) -> None:
    library.encoder = english = HashEncoder()
    english.languages = frozenset({"en"})
    assert found(library) == {}
    write(library, "bees.uk.md", "Бджоли не сплять узимку, вони гріються разом у клубі.")
    library.refresh()
    finding = only(library, FindingKind.LANGUAGES, Severity.WARNING)
    assert finding.found == ("1 article is in languages that the encoder hash does not know: uk 1")
    assert (finding.mend, finding.about) == ("switch the encoder", ("bees.uk.md",))
    # One of many is not worth a word.
    for number in range(9):
        write(library, f"river{number}.md", f"The river has {number} bridges and a mill.")
    library.refresh()
    assert FindingKind.LANGUAGES not in found(library)


def test_an_index_among_the_articles_is_left_alone(library: Library) -> None:
    shutil.move(library.index, library.articles / "kept")
    library.index = library.articles / "kept"
    assert found(library) == {}


def test_nothing_is_written(library: Library) -> None:
    def files() -> dict[str, tuple[bytes, int]]:
        return {
            str(path.relative_to(library.root)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in library.root.rglob("*")
            if path.is_file()
        }

    write(library, "mill.md", "It was changed.")
    (library.lexical / "meta.json").unlink()
    before = files()
    assert {FindingKind.CHANGED, FindingKind.LEXICAL} <= found(library).keys()
    assert files() == before


def test_without_an_index_that_is_the_error(library: Library) -> None:
    shutil.rmtree(library.index)
    (library.articles / "empty.md").touch()
    findings = found(library)
    assert list(findings) == [FindingKind.NO_INDEX, FindingKind.SKIPPED]
    assert findings[FindingKind.NO_INDEX].severity is Severity.ERROR
    assert findings[FindingKind.NO_INDEX].mend == "excerpta refresh"
    assert not library.index.exists()


def test_a_file_in_place_of_the_index_is_the_only_error(library: Library) -> None:
    shutil.rmtree(library.index)
    library.index.write_text("a file")
    (fault,) = [one for one in found(library).values() if one.severity is Severity.ERROR]
    assert "is a file; wanted a folder" in fault.found


def test_a_first_refresh_that_was_interrupted_left_no_index(library: Library) -> None:
    shutil.rmtree(library.index)
    with pytest.raises(KeyboardInterrupt, match="enough"):
        library.refresh(StoppedEncoder(0))
    assert list(found(library)) == [FindingKind.NO_INDEX]


def test_without_the_articles_folder_the_index_is_examined_all_the_same(library: Library) -> None:
    library.articles.rename(library.root / "elsewhere")
    finding = only(library, FindingKind.ARTICLES_FOLDER, Severity.ERROR)
    assert "no such file or folder" in finding.found
    assert examined(library).looked_for == (2, 2)


def test_folders_that_cannot_be_listed(nobodys_library: Library) -> None:
    library = nobodys_library
    write(library, "open.md", "The river rises in the hills.")
    write(library, "closed/inner.md", "The mill burnt down.")
    library.refresh()
    (library.articles / "closed").chmod(0)
    finding = only(library, FindingKind.UNLISTED, Severity.WARNING)
    (library.articles / "closed").chmod(0o700)
    assert finding.about == ("closed",)


def test_skipped_files_by_their_reasons_and_files_of_other_kinds(library: Library) -> None:
    for name in ("a.md", "b.txt"):
        (library.articles / name).touch()
    (library.articles / "blank.txt").write_text(" \n")
    for name in ("map.png", "sub/mill.PNG", "README"):
        (library.articles / name).parent.mkdir(exist_ok=True)
        (library.articles / name).write_bytes(b"\x89PNG")
    library.refresh()
    findings = [one for one in examined(library).findings if one.kind not in ALWAYS]
    assert [(one.kind, one.severity, one.found, one.about) for one in findings] == [
        (
            FindingKind.SKIPPED,
            Severity.WARNING,
            "2 files are skipped: an empty file",
            ("a.md", "b.txt"),
        ),
        (FindingKind.SKIPPED, Severity.WARNING, "1 file is skipped: no text in it", ("blank.txt",)),
        (FindingKind.UNREAD, Severity.NOTE, "1 file without a suffix is of a kind that is not read",
         ("README",)),
        (FindingKind.UNREAD, Severity.NOTE, "2 .png files are of a kind that is not read",
         ("map.png", "sub/mill.PNG")),
    ]  # fmt: skip


def test_articles_without_title_or_date(library: Library) -> None:
    (library.articles / "ferry.txt").write_text(prose(1, 5))
    library.refresh()
    findings = found(library)
    assert {kind: (one.severity, one.about) for kind, one in findings.items()} == {
        FindingKind.UNTITLED: (Severity.WARNING, ("ferry.txt",)),
        FindingKind.UNDATED: (Severity.NOTE, ("ferry.txt",)),
    }


def test_a_post_needs_no_title(library: Library) -> None:
    post = {"id": 7, "type": "message", "date": "2024-05-02T09:00:00", "text": "The ferry sails."}
    export = {"name": "River news", "type": "public_channel", "id": 1, "messages": [post]}
    (library.articles / "result.json").write_text(json.dumps(export))
    library.refresh()
    assert found(library) == {}


def test_an_article_that_is_not_found_by_its_title(library: Library) -> None:
    for n in range(30):
        write(library, f"bridge{n}.md", f"{n} town bridge mill.", title=f"bridge, town: mill {n}")
    words = " ".join(f"ferry market tower {n}" for n in range(9))
    write(library, "lost.md", words, title="Mill town bridge")
    library.refresh()
    finding = found(library)[FindingKind.NOT_FOUND]
    assert finding.severity is Severity.WARNING
    assert finding.about == ("lost.md",)


def test_copies_are_not_near_duplicates_and_not_lost(library: Library) -> None:
    shutil.copy(library.articles / "mill.md", library.articles / "copy.md")
    library.refresh()
    assert only(library, FindingKind.COPIES, Severity.NOTE).about == ("copy.md", "mill.md")


def test_near_duplicates_but_not_reports_with_other_figures(library: Library) -> None:
    text = prose(1, 12)
    write(library, "first.md", text)
    write(library, "second.md", text + " It goes on.")
    write(library, "third.md", "It begins so. " + text)
    report = f"{prose(2, 12)} On that day {{}} ships came."
    write(library, "monday.md", report.format(400))
    write(library, "tuesday.md", report.format(500))
    library.refresh()
    finding = only(library, FindingKind.NEAR_DUPLICATES, Severity.WARNING)
    assert finding.about == ("first.md", "second.md", "third.md")


def test_chunks_that_the_encoder_cuts(library: Library) -> None:
    encoder = HashEncoder()
    encoder.max_tokens = 12
    write(library, "long.md", "The ferry leaves the island for the town at seven in the morning.")
    library.refresh()
    examination = examine_index(index_of(library, lambda: encoder))
    (finding,) = [one for one in examination.findings if one.kind is FindingKind.CUT]
    assert finding.severity is Severity.ERROR
    assert finding.about == ("long.md", "mill.md", "river.md")
    assert finding.found == "3 chunks have up to 15 tokens, of which the encoder reads 12 only"
    assert "excerpta refresh --rebuild" in finding.mend


def test_a_title_that_is_shortened_for_encoding_does_not_count_in_full(library: Library) -> None:
    title = " ".join(f"word{n}" for n in range(300))
    write(library, "titled.md", "The ferry leaves the island.", title=title)
    library.refresh()
    assert FindingKind.CUT not in found(library)


def test_pages_that_a_disk_has_changed(library: Library) -> None:
    path = database(library)
    data = bytearray(path.read_bytes())
    # The second page, within its header.
    data[4096 : 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    findings = examined(library).findings
    assert findings[0].kind is FindingKind.DAMAGED
    assert findings[0].severity is Severity.ERROR
    assert findings[0].mend == "excerpta refresh --rebuild"


@pytest.mark.parametrize("left", [b"", b"This is no database. " * 99], ids=["cut", "other"])
def test_a_database_that_is_none(library: Library, left: bytes) -> None:
    path = database(library)
    path.write_bytes(left or path.read_bytes()[:5000])
    (library.articles / "empty.md").touch()
    findings = found(library)
    assert list(findings) == [FindingKind.DAMAGED, FindingKind.SKIPPED]
    assert findings[FindingKind.DAMAGED].mend == "excerpta refresh --rebuild"


DAMAGE = {
    "chunk": "UPDATE chunks SET text = replace(text, 'mill', 'will') WHERE text LIKE '%mill%'",
    "vector": "UPDATE encodings SET vector = zeroblob(length(vector)) WHERE id = "
    "(SELECT encoding FROM chunks WHERE text LIKE '%mill%')",
    "article": "UPDATE articles SET text = replace(text, 'mill', 'will') WHERE text LIKE '%mill%'",
    "token record": "UPDATE tokens SET codes = zeroblob(length(codes)) WHERE encoding = "
    "(SELECT encoding FROM chunks WHERE text LIKE '%mill%')",
}


@pytest.mark.parametrize("noun", DAMAGE)
def test_rows_that_are_not_what_was_written(library: Library, noun: str) -> None:
    with changing(library) as db:
        db.execute(DAMAGE[noun])
    first, *others = (one for one in examined(library).findings if one.kind not in ALWAYS)
    assert (first.kind, first.severity) == (FindingKind.DAMAGED, Severity.ERROR)
    assert first.found == f"1 {noun} is not what was written"
    assert first.about == ("mill.md",)
    assert first.mend == "excerpta refresh --rebuild"
    # What could not be done with the damaged row is told, and all else was done.
    assert {one.kind for one in others} <= {FindingKind.UNCHECKED, FindingKind.LEXICAL}
    assert noun == "article" or any(one.kind is FindingKind.UNCHECKED for one in others)


def test_a_name_or_a_title_that_is_not_what_was_written(library: Library) -> None:
    for change in ("articles SET title = 'Another'", "names SET path = 'x' || path"):
        with changing(library) as db:
            db.execute(f"UPDATE {change}")
        first = examined(library).findings[0]
        assert (first.kind, first.severity) == (FindingKind.DAMAGED, Severity.ERROR)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM articles WHERE id = 1", "refer to in articles"),
        ("DELETE FROM encodings WHERE id = 1", "refer to in encodings"),
        ("UPDATE members SET generation = 65", "without what they refer to in generations"),
        ("UPDATE generations SET chunks = 9", "published with 2 articles and 9 chunks and has 2"),
        ("PRAGMA user_version = 99", "has format 99"),
    ],
)
def test_rows_that_do_not_fit_each_other(library: Library, change: str, said: str) -> None:
    with changing(library) as db:
        db.execute(change)
    findings = [one for one in examined(library).findings if one.kind is FindingKind.INCONSISTENT]
    assert {one.severity for one in findings} == {Severity.ERROR}
    assert any(said in one.found for one in findings), findings


def test_a_refresh_that_was_interrupted(library: Library) -> None:
    write(library, "ferry.md", prose(1, 600))
    with pytest.raises(KeyboardInterrupt, match="enough"):
        library.refresh(StoppedEncoder(150))
    findings = found(library)
    assert list(findings) == [FindingKind.UNUSED, FindingKind.CHANGED]
    # Batches of 16, 32 and 64 passages are kept; the next one is not finished.
    assert "has 112 encodings" in findings[FindingKind.UNUSED].found
    library.refresh()
    assert found(library).keys() <= {FindingKind.NOT_FOUND}

    for n in range(300):
        write(library, f"n{n}.md", prose(n + 10, 1))
    with pytest.raises(KeyboardInterrupt, match="enough"):
        library.refresh(StoppedEncoder(260))
    finding = found(library)[FindingKind.UNFINISHED]
    assert finding.severity is Severity.NOTE
    assert finding.found == "a refresh has begun generation 3 and not published it"


def test_a_lexical_index_that_is_missing_damaged_or_another(library: Library) -> None:
    store = library.store()
    LexicalIndex.open(library.lexical).update([], [1])
    describe(library.lexical, store.digest(1))
    finding = only(library, FindingKind.LEXICAL, Severity.ERROR)
    assert "1 chunk is in one of them only, or in other words" in finding.found
    assert len(finding.about) == 1
    ((_, language, _),) = (one for one in store.passages(0, 1) if one[0] == 1)
    LexicalIndex.open(library.lexical).update([(1, language, "Words of a refused draft")], [])
    describe(library.lexical, store.digest(1))
    assert only(library, FindingKind.LEXICAL, Severity.ERROR) == finding

    largest = max(library.lexical.iterdir(), key=lambda path: path.stat().st_size)
    data = bytearray(largest.read_bytes())
    data[len(data) // 2] ^= 1
    largest.write_bytes(data)
    assert "is damaged" in only(library, FindingKind.LEXICAL, Severity.WARNING).found

    shutil.rmtree(library.lexical)
    finding = only(library, FindingKind.LEXICAL, Severity.WARNING)
    assert "is missing" in finding.found
    assert finding.mend == "excerpta refresh"
    library.refresh()
    assert found(library) == {}


def test_what_was_left_behind(library: Library) -> None:
    place = database(library).parent
    shutil.copytree(place, place.with_name("2"))
    (library.index / "index.sqlite").touch()
    (place.with_name("2") / "lexical" / "7").mkdir()
    finding = only(library, FindingKind.LEFTOVER, Severity.NOTE)
    assert finding.about == ("1", "index.sqlite", "2/lexical/7")
    (library.index / "rebuilding").mkdir()
    assert found(library).keys() == {FindingKind.LEFTOVER, FindingKind.UNFINISHED}


def test_articles_that_changed_since(library: Library) -> None:
    write(library, "mill.md", "It burnt down again.")
    write(library, "ferry.md", "The ferry leaves at seven.")
    (library.articles / "river.md").unlink()
    finding = only(library, FindingKind.CHANGED, Severity.NOTE)
    assert finding.found.endswith("1 added, 1 modified, 1 deleted")
    assert finding.about == ("ferry.md", "mill.md", "river.md")
    assert finding.mend == "excerpta refresh"


def test_settings_that_changed_since(library: Library) -> None:
    library.chunk_tokens = 30
    assert only(library, FindingKind.SETTINGS, Severity.NOTE).about == ("mill.md", "river.md")


def test_an_index_that_was_rolled_back_stays_so(library: Library) -> None:
    write(library, "ferry.md", "The ferry leaves at seven.")
    library.refresh()
    rollback(library.store())
    findings = found(library)
    assert findings[FindingKind.HELD].severity is Severity.NOTE
    assert findings[FindingKind.HELD].mend == "excerpta refresh"
    assert FindingKind.LEXICAL not in findings


def test_a_generation_that_the_gate_refused(library: Library) -> None:
    write(library, "mill.md", "It was changed.")
    with pytest.raises(IndexRefused, match="too little"):
        library.refresh(options=replace(DEFAULT_OPTIONS, gate=lambda _: ["too little is found"]))
    finding = found(library)[FindingKind.REFUSED]
    assert finding.severity is Severity.WARNING
    assert finding.found == "generation 2 was not published: too little is found"
    assert "excerpta refresh --force" in finding.mend


def test_who_is_writing(library: Library) -> None:
    assert not is_locked(library.index)
    with write_lock(library.index):
        assert is_locked(library.index)
        finding = only(library, FindingKind.LOCKED, Severity.NOTE)
    assert "process " in finding.found
    assert " since " in finding.found
    assert not is_locked(library.index)


def test_another_encoder_and_one_that_cannot_be_loaded(library: Library) -> None:
    def missing() -> Encoder:
        raise OSError("no such model")

    for encoder, told in (
        (lambda: HashEncoder(fingerprint="other"), "other"),
        (missing, "no such"),
    ):
        examination = examine_index(index_of(library, encoder))
        (finding,) = [one for one in examination.findings if one.kind not in ALWAYS]
        assert (finding.kind, finding.severity) == (FindingKind.ENCODER, Severity.ERROR)
        assert told in finding.found
        assert examination.looked_for == (0, 0)
        assert examination.compared == (2, 2)


def test_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    assert list(check_room(10**9, 10**8, tmp_path)) == []
    for free, size, wanted in ((10**8, 10**6, "200 MB"), (10**9, 10**9, "2,000 MB")):
        (finding,) = check_room(free, size, tmp_path)
        assert (finding.kind, finding.severity) == (FindingKind.DISK, Severity.WARNING)
        assert f"wants {wanted}" in finding.found


def test_a_large_log(library: Library) -> None:
    log = database(library).with_name(f"{DATABASE}-wal")
    with log.open("wb") as file:
        file.truncate(150_000_000)
    finding = only(library, FindingKind.LOG, Severity.NOTE)
    assert "150 MB" in finding.found
    assert finding.about == (f"1/{DATABASE}-wal",)


def test_the_calibration_is_missed(library: Library) -> None:
    kinds = [one.kind for one in examined(library).findings]
    assert FindingKind.UNCALIBRATED in kinds


def test_a_large_folder_is_sampled_unless_all_is_wanted(tmp_path: Path) -> None:
    library = Library(tmp_path)
    for n in range(230):
        write(library, f"n{n}.md", prose(n, 1))
    library.refresh()
    steps: list[str] = []
    examination = examine_index(index_of(library), announce=steps.append)
    assert examination.looked_for == (200, 230)
    assert examination.compared == (230, 230)
    assert "looking for the articles by their titles: 180 of 200" in steps
    assert examine_index(index_of(library), every=True).looked_for == (230, 230)


def test_of_very_many_chunks_a_sample_of_the_articles_is_compared(library: Library) -> None:
    for n in range(48):
        write(library, f"n{n}.md", prose(n, 1))
    library.refresh()
    store = library.store()
    snapshot = load_snapshot(store, store.generation(), lexical_in_memory(store, store.current()))
    chosen, total = sample_comparisons(snapshot, every=False)
    assert (len(chosen), total) == (50, 50)

    large = replace(snapshot, generation=replace(snapshot.generation, chunks=20_000))
    chosen, total = sample_comparisons(large, every=False)
    assert (len(chosen), total) == (25, 50)
    assert sample_comparisons(large, every=False) == (chosen, total)
    assert len(sample_comparisons(large, every=True)[0]) == 50


def test_an_index_is_whole_while_it_is_written(library: Library) -> None:
    over = False

    def write_on() -> None:
        for n in range(12):
            write(library, f"n{n % 3}.md", prose(n, 40))
            library.refresh()
            time.sleep(0.05)

    def go_on() -> None:
        nonlocal over
        try:
            write_on()
        finally:
            over = True

    thread = Thread(target=go_on)
    thread.start()
    said = []
    while not over:
        said += [one for one in examined(library).findings if one.kind not in ALWAYS]
    thread.join()
    assert [one for one in said if one.severity is not Severity.NOTE] == []
    assert library.store().current() == 13
