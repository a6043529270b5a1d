"""What the README says is run, or compared with what there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)


def marked(name: str) -> str:
    """Return the one command behind `<!-- name command -->`."""
    found = re.search(rf"^<!-- {name} command -->\n```sh\n(.+)\n```$", README, re.MULTILINE)
    assert found is not None
    return found.group(1)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Path:
    return tmp_path_factory.mktemp("readme") / "index"


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_work_as_they_stand(command: str, index: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "EXCERPTA_INDEX__FOLDER": str(index),
        },
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    if "--json" in command:
        json.loads(done.stdout)


def test_answer_shown_is_the_answer_given(index: Path) -> None:
    found = re.search(r"^<!-- answer -->\n```json\n(.+?)\n```$", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    shown = json.loads(found.group(1))
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "--json", "--index", str(index), shown["question"]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    given = json.loads(done.stdout)
    assert list(given) == list(shown)
    assert given["confidence"] == pytest.approx(shown["confidence"], abs=0.01)
    first, example = given["excerpts"][0], shown["excerpts"][0]
    assert first["text"].startswith(example["text"].removesuffix(" ..."))
    assert {**first, "text": None, "score": None} == {**example, "text": None, "score": None}


def test_explanation_shown_is_the_explanation_given(index: Path) -> None:
    found = re.search(
        r"^<!-- explanation -->\n```text\n(.+?)\n```$", README, re.MULTILINE | re.DOTALL
    )
    assert found is not None
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "--explain", "--index", str(index)],
        cwd=ROOT,
        input="Why did communications fail?",
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    shown, given = found.group(1).split("\n"), done.stdout.split("\n")
    number = re.compile(r"\d+\.\d\d")
    for expected, line in zip(shown, given, strict=False):
        assert number.sub("#", line) == number.sub("#", expected)
        numbers = map(float, number.findall(line))
        assert list(numbers) == pytest.approx(list(map(float, number.findall(expected))), abs=0.03)


def test_links_to_files_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_is_documented() -> None:
    from bot.cli import app

    names = {command.name for command in app.registered_commands}
    assert set(re.findall(r"^\| `excerpta (\w+)", README, re.MULTILINE)) == names


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[><=]", one)[0] for one in project["dependencies"]}
    section = README.partition("### Dependencies")[2].partition("## Tests")[0]
    rows = re.findall(r"^\| ([\w, -]+) \|", section, re.MULTILINE)[1:]
    assert {name.strip() for row in rows for name in row.split(",")} == wanted


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert marked("test").endswith(".venv/bin/python -m pytest")
    assert "<!-- test command -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_install_command_ends_in_a_working_chat(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    outside = {key: value for key, value in os.environ.items() if not key.startswith("EXCERPTA_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", marked("install")],
        cwd=clone,
        input="Where is Artem Kariakin's home?\nWhat is the capital of Mongolia?\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=800,
        env={**outside, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    assert "Artem Kariakin's home is in Luhansk" in done.stdout
    assert "The articles do not answer this." in done.stdout
