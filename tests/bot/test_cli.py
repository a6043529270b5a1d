from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from bot.cli import COMMANDS, load
from bot.command import INTERRUPTED, NOT_ANSWERED, WORLD_AT_FAULT, WRONG_USAGE
from tests.bot.shell import MAIN, Shell
from tests.bot.terminal.drawn import HARMLESS
from tests.paths import ROOT, SEEDS


def two_articles(folder: Path) -> Shell:
    """Write two short articles."""
    shell = Shell(folder)
    shell.articles.mkdir()
    (shell.articles / "bees.md").write_text(
        "---\ntitle: Bees in winter\ndate: 2024-01-05\nurl: https://example.org/bees\n---\n\n"
        "Honey bees do not hibernate. They form a cluster around the queen and shiver to keep warm."
        "\n\nA colony eats about fifteen kilograms of honey in a cold winter.\n"
    )
    (shell.articles / "ferry.txt").write_text(
        "The island ferry\n\nThe ferry to the island leaves at seven in the morning. It carries "
        "forty cars.\n"
    )
    return shell


@pytest.fixture
def shell(tmp_path: Path, encoder: object) -> Shell:
    """Two short articles of the test's own."""
    return two_articles(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> Shell:
    """The same articles with their index, made once."""
    shell = two_articles(tmp_path_factory.mktemp("made"))
    assert shell.run("refresh").returncode == 0
    return shell


@pytest.fixture
def indexed(made: Shell, tmp_path: Path) -> Shell:
    """The same articles with their index, the test's own."""
    shutil.copytree(made.folder, tmp_path, dirs_exist_ok=True)
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def minefields(seeds: Shell) -> dict[str, Any]:
    """The document that answers how minefields are breached."""
    return seeds.json("ask", "How are minefields breached?")


def test_asks_for_the_home_and_is_told_luhansk_with_the_report_cited(seeds: Shell) -> None:
    answer = seeds.json("ask", "Where is Artem Kariakin's home?")
    first = answer["excerpts"][0]
    assert answer["answered"] is True
    assert "Luhansk" in first["text"]
    assert first["article"] == "leaving-sudzha-a-soldiers-account.md"
    done = seeds.run("ask", "Where is Artem Kariakin's home?")
    assert "\x1b" not in done.stdout
    assert "\n[1] Leaving Sudzha: a soldier's account · 2026-11-22 · paragraph " in done.stdout
    assert done.stderr == ""


def test_says_that_the_articles_do_not_answer(seeds: Shell) -> None:
    done = seeds.run("ask", "What is the capital of Mongolia?")
    assert done.returncode == NOT_ANSWERED
    assert done.stdout.startswith("The articles do not answer this.\n")


def test_a_typing_error_is_repaired_and_named(seeds: Shell, minefields: dict[str, Any]) -> None:
    said = "Searched for “minefields” instead of “minefeilds”.\n"
    assert seeds.run("ask", "How are minefeilds breached?").stdout.startswith(said)
    answer = seeds.json("ask", "How are minefeilds breached?")
    assert answer["question"] == "How are minefeilds breached?"
    assert answer["searched"] == "How are minefields breached?"
    assert minefields["searched"] == minefields["question"]
    assert answer["excerpts"] == minefields["excerpts"]


def test_answer_document_has_the_promised_keys_and_true_offsets(
    seeds: Shell, minefields: dict[str, Any]
) -> None:
    answer = minefields
    assert list(answer) == [
        "question", "searched", "answered", "confidence", "generation", "elapsed_ms", "foreign",
        "excerpts", "written",
    ]  # fmt: skip
    assert answer["question"] == "How are minefields breached?"
    assert 0 <= answer["confidence"] <= 1
    assert answer["generation"] == 1
    assert [one["citation"] for one in answer["excerpts"]] == [1, 2, 3]
    for one in answer["excerpts"]:
        assert list(one) == [
            "citation", "article", "title", "date", "url", "page", "paragraph",
            "last_paragraph", "start", "end", "text", "highlights", "score", "also",
        ]  # fmt: skip
        text = seeds.run("show", one["article"]).stdout.removesuffix("\n")
        assert text[one["start"] : one["end"]] == one["text"]
        assert text.split("\n\n")[one["paragraph"] - 1].startswith(one["text"][:40]) or (
            one["text"] in text.split("\n\n")[one["paragraph"] - 1]
        )
        for start, end in one["highlights"]:
            assert 0 <= start < end <= len(one["text"])


def test_question_comes_from_standard_input(seeds: Shell) -> None:
    for arguments in ([], ["-"]):
        done = seeds.run("ask", *arguments, stdin="How are minefields breached?\n")
        assert done.returncode == 0, done.stderr
        assert "minefield" in done.stdout


def test_a_question_without_quotation_marks_is_one_question(seeds: Shell) -> None:
    answer = seeds.json("ask", "How", "are", "minefields", "breached?")
    assert answer["question"] == "How are minefields breached?"


EXPLAINED = """\
“Artem Kariakin's home is in Luhansk, which Russia was occupying when he spoke. ...”
[1] Leaving Sudzha: a soldier's account · 2026-11-22 · paragraph 12
words in it: home #.## · Artem #.## · Kariakin's #.##
closest words: home → home #.## · Artem → Artem #.## · Kariakin's → Kariakin's #.##
rank (score): by meaning 1 (#.##) · by words 1 (#.##) · word by word 1 (#.##) · together 1 (#.##) \
· excerpt alone (#.##)"""


def test_an_explained_answer_as_it_is_printed(seeds: Shell) -> None:
    done = seeds.run("ask", "--explain", "Where is Artem Kariakin's home?")
    first, *_, last = done.stdout.split("\n\n")
    shown = re.sub(r"\d+\.\d\d", "#.##", first)
    # Processors that compute in bfloat16 go on with the next sentence, those in float32 do not.
    assert re.sub(r"(when he spoke\.).*”", r"\1 ...”", shown) == EXPLAINED
    assert re.match(r"The confidence is \d\d\.\d %; from 50 % on it counts as an answer\.", last)
    assert len(re.findall(r"^closest words: ", done.stdout, re.MULTILINE)) == 3


def test_what_is_not_answered_is_explained_too(seeds: Shell) -> None:
    done = seeds.run("ask", "--explain", "What is the capital of Mongolia?")
    assert done.returncode == NOT_ANSWERED
    assert re.search(r"^not found: .*Mongolia 1\.00", done.stdout, re.MULTILINE)
    assert "Nowhere in the articles, in any form: Mongolia.\n" in done.stdout


def test_an_explanation_is_part_of_the_document(seeds: Shell, minefields: dict[str, Any]) -> None:
    plain = minefields
    document = seeds.json("ask", "--explain", "How are minefields breached?")
    assert list(document) == [*plain, "features", "absent"]
    assert all(0 <= value <= 1 for value in document["features"].values())
    assert document["absent"] == []
    for one, without in zip(document["excerpts"], plain["excerpts"], strict=True):
        explanation = one.pop("explanation")
        assert one == without
        assert list(explanation) == [
            "terms", "pairs", "dense", "lexical", "late", "rerank", "fused", "bonus", "excerpt",
        ]  # fmt: skip
        words = [term["word"] for term in explanation["terms"]]
        assert sorted(words) == ["breached", "minefields"]
        shares = 0.0
        for pair in explanation["pairs"]:
            assert document["question"][pair["at"] :].startswith(pair["word"])
            assert one["text"][pair["match_at"] :].startswith(pair["match"])
            shares += pair["share"]
        assert shares == pytest.approx(explanation["excerpt"], abs=0.001)
        assert explanation["fused"]["rank"] >= 1


@pytest.mark.slow
def test_edited_added_and_deleted_articles_are_seen_by_the_next_question(shell: Shell) -> None:
    report = shell.json("refresh")
    assert {key: report[key] for key in ("generation", "added", "modified", "deleted")} == {
        "generation": 1, "added": 2, "modified": 0, "deleted": 0,
    }  # fmt: skip
    assert report["encoded"] == report["chunks"] == 2

    bees = shell.articles / "bees.md"
    bees.write_text(bees.read_text().replace("fifteen kilograms", "twenty kilograms"))
    answer = shell.json("ask", "How much honey does a colony eat in winter?")
    assert "twenty kilograms" in answer["excerpts"][0]["text"]

    (shell.articles / "owl.html").write_text(
        "<html><head><title>Owls</title></head><body><article><h1>Owls</h1>"
        "<p>The barn owl hears a mouse under the snow from a great distance.</p>"
        "<p>Its face is shaped like a dish, which leads sound to the ears.</p></article></body>"
    )
    answer = shell.json("ask", "What does the barn owl hear under the snow?")
    assert answer["excerpts"][0]["article"] == "owl.html"
    assert "mouse" in answer["excerpts"][0]["text"]

    (shell.articles / "ferry.txt").unlink()
    report = shell.json("refresh")
    assert (report["added"], report["deleted"], report["unchanged"]) == (0, 1, 2)
    answer = json.loads(shell.run("ask", "--json", "When does the ferry leave?").stdout)
    assert "ferry.txt" not in {one["article"] for one in answer["excerpts"]}


def test_refresh_without_a_change_publishes_nothing(indexed: Shell) -> None:
    report = indexed.json("refresh")
    assert (report["generation"], report["unchanged"], report["encoded"]) == (1, 2, 0)
    assert set(report) == {
        "generation", "added", "modified", "deleted", "unchanged", "renamed", "rebuilt", "skipped",
        "chunks", "encoded", "notes", "elapsed_s",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("\x00\x1b", "The question is empty; ask something in a few words."),
        (
            "why " * 25_000,
            "The question has 99,999 characters, the limit is 2,000; ask it in fewer words.",
        ),
    ],
)
def test_a_question_that_cannot_be_asked(seeds: Shell, question: str, message: str) -> None:
    done = seeds.run("ask", "--", stdin=question)
    assert (done.returncode, done.stderr) == (WRONG_USAGE, f"excerpta: {message}\n")


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        # As a shell leaves of "$FOLDER" where FOLDER is not set.
        (
            "refresh",
            ("--articles", ""),
            "articles.folder: found '' in the arguments, wanted",
        ),
        ("status", ("--index", ""), "index.folder: found '' in the arguments, wanted a path"),
        ("copy", ("--from", "x", "--to", ""), "--to: found nothing, wanted the folder or the"),
        ("copy", ("--from", "x", "--to", "./x"), "--from and --to: found the same index, x,"),
    ],
)
def test_a_place_that_cannot_be_meant(
    tmp_path: Path, command: str, arguments: tuple[str, ...], message: str
) -> None:
    shell = Shell(tmp_path)
    assert shell.fails(WRONG_USAGE, command, *arguments).startswith(f"excerpta: {message}")


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("\x1b[31mzzz\x07", "The articles do not answer this."),
        pytest.param("😀😀😀", "I am glad to hear it.", marks=pytest.mark.slow),
        pytest.param("--", "What would you like to know?", marks=pytest.mark.slow),
    ],
)
def test_question_without_content_is_not_answered(seeds: Shell, question: str, reply: str) -> None:
    done = seeds.run("ask", "--", question)
    assert done.returncode == NOT_ANSWERED, done.stderr
    assert done.stdout.startswith(reply)
    assert "\x1b" not in done.stdout


def test_talk_is_a_document_too(seeds: Shell) -> None:
    done = seeds.run("ask", "--json", "дякую!!")
    document = json.loads(done.stdout)
    assert (done.returncode, document["answered"], document["excerpts"]) == (
        NOT_ANSWERED,
        False,
        [],
    )
    assert (document["reply"]["kind"], document["reply"]["language"]) == ("thanks", "uk")
    done = seeds.run("ask", "--json", "what is this about?")
    document = json.loads(done.stdout)
    assert (done.returncode, document["answered"], len(document["excerpts"])) == (0, True, 5)


def test_who_wrote_an_article_is_told_with_its_citation(seeds: Shell) -> None:
    asked = "Who wrote the article about minefields?"
    said = "“Minefields and how they are breached” · written by Excerpta"
    done = seeds.run("ask", asked)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{said}\n\n“A minefield is an area")
    assert "\n[1] Minefields and how they are breached · " in done.stdout
    document = seeds.json("ask", asked)
    assert document["reply"] == {"kind": "origin", "language": "en", "text": said}
    assert [one["article"] for one in document["excerpts"]] == [
        "minefields-and-how-they-are-breached.md"
    ]


def test_no_document_and_no_error_steers_a_terminal(shell: Shell) -> None:
    shell.index = shell.folder / "no \x9b31m\u202eindex\x7f"

    done = shell.run("status", "--json")

    assert done.returncode == WORLD_AT_FAULT
    assert HARMLESS.fullmatch(done.stdout + done.stderr)
    assert str(shell.index) in json.loads(done.stdout)["error"]


def test_an_article_is_not_found_by_a_name_that_is_no_text(seeds: Shell) -> None:
    assert "no article 'a\\udcff'" in seeds.fails(WRONG_USAGE, "show", "a\udcff")


@pytest.mark.slow
def test_ctrl_c_while_asking_says_so(seeds: Shell) -> None:
    side, other = os.openpty()
    with subprocess.Popen(
        seeds.arguments("ask"), stdin=other, stderr=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        assert process.stderr is not None
        assert process.stderr.readline() == "Type the question, then Enter and Ctrl-D.\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "interrupted; the question was not answered\n"
        assert process.wait() == INTERRUPTED
    os.close(side)
    os.close(other)


@pytest.mark.slow
def test_the_first_start_says_what_it_does_before_it_does_it(shell: Shell) -> None:
    side, other = os.openpty()
    with subprocess.Popen(
        shell.arguments("refresh"), stdout=subprocess.PIPE, stderr=other
    ) as process:  # fmt: skip
        os.close(other)
        assert os.read(side, 1000).startswith(b"First start: ")
        process.kill()
    os.close(side)


def test_missing_and_empty_articles_folders(shell: Shell) -> None:
    shell.articles = shell.folder / "missing"
    assert "no such file or folder" in shell.fails(WORLD_AT_FAULT, "ask", "Why?")
    shell.articles.mkdir()
    assert "no articles in" in shell.fails(WORLD_AT_FAULT, "ask", "Why?")
    (shell.articles / "empty.md").touch()
    assert "empty.md" in shell.fails(WORLD_AT_FAULT, "refresh")


def test_an_error_is_a_document_too_and_a_traceback_if_verbose(shell: Shell) -> None:
    shell.articles = shell.folder / "missing"
    done = shell.run("ask", "--json", "-v", "Why?")
    assert done.returncode == WORLD_AT_FAULT
    assert "no such file or folder" in json.loads(done.stdout)["error"]
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("excerpta: articles folder")


def test_question_that_is_not_utf8_is_read_all_the_same(seeds: Shell) -> None:
    done = subprocess.run(
        seeds.arguments("ask"),
        input=b"What is Starlink, caf\xe9?",
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )
    assert done.returncode in (0, NOT_ANSWERED), done.stderr
    assert b"Starlink" in done.stdout


def redirected(shell: Shell, streams: str) -> Shell:
    """The same commands, with their streams redirected as a shell does."""
    other = copy(shell)
    other.through = ("sh", "-c", f'exec "$@" {streams}', "sh")
    return other


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_output_that_cannot_be_written_is_the_worlds_fault(seeds: Shell) -> None:
    full = redirected(seeds, ">/dev/full")
    for option in ((), ("--json",)):
        said = full.fails(WORLD_AT_FAULT, "status", *option)
        assert said.startswith("excerpta: the output cannot be written (No space left on device); ")
    full.index = full.folder / "nothing"
    assert "no index" in full.fails(WORLD_AT_FAULT, "status", "--json")


def test_streams_may_be_closed(seeds: Shell) -> None:
    assert "is empty" in redirected(seeds, "<&-").fails(WRONG_USAGE, "ask")
    assert redirected(seeds, "<&- >&- 2>&-").run("status").returncode == 0


@pytest.mark.slow
def test_bad_files_are_reported_and_all_others_indexed(shell: Shell) -> None:
    put = shell.articles
    (put / "zero.md").touch()
    (put / "nul.txt").write_bytes(b"\0" * 1000)
    (put / "latin.txt").write_bytes(
        "Café prices. The café in the square sells coffee.".encode("cp1252")
    )
    (put / "invalid.txt").write_bytes(b"Sparrows nest in the barn.\xff\xfe They eat seeds. " * 3)
    (put / "bom.md").write_bytes(b"\xef\xbb\xbf# Bom\n\nA text with a mark at its front.")
    (put / "huge.txt").write_bytes(b"x" * 30_000_000)
    (put / "nobody.html").write_text("<html><head><title>t</title></head></html>")
    (put / "yaml.md").write_text("---\ntitle: Foo: bar: [\ndate: 2024-99-99\n---\n\nA body it has.")
    (put / 'it\'s a "name"\nof \u0444\u0430\u0439\u043b.md').write_text("# Odd name\n\nOdd.")
    (put / "outside.md").symlink_to(shell.folder / "secret.md")
    (shell.folder / "secret.md").write_text("A secret.")
    (put / "loop").symlink_to(put)
    os.mkfifo(put / "pipe.md")
    report = shell.json("refresh")
    skipped = {one["article"]: one["reason"] for one in report["skipped"]}
    assert {"zero.md", "nul.txt", "huge.txt", "nobody.html", "outside.md", "pipe.md"} <= set(
        skipped
    )
    assert all(skipped.values())
    assert report["added"] == 7
    answer = shell.json("ask", "What does the café in the square sell?")
    assert "café" in answer["excerpts"][0]["text"]
    # Reported as long as they are there, though nothing is read again.
    assert {one["article"] for one in shell.json("refresh")["skipped"]} == set(skipped)


@pytest.mark.slow
def test_index_of_another_encoder_is_refused(indexed: Shell) -> None:
    other = {"EXCERPTA_ENCODER__PASSAGE_PROMPT": "passage: "}
    line = indexed.fails(WORLD_AT_FAULT, "ask", "Why?", **other)
    assert "was made with the encoder" in line


@pytest.mark.slow
def test_truncated_database_is_made_again(indexed: Shell) -> None:
    before = indexed.json("ask", "When does the ferry leave?")
    path = indexed.index / "1" / "index.sqlite"
    os.truncate(path, path.stat().st_size // 2)
    line = indexed.fails(WORLD_AT_FAULT, "status")
    assert "is damaged" in line
    assert "excerpta refresh" in line
    again = indexed.run("ask", "--json", "When does the ferry leave?")
    assert "it is made again now" in again.stderr
    assert json.loads(again.stdout)["excerpts"] == before["excerpts"]
    assert sorted(entry.name for entry in indexed.index.iterdir() if entry.is_dir()) == ["1", "2"]
    assert indexed.json("refresh")["encoded"] == 0
    assert [entry.name for entry in indexed.index.iterdir() if entry.is_dir()] == ["2"]


@pytest.mark.slow
def test_ctrl_c_during_the_first_build_leaves_an_index_that_the_next_start_completes(
    shell: Shell,
) -> None:
    shutil.copytree(SEEDS, shell.articles, dirs_exist_ok=True)
    for number in range(40):
        text = (SEEDS / "luhansk-city-and-region.md").read_text()
        (shell.articles / f"copy{number}.md").write_text(text.replace("Luhansk", f"City {number}"))
    process = subprocess.Popen(shell.arguments("refresh"), stderr=subprocess.PIPE, text=True)
    database = shell.index / "1" / "index.sqlite"
    while not (database.exists() and _encodings(database)):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert stderr.startswith("interrupted; what was encoded is kept")
    kept = _encodings(database)
    report = shell.json("refresh")
    assert report["added"] == 53
    assert report["encoded"] == report["chunks"] - kept


def _encodings(database: Path) -> int:
    try:
        with sqlite3.connect(database) as connection:
            found = connection.execute("SELECT count(*) FROM encodings").fetchone()[0]
        connection.close()
    except sqlite3.OperationalError:
        return 0
    return int(found)


def test_status_and_show(indexed: Shell) -> None:
    status = indexed.json("status")
    assert (status["articles"], status["generation"], status["skipped"]) == (2, 1, 0)
    assert status["kept"] == "1"
    said = indexed.run("status").stdout
    assert "\ngenerations kept: 1\n" in said
    assert f"\nnumbers in a vector: {status['dim']}\n" in said
    shown = indexed.json("show", "bees.md")
    assert (shown["title"], shown["date"]) == ("Bees in winter", "2024-01-05")
    assert shown["url"] == "https://example.org/bees"
    assert shown["text"].startswith("Honey bees do not hibernate.")
    assert "no article 'nope.md'" in indexed.fails(WRONG_USAGE, "show", "nope.md")
    indexed.index = indexed.folder / "none"
    assert "no index in" in indexed.fails(WORLD_AT_FAULT, "status")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", "--bogus"], "No such option: --bogus"),
        (
            ["--index=i", "status"],
            "No such option: --index. Options stand behind the command: excerpta status --index",
        ),
        (["--bo\x1bgus"], "excerpta COMMAND --bo␛gus"),
        (["bogus"], "No such command 'bogus'"),
        (["show"], "Missing argument 'ARTICLE'"),
    ],
)
def test_wrong_usage(arguments: Sequence[str], message: str) -> None:
    done = subprocess.run(
        [*MAIN, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == WRONG_USAGE
    assert message in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_a_command_what_the_command_says(name: str) -> None:
    assert load(name).help == COMMANDS[name][1]
    # Else a terminal of 80 columns shows it cut.
    assert len(COMMANDS[name][1]) < 66


@pytest.mark.parametrize(
    ("name", "listed", "left_out"),
    [
        ("ask", {"--articles", "--index", "--json"}, set()),
        ("chat", {"--articles", "--index"}, {"--json"}),
        ("serve", {"--articles", "--index"}, {"--json"}),
        ("fetch", {"--articles", "--json"}, {"--index"}),
        ("rollback", {"--index", "--json"}, {"--articles"}),
    ],
)
def test_help_lists_the_options_that_do_something(
    name: str, listed: set[str], left_out: set[str]
) -> None:
    options = {one: parameter.hidden for parameter in load(name).params for one in parameter.opts
               if one.startswith("-")}  # fmt: skip
    assert {one for one, hidden in options.items() if hidden} == left_out
    assert listed <= options.keys()


@pytest.mark.slow
def test_articles_are_listed_and_shown_by_a_part_of_their_title(seeds: Shell) -> None:
    listed = seeds.json("sources")["articles"]
    assert len(listed) == len(list(SEEDS.iterdir()))
    assert {"article", "title", "date", "url"} <= listed[0].keys()
    first = f"{listed[0]['title']} · {listed[0]['date']} · {listed[0]['article']}\n"
    assert seeds.run("sources").stdout.startswith(first)
    shown = seeds.json("show", "MINEFIELDS  and")
    assert shown["article"] == "minefields-and-how-they-are-breached.md"
    line = seeds.fails(WRONG_USAGE, "show", "sudzha")
    assert "2 articles are named sudzha: leaving-sudzha" in line


@pytest.mark.slow
def test_help_is_short_to_ask_for_and_the_shell_completes(seeds: Shell) -> None:
    short, long = (
        subprocess.run([*MAIN, "refresh", option], capture_output=True, text=True, check=True)
        for option in ("-h", "--help")
    )
    assert short.stdout == long.stdout
    assert "--dry-run" in short.stdout
    asked = {"_EXCERPTA_COMPLETE": "complete_bash", "COMP_WORDS": "excerpta refresh --d"}
    code = "from bot.cli import app; app(prog_name='excerpta')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, **asked, "COMP_CWORD": "2"},
    )  # fmt: skip
    assert done.stdout.split() == ["--dry-run"]


def test_unknown_setting_is_refused_by_name(seeds: Shell) -> None:
    line = seeds.fails(WRONG_USAGE, "status", EXCERPTA_SEARCH__EXCERPT="5")
    assert "EXCERPTA_SEARCH__EXCERPT" in line


def test_telegram_without_a_token_says_how_to_get_one(seeds: Shell) -> None:
    line = seeds.fails(WORLD_AT_FAULT, "telegram")
    assert "@BotFather" in line
    assert "EXCERPTA_TELEGRAM__TOKEN" in line


def test_question_path_imports_no_torch(seeds: Shell) -> None:
    """With a compiled encoder and an index in line, heavy packages stay out of the process."""
    script = (
        "import sys\n"
        "from bot.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "heavy = ['torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy',\n"
        "         'trafilatura', 'telegram', 'prompt_toolkit']\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    command = [sys.executable, "-c", script, *seeds.arguments("ask", "Who is Serhiy?")[len(MAIN) :]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.slow
def test_a_dry_run_says_what_would_change_and_writes_nothing(shell: Shell) -> None:
    assert sorted(shell.json("refresh", "--dry-run")["added"]) == ["bees.md", "ferry.txt"]
    assert not shell.index.exists()
    (shell.articles / "nul.txt").write_bytes(b"no\0text")
    shell.run("refresh")
    (shell.articles / "bees.md").rename(shell.articles / "sub.md")
    (shell.articles / "ferry.txt").write_text("The island ferry\n\nIt sank.")
    (shell.articles / "empty.txt").touch()
    (shell.articles / "new.txt").write_text("The mill\n\nIt burnt down.")
    before = {path: path.stat().st_mtime_ns for path in shell.index.rglob("*.sqlite")}

    seen = shell.json("refresh", "--dry-run")
    text = shell.run("refresh", "--dry-run").stdout

    assert seen["renamed"] == [{"from": "bees.md", "to": "sub.md"}]
    assert (seen["added"], seen["modified"], seen["deleted"]) == (
        ["new.txt", "sub.md"], ["ferry.txt"], ["bees.md"],
    )  # fmt: skip
    assert [one["article"] for one in seen["skipped"]] == ["empty.txt", "nul.txt"]
    assert text.splitlines() == [
        "renamed bees.md -> sub.md",
        "added new.txt",
        "modified ferry.txt",
        "skipped empty.txt: an empty file",
        "skipped nul.txt: a binary file: NUL bytes",
        "3 changes, 0 files unchanged; nothing was written",
    ]
    assert before == {path: path.stat().st_mtime_ns for path in shell.index.rglob("*.sqlite")}


@pytest.mark.slow
def test_a_rollback_holds_until_somebody_refreshes(indexed: Shell) -> None:
    (indexed.articles / "ferry.txt").unlink()
    assert indexed.json("refresh")["deleted"] == 1

    back = indexed.json("rollback")

    assert (back["generation"], back["content"], back["articles"]) == (3, 1, 2)
    answer = indexed.json("ask", "When does the ferry leave?")
    assert answer["generation"] == 3
    assert answer["excerpts"][0]["article"] == "ferry.txt"
    assert "rolled back" in indexed.json("status")["held"]
    again = indexed.json("refresh")
    assert (again["generation"], again["deleted"], again["encoded"]) == (4, 1, 0)
    assert indexed.json("status")["held"] is None


@pytest.mark.slow
def test_a_rollback_that_cannot_be_is_said_in_a_line(indexed: Shell) -> None:
    assert "is not kept (kept: no other" in indexed.fails(WORLD_AT_FAULT, "rollback")
    assert "generation 9 is not kept" in indexed.fails(WORLD_AT_FAULT, "rollback", "9")
    indexed.index = indexed.folder / "none"
    assert "no index in" in indexed.fails(WORLD_AT_FAULT, "rollback")


@pytest.mark.slow
def test_a_rebuild_takes_another_encoder(indexed: Shell) -> None:
    other = {"EXCERPTA_ENCODER__PASSAGE_PROMPT": "passage: "}
    assert "refresh --rebuild" in indexed.fails(WORLD_AT_FAULT, "refresh", **other)

    report = json.loads(indexed.run("refresh", "--rebuild", "--json", **other).stdout)

    assert (report["rebuilt"], report["added"]) == (True, 2)
    assert indexed.run("ask", "When does the ferry leave?", **other).returncode == 0


@pytest.mark.parametrize("change", [False, True])
@pytest.mark.slow
def test_a_refresh_without_a_change_loads_no_encoder(shell: Shell, change: bool) -> None:
    shell.run("refresh")
    if change:
        (shell.articles / "new.txt").write_text("The mill\n\nIt burnt down.")
    code = (
        "import sys; from bot.cli import app\n"
        "try: app()\n"
        "except SystemExit: print('openvino' in sys.modules, 'faiss' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *shell.arguments("refresh")[len(MAIN) :]],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
        cwd=ROOT,
    )
    assert done.stdout.splitlines()[-1] == f"{change} {change}", (done.stdout, done.stderr)
