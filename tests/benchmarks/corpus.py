"""Articles to serve and questions to ask: made up from a seed, or those of a folder."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

_START, _MIDDLE = "b br c d dr f g h k l m n p r s st t tr v w", "a e i o u ae ei ou"
_SYLLABLES = (_START, _MIDDLE, _START, _MIDDLE, "l ld m n nd r rn rth s sk st th")
_WORDS = {
    "trade": "mason, surveyor, merchant, engineer, widow, shipwright, teacher, bishop, carpenter",
    "stuff": "granite, oak, red brick, limestone, larch, wrought iron, slate, copper, basalt",
    "harm": "a flood, a fire, an earthquake, a long drought, a landslide, a storm from the west",
    "goods": "wool, salt, cider, herring, barley, tin, honey, timber, paper, glass",
}
_THINGS = (
    "lighthouse, bridge, mill, railway, museum, orchard, harbour, library, observatory, theatre, "
    "brewery, canal, market, monastery, garden, tower, ferry, quarry, school, hospital"
)

_OPENING = (
    "The {thing} of {place} was founded in {year} by {person}, a {trade} who had come from {other}."
    " It is built mostly of {stuff}, and stands {number} metres above the river."
)
# Each is (a paragraph, a question that it answers).
_PARAGRAPHS = (
    (
        "In {year} {harm} destroyed much of the {thing}. {person} led the repairs, which took "
        "{few} years and were paid for by a tax on {goods}. A plate beside the door still names "
        "all who gave money.",
        "What destroyed the {thing} of {place}?",
    ),
    (
        "Merchants brought {goods} to {place} from as far as {other}, and paid their toll at the "
        "{thing}. By {year} the toll brought in {number} crowns a year. The town spent half of it "
        "on the road, which the carts wore down every winter.",
        "What did merchants bring to the {thing} of {place}?",
    ),
    (
        "The roof is the work of {person}. It is made of {stuff}, weighs {number} tons, and was "
        "lifted in {few} days with the help of {few} horses. Nobody in the region had seen "
        "anything like it, and drawings of it were sold at the fair in {other}.",
        "Who made the roof of the {thing} of {place}?",
    ),
    (
        "A story tells that {person}, a {trade}, hid a chest of {goods} under the {thing} during "
        "the siege of {year}. It was never found. Children dig for it every spring, and the "
        "keeper lets them as long as they fill the holes again.",
        "What is hidden under the {thing} of {place}?",
    ),
    (
        "Today about {number} people visit the {thing} in a week. It is open from April to "
        "October, and the guide, {person}, lives in the old storehouse next to it. Tickets are "
        "sold at the bakery opposite, which also keeps the key.",
        "How many people visit the {thing} of {place}?",
    ),
    (
        "Researchers from {other} examined the walls in {year}. They found {few} layers of paint, "
        "the oldest made with {goods}, and below them marks that a {trade} had left in the "
        "{stuff}. Their report calls the {thing} the best preserved of its kind.",
        "What did researchers find in the walls of the {thing} of {place}?",
    ),
    (
        "Every autumn the people of {place} celebrate the day on which {person} opened the {thing} "
        "to all. They carry lamps of {stuff} through the streets, eat bread with {goods}, and "
        "listen to {few} choirs. The custom was forbidden in {year} and came back soon after.",
        "How do people celebrate the {thing} of {place}?",
    ),
    (
        "The present engine was bought in {other} in {year} for {number} crowns. It burns peat, "
        "turns {few} times a second, and has been stopped only once, when {harm} cut the town "
        "off. {person} kept its log for forty years.",
        "Where was the engine of the {thing} of {place} bought?",
    ),
)
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# Paragraphs of an article: half have five at most, one in twenty has thirty or more.
_TYPICAL, _SPREAD, _LONGEST = 5.0, 1.1, 40


def articles_for(folder: Path, source: Path | None, count: int) -> list[str]:
    """Write so many articles into `articles` of a folder, and return questions about them.

    Args:
        folder: The folder.
        source: Holds `articles/` and `questions.jsonl`; without it, all is made up.
        count: The number of articles.
    """
    target = folder / "articles"
    target.mkdir()
    return made_up(target, count) if source is None else repeated(source, target, count)


def made_up(folder: Path, count: int) -> list[str]:
    """Write so many articles of varied length, and return questions that they answer."""
    chance = random.Random(0)
    fresh = names(chance)
    known = [next(fresh) for _ in range(100)]
    things = _THINGS.split(", ")
    questions: list[str] = []
    for number in range(count):
        fixed = {"thing": things[number % len(things)], "place": next(fresh)}
        length = min(_LONGEST, round(_TYPICAL * chance.lognormvariate(0, _SPREAD)))
        chosen = [_PARAGRAPHS[(number + n) % len(_PARAGRAPHS)] for n in range(length)]
        texts = (_OPENING, *(paragraph for paragraph, _ in chosen))
        told = [text.format(**fixed, **_details(chance, known)) for text in texts]
        title = "# The {thing} of {place}".format(**fixed)
        (folder / f"{number:05}.md").write_text("\n\n".join((title, *told)), encoding="utf-8")
        asked = ("Who founded the {thing} of {place}?", *(question for _, question in chosen))
        questions += [question.format(**fixed) for question in dict.fromkeys(asked)]
    chance.shuffle(questions)
    return questions


def small(folder: Path, count: int) -> None:
    """Write so many articles of two paragraphs, a hundred to a sub-folder."""
    chance = random.Random(0)
    fresh = names(chance)
    known = [next(fresh) for _ in range(100)]
    things = _THINGS.split(", ")
    for number in range(count):
        fixed = {"thing": things[number % len(things)], "place": next(fresh)}
        told = ("# The {thing} of {place}", _OPENING, _PARAGRAPHS[number % len(_PARAGRAPHS)][0])
        text = "\n\n".join(part.format(**fixed, **_details(chance, known)) for part in told)
        path = folder / f"{number // 100:03}" / f"{number:05}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def repeated(source: Path, folder: Path, count: int) -> list[str]:
    """Write the articles of a folder again and again until there are so many.

    Args:
        source: Holds `articles/` and `questions.jsonl`, one object with a "question" a line.
        folder: Where to.
        count: Of articles.

    Returns:
        The questions, in an order that is always the same.
    """
    paths = sorted(path for path in (source / "articles").rglob("*") if path.is_file())
    if not paths:
        raise SystemExit(f"{source / 'articles'} holds no article; name another folder with --eval")
    for number, path in zip(range(count), itertools.cycle(paths), strict=False):
        (folder / f"{number:05}{path.suffix}").write_bytes(path.read_bytes())
    lines = (source / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [str(json.loads(line)["question"]) for line in lines]
    random.Random(0).shuffle(questions)
    return questions


def recombined(source: Path, folder: Path, count: int, characters: int) -> int:
    """Write so many articles of sentences of those of a folder, in an order by chance.

    Args:
        source: Holds the articles, in Markdown.
        folder: Where to, a hundred to a sub-folder.
        count: Of articles.
        characters: Of each, about.

    Returns:
        The number of characters in all of them.
    """
    chance = random.Random(0)
    texts = [path.read_text(encoding="utf-8") for path in sorted(source.rglob("*.md"))]
    bodies = [_FRONT_MATTER.sub("", text, count=1) for text in texts]
    sentences = [one for body in bodies for one in _SENTENCE_END.split(body) if len(one) > 20]
    total = 0
    for number in range(count):
        parts: list[str] = []
        length = 0
        while length < characters:
            some = " ".join(chance.choices(sentences, k=5)).replace("\n", " ")
            parts.append(some)
            length += len(some) + 2
        path = folder / f"{number // 100:03}" / f"{number:05}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n\n".join((f"# Article {number}", *parts)), encoding="utf-8")
        total += length
    return total


def revise(paths: Sequence[Path]) -> None:
    """Change every paragraph of articles."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\n\n", "\n\nThis was revised lately. "), encoding="utf-8")


def _details(chance: random.Random, known: Sequence[str]) -> dict[str, object]:
    return {
        **{name: chance.choice(words.split(", ")) for name, words in _WORDS.items()},
        "person": f"{chance.choice(known)} {chance.choice(known)}",
        "other": chance.choice(known),
        "year": chance.randint(1100, 1990),
        "number": chance.randint(20, 900),
        "few": chance.randint(3, 19),
    }


def names(chance: random.Random) -> Iterator[str]:
    """Yield names of people and places, no two alike."""
    seen: set[str] = set()
    while True:
        name = "".join(chance.choice(part.split()) for part in _SYLLABLES).title()
        if name not in seen:
            seen.add(name)
            yield name
