"""The files for deployment name settings, options and files that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import ConfigParser

import pytest

from config import Settings
from tests.paths import ROOT

DEPLOY = ROOT / "config" / "deploy"
UNIT = (DEPLOY / "excerpta.service").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
VARIABLES = {
    f"EXCERPTA_{name}__{key}".upper()
    for name, section in Settings.model_fields.items()
    for key in section.annotation.model_fields  # type: ignore[union-attr]
}


@pytest.mark.parametrize("text", [UNIT, DOCKERFILE])
def test_variables_are_settings(text: str) -> None:
    named = set(re.findall(r"EXCERPTA_\w+", text))
    assert named
    assert named <= VARIABLES


def test_the_unit_starts_the_bot_and_gives_it_time_to_end() -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT)
    service = parser["Service"]
    assert service["ExecStart"].split()[1:3] == ["telegram", "--config"]
    assert int(service["TimeoutStopSec"]) > 40
    assert service["KillMode"] == "mixed"
    assert service["NoNewPrivileges"] == "yes"
    # A core dump would hold the token, and a refresh without memory must not end the bot.
    assert service["LimitCORE"] == "0"
    assert service["OOMPolicy"] == "continue"
    assert service["MemoryMax"] == "2G"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_one_that_systemd_knows_and_finds_secure() -> None:
    unit = str(DEPLOY / "excerpta.service")
    verified = _analyzed("verify", unit).stderr.splitlines()
    # Excerpta is installed elsewhere here.
    assert [line for line in verified if "is not executable" not in line] == []
    judged = _analyzed("security", "--offline=true", "--threshold=20", unit)
    if "--offline" not in judged.stderr:  # older ones judge running services only
        assert judged.returncode == 0, judged.stdout


def _analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_image_is_made_of_files_that_are_there() -> None:
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    assert copied
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    pinned = re.search(r"torch==[\d.]+", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pinned is not None
    assert pinned.group() in DOCKERFILE
