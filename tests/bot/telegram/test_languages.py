from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog

from bot.languages import LANGUAGES, Language, language_of

from . import catalogues

CATALOGUES = [one.catalogue for one in LANGUAGES.values() if one.catalogue is not None]

CODE = '''
"""A module that speaks."""
def hello(language, articles, names):
    text = f"{language.say('Hello, {name}!', name=names[0])} (1)"
    lines = text.count("\\n") + text.count("say", 3)
    return language.say(
        "{found} in "
        "{place}. ",
        found=language.count("One article", "{n} articles", len(articles)),
        place=", ".join(names),
    )
'''
RUSSIAN: dict[str | tuple[str, ...], str | tuple[str, ...]] = {
    "Hello, {name}!": "Здравствуйте, {name}!",
    "{found} in {place}. ": "{found} в {place}. ",
    ("One article", "{n} articles"): ("{n} статья", "{n} статьи", "{n} статей"),
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "hello.py").write_text(CODE, "utf-8")
    return folder


def russian(**changed: str | tuple[str, ...]) -> Catalog:
    """A catalogue of CODE; `changed` gives other translations by a message's first word."""
    catalogue = Catalog(locale="ru", fuzzy=False)
    for message, translation in RUSSIAN.items():
        first = message if isinstance(message, str) else message[0]
        word = "".join(filter(str.isalpha, first.split()[0])).lower()
        catalogue.add(message, changed.get(word, translation))
    return catalogue


@pytest.fixture
def language(tmp_path: Path) -> Language:
    path = tmp_path / "ru.po"
    path.write_bytes(catalogues.written(russian()))
    return Language("ru", "Русский", path)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_says_all_that_the_code_says_and_no_more(path: Path) -> None:
    catalogue = catalogues.read(path)
    assert catalogues.faults(catalogue, catalogues.extract(*catalogues.PACKAGES)) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_stands_as_the_command_writes_it(path: Path) -> None:
    catalogue = catalogues.merged(catalogues.read(path), catalogues.extract(*catalogues.PACKAGES))
    assert catalogues.written(catalogue) == path.read_bytes(), f"run {catalogues.COMMAND}"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_plural_forms_are_those_of_the_language(path: Path) -> None:
    locale = Locale(path.stem)
    catalogue = catalogues.read(path)
    assert catalogue.locale == locale
    kinds = [{locale.plural_form(n) for n in served} for served in catalogues.served(catalogue)]
    assert all(len(kind) == 1 for kind in kinds)
    # A fraction has a form of its own in some languages; nothing is counted in fractions here.
    assert set.union(*kinds) == {locale.plural_form(n) for n in range(1000)}


def test_each_catalogue_is_a_language_and_each_language_has_its_catalogue() -> None:
    assert list(LANGUAGES) == ["en", "uk", "ru", "de", "pl", "cs", "fr", "es", "it", "pt"]
    assert [language.code for language in LANGUAGES.values()] == list(LANGUAGES)
    assert {path.stem for path in CATALOGUES} == set(LANGUAGES) - {"en"}
    assert set(CATALOGUES) == set(CATALOGUES[0].parent.iterdir())


def test_every_message_in_the_code_is_a_literal() -> None:
    assert catalogues.not_literal(*catalogues.PACKAGES) == []


def test_messages_are_found_in_the_code(package: Path) -> None:
    template = catalogues.extract(package)
    assert {message.id for message in template if message.id} == set(RUSSIAN)
    assert catalogues.not_literal(package) == []


@pytest.mark.parametrize(
    "call",
    [
        "say(text)",
        "say(f'Hello, {name}!')",
        "say('Hello, ' + name)",
        "say('Hello' if name else 'Goodbye')",
        "say('')",
        "say()",
        "say(*texts)",
        "say(message='Hello')",
        "count('One article', many, 3)",
        "count(one, many, n=3)",
    ],
)
def test_a_message_made_at_run_time_is_found(package: Path, call: str) -> None:
    (package / "late.py").write_text(f"one = 1\nlanguage.{call}\n", "utf-8")
    (found,) = catalogues.not_literal(package)
    assert found.startswith("late.py:2: language.")


def test_a_method_that_is_handed_on_is_found(package: Path) -> None:
    (package / "late.py").write_text("texts = map(language.say, messages)\n", "utf-8")
    (found,) = catalogues.not_literal(package)
    assert found.startswith("late.py:1: language.say is")


def test_a_good_catalogue_has_no_faults(package: Path) -> None:
    assert catalogues.faults(russian(), catalogues.extract(package)) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"hello": ""}, "empty: 'Hello, {name}!'"),
        ({"hello": "Здравствуйте!"}, "other places in 'Здравствуйте!': 'Hello, {name}!'"),
        ({"hello": "{имя}, {name}"}, "a brace of no place in '{имя}, {name}': 'Hello, {name}!'"),
        (
            {"hello": "{name} "},
            "other space at the start or the end of '{name} ': 'Hello, {name}!'",
        ),
        ({"one": ("{n} статья", "", "{n} статей")}, "empty: 'One article'"),
        # Russian says 21 and 31 by the form of 1, so the number must stand there.
        ({"one": ("Статья", "{n}", "{n}")}, "other places in 'Статья': 'One article'"),
        ({"one": ("{n}", "{n}")}, "2 forms in place of 3: 'One article'"),
    ],
)
def test_a_bad_translation_is_found(
    package: Path, changed: dict[str, str | tuple[str, ...]], fault: str
) -> None:
    assert catalogues.faults(russian(**changed), catalogues.extract(package)) == [fault]


def test_a_missing_an_unused_and_a_fuzzy_message_are_found(package: Path) -> None:
    catalogue = russian()
    catalogue.delete("Hello, {name}!")
    catalogue.add("Goodbye", "До свидания")
    catalogue.add(("One article", "{n} articles"), flags=["fuzzy"])
    missing, unused = (
        f"missing: 'Hello, {{name}}!'; {catalogues.COMMAND} adds it",
        f"unused: 'Goodbye'; {catalogues.COMMAND} drops it",
    )
    found = catalogues.faults(catalogue, catalogues.extract(package))
    assert found == ["fuzzy: 'One article'", missing, unused]


def test_german_may_leave_out_the_number_of_one_thing(package: Path) -> None:
    template = catalogues.extract(package)
    catalogue = Catalog(locale="de", fuzzy=False)
    catalogue.add("Hello, {name}!", "Guten Tag, {name}!")
    catalogue.add("{found} in {place}. ", "{found} in {place}. ")
    catalogue.add(("One article", "{n} articles"), ("Ein Artikel", "{n} Artikel"))
    assert catalogues.faults(catalogue, template) == []


def test_bringing_a_catalogue_up_to_date_keeps_what_is_still_said(package: Path) -> None:
    (package / "hello.py").write_text(
        CODE.replace("Hello, {name}!", "Hello, dear {name}, 100% yours!"), "utf-8"
    )
    template = catalogues.extract(package)
    catalogue = catalogues.merged(russian(), template)
    assert catalogues.faults(catalogue, template) == ["empty: 'Hello, dear {name}, 100% yours!'"]
    assert catalogue["{found} in {place}. "].string == "{found} в {place}. "


def test_a_catalogue_is_written_the_same_each_time(tmp_path: Path, package: Path) -> None:
    template = catalogues.extract(package)
    path = tmp_path / "ru.po"
    path.write_bytes(catalogues.written(catalogues.merged(russian(), template)))
    again = catalogues.merged(catalogues.read(path), template)
    assert catalogues.written(again) == path.read_bytes()
    assert catalogues.faults(again, template) == []
    text = path.read_text("utf-8")
    assert "#: hello.py\n" in text
    assert not {"hello.py:", "fuzzy", "Date", "Translator", "Babel"} & set(text.split())


def test_a_catalogue_without_a_language_is_not_written() -> None:
    with pytest.raises(ValueError, match="names no language; add one such as `Language: uk`"):
        catalogues.written(Catalog())


def test_english_is_said_as_it_stands_in_the_code() -> None:
    english = LANGUAGES["en"]
    assert english.say("Hello, {name}!", name="Ann") == "Hello, Ann!"
    assert english.count("One article", "{n} articles", 1) == "One article"
    assert english.count("One article", "{n} articles", 0) == "0 articles"
    assert english.count("One article", "{n} articles", 1234) == "1,234 articles"


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "0 статей"),
        (1, "1 статья"),
        (3, "3 статьи"),
        (11, "11 статей"),
        (21, "21 статья"),
        (112, "112 статей"),
        (4022, "4\u00a0022 статьи"),
    ],
)
def test_a_number_of_things_takes_the_form_of_its_catalogue(
    language: Language, n: int, said: str
) -> None:
    assert language.count("One article", "{n} articles", n) == said


def test_a_message_is_translated_and_filled(language: Language) -> None:
    assert language.say("Hello, {name}!", name="Анна") == "Здравствуйте, Анна!"


@pytest.mark.parametrize(
    "value", ["{place}", "{0}", "{name!r:>{name}}", "{{}}", "{", "100 %s %(name)s %", "\\1 \\g<0>"]
)
def test_what_a_value_holds_is_not_interpreted(language: Language, value: str) -> None:
    said = language.say("{found} in {place}. ", found=value, place=value)
    assert said == f"{value} в {value}. "


def test_a_place_may_have_any_name_and_a_value_be_any_object() -> None:
    english = LANGUAGES["en"]
    assert english.say("{self} {message} {n}", self=1, message=None, n=2.5) == "1 None 2.5"
    assert english.count("{one}", "{n} {one} {many}", 2, one=1, many="?") == "2 1 ?"


def test_a_place_without_a_value_is_an_error(language: Language) -> None:
    with pytest.raises(KeyError, match="name"):
        language.say("Hello, {name}!")


def test_what_a_catalogue_lacks_is_said_in_english(language: Language) -> None:
    assert language.say("Good night, {name}.", name="Ann") == "Good night, Ann."
    assert language.count("One night", "{n} nights", 2) == "2 nights"


@pytest.mark.parametrize(
    ("code", "date", "number", "percent"),
    [
        ("en", "Nov 22, 2026", "-1,234.568", "42%"),
        ("uk", "22 лист. 2026\u202fр.", "-1\u00a0234,568", "42%"),
        ("ru", "22 нояб. 2026\u202fг.", "-1\u00a0234,568", "42\u00a0%"),
        ("de", "22.11.2026", "-1.234,568", "42\u00a0%"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_does(
    code: str, date: str, number: str, percent: str
) -> None:
    language = LANGUAGES[code]
    assert language.date(dt.date(2026, 11, 22)) == date
    assert language.number(-1234.5678) == number
    assert language.percent(0.423) == percent


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("uk", "uk"),
        ("de-AT", "de"),
        ("RU", "ru"),
        ("en-GB", "en"),
        ("pt-br", "pt"),
        ("nl", "en"),
        ("be", "en"),
        ("kk", "en"),
        ("ukr", "en"),
        ("de_AT", "en"),
        ("-", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_of_a_tag_is_the_one_of_its_first_part(tag: str | None, code: str) -> None:
    assert language_of(tag) is LANGUAGES[code]
