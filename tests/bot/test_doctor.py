from __future__ import annotations

import re
import shutil

import pytest
from rich.console import Console

from bot.command import WORLD_AT_FAULT
from bot.display import plain
from bot.doctor import ExaminationDrawing, examination_document
from retrieval.doctor import Examination, Finding, FindingKind, Severity
from retrieval.index import Generation
from tests.bot.shell import Shell
from tests.paths import ROOT, SEEDS

PAGE = (ROOT / "retrieval" / "README.md").read_text(encoding="utf-8")
WELL = Examination((), Generation(3, None, 11, 51, 3), (11, 11), (11, 11), 1.5)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Shell:
    """The articles that ship and some bad ones, indexed; the lexical index lacks a file."""
    shell = Shell(tmp_path_factory.mktemp("doctor"))
    articles = shutil.copytree(SEEDS, shell.articles)
    twice = (articles / "anti-tank-obstacles.md").read_text()
    (articles / "obstacles-again.md").write_text(f"{twice}\nThis was added later.\n")
    (articles / "empty.md").touch()
    ferry = articles / "ferry.txt"
    ferry.write_text("The ferry\n\nThe ferry to the island leaves at seven in the morning.\n")
    assert shell.run("refresh", EXCERPTA_ENCODER__MODEL="auto").returncode == 0
    ferry.write_text(f"{ferry.read_text()}\nNot on Sundays.\n")
    next((shell.index / "1" / "lexical").glob("*/*.term")).unlink()
    return shell


@pytest.mark.slow
def test_what_the_page_shows_is_what_is_printed(shell: Shell) -> None:
    shown = re.search(r"^<!-- doctor -->\n```text\n(.+?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    assert shown is not None
    done = shell.run("doctor")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == shown.group(1).splitlines()


def test_every_kind_of_finding_is_on_the_page() -> None:
    section = PAGE.partition("## When something is wrong")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+`) \|", section, re.MULTILINE)
    kinds = [kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(set(kinds)) == sorted(FindingKind)


@pytest.mark.slow
def test_the_document_has_the_promised_keys_and_an_error_is_a_status(shell: Shell) -> None:
    well = shell.json("doctor")
    assert list(well) == [
        "errors", "warnings", "notes", "generation", "articles", "chunks", "encoder",
        "encoder_chosen", "looked_for", "compared", "findings", "elapsed_s",
    ]  # fmt: skip
    assert (well["errors"], well["warnings"], well["notes"]) == (0, 3, 2)
    assert well["looked_for"] == {"articles": 13, "of": 13}
    assert all(
        list(one) == ["kind", "severity", "found", "mend", "about"] for one in well["findings"]
    )

    ill = shell.json("doctor", "--index", str(shell.folder / "none"), status=WORLD_AT_FAULT)
    assert (ill["errors"], ill["generation"]) == (1, None)
    first = ill["findings"][0]
    assert (first["kind"], first["severity"]) == ("no-index", "error")
    assert first["mend"] == "excerpta refresh"


def test_of_a_healthy_index_one_line_is_said() -> None:
    said = "nothing is wrong: 11 articles, 51 chunks, generation 3"
    assert plain(ExaminationDrawing(WELL)) == said
    assert not WELL.count(Severity.ERROR)
    sampled = Examination((), WELL.generation, (200, 900), (9, 900), 1.0)
    assert plain(ExaminationDrawing(sampled)).splitlines()[1:] == [
        "200 of 900 articles were looked for by their titles; with --all, every one is",
        "9 of 900 articles were compared with all others; with --all, every one is",
    ]


def test_of_many_findings_some_are_told_and_no_name_steers_the_terminal() -> None:
    names = ("a\x1b[31m.md", "b.md", "c.md", "d.md", "e.md")
    findings = (
        Finding(
            FindingKind.DAMAGED,
            Severity.ERROR,
            "it is damaged\x1b[2J",
            "excerpta refresh --rebuild",
        ),
        *(
            Finding(FindingKind.COPIES, Severity.NOTE, f"copies {n}", "delete", names)
            for n in range(8)
        ),
    )
    ill = Examination(findings, None, (0, 0), (0, 0), 1.0)
    console = Console(width=70, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(ExaminationDrawing(ill))
    for said in (plain(ExaminationDrawing(ill)), capture.get()):
        assert "\x1b" not in said
        assert "error: it is damaged␛[2J" in said
        assert "  a␛[31m.md, b.md, c.md and 2 more" in said
        assert said.count("note: copies") == 5
        assert "note: 3 more of the kind copies" in said
        assert "-> excerpta refresh --rebuild" in said
        assert said.strip().endswith("1 error, 8 notes")
    assert ill.count(Severity.ERROR)
    assert len(examination_document(ill)["findings"][1]["about"]) == 5
