from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles import UnreadableArticle, parse
from retrieval.articles.folder import ArticleFile
from retrieval.articles.parser import Parser
from retrieval.articles.text import StillWritten
from retrieval.articles.worker import MAX_ARTICLES, MAX_SENTENCES, check, packed, unpacked
from retrieval.chunking import split_sentences
from retrieval.errors import ArticlesError
from retrieval.types import Article, Source
from tests.retrieval.articles.samples import SAMPLES, docx
from tests.retrieval.articles.test_confinement import LANDLOCK
from tests.retrieval.library import articles_in
from tests.retrieval.processes import next_line, run, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

ARTICLE = Article(Source("a.txt", "A title"), "Some text.")
ARTICLES = st.builds(
    Article,
    st.builds(
        Source,
        path=st.text(st.characters()),
        title=st.text(),
        date=st.none() | st.dates(dt.date(1, 1, 1)),
        url=st.none() | st.text(),
        author=st.none() | st.text(),
        language=st.text(),
        tags=st.lists(st.text()).map(tuple),
    ),
    st.text(),
    st.lists(st.integers(0)).map(tuple),
    st.booleans(),
)

# Some five seconds of work.
SLOW = rb"{\rtf1 x" + rb"\b" * 4_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("articles")


@pytest.fixture(scope="module")
def parser(folder: Path) -> Iterator[Parser]:
    """One for many tests, as each worker takes a second to start."""
    with Parser(articles_in(folder, max_megabytes=20)) as parser:
        yield parser


def put(folder: Path, name: str, data: bytes) -> ArticleFile:
    path = folder / name
    path.unlink(missing_ok=True)  # never through a link that a test has left
    path.write_bytes(data)
    status = path.stat()
    return ArticleFile(name, status.st_size, status.st_mtime_ns)


def read(parser: Parser, file: ArticleFile) -> list[Article]:
    parser.read(file)
    return parser.parse()


def process_of(parser: Parser) -> int:
    process = parser.process_id()
    assert process is not None
    return process


def alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "State:\tZ" not in status


def has_ended(process: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while alive(process) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(process)


def test_a_worker_reads_what_a_reader_reads(parser: Parser, folder: Path) -> None:
    for suffix, sample in SAMPLES.items():
        data = sample()
        file = put(folder, f"a file{suffix}", data)
        assert parser.read(file) == hashlib.sha256(data).hexdigest()
        assert parser.parse() == parse(file.path, data)


@given(ARTICLES)
def test_an_article_arrives_as_it_was_sent(article: Article) -> None:
    document = json.dumps(packed(article), ensure_ascii=False)
    assert unpacked(json.loads(document)) == article


def test_a_name_that_is_no_utf8_reaches_the_worker(parser: Parser, folder: Path) -> None:
    file = put(folder, os.fsdecode(b"caf\xe9.txt"), b"Some text.")
    with pytest.raises(UnreadableArticle, match=r"^a name that is not UTF-8$"):
        parser.read(file)
    assert read(parser, put(folder, "a.txt", b"Some text."))


def test_the_settings_reach_the_worker(tmp_path: Path) -> None:
    file = put(tmp_path, "a.txt", b"Kurz. " * 300)
    settings = articles_in(tmp_path, max_characters=1000, max_megabytes=0.001)
    with Parser(settings) as parser:
        with pytest.raises(UnreadableArticle, match=r"MB, more than articles\.max_megabytes = "):
            parser.read(file)
        with pytest.raises(UnreadableArticle, match=r"^no such file or folder$"):
            parser.read(ArticleFile("b.txt", 1, 1))
    with (
        Parser(articles_in(tmp_path, max_characters=1000)) as parser,
        pytest.raises(UnreadableArticle, match=r"more than articles\.max_characters = 1,000"),
    ):
        read(parser, file)


def test_one_worker_reads_all_files(parser: Parser, folder: Path) -> None:
    parser.start()
    process = process_of(parser)
    for number in range(3):
        read(parser, put(folder, f"{number}.md", b"# A title\n\nSome text."))
        with pytest.raises(UnreadableArticle, match=r"^no text in it$"):
            read(parser, put(folder, "none.md", b"***"))
    assert process_of(parser) == process


def test_the_end_of_the_parser_is_that_of_its_worker(tmp_path: Path) -> None:
    with Parser(articles_in(tmp_path)) as parser:
        read(parser, put(tmp_path, "a.txt", b"Some text."))
        process = process_of(parser)
        assert alive(process)
    assert not alive(process)
    assert parser.process_id() is None


def test_a_parser_that_read_nothing_has_nothing_to_parse(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"^no file was read; read one"):
        Parser(articles_in(tmp_path)).parse()


def test_warnings_of_a_reader_are_logged_here(
    parser: Parser, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read(parser, put(folder, "a.md", b"---\ndate: soon\n---\nText."))
    assert [(one.name, one.getMessage()) for one in caplog.records] == [
        (
            "retrieval.articles.metadata",
            "a.md: date 'soon' is not a date (YYYY-MM-DD) of the years 1500 to 2050; "
            "indexed without one",
        )
    ]


# Files that hold too much


def test_a_file_holds_so_many_articles_and_no_more() -> None:
    check([ARTICLE] * MAX_ARTICLES, 10 * MAX_ARTICLES)
    with pytest.raises(
        UnreadableArticle,
        match=r"^100,001 articles, more than the 100,000 that a file may hold; part",
    ):
        check([ARTICLE] * (MAX_ARTICLES + 1), 10**9)


def test_the_articles_of_a_file_have_so_much_text_together_and_no_more() -> None:
    check([ARTICLE] * 400, 4000)
    with pytest.raises(
        UnreadableArticle,
        match=r"^4,010 characters of text in all, more than the 4,000 that articles\.max_megabytes",
    ):
        check([ARTICLE] * 401, 4000)


def test_posts_together_may_be_as_long_as_their_file(tmp_path: Path) -> None:
    """So that one setting lets an export of any length in."""
    posts = [{"id": i, "type": "message", "text": "Crows fly. " * 90} for i in range(1000)]
    file = put(tmp_path, "result.json", json.dumps({"messages": posts}).encode())
    with Parser(articles_in(tmp_path, max_megabytes=1.1, max_characters=1000)) as parser:
        parser.read(file)
        assert len(parser.parse()) == 1000


def test_a_file_holds_so_many_sentences_and_no_more(parser: Parser, folder: Path) -> None:
    parser.read(put(folder, "a.txt", b"a\n\n" * (MAX_SENTENCES + 1)))
    articles = parser.parse()
    with pytest.raises(
        UnreadableArticle,
        match=r"^more than 500,000 sentences and paragraphs in it; part the file$",
    ):
        parser.split(articles)


def test_sentences_are_found_as_the_language_of_each_article_wants(
    parser: Parser, folder: Path
) -> None:
    parser.read(put(folder, "a.rss", SAMPLES[".rss"]()))
    articles = parser.parse()
    assert [list(one) for one in parser.split(articles)] == [
        list(split_sentences(one.text, one.source.language)) for one in articles
    ]


def test_splitting_takes_from_the_seconds_of_the_file(tmp_path: Path) -> None:
    with Parser(articles_in(tmp_path, max_megabytes=20, max_seconds=1.5)) as parser:
        parser.read(put(tmp_path, "a.txt", b"a" + "«".encode() * 4_900_000))
        articles = parser.parse()
        with pytest.raises(
            UnreadableArticle, match=r"^took longer than articles\.max_seconds = 1\.5"
        ):
            parser.split(articles)


# Files that change


@pytest.mark.parametrize("data", [b"Some text, and more.", b"Some", b"Some text!"])
def test_a_file_that_changed_is_still_written(parser: Parser, folder: Path, data: bytes) -> None:
    file = put(folder, "a.txt", b"Some text.")
    put(folder, "a.txt", data)
    os.utime(folder / "a.txt", ns=(1, file.mtime_ns + 1))
    with pytest.raises(StillWritten, match=r"^is still being written$"):
        parser.read(file)
    assert read(parser, put(folder, "a.txt", data))


# Crashes, hangs and memory


def test_a_file_that_takes_too_long_is_left_and_the_next_one_read(tmp_path: Path) -> None:
    slow, quick = put(tmp_path, "a.rtf", SLOW), put(tmp_path, "b.txt", b"Some text.")
    with Parser(articles_in(tmp_path, max_megabytes=20, max_seconds=1)) as parser:
        parser.read(slow)
        process = process_of(parser)
        with pytest.raises(
            UnreadableArticle, match=r"^took longer than articles\.max_seconds = 1$"
        ):
            parser.parse()
        assert not alive(process)
        # And not what the first one would have answered.
        assert read(parser, quick) == parse("b.txt", b"Some text.")


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGKILL", "SIGABRT"])
def test_a_crash_costs_its_file_alone(parser: Parser, folder: Path, name: str) -> None:
    slow, quick = put(folder, "a.rtf", SLOW), put(folder, "b.txt", b"Some text.")
    parser.read(slow)
    process = process_of(parser)
    crash = threading.Timer(0.3, os.kill, (process, signal.Signals[name]))
    crash.start()
    with pytest.raises(UnreadableArticle, match=rf"^its reader crashed \({name}\)$"):
        parser.parse()
    crash.join()
    assert read(parser, quick)
    assert process_of(parser) != process


def test_a_worker_that_died_between_two_files_is_replaced(parser: Parser, folder: Path) -> None:
    file = put(folder, "a.txt", b"Some text.")
    articles = read(parser, file)
    process = process_of(parser)
    os.kill(process, signal.SIGKILL)
    assert has_ended(process, 10)
    assert read(parser, file) == articles


def test_a_worker_that_died_before_it_parsed_takes_no_other_file(
    parser: Parser, folder: Path
) -> None:
    parser.read(put(folder, "a.txt", b"Some text."))
    process = process_of(parser)
    os.kill(process, signal.SIGKILL)
    assert has_ended(process, 10)
    with pytest.raises(UnreadableArticle, match=r"^its reader crashed \(SIGKILL\)$"):
        parser.parse()


def test_a_file_that_needs_too_much_memory_is_left_and_the_next_one_read(
    parser: Parser, folder: Path
) -> None:
    """Of an archive that declares little enough: each empty paragraph takes a hundred bytes."""
    quick = put(folder, "b.txt", b"Some text.")
    bomb = docx("<w:p/>" * 15_000_000)
    assert len(bomb) < 200_000
    with pytest.raises(UnreadableArticle, match=r"^its reader needs more than 450 MB of memory$"):
        read(parser, put(folder, "a.docx", bomb))
    assert read(parser, quick)


# A worker that a file has taken over


ANSWERS = {
    "none": b"",
    "half a line": b'{"digest": "',
    "no JSON": b"x\n",
    "no UTF-8": b'{"digest": "\xff"}\n',
    "two lines": b"{}\n{}\n",
    "deep": b"[" * 100_000 + b"\n",
    "a pickle": b"cos\nsystem\n(S'touch taken'\ntR.\n",
}


def taken_over(answer: bytes, then: str) -> list[str]:
    """Return the command of a worker that starts well, and then answers this."""
    code = f"""
import os, socket, sys, time
parser = socket.socket(fileno=int(sys.argv[-1]))
requests = parser.makefile("rb")
requests.readline()
parser.sendall(b"{{}}\\n")
requests.readline()
answer = {answer!r}
parser.sendall(answer)
{then}
"""
    return [sys.executable, "-P", "-c", code]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none_of_ours_is_a_crash(
    tmp_path: Path, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = put(tmp_path, "a.txt", b"Some text.")
    with (
        Parser(articles_in(tmp_path), taken_over(answer, "")) as parser,
        pytest.raises(UnreadableArticle, match=r"^its reader crashed \(exit status 0\)$"),
    ):
        parser.read(file)
    assert parser.process_id() is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("answer", [b"", b'{"digest": "'])
@pytest.mark.parametrize("then", ["time.sleep(60)", "while True: parser.sendall(b'x')"])
def test_an_answer_that_never_ends_takes_too_long(tmp_path: Path, answer: bytes, then: str) -> None:
    file = put(tmp_path, "a.txt", b"Some text.")
    with Parser(articles_in(tmp_path, max_seconds=1), taken_over(answer, then)) as parser:
        with pytest.raises(
            UnreadableArticle, match=r"^took longer than articles\.max_seconds = 1$"
        ):
            parser.read(file)
        assert parser.process_id() is None


def test_an_answer_has_an_end(tmp_path: Path) -> None:
    """Of a worker that sends as fast as it can."""
    file = put(tmp_path, "a.txt", b"Some text.")
    endless = taken_over(b"", "while True: parser.sendall(bytes(10_000_000))")
    with (
        Parser(articles_in(tmp_path, max_seconds=100), endless) as parser,
        pytest.raises(UnreadableArticle, match=r"^its reader crashed \(BrokenPipeError"),
    ):
        parser.read(file)


# Workers that cannot start


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["/nowhere/python"], r"\[Errno 2\] No such file or directory: '/nowhere/python'"),
        ([sys.executable, "-c", "import nothing_of_ours"], r"ModuleNotFoundError: .*_ours'"),
        ([sys.executable, "-c", "import os; os.abort()"], "SIGABRT"),
    ],
)
def test_why_a_worker_does_not_start_is_said(tmp_path: Path, command: list[str], why: str) -> None:
    file = put(tmp_path, "a.txt", b"Some text.")
    message = rf"^the process that reads articles does not start: {why}; wanted a whole .* memory$"
    with (
        Parser(articles_in(tmp_path), command) as parser,
        pytest.raises(ArticlesError, match=message),
    ):
        parser.read(file)


def test_a_worker_that_cannot_start_is_no_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path, "a.txt", b"Some text.")
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "nothing"))
    with Parser(articles_in(tmp_path)) as parser:
        with pytest.raises(
            ArticlesError, match=r"^the process that reads articles does not start: .*encodings"
        ):
            parser.read(file)
        monkeypatch.delenv("PYTHONHOME")
        assert read(parser, file)


# What the worker knows, and when it ends


def test_the_worker_knows_no_more_of_the_environment_than_python_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCERPTA_TELEGRAM__TOKEN", "123456:secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    with Parser(articles_in(tmp_path)) as parser:
        # Which is there once it has begun.
        read(parser, put(tmp_path, "a.txt", b"Some text."))
        environment = Path(f"/proc/{process_of(parser)}/environ").read_bytes()
    assert b"TZ=Asia/Kathmandu" in environment
    assert b"secret" not in environment


def test_what_is_under_another_folder_of_the_same_name_waits(tmp_path: Path) -> None:
    """The worker may read the folder that it was started for, and no other."""
    folder = tmp_path / "articles"
    folder.mkdir()
    with Parser(articles_in(folder)) as parser:
        read(parser, put(folder, "a.txt", b"Some text."))
        folder.rename(tmp_path / "before")
        folder.mkdir()
        file = put(folder, "b.txt", b"Some text.")
        with pytest.raises(StillWritten) if LANDLOCK else nullcontext():
            parser.read(file)
    with Parser(articles_in(folder)) as parser:
        assert read(parser, file)


def test_modules_of_the_current_folder_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "lxml", "retrieval"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    with Parser(articles_in(tmp_path)) as parser:
        assert read(parser, put(tmp_path, "a.html", SAMPLES[".html"]()))


def test_ctrl_c_in_a_terminal_does_not_reach_the_worker(parser: Parser) -> None:
    parser.start()  # if it is not running
    assert os.getpgid(process_of(parser)) != os.getpgrp()


def test_the_worker_prints_nothing(parser: Parser, folder: Path) -> None:
    read(parser, put(folder, "a.html", SAMPLES[".html"]()))
    process = process_of(parser)
    for number in (0, 1, 2):
        assert Path(f"/proc/{process}/fd/{number}").readlink() == Path("/dev/null")


@pytest.mark.parametrize(
    ("name", "data", "seconds"),
    [
        ("a.txt", b"Some text.", 3.0),
        # By its own clock: it looks at its input no more.
        pytest.param("a.rtf", SLOW * 20, 30.0, marks=pytest.mark.long),
    ],
)
def test_a_worker_ends_when_its_parser_is_killed(
    tmp_path: Path, name: str, data: bytes, seconds: float
) -> None:
    code = """
import sys
from pathlib import Path
from retrieval.articles.folder import walk
from retrieval.articles.parser import Parser
from tests.retrieval.library import articles_in
settings = articles_in(Path(sys.argv[1]), max_megabytes=500, max_seconds=3)
parser = Parser(settings)
parser.read(walk(settings.folder, settings.max_bytes).files[0])
print(parser.process_id(), flush=True)
if sys.argv[2] == "a.rtf":
    parser.parse()
sys.stdin.read()
"""
    put(tmp_path, name, data)
    with started("-c", code, tmp_path, name) as parent:
        worker = int(next_line(parent))
        time.sleep(0.3)
        assert alive(worker)
        parent.kill()
    assert has_ended(worker, seconds)


def test_the_worker_starts_without_what_it_does_not_need() -> None:
    code = (
        "import retrieval.articles.worker, sys\n"
        "print(sorted({'config', 'pydantic', 'faiss', 'torch', 'bot', 'embeddings', 'lxml'}"
        " & set(sys.modules)))"
    )
    assert run(code).stdout == "[]\n"
