"""What the pages say is run, or compared with what there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import Settings
from tests.paths import ROOT

FOLDERS = ("config", "embeddings", "retrieval", "bot", "tests")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", ".github/CONTRIBUTING.md")),
        *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("README.md")),
    ]
}
README, CONTRIBUTING = PAGES["README.md"], PAGES[".github/CONTRIBUTING.md"]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)\n\1```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the blocks of code in a language, each with the name of its page."""
    return [
        (name, found[3])
        for name, page in PAGES.items()
        for found in BLOCK.finditer(page)
        if found[2] == language
    ]


def marked(mark: str) -> str:
    """Return the block of code that stands behind a comment, on whatever page."""
    found = [
        block[3]
        for page in PAGES.values()
        for place in re.finditer(rf"^<!-- {mark} -->\n", page, re.MULTILINE)
        if (block := BLOCK.match(page, place.end())) is not None
    ]
    assert len(found) == 1
    return found[0]


def codes() -> list[str]:
    """Return each line of a shell's code, and each piece of code in a text."""
    shell = [line for language in ("sh", "console") for _, code in blocks(language)
             for line in code.split("\n")]  # fmt: skip
    return [*shell, *(code for page in PAGES.values() for code in spans(page))]


def spans(page: str) -> list[str]:
    """Return the pieces of code in the texts of a page."""
    return re.findall(r"`([^`\n]+)`", BLOCK.sub("", page))


# Commands


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, seeds_index: Path) -> Path:
    return shutil.copytree(seeds_index, tmp_path_factory.mktemp("documents") / "index")


@pytest.mark.parametrize(
    "command",
    [line[2:] for _, code in blocks("console") for line in code.split("\n") if line[:2] == "$ "],
)
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


def test_every_command_is_documented() -> None:
    from bot.cli import app

    names = {command.name for command in app.registered_commands}
    assert set(re.findall(r"^\| `excerpta (\w+)", README, re.MULTILINE)) == names


def test_commands_and_options_that_are_named_exist() -> None:
    from bot.cli import COMMANDS, load

    options = {
        name: {
            option
            for one in (load(name), *getattr(load(name), "commands", {}).values())
            for parameter in one.params
            for option in parameter.opts
        }
        | {"--help"}
        for name in COMMANDS
    }
    named = [
        (command[1], command[2])
        for code in codes()
        for command in re.finditer(r"\bexcerpta ([a-z]+)([^|#&]*)", code)
    ]
    assert named
    assert {name for name, _ in named} == set(options)
    for name, rest in named:
        assert set(re.findall(r"(?<= )--[a-z-]+", rest)) <= options[name], (name, rest)


def test_modules_that_are_named_can_be_run() -> None:
    named = {found for code in codes() for found in re.findall(r"python -m (tests[\w.]*)", code)}
    assert named
    for name in named:
        path = ROOT.joinpath(*name.split("."))
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), name


# Examples


def test_answer_shown_is_the_answer_given(index: Path) -> None:
    shown = json.loads(marked("answer"))
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
    # Whether the excerpt goes on with the next sentence is close: in float32 and in bfloat16, which
    # newer processors compute in, the answer is not the same.
    assert example["text"].startswith(first["text"].partition(". ")[0])
    close = dict.fromkeys(("text", "end", "score"))
    assert first | close == example | close


def test_explanation_shown_is_the_explanation_given(index: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "--explain", "--index", str(index)],
        cwd=ROOT,
        input="Why did communications fail?",
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    shown, given = marked("explanation").split("\n"), done.stdout.split("\n")
    number = re.compile(r"\d+\.\d\d")
    for expected, line in zip(shown, given, strict=False):
        assert number.sub("#", line) == number.sub("#", expected)
        numbers = map(float, number.findall(line))
        assert list(numbers) == pytest.approx(list(map(float, number.findall(expected))), abs=0.03)


# Settings


@pytest.mark.parametrize(("page", "code"), blocks("toml"))
def test_settings_shown_can_be_loaded(page: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / "excerpta.toml"
    file.write_text(code, encoding="utf-8")
    file.chmod(0o600)
    assert Settings.load(file) != Settings.load()


def test_settings_that_are_named_exist() -> None:
    keys = {
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in field.annotation.model_fields  # type: ignore[union-attr]
    }
    sections = "|".join(Settings.model_fields)
    named = re.compile(rf"((?:{sections})\.(?!md\b|py\b|toml\b)\w+)(?: = .*)?")
    found = [match[1] for code in codes() if (match := named.fullmatch(code))]
    assert found
    assert set(found) <= keys

    variables = {f"EXCERPTA_{key.replace('.', '__')}".upper() for key in keys}
    pages = "\n".join(PAGES.values())
    assert set(re.findall(r"\bEXCERPTA_\w+", pages)) <= variables


# Links


def slugs(page: str) -> Iterator[str]:
    """Yield what links to the headings of a page end with, as GitHub makes it."""
    for heading in re.findall(r"^#+ (.+)$", BLOCK.sub("", page), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = BLOCK.sub("", PAGES[name])
    links = re.findall(r'\]\(([^)\s]+)\)|\bsrc="([^"]+)"', page)
    for link in filter(None, (one or other for one, other in links)):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in slugs(target.read_text(encoding="utf-8")), link


def test_each_page_leads_back_and_is_led_to() -> None:
    for name, page in PAGES.items():
        if name in ("README.md", "CHANGELOG.md"):
            continue
        back = os.path.relpath(ROOT / "README.md", (ROOT / name).parent)
        assert f"[Back to Excerpta]({back})" in page.split("\n")[:5], name
        assert f"]({name})" in README, name


@pytest.mark.parametrize("name", PAGES)
def test_files_that_are_named_exist(name: str) -> None:
    """A name without a folder is of a folder that the same row or paragraph names."""
    files = re.compile(r"\w[\w./-]*\.(?:py|toml|service)")
    for part in re.split(r"\n\n|\n(?=\|)", BLOCK.sub("", PAGES[name])):
        named = spans(part)
        paths = [ROOT / code for code in named if "/" in code]
        folders = [(ROOT / name).parent, ROOT, ROOT / "tests" / "retrieval"]
        folders += [path.parent if path.suffix else path for path in paths]
        for code in filter(files.fullmatch, named):
            if code != "excerpta.toml":
                assert any((folder / code).exists() for folder in folders), code


# What the pages say about the repository


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[\[><=]", one)[0] for one in project["dependencies"]}
    rows = re.findall(
        r"^\| ([\w, -]+) \|", CONTRIBUTING.partition("\n## Dependencies")[2], re.MULTILINE
    )
    assert {name.strip() for row in rows[1:] for name in row.split(",")} == wanted


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert marked("test command").endswith(".venv/bin/python -m pytest")
    assert "<!-- test command -->" in README
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "<!-- test command -->" in run
    assert ".ci/check" in run


@pytest.mark.long
@pytest.mark.timeout(900)
def test_install_command_ends_in_a_working_chat(tmp_path: Path) -> None:
    clone = tmp_path / "a clone of" / "excerpta"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    outside = {key: value for key, value in os.environ.items() if not key.startswith("EXCERPTA_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", marked("install command")],
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
    # Templates, styles and catalogues are installed, too.
    (installed,) = clone.glob(".venv/lib/*/site-packages")
    packaged = [name for name in listed.split("\0") if name.partition("/")[0] in FOLDERS[:-1]]
    assert [name for name in packaged if not (installed / name).exists()] == []
