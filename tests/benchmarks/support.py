"""Support: what the check of written sentences lets pass, and what it drops.

python -m tests.benchmarks.support [FOLDER ...] [--encoder multilingual]

`paraphrases.jsonl` holds sentences about the articles in `seeds/`: each says what an excerpt says
in other words, and once more with a number, a name or a "not" changed, or something else invented.
From the articles of each FOLDER (`FOLDER/articles/*.md`) come sentences that are compared with the
excerpt that they stand in, with another of the same article, and changed by a rule. Printed is the
share that passes as supported; the right one is 1 in the first row of a table, 0 in all others.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.writing.support import Evidence
from embeddings import Encoder, load
from retrieval.articles import parse
from retrieval.chunking import split_sentences
from retrieval.index import LexicalIndex
from retrieval.languages import terms
from retrieval.questions.names import is_name
from retrieval.questions.vocabulary import Vocabulary
from retrieval.types import Article, Excerpt
from tests.benchmarks.conditions import conditions
from tests.paths import SEEDS

_PARAPHRASES = Path(__file__).with_name("paraphrases.jsonl")
_EXCERPT_CHARS = 350
_APPENDED = 4
_NAME = re.compile(r"(?<=[a-z] )[A-Z][a-z]{3,}")
_LOOK_ALIKE = str.maketrans("aceopx", "\u0430\u0441\u0435\u043e\u0440\u0445")
_VERB = re.compile(r"\b(is|are|was|were|had|has|can|could|did|does|do|will|would|must)\b")

Passed = dict[str, list[bool]]


def paraphrases(encoder: Encoder) -> Passed:
    """Check what was written about the seeds."""
    vocabulary = _vocabulary([_article(path) for path in SEEDS.glob("*.md")], encoder)
    passed: Passed = defaultdict(list)
    for line in _PARAPHRASES.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        article = _article(SEEDS / pair["article"])
        start = article.text.index(pair["from"])
        end = article.text.find("\n\n", start)
        excerpt = _excerpt(article, start, end)
        evidence = Evidence([excerpt], encoder, lambda word: is_name(word, vocabulary))
        passed["paraphrase"].append(evidence.support(pair["paraphrase"], [1]).holds)
        passed[f"changed: {pair['kind']}"].append(evidence.support(pair["changed"], [1]).holds)
    return passed


def sentences(folder: Path, encoder: Encoder, count: int) -> Passed:
    """Check sentences of articles, as they stand and changed."""
    rng = random.Random(0)
    articles = [_article(path) for path in sorted((folder / "articles").glob("*.md"))]
    vocabulary = _vocabulary(articles, encoder)
    passed: Passed = defaultdict(list)
    strange = ("", "")
    while len(passed["where it stands"]) < count:
        excerpts = list(_excerpts(rng.choice(articles)))
        if len(excerpts) < 2:
            continue
        (own, sentence), (other, _) = rng.sample(excerpts, 2)
        evidence = Evidence([own, other], encoder, lambda word: is_name(word, vocabulary))
        passed["where it stands"].append(evidence.support(sentence, [1]).holds)
        passed["another excerpt of the article"].append(evidence.support(sentence, [2]).holds)
        for kind, changed in _changed(sentence, strange, rng):
            passed[kind].append(evidence.support(changed, [1]).holds)
        words = [word for word in re.findall(r"[a-z]{4,}", sentence) if terms(word, "en")]
        name = _NAME.search(sentence)
        strange = (" ".join(words[:_APPENDED]), name.group() if name else strange[1])
    return passed


def _vocabulary(articles: Sequence[Article], encoder: Encoder) -> Vocabulary:
    """Return the words of articles as an index has them."""
    texts = [text for article in articles for text in article.text.split("\n\n")]
    lexical = LexicalIndex.create(None)
    lexical.update(((key, "en", text) for key, text in enumerate(texts)), [])
    return Vocabulary(
        lexical, ["en"], lambda ids: [texts[key] for key in ids], encoder.count_tokens
    )


def _changed(
    sentence: str, strange: tuple[str, str], rng: random.Random
) -> Iterator[tuple[str, str]]:
    """Yield kinds of change with the sentence changed so, where it can be."""
    words, name = strange
    verb = _VERB.search(sentence)
    number = re.search(r"\d+", sentence)
    if number:
        other = str(int(number.group()) + rng.randint(1, 9))
        yield "a number changed", sentence.replace(number.group(), other, 1)
        roman = chr(0x2160 + rng.randrange(12))
        yield "a number as Ⅰ to Ⅻ", sentence.replace(number[0], roman, 1)
    if name and (old := _NAME.search(sentence)):
        yield "a name changed", sentence.replace(old.group(), name, 1)
        yield "a name changed, in small letters", sentence.replace(old.group(), name.lower(), 1)
        yield (
            "a name changed, mixed alphabets",
            sentence.replace(old.group(), name.translate(_LOOK_ALIKE), 1),
        )
    if " not " in sentence:
        yield "a negation removed", sentence.replace(" not ", " ", 1)
    elif verb:
        head, tail = sentence[: verb.end()], sentence[verb.end() :]
        yield "a negation added", f"{head} not{tail}"
        yield "isnt", f"{head}nt{tail}"
        yield "not, mixed alphabets", f"{head} n\u043et{tail}"
        yield "hardly added", f"{head} hardly{tail}"
        future = "will be" if verb[0] in ("is", "are", "was", "were") else "will have"
        yield "will put in", f"{sentence[: verb.start()]}{future}{tail}"
    yield "it is false that", f"It is false that {sentence[0].lower()}{sentence[1:]}"
    if len(words.split()) == _APPENDED:
        yield "four strange words added", f"{sentence.rstrip('. ')} and {words}."
        yield "four behind a semicolon", f"{sentence.rstrip('. ')}; {words}."


def _article(path: Path) -> Article:
    return parse(path.name, path.read_bytes())[0]


def _excerpts(article: Article) -> Iterator[tuple[Excerpt, str]]:
    """Yield runs of sentences of about an excerpt's length, each with one of its sentences."""
    run: list[tuple[int, int]] = []
    for one in split_sentences(article.text, "en"):
        if run and one.end - run[0][0] > _EXCERPT_CHARS:
            start, end = max(run, key=lambda span: span[1] - span[0])
            yield _excerpt(article, run[0][0], run[-1][1]), article.text[start:end]
            run = []
        run.append((one.start, one.end))


def _excerpt(article: Article, start: int, end: int) -> Excerpt:
    end = end if end > 0 else len(article.text)
    return Excerpt(article.source, 1, start, end, article.text[start:end], (), 1.0)


def _print(name: str, passed: Passed) -> None:
    print(f"\n{name}")
    for kind, held in passed.items():
        print(f"  {kind:32} {sum(held) / len(held):5.3f} of {len(held)}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--sentences", type=int, default=300, help="Of each folder.")
    parser.add_argument("--encoder", default="english", help="As in encoder.model.")
    given = parser.parse_args(arguments)
    print(conditions())
    encoder = load(given.encoder)
    _print("seeds, written by hand", paraphrases(encoder))
    for folder in given.folders:
        _print(folder.name, sentences(folder, encoder, given.sentences))


if __name__ == "__main__":
    main()
