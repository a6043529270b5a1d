"""What newcomers are told: the collection, and questions that it answers."""

from __future__ import annotations

import os
from pathlib import Path

from bot.answers import Answerer
from bot.conversation import Conversation, Introductions
from bot.languages import LANGUAGES
from bot.library import Library
from config import Settings
from retrieval.index.store import Store
from retrieval.refresh.refresh import RefreshOptions, refresh_index
from retrieval.search.searcher import Searcher
from tests.fakes import HashEncoder, ReadsHere

ENGLISH = LANGUAGES["en"]
FAQ = """# Library card

## How do I renew my card?

Renew my card: renew a card at the desk, and bring the card.

## What now?

Nothing now.

## When?

At noon.
"""
OPENING = "When does the library open?"


def library_of(folder: Path, **settings: dict[str, object]) -> Library:
    """Open the articles of a folder with an encoder that costs nothing."""
    chosen = Settings.load(
        overrides={
            "articles": {"folder": folder / "articles"},
            "index": {"folder": folder / "index"},
            "search": {"threshold": 0.4},
            **settings,
        }
    )
    encoder = HashEncoder()
    index = chosen.index.folder
    refresh_index(chosen.articles, chosen.index, encoder, options=RefreshOptions(parser=ReadsHere))
    store = Store.open(index)
    assert store is not None
    searcher = Searcher.open(store, index, encoder, chosen.search)
    return Library(chosen, searcher, Answerer(searcher, chosen.search), None)


def write(folder: Path, **articles: str) -> Path:
    (folder / "articles").mkdir(exist_ok=True)
    for name, text in articles.items():
        (folder / "articles" / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def introductions(library: Library, **chosen: object) -> Introductions:
    return Introductions(library, Conversation(library), **chosen)  # type: ignore[arg-type]


def test_the_articles_that_ship_are_introduced_by_names_and_by_questions_that_they_answer(
    library: Library, conversation: Conversation
) -> None:
    made = Introductions(library, conversation)
    try:
        found = {code: made.of(language) for code, language in LANGUAGES.items()}
    finally:
        made.close()
    assert "Sudzha" in found["en"].about
    assert "11 articles" in found["en"].about
    assert "What is known about Sudzha?" in found["en"].samples
    for code, introduction in found.items():
        assert len(introduction.samples) == 3
        for question in introduction.samples:
            message = conversation.read(question, code)
            reply = conversation.reply(message)
            assert reply is not None or library.answerer.answer(question).confidence > 0.7


def test_names_are_told_in_the_form_of_a_subject_and_nothing_else_with_a_capital(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        one="# 1\n\nHowever, Sudzha is small. Trains left Sudzha. On Monday, Russian cars came.\n",
        two="# Two\n\nSudzha is old. It was, however, near Oleshnia. Oleshnia's past is long.\n",
        three="# 3\n\nOn Monday, Russian trains saw Oleshnia. Oleshnia is far from Sudzha.\n",
        four="# Four\n\nMonday came. Russian trains left. However, Anna slept in Sudzha.\n",
    )
    made = introductions(library_of(tmp_path))
    about = {code: made.of(language).about for code, language in LANGUAGES.items()}
    made.close()
    assert about["en"] == "I answer from 4 articles. Names that often come up: Sudzha, Oleshnia."
    assert about["uk"] == "У мене 4 статті. Часто згадуються: Sudzha, Oleshnia."


def test_adjectives_of_nations_are_no_names_and_some_names_have_an_article(tmp_path: Path) -> None:
    write(
        tmp_path,
        one="# 1\n\nThe French army left the United States. In London, French was heard.\n",
        two="# 2\n\nThe United States and French ships met. They met in London, and in Paris.\n",
        three="# 3\n\nPeople of the United States can learn French, Dutch and Italian in London.\n",
        four="# 4\n\nHowever, it rained. However, Dutch, French and Italian boats came.\n",
    )
    made = introductions(library_of(tmp_path))
    told = {code: made.of(language).about for code, language in LANGUAGES.items()}
    made.close()
    assert told["en"].endswith("Names that often come up: the United States, London.")
    assert told["de"].endswith("Oft kommen vor: United States, London.")


def test_names_that_have_cases_are_told_as_subjects(tmp_path: Path) -> None:
    write(
        tmp_path,
        one="# Суджа\n\nСуджа — місто. Дорога до Суджі закрита. У Суджі живе Артем Карякін.\n",
        two="# Новини\n\nУ місті, біля Суджі, йшов дощ. Суджа чекає. Артем Карякін пише.\n",
        three="# Розмова\n\nСьогодні з Артемом Карякіним говорили про Суджу, про США і НАТО.\n",
        four="# Поїздка\n\nТам Артем Карякін жив у Києві. У Києві, у Києві говорили про США.\n",
        five="# Лист\n\nАртем Карякін пише зі США, бо США далеко. Про Суджу не пише.\n",
    )
    made = introductions(library_of(tmp_path))
    about = made.of(LANGUAGES["uk"]).about
    made.close()
    assert about.endswith("Часто згадуються: Суджа, Артем Карякін, США.")


def test_headings_that_ask_are_sample_questions_if_they_can_stand_alone(tmp_path: Path) -> None:
    made = introductions(library_of(write(tmp_path, faq=FAQ)))
    samples = made.of(ENGLISH).samples
    made.close()
    assert samples[0] == "How do I renew my card?"
    assert not {"What now?", "When?"} & set(samples)


def test_golden_questions_come_before_those_of_articles(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text(
        f'{{"question": "{OPENING}", "answers": ["Noon"]}}\n'
        '{"question": "Who was the king of Atlantis?", "answers": ["Nobody"]}\n'
        '{"question": "When does it open?", "history": ["Where is the library?"]}\n',
        encoding="utf-8",
    )
    write(tmp_path, faq=FAQ, hours="# Hours\n\nThe library does open when it is noon.\n")
    library = library_of(tmp_path, refresh={"questions": golden})
    made = introductions(library)
    assert made.of(ENGLISH).samples[0] == OPENING
    assert "How do I renew my card?" not in made.of(ENGLISH).samples
    made.close()
    golden.unlink()
    made = introductions(library)
    assert made.of(ENGLISH).samples[0] == "How do I renew my card?"
    made.close()


def test_what_the_operator_has_chosen_is_taken_as_it_is(tmp_path: Path) -> None:
    library = library_of(write(tmp_path, faq=FAQ))
    made = introductions(library, about="Cards.", samples=("Who  pays?\u202e", "Where?", "\u200b"))
    for language in LANGUAGES.values():
        assert made.of(language).about == "Cards."
        assert made.of(language).samples == ("Who pays?", "Where?")
    made.close()


def test_while_a_new_one_is_made_the_introduction_of_the_generation_before_is_given(
    tmp_path: Path,
) -> None:
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"question": "Who?"}', encoding="utf-8")
    library = library_of(write(tmp_path, faq=FAQ), refresh={"questions": golden})
    made = introductions(library)
    before = made.of(ENGLISH)
    # Whoever reads this waits until it is written to.
    golden.unlink()
    os.mkfifo(golden)
    write(tmp_path, hours="# Hours\n\nThe library does open when it is noon.\n")
    settings = library.settings
    options = RefreshOptions(parser=ReadsHere)
    refresh_index(settings.articles, settings.index, library.encoder, options=options)
    library.searcher.reload()
    assert made.of(ENGLISH) is before
    golden.write_text('{"question": "Who?"}', encoding="utf-8")
    made.close()
    assert made.of(ENGLISH).about != before.about
