"""Stems of words in languages that tantivy has no stemmer for, by their first and last letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache


def _longest_first(endings: str) -> list[str]:
    return sorted(set(endings.split()), key=lambda ending: (-len(ending), ending))


# What a stem keeps at least.
_LEAST_LETTERS = 3

# Ukrainian.
_VOWELS = "аеиіоуєїюя"
_REFLEXIVE = ("ся", "сь")
# "починається", but "починає".
_OF_REFLEXIVE, _PERSON = ("еть", "єть"), "ть"
_LIKE_VERBS = ("ат", "ит", "іт", "ут")
# The future is the infinitive with one of these behind it: "триватиме" of "тривати".
_INFINITIVE = "ти"
_FUTURE = ("му", "меш", "ме", "меть", "мемо", "мете", "муть")
# "інтим" and "оптимум" are no verbs.
_LEAST_BEFORE_FUTURE = 5
# Case endings of nouns and adjectives, and those of verbs.
_CASES_AND_VERBS = """
    а я о е є у ю і ї и й ь ам ям ом ем єм ою ею єю ах ях ів їв ей ами ями ьми ові еві єві ова ову
    овом ий ій ого ього ому ьому им ім їм их іх їх ими іми їми ої ьої ість ості істю остей остям
    ав ала ало али ати ив ила ило или ити ів іла іло іли іти ув ула уло ули ути уть ють ать ять ить
    їть еш єш иш їш емо ємо имо їмо ете єте ите їте ає яє аю яю аєш яєш аємо яємо аєте яєте ають
    яють ує ують уємо увати ював ювати ювала ювали ував увала увало ували
"""
_ENDINGS = _longest_first(_CASES_AND_VERBS)
# In a closed syllable о and є turn into і and ї ("мосту", "міст"), before some endings к and г into
# ц and з ("перемога", "перемозі").
_OPEN = {"і": "о", "ї": "є"}
_HARD = {"ц": "к", "з": "г"}

# Czech and Polish, without accents, as many type them.
_CZECH_CASES_AND_PERSONS = """
    a e i o u y ou ovi em um am im ech ich ach ami emi imi mi ove eho emu ym ych ymi iho imu ata ete
    eti aty atem etem atum etum ost osti ostem ostech ostmi at et it out nout am as ame ate aji ime
    ite eji is es eme uje uji ujes ujeme ujete ujou ovat
"""
_POLISH_CASES_AND_PERSONS = """
    a e i o u y ie ia iu io ii em iem owi om iom ami iami mi ach iach ow ej iej ego iego emu iemu ym
    im ych ich ymi imi osc osci oscia ac ic yc ec nac owac am asz amy aja esz emy isz imy ysz uje
    ujesz ujemy uja
"""
_CZECH_PAST = "al el il yl ul nul oval an en ovan"
_POLISH_PAST = "al el il yl nal owal an on en et ani eni owan owani"
# What is left before the ending of a participle; it is that of many short nouns, too.
_LEAST_OF_VERB = 4
# The vowel of "sousedek" and "lodówek", which the other forms lack.
_FLEETING = ("ek", "ec")
_CZECH_ENDINGS = _longest_first(_CZECH_CASES_AND_PERSONS)
_CZECH_PARTICIPLES = _longest_first(_CZECH_PAST)
_POLISH_ENDINGS = _longest_first(_POLISH_CASES_AND_PERSONS)
_POLISH_PARTICIPLES = _longest_first(_POLISH_PAST)

# Slavic languages of which one ending is taken off, whatever it is of; without accents where they
# are written in Latin letters.
_SLOVAK = """
    a e i o u y ou om am im ov ovi ovia och ach iach ech ich ych ami imi ymi mi ia ie iu ej ho
    eho emu ym ost osti at it iet ut nut ovat as ame ate aju is ime ite uje ujem ujes ujeme
    ujete uju al ala alo ali il ila ilo ili el ela elo eli ol ul nul nula nulo nuli oval ovala
    ovali any ana ane ani eny ena ene eni enie ania enia anie
"""
_SOUTH_SLAVIC = """
    a e i o u om em og eg oga ega omu emu oj ih im ima ama ju je jem ati iti jeti ovati am as
    amo ate aju is imo ite es emo ete ao ala alo ali ale io ila ilo ili ile eo ela elo eli ele
    an ana ano ani ane en ena eno eni ene nje anje enje anja enja ost osti
"""
_SLOVENE = """
    a e i o u om em am ah eh ih im imi ega emu ema ama oma ju jo ati iti eti ovati as amo ate
    ajo is imo ite ijo es emo ete ejo al ala alo ali ale il ila ilo ili ile el ela elo eli ele
    an ana ano ani ane en ena eno eni ene nje anje enje anja enja ost osti
"""
_BULGARIAN = """
    а я о е и ът ят ата ята ото ето ите ете ия ият ията ове овете еве евете ища ищата ам аш аме
    ате ат ям яш яме яте иш им ах ях их ха хме хте ше ал ала ало али ил ила
    ило или ял яла яло яли ан ана ано ани ен ена ено ени ния ние нето нията ост остта ости
"""
_BELARUSIAN = """
    а я о е э у ю ы і й ь ам ям ом ем ой ою ею ай яй ах ях аў яў оў еў амі ямі ага яга ога аму
    яму ому ым ім ых іх ымі імі ая яя ое ае яе ую юю ыя ія аць яць іць ыць уць юць ець эць ала
    яла іла ыла алі ялі ілі ылі аўся ась ася іў ыў аны ана аныя ены ена еныя асць асці еная енае
    аная анае
"""
_ONE_ENDING = {
    **dict.fromkeys(("hr", "bs", "sr"), _longest_first(_SOUTH_SLAVIC)),
    "sk": _longest_first(_SLOVAK),
    "sl": _longest_first(_SLOVENE),
    "bg": _longest_first(_BULGARIAN),
    "be": _longest_first(_BELARUSIAN),
}
# "gradovi", "gradova" of "grad", so that "obnova" has to lose it, too.
_OF_PLURAL = ("ov", "ev")
_WITH_PLURAL = frozenset({"hr", "bs", "sr", "sl"})
WITH_ONE_ENDING = tuple(_ONE_ENDING)
"""Languages of which `one_ending_stem` knows the endings."""
# Serbian is written in both alphabets. In Latin letters its accents are gone.
_SERBIAN = str.maketrans(
    dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgddezzijklmnoprstcufhccs", strict=True))
    | {"љ": "lj", "њ": "nj", "џ": "dz"}
)

# Arabic.
_AND = "و"
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
# In this order, each once.
_ARABIC_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ا", "ي")
# Short words often begin with the letter of "and", such as those for a minister and an agency.
_LEAST_BEHIND_AND = 5

# Korean.
_PARTICLES = """
    에게서 에서는 에서의 으로는 으로부터 로부터 이라는 까지는 부터는 들에게 에서 에게
    으로 부터 까지 처럼 보다 라는 이며 이고 이다 입니다 인가요 입니까 들은 들이 들의
    들을 에는 에도 로는 은 는 이 가 을 를 의 에 도 만 로 와 과 들 인
"""
_PARTICLES_LONGEST_FIRST = _longest_first(_PARTICLES)
_LEAST_SYLLABLES = 2
_PAIR = 2


@lru_cache(maxsize=100_000)
def ukrainian_stem(word: str) -> str:
    """Return the stem of a Ukrainian word: the part that its forms share, as far as endings tell.

    Args:
        word: Word in lower case; one in another script is returned as it is.
    """
    if not any(vowel in word for vowel in _VOWELS):
        return word
    kept = _without(word, _REFLEXIVE)
    if kept != word and kept.endswith(_OF_REFLEXIVE):
        kept = kept.removesuffix(_PERSON)
    kept = _without(_present(kept), _ENDINGS)
    # "солдати" lost an ending that is a verb's, so the other forms of "солдат" lose it too.
    kept = _without(kept, _LIKE_VERBS)
    kept = _single(kept)
    kept = kept[:-1] + _HARD.get(kept[-1], kept[-1])
    at = max(kept.rfind(vowel) for vowel in _VOWELS)
    return kept if at < 0 else kept[:at] + _OPEN.get(kept[at], kept[at]) + kept[at + 1 :]


def _present(word: str) -> str:
    """Return a Ukrainian verb in the future without what makes it one."""
    for ending in _FUTURE:
        kept = word.removesuffix(ending)
        if kept != word and kept.endswith(_INFINITIVE) and len(kept) >= _LEAST_BEFORE_FUTURE:
            return kept
    return word


def czech_stem(word: str) -> str:
    """Return the stem of a Czech word in lower case and without accents."""
    if len(word) < _LEAST_LETTERS:
        return word
    kept, _ = _without_case_and_past(word, _CZECH_ENDINGS, _CZECH_PARTICIPLES)
    # "řeka" and "řece", "Praha" and "Praze".
    return _single(kept[:-1] + {"c": "k", "z": "h"}.get(kept[-1:], kept[-1:]))


def polish_stem(word: str) -> str:
    """Return the stem of a Polish word in lower case and without accents."""
    if len(word) < _LEAST_LETTERS:
        return word
    kept, ending = _without_case_and_past(word, _POLISH_ENDINGS, _POLISH_PARTICIPLES)
    # "woda" and "wodzie", "rower" and "rowerze", "opłata" and "opłacie", "Polska" and "Polsce".
    if kept.endswith(("dz", "rz")):
        kept = kept[:-1]
    elif kept.endswith("c"):
        kept = kept[:-1] + ("t" if ending.startswith("i") else "k")
    return _single(kept)


def one_ending_stem(word: str, language: str) -> str:
    """Return a word in lower case and without accents without its ending.

    Args:
        word: Word of one of the languages in `WITH_ONE_ENDING`.
        language: That language, ISO 639-1.
    """
    if language == "sr":
        word = word.translate(_SERBIAN)
    kept = _without(word, _ONE_ENDING[language])
    return _single(_without(kept, _OF_PLURAL) if language in _WITH_PLURAL else kept)


def arabic_stem(word: str) -> str:
    """Return the stem of a folded Arabic word; one in another script is returned as it is.

    After Larkey, Ballesteros & Connell, Light Stemming for Arabic Information Retrieval (2007),
    whose light10 found more than stemmers that look for roots. Unlike it, this takes off the ending
    of an indefinite object too, and leaves "and" to words without an article.
    """
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= _LEAST_LETTERS:
            word = word.removeprefix(article)
            break
    else:
        if word.startswith(_AND) and len(word) > _LEAST_BEHIND_AND:
            word = word.removeprefix(_AND)
    for ending in _ARABIC_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_LETTERS:
            word = word.removesuffix(ending)
    return word


def korean_stem(word: str) -> str:
    """Return a Korean word without its particle; one in another script is returned as it is."""
    for particle in _PARTICLES_LONGEST_FIRST:
        if word.endswith(particle) and len(word) - len(particle) >= _LEAST_SYLLABLES:
            return word.removesuffix(particle)
    return word


def korean_pairs(word: str) -> list[str]:
    """Return the pairs of neighbouring syllables in a Korean word of more than two; else none.

    Nouns are put together without blanks, so that one is found by the pairs that it shares with
    another, as Lucene finds them.
    """
    if len(word) <= _PAIR or not all("가" <= syllable <= "힣" for syllable in word):
        return []
    return [word[at : at + _PAIR] for at in range(len(word) - 1)]


def _without_case_and_past(
    word: str, endings: Sequence[str], participles: Sequence[str]
) -> tuple[str, str]:
    """Return a word without its endings, and the last of them, which may soften what is left."""
    kept = _without(word, endings)
    ending = word[len(kept) :]
    kept = _without(kept, participles, _LEAST_OF_VERB)
    if len(kept) > _LEAST_LETTERS and kept.endswith(_FLEETING):
        kept = kept[:-2] + kept[-1]
    return kept, ending


def _single(word: str) -> str:
    """Return a word without the last of two equal letters at its end."""
    return word[:-1] if len(word) > _LEAST_LETTERS and word[-1] == word[-2] else word


def _without(word: str, endings: Sequence[str], least: int = _LEAST_LETTERS) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word.removesuffix(ending)
    return word
