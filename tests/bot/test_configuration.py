"""`excerpta config` says what is set and from where, and writes a file to edit."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from bot.command import Run
from bot.configuration import ConfigurationDrawing, values_of
from bot.display import plain
from config import Settings
from tests.bot.shell import MAIN
from tests.bot.terminal.drawn import drawn
from tests.paths import ROOT

SECRET = "123456789:AAHabcdefghijklmnopqrstuvwxyz01234567"


def test_each_value_is_told_with_where_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "excerpta.toml"
    file.write_text('[articles]\nfolder = "new\\u001bs"\nchannels = ["1=first"]\n')
    monkeypatch.setenv("EXCERPTA_TELEGRAM__TOKEN", SECRET)
    monkeypatch.setenv("EXCERPTA_TELEGRAM__USERS", "8,7")
    server = "http://127.0.0.1:19530"
    monkeypatch.setenv("EXCERPTA_INDEX__FOLDER", server)
    settings, origins = Settings.load_traced(file)
    values = list(values_of(Run(settings, origins, False, False, ())))

    told = {one.name: (one.value, one.origin) for one in values}
    assert len(told) == sum(len(type(section).model_fields) for _, section in settings)
    assert told["articles.folder"] == ("new\x1bs", str(file))
    assert told["articles.channels"] == (["1=first"], str(file))
    assert told["telegram.users"] == ([7, 8], "EXCERPTA_TELEGRAM__USERS")
    assert told["telegram.token"] == (None, "EXCERPTA_TELEGRAM__TOKEN")
    assert told["index.server"] == (server, "index.folder")
    assert told["search.excerpts"] == (3, "default")
    assert told["reader.model"] == (None, "default")
    assert told["telegram.proxy"] == (None, "default")

    lines = plain(ConfigurationDrawing(values))
    assert "telegram.token: set, and not shown (EXCERPTA_TELEGRAM__TOKEN)\n" in lines
    assert "reader.model: not set (default)\n" in lines
    assert "\x1b" not in lines + drawn(ConfigurationDrawing(values))
    assert SECRET not in f"{lines}{told}{drawn(ConfigurationDrawing(values), 200)}"


@pytest.mark.slow
def test_a_file_of_settings_is_written_once_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*MAIN, "config", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    before = run("show", "--json").stdout
    for arguments, path in (
        (["init"], tmp_path / "excerpta.toml"),
        (["init", "--user"], tmp_path / "home" / "excerpta" / "excerpta.toml"),
    ):
        assert run(*arguments).stdout.startswith("wrote ")
        again = run(*arguments)
        assert (again.returncode, again.stdout) == (2, "")
        assert "is there already" in again.stderr
        assert path.stat().st_mode & 0o777 == 0o600
        assert run("show", "--json").stdout == before
        text = path.read_text()
        assert set(re.findall(r"^# (\w+) = ", text, re.MULTILINE)) >= {"folder", "keep", "token"}
        path.write_text(text.replace("# excerpts = 3", "excerpts = 5"))
        found = json.loads(run("show", "--json").stdout)["settings"]["search.excerpts"]
        assert found["value"] == 5
        assert found["from"] in (path.name, str(path))
        path.write_text(text)
