"""What is read in a question before it is searched.

    question -> in_cyrillic               | Ukrainian and Russian as typed in Latin letters
             -> detect_unknown_language   | the words that an encoder of another language can use
             -> readings                  | words as the articles write them, by their Vocabulary
             -> date_preference, quoted_phrases   | what is preferred
             -> Asked, Subject            | the kind of thing that is asked for; who or what is X

`forms` finds numbers and names in the form that the articles have, `quantities` numbers with a
unit; `names` tells names from other words with a capital letter; `phrases` has the words of
asked.toml and of the files in `languages/`, and `patterns` what is made of them. Nothing here
ranks: that is `retrieval.search`.
"""

from retrieval.questions.asked import Asked, Kind, is_possessive, light_terms, names_in_text
from retrieval.questions.dates import (
    DatePreference,
    Period,
    date_preference,
    match_dates,
    names_month,
    today,
    words_in_date,
)
from retrieval.questions.forms import in_one_script, other_names
from retrieval.questions.introductions import Subject
from retrieval.questions.names import is_name, names_and_numbers
from retrieval.questions.quotations import quoted_phrases, share_of_phrases
from retrieval.questions.romanised import in_cyrillic
from retrieval.questions.spelling import Correction, SpelledQuestion, readings
from retrieval.questions.unknown_language import UnknownLanguage, detect_unknown_language
from retrieval.questions.vocabulary import Vocabulary

__all__ = [
    "Asked",
    "Correction",
    "DatePreference",
    "Kind",
    "Period",
    "SpelledQuestion",
    "Subject",
    "UnknownLanguage",
    "Vocabulary",
    "date_preference",
    "detect_unknown_language",
    "in_cyrillic",
    "in_one_script",
    "is_name",
    "is_possessive",
    "light_terms",
    "match_dates",
    "names_and_numbers",
    "names_in_text",
    "names_month",
    "other_names",
    "quoted_phrases",
    "readings",
    "share_of_phrases",
    "today",
    "words_in_date",
]
