from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.refresh.watch import network_filesystem

DISK = "27 1 254:0 / / rw,relatime - ext4 /dev/sda1 rw"


def table(folder: Path, *lines: str) -> Path:
    path = folder / "mountinfo"
    path.write_text("\n".join([DISK, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("ext4", True), ("tmpfs", True), ("overlay", True), ("fuseblk", True),
        ("nfs", False), ("nfs4", False), ("cifs", False), ("smb3", False), ("9p", False),
        ("fuse.sshfs", False), ("fuse.rclone", False), ("vboxsf", False), ("virtiofs", False),
    ],
)  # fmt: skip
def test_network_folders_tell_nothing(tmp_path: Path, kind: str, told: bool) -> None:
    mounts = table(tmp_path, f"30 27 0:30 / /srv/share rw shared:5 master:1 - {kind} server:/x rw")
    assert network_filesystem(Path("/srv/share/articles"), mounts) == (None if told else kind)
    assert network_filesystem(Path("/srv/share"), mounts) == (None if told else kind)
    # Also where only a folder of theirs is such a one.
    assert network_filesystem(Path("/srv"), mounts) == (None if told else kind)
    assert network_filesystem(Path("/srv/shared"), mounts) is None


def test_what_lies_on_top_counts(tmp_path: Path) -> None:
    over = "30 27 0:30 / /srv rw - nfs4 server:/x rw", "31 30 0:31 / /srv/disk rw - ext4 /dev/b rw"
    assert network_filesystem(Path("/srv/disk/articles"), table(tmp_path, *over)) is None
    assert network_filesystem(Path("/srv/other"), table(tmp_path, *over)) == "nfs4"
    under = "30 27 0:30 / /srv rw - autofs auto rw", "31 30 0:31 / /srv rw - nfs4 server:/x rw"
    assert network_filesystem(Path("/srv"), table(tmp_path, *under)) == "nfs4"
    assert network_filesystem(Path("/srv"), table(tmp_path, *reversed(under))) is None


def test_names_with_blanks_are_read(tmp_path: Path) -> None:
    mounts = table(tmp_path, r"30 27 0:30 / /srv/my\040share\134 rw - cifs //server/x rw")
    assert network_filesystem(Path("/srv/my share\\"), mounts) == "cifs"


def test_without_a_table_of_mounts_all_is_told(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path, tmp_path / "none") is None
    assert (
        network_filesystem(
            Path("/srv"), table(tmp_path, "", "nonsense", "1 2 3", "1 2 3 4 /srv rw -")
        )
        is None
    )


def test_a_folder_of_this_machine_is_told_of(tmp_path: Path) -> None:
    assert network_filesystem(tmp_path.resolve()) is None
