from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from retrieval.articles.folder import ArticleFile, FolderListing, read_bytes, walk
from retrieval.articles.text import UnreadableArticle
from retrieval.errors import ArticlesError
from tests.rights import without_roots_rights

MAX_BYTES = 10_000_000


def write(folder: Path, *paths: str, text: str = "Some text.") -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def paths(folder: Path, max_bytes: int = MAX_BYTES) -> list[str]:
    return [file.path for file in walk(folder, max_bytes).files]


def skipped(folder: Path, max_bytes: int = MAX_BYTES) -> dict[str, str]:
    return {skip.article: skip.reason for skip in walk(folder, max_bytes).skipped}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder of somebody who is not root, who could read everything."""
    with TemporaryDirectory() as name, without_roots_rights(Path(name)):
        yield Path(name)
        for path in (Path(name), *Path(name).rglob("*")):
            path.chmod(0o700)


def test_articles_come_sorted_with_size_and_time(folder: Path) -> None:
    write(folder, "b.md", "a/z.HTML", "a/y/x.txt", "c.htm", "A.Markdown")
    os.utime(folder / "b.md", ns=(1, 1_700_000_000_123_456_789))
    found = walk(folder, MAX_BYTES)
    files, skips = found.files, found.skipped
    assert [file.path for file in files] == ["A.Markdown", "a/y/x.txt", "a/z.HTML", "b.md", "c.htm"]
    changed = (folder / "b.md").stat().st_ctime_ns
    assert files[3] == ArticleFile("b.md", 10, 1_700_000_000_123_456_789, changed)
    assert skips == []


def test_other_files_are_ignored(folder: Path) -> None:
    write(folder, "a.md", "picture.png", "no suffix", "x.md.bak", "Makefile", "y.txt.gz")
    write(folder, ".hidden.md", ".git/a.md", "~$b.md", "#c.md#", "d.md~", "md", ".md")
    assert paths(folder) == ["a.md"]
    assert skipped(folder) == {}


def test_empty_folder_has_no_articles(folder: Path) -> None:
    assert walk(folder, MAX_BYTES) == FolderListing([], [], ())


@pytest.mark.parametrize(
    "name",
    [
        *("two words.md", 'it\'s "it".md', "a\nb.md", "Übermut.md", "東京.txt", "a%20b&c;$(d).md"),
        *("#1 ferry.md", "C#/a.md"),
    ],
)
def test_any_name_is_listed_and_read(folder: Path, name: str) -> None:
    write(folder, name)
    found = walk(folder, MAX_BYTES)
    files, skips = found.files, found.skipped
    assert [file.path for file in files] == [name]
    assert skips == []
    assert read_bytes(folder, files[0], MAX_BYTES) == b"Some text."


def test_name_that_is_not_utf8_is_skipped(folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("Some text.")
    assert paths(folder) == []
    assert skipped(folder) == {"caf\\xe9.md": "a name that is not UTF-8"}


def test_empty_and_large_files_are_skipped(folder: Path) -> None:
    write(folder, "empty.md", text="")
    write(folder, "fits.md", text="x" * 1000)
    write(folder, "over.md", text="x" * 1001)
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(30_000_000)
    assert paths(folder, 1000) == ["fits.md"]
    assert sorted(skipped(folder, 1000)) == ["empty.md", "huge.txt", "over.md"]
    assert skipped(folder) == {
        "empty.md": "an empty file",
        "huge.txt": "30.0 MB, more than articles.max_megabytes = 10",
    }


def test_folder_named_like_an_article_is_a_folder(folder: Path) -> None:
    write(folder, "x.md/inner.md")
    assert paths(folder) == ["x.md/inner.md"]


def test_links(folder: Path) -> None:
    write(folder, "real.md", "sub/real.txt", ".versions/3.md", "notes.org")
    write(folder.parent, "secret.md", "outside/other.md")
    for link, target in {
        "again.md": "real.md",
        "hidden.md": ".versions/3.md",
        "renamed.md": "notes.org",
        "out.md": "../secret.md",
        "absolute.md": str(folder.parent / "secret.md"),
        "passwd": "/etc/passwd",
        "broken.md": "nowhere.md",
        "broken": "nowhere",
        "self.md": "self.md",
        "ping.md": "pong.md",
        "pong.md": "ping.md",
        "folder": "sub",
        "up": ".",
        "away": "../outside",
    }.items():
        (folder / link).symlink_to(target)
    out = "a symbolic link out of the articles folder"
    nowhere = "a symbolic link that leads nowhere"
    to_folder = "a symbolic link to a folder; links are not followed"
    unlisted = "a symbolic link to a file that is no article under its own name"
    assert paths(folder) == ["real.md", "sub/real.txt"]
    assert skipped(folder) == {
        "absolute.md": out,
        "away": out,
        "broken.md": nowhere,
        "folder": to_folder,
        "hidden.md": unlisted,
        "out.md": out,
        "passwd": out,
        "ping.md": nowhere,
        "pong.md": nowhere,
        "renamed.md": unlisted,
        "self.md": nowhere,
        "up": to_folder,
    }


def test_folder_may_itself_be_a_link(folder: Path, tmp_path: Path) -> None:
    write(folder, "a.md")
    (folder / "again.md").symlink_to("a.md")
    (tmp_path / "link").symlink_to(folder)
    found = walk(tmp_path / "link", MAX_BYTES)
    files, skips = found.files, found.skipped
    assert skips == []
    assert read_bytes(tmp_path / "link", files[0], MAX_BYTES) == b"Some text."


def test_pipes_sockets_and_devices_are_skipped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder / "pipe.md")
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.txt")
        assert paths(folder) == []
        assert skipped(folder) == {
            "pipe.md": "not a regular file",
            "socket.txt": "not a regular file",
        }


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def outgrow(path: Path) -> None:
    path.write_bytes(b"x" * 200_000)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (Path.unlink, "no such file or folder"),
        (replace_by_pipe, "not a regular file"),
        (replace_by_link, "a symbolic link"),
        (replace_by_folder, "is a directory"),
        (empty, "an empty file"),
        (outgrow, "0.2 MB, more than articles.max_megabytes = 0.1"),
    ],
)
def test_what_took_the_place_of_a_file_is_not_read(
    folder: Path, change: Callable[[Path], None], reason: str
) -> None:
    write(folder, "a.md")
    (file,) = walk(folder, 100_000).files
    change(folder / "a.md")
    with pytest.raises(UnreadableArticle, match=f"^{reason}$"):
        read_bytes(folder, file, 100_000)


def test_missing_folder(tmp_path: Path) -> None:
    wanted = r"articles folder .*/nowhere': no such file or folder; wanted .*\.md.* --articles DIR"
    with pytest.raises(ArticlesError, match=wanted):
        walk(tmp_path / "nowhere", MAX_BYTES)


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, "file.md")
    for place in ("file.md", "file.md/sub"):
        with pytest.raises(ArticlesError, match=rf"{place}': /.*/file\.md is a file; wanted"):
            walk(tmp_path / place, MAX_BYTES)


def test_forbidden_files_and_folders_are_skipped(public_folder: Path) -> None:
    write(
        public_folder, "open.md", "closed.md", "sub/inner.md", "list-only/a.md", "list-only/b.png"
    )
    (public_folder / "closed.md").chmod(0o000)
    (public_folder / "list-only").chmod(0o400)
    (public_folder / "sub").chmod(0o000)
    found = walk(public_folder, MAX_BYTES)
    assert [(one.article, one.reason) for one in found.skipped] == [
        ("list-only/a.md", "permission denied"),
        ("sub", "permission denied"),
    ]
    assert found.unlisted == ("sub",)
    closed, readable = found.files
    with pytest.raises(UnreadableArticle, match=r"^permission denied$"):
        read_bytes(public_folder, closed, MAX_BYTES)
    assert read_bytes(public_folder, readable, MAX_BYTES) == b"Some text."


def test_forbidden_folder(public_folder: Path) -> None:
    public_folder.chmod(0o000)
    with pytest.raises(ArticlesError, match=f"'{public_folder}': permission denied; wanted"):
        walk(public_folder, MAX_BYTES)
