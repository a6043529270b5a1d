"""Articles and questions in several languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.languages.analysis import STOP_WORDS, WITH_STOP_WORDS, terms, words
from retrieval.languages.detection import language_of_article, language_of_question
from retrieval.languages.stems import czech_stem, polish_stem, ukrainian_stem
from retrieval.languages.transliteration import spellings
from retrieval.search.searcher import Searcher
from tests.fakes import HashEncoder
from tests.retrieval.library import Library, only

ENGLISH = frozenset({"en"})
BRIDGES = {
    "en": "The old bridge over the river was built in 1873 and nobody has repaired it since then.",
    "de": "Die alte Brücke über den Fluss wurde 1873 gebaut, und seitdem hat sie niemand erneuert.",
    "uk": "Старий міст через річку збудували 1873 року, і відтоді його ніхто не ремонтував.",
    "ru": "Старый мост через реку построили в 1873 году, и с тех пор его никто не чинил.",
    "pl": "Stary most na rzece zbudowano w 1873 roku i od tego czasu nikt go nie naprawiał.",
}
QUESTIONS = {
    "en": "Who built the old bridge over the Danube?",
    "cs": "Kdo postavil ten starý most přes Dunaj?",
    "de": "Wer hat die alte Brücke über die Donau gebaut?",
    "es": "¿Quién construyó el viejo puente sobre el Danubio?",
    "fr": "Qui a construit le vieux pont sur le Danube ?",
    "it": "Chi ha costruito il vecchio ponte sul Danubio?",
    "nl": "Wie heeft de oude brug over de Donau gebouwd?",
    "pl": "Kto zbudował ten stary most na Dunaju?",
    "pt": "Quem construiu a velha ponte sobre o Danúbio?",
    "ru": "Кто построил старый мост через Дунай?",
    "sv": "Vem byggde den gamla bron över Donau?",
    "tr": "Tuna üzerindeki eski köprü ne zaman ve kim tarafından yapıldı?",
    "uk": "Хто збудував старий міст через Дунай?",
}
# Their words are much like those of a language of more speakers.
NEIGHBOURS = {
    "af": "Wanneer het die brug oopgemaak?",
    "az": "Körpünü kim tikib?",
    "be": "Калі адкрыўся мост?",
    "bg": "Кой построи моста?",
    "bs": "Kada se otvara most?",
    "ca": "Qui va construir el pont?",
    "et": "Kus on sild?",
    "gl": "Onde está a ponte?",
    "hr": "Tko je sagradio most?",
    "id": "Siapa yang membangun jembatan?",
    "is": "Hver byggði brúna?",
    "kk": "Көпірді кім салды?",
    "lt": "Kas pastatė tiltą?",
    "lv": "Kas uzcēla tiltu?",
    "mk": "Кој го изгради мостот?",
    "ms": "Bila jambatan dibuka?",
    "nn": "Når opnar brua?",
    "sk": "Kde je most?",
    "sl": "Kdo je zgradil most?",
    "sq": "Kush e ndërtoi urën?",
    "sr": "Ко је саградио мост?",
    "ur": "پل کس نے بنایا؟",
    "vi": "Ai đã xây cầu?",
}

# What is typed in one way and written in another.
SAME = {
    "accents": ("cs", "Jiří Dvořáček", "Jiri Dvoracek"),
    "accents on what looks like an ending": ("en", "Živković, Matić", "Zivkovic, Matic"),
    "strokes": ("no", "Søren Ødegård, Łódź", "Soren Odegard, Lodz"),
    "sharp s": ("de", "Große Straße", "Grosse Strasse"),
    "a dotted capital": ("tr", "İznik", "Iznik"),
    "stress marks": ("uk", "За́мок над бу́хтою", "Замок над бухтою"),
    "stress marks in Russian": ("ru", "го́род на реке́", "город на реке"),
    "yo": ("ru", "Фёдор Семёнов", "Федор Семенов"),
    "ge with upturn": ("uk", "Ґонта", "Гонта"),
    "apostrophes": ("uk", "п’ять, п\u02bcять, п`ять", "п'ять, п'ять, п'ять"),
    "soft hyphens": ("de", "Luft\u00adschiff", "Luftschiff"),
    "decomposed letters": ("fr", "e\u0301le\u0300ve", "élève"),
}


@pytest.mark.parametrize(("language", "written", "typed"), SAME.values(), ids=list(SAME))
def test_what_reads_the_same_has_the_same_terms(language: str, written: str, typed: str) -> None:
    assert terms(written, language) == terms(typed, language)


@pytest.mark.parametrize(
    ("language", "one", "other"), [("uk", "міст", "мист"), ("ru", "мой", "мои")]
)
def test_letters_that_are_others_stay_so(language: str, one: str, other: str) -> None:
    assert words(one, "") != words(other, "")


class EnglishEncoder(HashEncoder):
    name = "owner/english"
    languages = ENGLISH


@pytest.mark.parametrize(("language", "text"), BRIDGES.items())
def test_an_article_that_names_no_language_is_read_in_its_own(language: str, text: str) -> None:
    assert only("bridge.txt", text.encode(), "fr").source.language == language


def test_a_named_language_is_not_doubted() -> None:
    markdown = f"---\nlanguage: nl\n---\n\n{BRIDGES['de']}"
    assert only("bridge.md", markdown.encode(), "en").source.language == "nl"


@pytest.mark.parametrize("text", ["1873", "Donau", "Hotel 1873, Bar 12", "5 🚜🚜", "Mines."])
def test_a_text_that_tells_no_language_is_in_that_of_the_settings(text: str) -> None:
    assert language_of_article(text) is None
    assert only("bridge.txt", text.encode(), "sv").source.language == "sv"


@pytest.mark.parametrize(("language", "question"), QUESTIONS.items())
def test_a_questions_language_is_told(language: str, question: str) -> None:
    assert language_of_question(question, ENGLISH) == language


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("FPV-дрон?", "ru"),
        ("Суджа, Україна?", "uk"),
        ("橋はいつ建てられましたか", "ja"),
        ("이 다리는 언제 지어졌습니까", "ko"),
        ("من بنى الجسر القديم", "ar"),
        ("Dieppe 1942", None),
        ("", None),
        ("?!", None),
    ],
)
def test_a_question_without_stop_words_is_told_by_its_script(
    question: str, language: str | None
) -> None:
    assert language_of_question(question, ENGLISH) == language


@pytest.mark.parametrize(
    "question",
    [
        "Who won the war that the Germans call Der Krieg?",
        "What does Слава Україні mean?",
        "Why did Le Monde and Die Zeit report it?",
        "What was in Das Boot?",
        "emergency kit",
        "U.S. president's nickname",
    ],
)
def test_foreign_names_do_not_make_an_english_question_foreign(question: str) -> None:
    assert language_of_question(question, ENGLISH) in (None, "en")


def test_a_likely_language_wins_where_both_have_the_same_words() -> None:
    assert language_of_question("was in", ENGLISH) == "en"


def test_a_long_question_is_told_by_its_beginning() -> None:
    question = "Чому вони не прийшли, коли їх про це просили? " * 10
    assert language_of_question(question + "Where was it, and why? " * 60, ENGLISH) == "uk"
    assert language_of_question("was in", frozenset({"de"})) == "de"


@given(st.text(max_size=200))
def test_any_text_has_one_language_or_none(text: str) -> None:
    for language in (language_of_question(text, ENGLISH), language_of_article(text)):
        assert language is None or len(language) == 2


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "flooding rivers", "the river floods"),
        ("de", "alte Brücken", "die alten Brücke"),
        ("de", "ein Schwimmkurs, im Hals", "die Schwimmkurse, in den Hälsen"),
        ("ru", "старые мосты", "о старом мосте"),
        ("fr", "les rivières", "la rivière"),
    ],
)
def test_inflected_words_meet_in_their_stem(language: str, one: str, other: str) -> None:
    assert set(terms(one, language)) == set(terms(other, language))


def test_words_of_other_languages_stand_as_they_are() -> None:
    assert terms("Гүүр ба ГҮҮР", "mn") == ["гүүр", "ба", "гүүр"]
    assert terms("The Bridges", "xx") == ["the", "bridges"]


@pytest.mark.parametrize("language", STOP_WORDS)
def test_stop_words_are_single_words_that_are_left_out(language: str) -> None:
    assert language in WITH_STOP_WORDS
    for word in STOP_WORDS[language]:
        assert word == word.lower()
        if "'" not in word and "ʼ" not in word:
            assert terms(word, language) == []


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("be", "бібліятэка бібліятэкі бібліятэку бібліятэкай бібліятэках"),
        ("be", "зачынены зачынена зачыненая"),
        ("bg", "мост мостът моста мостове мостовете"),
        ("bg", "библиотека библиотеката библиотеки библиотеките"),
        ("bg", "затворен затворена затворено затворени"),
        ("bs", "obnova obnove obnovu obnovom"),
        ("hr", "otvoren otvorena otvoriti otvorio otvorila otvorili"),
        ("hr", "grad grada gradu gradom gradovi gradova gradovima"),
        ("sk", "most mosta mostu moste mosty mostov mostom mostoch mostami"),
        ("sk", "zatvorený zatvorená zatvorené zatvoriť zatvorili zatvorenie"),
        ("sl", "prenova prenove prenovi prenovo"),
        ("sl", "plačal plačala plačali plačati"),
        ("sr", "библиотека библиотеке библиотеку библиотеком biblioteka"),
    ],
)
def test_forms_of_a_word_meet_in_further_slavic_languages(language: str, forms: str) -> None:
    assert len(set(terms(forms, language))) == 1


def test_other_words_of_these_languages_stay_apart() -> None:
    for language, others in {
        "be": "мост мора млын рака ракета",
        "bg": "мост море мелница река ракета",
        "hr": "most more mlin rijeka raketa",
        "sk": "most more mlyn rieka raketa",
        "sl": "most morje mlin reka raketa",
        "sr": "мост море млин река ракета",
    }.items():
        assert len(set(terms(others, language))) == len(others.split())


@pytest.mark.parametrize(("language", "question"), NEIGHBOURS.items())
def test_a_question_is_in_the_language_of_the_articles_that_has_its_words(
    language: str, question: str
) -> None:
    assert language_of_question(question, frozenset({language})) == language
    assert len(terms(question, language)) < len(terms(question, "xx"))


def test_languages_of_fewer_speakers_count_only_where_the_articles_are_in_them() -> None:
    # In Slovene "in" is "and", and "one" is "they".
    question = "give one theory used in first order logic"
    assert language_of_question(question, ENGLISH) is None
    assert language_of_question("Каков мост?", frozenset({"ru", "mk"})) == "ru"
    assert language_of_question("Кто построил мост?", frozenset({"bg"})) == "ru"


def test_a_question_without_small_words_is_in_the_articles_language_of_its_script() -> None:
    for language in ("ru", "uk", "bg", "sr", "kk", "mn"):
        assert language_of_question("цена моста", frozenset({language})) == language
    assert language_of_question("длинный мост", frozenset({"uk"})) == "ru"
    assert language_of_question("цена моста", ENGLISH) == "ru"


@pytest.mark.parametrize(("language", "question"), QUESTIONS.items())
def test_a_question_word_is_no_term(language: str, question: str) -> None:
    asking = {"es": "quien", "tr": "kim"}.get(language) or words(question, "")[0]
    assert asking in words(question, "")
    assert asking not in words(question, language)


@pytest.mark.parametrize(
    "forms",
    [
        "танк танка танку танком танки танків танкам танками танках",
        "міст мосту мостом мости мостів мостами",
        "солдат солдата солдати солдатів солдатам солдатами",
        "війна війни війну війною війні",
        "перемога перемоги перемозі перемогу",
        "Київ Києва Києву Києвом Києві",
        "Харків Харкова Харкові Харковом",
        "українська української українську українські українських український українського",
        "новий нова нове нові нового нової новим нових новими",
        "знання знань знанням знаннями",
        "область області областю областей",
        "наступати наступав наступала наступали наступає наступають",
        "Суджа Суджі Суджу Суджею",
        "проводить проводити проводила проводитиме проводитимуть",
        "відкриває відкривати відкривається відкривали відкриватиметься",
    ],
)
def test_forms_of_a_ukrainian_word_meet_in_their_stem(forms: str) -> None:
    assert len(set(terms(forms, "uk"))) == 1
    assert len(terms(forms, "uk")) == len(forms.split())


def test_ukrainian_words_of_their_own_keep_stems_of_their_own() -> None:
    text = "море мороз місяць поле дорога вода воїн вік віра гора голос танець право правда інтим"
    assert len(set(terms(text, "uk"))) == len(text.split())


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("cs", "lokomotiva lokomotivu lokomotivy lokomotivou lokomotivě lokomotiv"),
        ("cs", "vlak vlaku vlaky vlaků vlakem vlakům"),
        ("cs", "řeka řeky řece řeku řekou"),
        ("cs", "Praha Prahy Praze Prahu Prahou"),
        ("cs", "sousedek sousedka sousedky sousedkou"),
        ("cs", "nový nová nové nového novou novým nových"),
        ("cs", "založen založena založil založit založili"),
        ("cs", "dospělí dospělých dospělý dospělého"),
        ("cs", "klíče klice klíčů klicu"),
        ("pl", "most mostu mostem moście mosty mostów"),
        ("pl", "wójt wójta wójtem wójtowi wójcie wojtem"),
        ("pl", "lodówka lodówkę lodówki lodówce lodówek lodówką"),
        ("pl", "opłata opłaty opłatę opłacie opłat oplata"),
        ("pl", "rower roweru rowerze rowery rowerów"),
        ("pl", "woda wody wodzie wodę wodą"),
        ("pl", "nowy nowa nowego nową nowym nowych"),
        ("pl", "możliwość możliwości możliwością"),
        ("pl", "kosztuje kosztował kosztowała kosztować kosztują"),
    ],
)
def test_forms_of_a_czech_or_polish_word_meet_in_their_stem(language: str, forms: str) -> None:
    assert len(set(terms(forms, language))) == 1
    assert len(terms(forms, language)) == len(forms.split())


def test_czech_and_polish_words_of_their_own_keep_stems_of_their_own() -> None:
    czech = "klub kluk vlak vlek most místo město hora hrad voda vůz škola skála rok řeka ruka"
    assert len(set(terms(czech, "cs"))) == len(czech.split())
    polish = "most miasto miejsce woda wóz wójt rok ręka rzeka drzewo droga dom dym szkoła szkło"
    assert len(set(terms(polish, "pl"))) == len(polish.split())


@given(st.text(max_size=30), st.sampled_from([czech_stem, polish_stem, ukrainian_stem]))
def test_a_stem_is_no_longer_than_its_word(word: str, stem: Callable[[str], str]) -> None:
    assert len(stem(word)) <= len(word)
    assert bool(stem(word)) == bool(word)


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("cs", "ktery proc jeste"),
        ("pl", "sie ktora sa"),
        ("es", "cuando cuanto como"),
        ("tr", "icin"),
    ],
)
def test_a_stop_word_is_known_without_its_accents(language: str, typed: str) -> None:
    assert terms(typed, language) == []


def test_what_is_another_word_without_its_accents_is_none() -> None:
    assert (terms("byt", "cs"), terms("být", "cs")) == (["byt"], [])
    assert terms("su", "tr")


def test_a_ukrainian_article_is_found_by_other_forms_of_its_words(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(uk=BRIDGES["uk"], ru=BRIDGES["ru"], birds="Чаплі стоять у воді. Вони чекають.")
    library.refresh()
    hits = library.searcher().search("Хто ремонтує річки?").hits
    assert [hit.source.path for hit in hits if hit.lexical] == ["uk.txt"]


@pytest.mark.parametrize(
    ("word", "spelling"),
    [
        ("Суджа", "sudzha"),
        ("Суджі", "sudzha"),
        ("Харкова", "kharkov"),
        ("Луганську", "luhansk"),
        ("Ялта", "yalta"),
        ("Белгороде", "belgorod"),
        ("Путиным", "putin"),
        ("Зеленський", "zelensky"),
    ],
)
def test_a_cyrillic_name_is_found_in_latin_letters(word: str, spelling: str) -> None:
    assert spelling in list(spellings(word))


@pytest.mark.parametrize("word", ["Sudzha", "1942", "", "Ἀθῆναι", "дім"])
def test_other_words_and_short_ones_have_no_other_spelling(word: str) -> None:
    assert list(spellings(word)) == []


@given(st.text(max_size=30))
def test_spellings_are_few_and_latin(word: str) -> None:
    found = list(spellings(word))
    assert len(found) <= 16
    assert all(form.isascii() and len(form) >= 4 for form in found)


@pytest.fixture
def english(tmp_path: Path) -> Searcher:
    library = Library(tmp_path, encoder=EnglishEncoder())
    library.write(
        sudzha="The town of Sudzha was taken in August 2024. Its people left it at once.",
        war="The war at sea began in 1942. It was a long war, and the ships were slow.",
        birds="Herons stand in shallow water. They wait for fish and do not move.",
    )
    library.refresh()
    return library.searcher()


@pytest.mark.parametrize(
    ("question", "searched", "first"),
    [
        ("Was geschah 2024 in Sudzha?", "2024 Sudzha", "sudzha.txt"),
        ("Що сталося в Суджі у 2024 році?", "Sudzha 2024", "sudzha.txt"),
        ("Что было в 1942 году?", "1942", "war.txt"),
        # "war", "der" and "im" are words of German here.
        ("Wie war der Sommer 2024 im Norden?", "2024", "sudzha.txt"),
    ],
)
def test_names_and_numbers_of_a_foreign_question_are_found(
    english: Searcher, question: str, searched: str, first: str
) -> None:
    ranking = english.search(question)
    assert ranking.unknown_language is not None
    assert ranking.question == ranking.unknown_language.searched == searched
    assert ranking.unknown_language.encoder == "english"
    assert ranking.unknown_language.languages == ("en",)
    assert ranking.hits[0].source.path == first
    assert ranking.hits[0].lexical is not None


def test_the_confidence_in_half_a_question_is_less_than_half(english: Searcher) -> None:
    half = english.search("Wie alt ist Sudzha?").unknown_language
    whole = english.search("Was ist Sudzha?").unknown_language
    none = english.search("Wie koche ich Spaghetti?").unknown_language
    assert half is not None
    assert whole is not None
    assert none is not None
    assert half.share == 0.5
    assert half.certainty < 0.5
    assert (whole.share, whole.certainty) == (1, 1)
    assert (none.share, none.certainty) == (0, 0)
    assert none.searched == "Wie koche ich Spaghetti?"


def test_a_question_that_the_encoder_knows_is_searched_as_it_is(tmp_path: Path) -> None:
    library = Library(tmp_path, encoder=EnglishEncoder())
    library.write(de=BRIDGES["de"], en=BRIDGES["en"])
    library.refresh()
    ranking = library.searcher().search(QUESTIONS["en"])
    assert ranking.unknown_language is None
    assert ranking.question == QUESTIONS["en"]


def test_to_an_encoder_of_many_languages_no_question_is_foreign(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write(**BRIDGES)
    library.refresh()
    for language in BRIDGES:
        ranking = library.searcher().search(QUESTIONS[language])
        assert ranking.unknown_language is None
        assert ranking.question == QUESTIONS[language]


@pytest.mark.parametrize("language", ["de", "uk", "ru"])
def test_articles_in_the_questions_language_are_found_by_their_words(
    tmp_path: Path, language: str
) -> None:
    library = Library(tmp_path, encoder=EnglishEncoder())
    library.write(**BRIDGES, birds="Herons stand in shallow water and wait for fish.")
    library.refresh()
    searcher = library.searcher()
    assert set(searcher.snapshot.languages) == set(BRIDGES)
    ranking = searcher.search(QUESTIONS[language])
    assert ranking.hits[0].source.path == f"{language}.txt"
    assert ranking.hits[0].lexical is not None
    assert ranking.unknown_language is not None
    assert ranking.unknown_language.language == language
    assert ranking.unknown_language.share >= 0.5
