"""Questions in the languages that have a file of words of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import retrieval.questions
from retrieval.questions import Asked, Kind, Subject

FILES = sorted((Path(retrieval.questions.__file__).parent / "languages").glob("*.toml"))
QUESTIONS = {
    "ar": {
        Kind.TIME: "متى يفتح المتحف؟",
        Kind.PLACE: "أين تقع المكتبة؟",
        Kind.NUMBER: "كم عدد الزوار؟",
    },
    "be": {Kind.TIME: "калі адкрываецца музей?", Kind.PLACE: "дзе знаходзіцца бібліятэка?"},
    "bg": {Kind.TIME: "кога отваря музеят?", Kind.REASON: "защо затвориха моста?"},
    "ca": {Kind.TIME: "quan obre el museu?", Kind.PLACE: "on és la biblioteca?"},
    "cs": {Kind.TIME: "kdy se otevře muzeum?", Kind.REASON: "proc zavreli most"},
    "da": {Kind.TIME: "hvornår åbner museet?", Kind.PERSON: "hvem leder biblioteket?"},
    "el": {Kind.TIME: "πότε ανοίγει το μουσείο;", Kind.PLACE: "που ειναι η βιβλιοθηκη"},
    "es": {Kind.TIME: "a que hora abre el museo", Kind.PLACE: "¿dónde está la biblioteca?"},
    "et": {Kind.TIME: "millal muuseum avatakse?", Kind.PLACE: "kus asub raamatukogu?"},
    "fa": {Kind.PLACE: "کتابخانه کجاست؟", Kind.TIME: "موزه چه ساعتی باز می‌شود؟"},
    "fi": {Kind.TIME: "milloin museo aukeaa?", Kind.PLACE: "missä kirjasto on?"},
    "fr": {Kind.TIME: "à quelle heure ouvre le musée ?", Kind.REASON: "pourquoi le pont est fermé"},
    "he": {Kind.TIME: "מתי נפתח המוזיאון?", Kind.PLACE: "איפה הספרייה?"},
    "hi": {Kind.TIME: "संग्रहालय कब खुलता है?", Kind.PLACE: "पुस्तकालय कहाँ है?"},
    "hr": {Kind.TIME: "kada se otvara muzej?", Kind.REASON: "zasto je most zatvoren"},
    "hu": {Kind.TIME: "mikor nyit a múzeum?", Kind.PLACE: "hol van a könyvtár?"},
    "id": {Kind.TIME: "kapan museum buka?", Kind.PLACE: "di mana perpustakaan?"},
    "it": {Kind.TIME: "a che ora apre il museo?", Kind.PLACE: "dov'è la biblioteca?"},
    "ja": {Kind.TIME: "図書館は何時に開きますか", Kind.PLACE: "図書館はどこにありますか"},
    "ka": {Kind.TIME: "როდის იხსნება მუზეუმი?", Kind.PLACE: "სად არის ბიბლიოთეკა?"},
    "ko": {Kind.TIME: "박물관은 언제 열어요?", Kind.PLACE: "도서관은 어디에 있나요?"},
    "lt": {Kind.TIME: "kada atsidaro muziejus?", Kind.PLACE: "kur yra biblioteka?"},
    "lv": {Kind.TIME: "kad atveras muzejs?", Kind.PLACE: "kur ir bibliotēka?"},
    "mk": {Kind.TIME: "кога отвора музејот?", Kind.PLACE: "каде е библиотеката?"},
    "nl": {Kind.PERSON: "wie leidt de bibliotheek?", Kind.TIME: "hoe laat gaat het museum open?"},
    "no": {Kind.TIME: "når åpner museet?", Kind.PLACE: "hvor ligger biblioteket?"},
    "pl": {Kind.TIME: "o ktorej otwieraja muzeum", Kind.PLACE: "gdzie jest biblioteka?"},
    "pt": {Kind.TIME: "a que horas abre o museu?", Kind.PLACE: "onde fica a biblioteca?"},
    "ro": {Kind.TIME: "cand se deschide muzeul", Kind.PLACE: "unde este biblioteca?"},
    "sk": {Kind.REASON: "preco zatvorili most", Kind.NUMBER: "koľko ľudí prišlo?"},
    "sl": {Kind.TIME: "kdaj se odpre muzej?", Kind.PLACE: "kje je knjižnica?"},
    "sr": {Kind.TIME: "када се отвара музеј?", Kind.PLACE: "gde je biblioteka?"},
    "sv": {Kind.TIME: "när öppnar museet?", Kind.PERSON: "vem driver biblioteket?"},
    "tr": {Kind.TIME: "müze ne zaman açılıyor?", Kind.PLACE: "kütüphane nerede?"},
    "vi": {Kind.TIME: "bảo tàng mở cửa khi nào?", Kind.PLACE: "thư viện ở đâu?"},
    "zh": {Kind.TIME: "博物馆几点开门？", Kind.PLACE: "图书馆在哪里？"},
}


def words(tables: Mapping[str, object]) -> Iterator[str]:
    for one in tables.values():
        if isinstance(one, dict):
            yield from words(one)
        else:
            yield str(one)


def names(tables: Mapping[str, object], before: str = "") -> Iterator[str]:
    for name, one in tables.items():
        if isinstance(one, dict):
            yield from names(one, f"{before}{name}.")
        else:
            yield before + name


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_question_asks_for_what_its_words_say_in_the_language_of_the_articles(
    language: str,
) -> None:
    asked = {kind: Asked.of(one, language).kind for kind, one in QUESTIONS[language].items()}
    assert asked == {kind: kind for kind in asked}


def test_every_language_is_asked() -> None:
    assert [path.stem for path in FILES] == sorted(QUESTIONS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_only_what_is_read(path: Path) -> None:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    known = tomllib.loads(FILES[0].with_name("nl.toml").read_text(encoding="utf-8"))
    extra = {*names(tables)} - {*names(known)}
    assert {name for name in extra if not name.startswith("units.")} == set()
    for listed in words(tables):
        found = [" ".join(phrase.split()) for phrase in listed.split(",")]
        assert [phrase for phrase in found if phrase != phrase.lower()] == []


def test_the_words_of_one_language_are_not_those_of_another() -> None:
    assert Asked.of("wie heißt der Wirt?", "de").kind is Kind.PERSON
    assert Asked.of("wie lang ist die Brücke?", "nl").kind is not Kind.PERSON
    assert Asked.of("Wie is de burgemeester?", "nl").is_naming


@pytest.mark.parametrize(
    ("question", "text", "language", "met"),
    [
        ("koľko stojí lístok?", "Lístok stojí 3 eurá.", "sk", True),
        ("koľko stojí lístok?", "Lístok predáva vodič.", "sk", False),
        ("koľko stojí lístok?", "Lístok je zadarmo.", "sk", True),
        ("hoe laat vertrekt de veerpont?", "De pont vaart om 9 uur.", "nl", True),
        ("hoe laat vertrekt de veerpont?", "De pont vaart niet.", "nl", False),
        ("wie is de burgemeester?", "De burgemeester, Anna Berg, opende de brug.", "nl", True),
        ("wie is de burgemeester?", "De burgemeester opende de brug.", "nl", False),
        ("kütüphane saat kaçta açılıyor?", "Kütüphane 9.00'da açılır.", "tr", True),
        ("kütüphane saat kaçta açılıyor?", "Kütüphane büyüktür.", "tr", False),
        ("入場料はいくらですか", "入場料は300円です。", "ja", True),
        ("入場料はいくらですか", "入場料は無料です。", "ja", True),
        ("入場料はいくらですか", "入場は南口からです。", "ja", False),
    ],
)
def test_a_text_has_what_is_asked_for_or_not(
    question: str, text: str, language: str, met: bool
) -> None:
    assert Asked.of(question, language).is_met(text, language) is met


def test_who_and_what_is_told_by_the_words_of_a_language() -> None:
    subject = Subject.of("Wat is de Veerdam?", "nl")
    assert subject is not None
    assert subject.is_introduced("De Veerdam is een dijk uit 1911.", "nl")
    assert not subject.is_introduced("Bij de Veerdam is een haven.", "nl")
