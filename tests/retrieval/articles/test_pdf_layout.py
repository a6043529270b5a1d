from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.retrieval.articles.pdfs import Item, Rule, Words, column, pdf
from tests.retrieval.library import only

LEFT = [
    "The lighthouse keeper climbed the",
    "stairs each evening, and he lit the",
    "lamp before the ships came in. He",
    "had done so for thirty years, and",
    "nobody had asked him how he was.",
    "Then a letter came from the board,",
]
MIDDLE = [
    "which said that the lamp would be",
    "lit by a clock from now on. He read",
    "it twice, folded it, and went up as",
    "he always did. The clock was late",
    "by an hour in the first week, and",
    "two by the end of the second one.",
]
RIGHT = [
    "In the third week a trawler struck",
    "the reef in the dark. Its crew was",
    "saved by the keeper, who had kept",
    "his matches. The board paid for the",
    "clock to be taken away again, but",
    "it has never written to him since.",
]


def text_of(*items: Item) -> str:
    return only("paper.pdf", pdf(items)).text


def columns(*lines: Sequence[str], width: float = 215, y: float = 680) -> list[Words]:
    return [
        words
        for number, column_lines in enumerate(lines)
        for words in column(*column_lines, x=60 + number * width, y=y)
    ]


def by_rows(words: Sequence[Words]) -> list[Words]:
    return sorted(words, key=lambda one: (-one.y, one.x))


def shuffled(words: Sequence[Words]) -> list[Words]:
    return random.Random(7).sample(words, len(words))


@pytest.mark.parametrize("drawn", [list, by_rows, shuffled])
def test_columns_are_read_one_after_the_other_however_they_are_drawn(
    drawn: type[list[Words]],
) -> None:
    two = columns(LEFT, MIDDLE, width=260)
    assert text_of(*drawn(two)) == " ".join([*LEFT, *MIDDLE])
    small = [
        Words(one.text, 40 + (one.x - 60) * 0.85, one.y, 10) for one in columns(LEFT, MIDDLE, RIGHT)
    ]
    assert text_of(*drawn(small)).split() == " ".join([*LEFT, *MIDDLE, *RIGHT]).split()


def test_columns_whose_lines_are_not_level() -> None:
    words = columns(LEFT, width=260) + columns([], MIDDLE, width=260, y=675)
    assert text_of(*by_rows(words)) == " ".join([*LEFT, *MIDDLE])


def test_a_heading_across_columns_parts_them() -> None:
    above, below = columns(LEFT, MIDDLE, width=260), columns(RIGHT, LEFT, width=260, y=500)
    heading = Words("What became of the clock in the end of it all", 130, 540, 18)
    text = text_of(*by_rows([*above, heading, *below]))
    assert text.split("\n\n") == [
        " ".join([*LEFT, *MIDDLE]),
        heading.text,
        " ".join(RIGHT),
        " ".join(LEFT),
    ]


def test_a_shorter_column_beside_a_longer_one() -> None:
    words = by_rows(columns([*LEFT, *RIGHT], MIDDLE, width=260))
    assert text_of(*words).split() == " ".join([*LEFT, *RIGHT, *MIDDLE]).split()


TABLE = [["Tree", "Height", "Fruit"], ["Ash", "30 m", "keys"], ["Oak", "25 m", "acorns"]]


def cells(rows: Sequence[Sequence[str]], width: float = 110, y: float = 600) -> list[Words]:
    return [
        Words(text, 72 + column * width, y - row * 18)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    ]


def test_the_rows_of_a_table_are_lines_of_cells() -> None:
    text = text_of(
        *column("Trees of the park", y=640), *cells(TABLE), *column("Planted by us.", y=520)
    )
    assert text.split("\n\n") == [
        "Trees of the park",
        "Tree | Height | Fruit",
        "Ash | Height: 30 m | Fruit: keys",
        "Oak | Height: 25 m | Fruit: acorns",
        "Planted by us.",
    ]


def test_an_empty_cell_keeps_its_place_where_there_are_no_headings() -> None:
    rows = [*TABLE[1:], ["Elm", "", "samaras"]]
    assert text_of(*cells(rows)).endswith("Elm |  | samaras")


def test_a_table_drawn_column_by_column() -> None:
    words = sorted(cells(TABLE), key=lambda one: one.x)
    assert text_of(*words).split("\n\n")[1] == "Ash | Height: 30 m | Fruit: keys"


def test_a_cell_of_several_lines_is_one_cell() -> None:
    rows = [
        ["Tree", "Where it grows"],
        ["Ash", "by the river and along the whole of"],
        ["", "the northern wall"],
        ["Oak", "on the lawn"],
    ]
    assert text_of(*cells(rows)).split("\n\n")[1:] == [
        "Ash | by the river and along the whole of the northern wall",
        "Oak | on the lawn",
    ]


def ruled(columns: Sequence[float], rows: Sequence[float]) -> list[Rule]:
    return [
        *(Rule(x, rows[0], x, rows[-1]) for x in columns),
        *(Rule(columns[0], y, columns[-1], y) for y in rows),
    ]


def test_rules_part_cells_that_stand_close() -> None:
    words = [
        *(Words(text, 74, y) for text, y in (("Tree", 600), ("Black alder", 582))),
        *(Words(text, 139, y) for text, y in (("Height", 600), ("25 m", 582))),
    ]
    text = text_of(*words, *ruled([72, 136.5, 180], [576, 594, 612]))
    assert text == "Tree | Height\n\nBlack alder | 25 m"


def test_rules_keep_the_lines_of_a_cell_together() -> None:
    words = [
        Words("Ash", 74, 593),
        *column("by the river, and", "not on the lawn", x=160, y=600),
        Words("Oak", 74, 557),
        *column("on the lawn, and", "by the gate", x=160, y=564),
    ]
    text = text_of(*words, *ruled([72, 150, 300], [540, 576, 612]))
    assert text == "Ash | by the river, and not on the lawn\n\nOak | on the lawn, and by the gate"


def test_a_cell_across_columns() -> None:
    words = [
        *(Words(text, x, 600) for text, x in (("Tree", 74), ("Size", 220))),
        *(Words(text, x, 582) for text, x in (("Oak", 74), ("25 m", 152), ("9 m", 252))),
    ]
    rules = [rule for rule in ruled([72, 150, 250, 350], [576, 594, 612]) if rule.x != 250]
    text = text_of(*words, *rules, Rule(250, 576, 250, 594))
    assert text == "Tree | Size |\n\nOak | 25 m | 9 m"


def test_a_frame_around_prose_is_no_table() -> None:
    frame = ruled([50, 590], [590, 700])
    assert text_of(*columns(LEFT, MIDDLE, width=260), *frame) == " ".join([*LEFT, *MIDDLE])


def test_a_table_of_contents_has_a_line_for_each_title() -> None:
    lines = [
        Words(text, 72, 700 - 16 * n)
        for n, text in enumerate(["1 Ash", "1.1 Where it grows", "1.2 What it is for", "2 Oak"])
    ]
    numbers = [Words(str(n), 500, 700 - 16 * n) for n in range(4)]
    assert text_of(*lines, *numbers).split("\n\n") == [
        "1 Ash | 0",
        "1.1 Where it grows | 1",
        "1.2 What it is for | 2",
        "2 Oak | 3",
    ]
    dotted = [Words(f"{one.text} {'. ' * 20}{n}", one.x, one.y) for n, one in enumerate(lines)]
    assert text_of(*dotted).split("\n\n")[1] == "1.1 Where it grows … 1"


def test_bullets_far_from_their_text_make_no_table() -> None:
    items = [
        item
        for n, y in enumerate((700, 672, 644))
        for item in (
            Words("•", 72, y),
            *column(f"In row {n} stand the young trees, which are", "watered daily.", x=100, y=y),
        )
    ]
    assert text_of(*items).split("\n\n") == [
        f"• In row {n} stand the young trees, which are watered daily." for n in range(3)
    ]


def test_a_label_is_one_with_what_it_names() -> None:
    rows = [["Judge:", "When did you see it?"], ["Witness:", "At noon."]]
    assert text_of(*cells(rows)) == "Judge: When did you see it?\n\nWitness: At noon."


def test_a_letter_keeps_its_order() -> None:
    letter = [
        *column("Park Office", "1 Elm Road", y=740),
        Words("6 June 2023", 450, 690),
        *column("Dear Sir,", "", "The oak on the lawn is ill.", "", "Yours, A. Rook", y=650),
    ]
    assert text_of(*letter).split("\n\n") == [
        "Park Office",
        "1 Elm Road",
        "6 June 2023",
        "Dear Sir,",
        "The oak on the lawn is ill.",
        "Yours, A. Rook",
    ]


def test_the_columns_of_an_index_are_read_one_after_the_other() -> None:
    text = "acorn alder ash aspen beech birch cedar cherry elder elm hazel holly"
    words = text.split()
    half = len(words) // 2
    rows = [
        [f"{one}, 3", f"{other}, 12"] for one, other in zip(words[:half], words[half:], strict=True)
    ]
    found = [word.strip(",") for word in text_of(*cells(rows)).split() if word[0].isalpha()]
    assert found == words


def test_a_column_of_prose_beside_one_of_this_and_that() -> None:
    beside = [
        "Lamps of the coast",
        "Red: turn to port",
        "White: go on ahead",
        "Who may light them?",
        "1. Keepers of the coast",
        "2. Masters of harbours",
    ]
    words = columns([*LEFT, *MIDDLE], [*beside, *beside], width=225)
    text = text_of(*by_rows(words))
    assert text.startswith(" ".join([*LEFT, *MIDDLE]))
    assert " | " not in text


def test_a_narrow_gutter_between_many_lines() -> None:
    words = columns([*LEFT, *MIDDLE], [*RIGHT, *LEFT], width=199)
    assert text_of(*by_rows(words)).split() == " ".join([*LEFT, *MIDDLE, *RIGHT, *LEFT]).split()
