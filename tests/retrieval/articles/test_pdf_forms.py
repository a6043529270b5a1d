from __future__ import annotations

import pytest

from retrieval.articles.pdf.forms import MAX_ANNOTATIONS, MAX_FIELDS
from tests.retrieval.articles.pdfs import Annotation, Words, pdf
from tests.retrieval.library import only

LABEL = Words("Breed of the horse:", y=700)


def text_of(*items: Words | Annotation, rotate: int = 0) -> str:
    return only("form.pdf", pdf(items, rotate=rotate)).text


def field(entries: bytes, box: tuple[int, int, int, int] = (200, 695, 400, 715)) -> Annotation:
    return Annotation(b"/Subtype/Widget/T(breed)" + entries, box)


def note(kind: bytes, text: bytes = b"Looks lame on the left", more: bytes = b"") -> Annotation:
    return Annotation(b"/Subtype/%s/Contents(%s)%s" % (kind, text, more), (300, 400, 420, 420))


@pytest.mark.parametrize(
    "entries",
    [
        b"/FT/Tx/V(Exmoor pony)",
        b"/FT/Tx/V<FEFF00450078006D006F006F007200200070006F006E0079>",
        b"/FT/Ch/Ff 131072/Opt[(Shire)(Exmoor pony)]/V(Exmoor pony)",
        b"/FT/Ch/Ff 131072/Opt[[(s)(Shire)][(e)(Exmoor pony)]]/V(e)",
    ],
)
def test_what_was_filled_in_stands_behind_its_label(entries: bytes) -> None:
    text = text_of(LABEL, field(entries), Words("Colour: bay", y=660))
    assert text == "Breed of the horse: Exmoor pony\n\nColour: bay"


def test_a_value_of_several_lines() -> None:
    text = text_of(LABEL, field(b"/FT/Tx/Ff 4096/V(Exmoor\npony)", (200, 655, 400, 715)))
    assert text.replace("\n\n", " ") == "Breed of the horse: Exmoor pony"


def test_all_that_was_chosen_in_a_list() -> None:
    entries = b"/FT/Ch/Ff 2097152/Opt[(Shire)(Exmoor)(Fell)]/V[(Shire)(Fell)]"
    assert text_of(LABEL, field(entries)) == "Breed of the horse: Shire, Fell"


def test_check_boxes_say_whether_they_are_checked() -> None:
    boxes = [
        Annotation(
            b"/Subtype/Widget/FT/Btn/T(%s)/AS/%s/V/%s/AP<</N<</Yes null/Off null>>>>"
            % (name, state, state),
            (72, y, 82, y + 10),
        )
        for name, state, y in ((b"mare", b"Yes", 700), (b"foal", b"Off", 680))
    ]
    labels = [Words("Mare", x=90, y=701), Words("Foal", x=90, y=681)]
    assert text_of(*labels, *boxes) == "☒ Mare\n\n☐ Foal"


def test_a_password_is_not_read() -> None:
    assert text_of(LABEL, field(b"/FT/Tx/Ff 8192/V(secret)")) == "Breed of the horse:"


def test_text_typed_onto_a_page_stands_where_it_was_typed() -> None:
    typed = Annotation(b"/Subtype/FreeText/Contents(Seen by the vet)", (72, 640, 300, 660))
    assert text_of(Words("Horses", y=720), Words("Signed", y=600), typed) == (
        "Horses\n\nSeen by the vet\n\nSigned"
    )


@pytest.mark.parametrize("kind", [b"Text", b"Highlight", b"Underline", b"Square", b"Stamp"])
def test_remarks_stand_behind_their_page(kind: bytes) -> None:
    text = text_of(Words("Horses"), Words("Signed", y=300), note(kind))
    assert text == "Horses\n\nSigned\n\nLooks lame on the left"


@pytest.mark.parametrize(
    "hidden",
    [
        note(b"Text", more=b"/F 2"),
        note(b"Text", more=b"/F 32"),
        note(b"Link"),
        note(b"Popup"),
        field(b"/FT/Tx/F 2/V(Exmoor)"),
    ],
)
def test_what_nobody_sees_is_not_read(hidden: Annotation) -> None:
    assert text_of(Words("Horses"), hidden) == "Horses"


def test_a_remark_that_repeats_its_page_is_left_out() -> None:
    assert text_of(Words("Looks lame on the left"), note(b"Highlight")) == "Looks lame on the left"


def test_a_page_of_notes_only_is_no_scan() -> None:
    assert text_of(note(b"Text")) == "Looks lame on the left"


def test_a_form_that_is_shown_turned() -> None:
    value = field(b"/FT/Tx/V(Exmoor pony)")
    assert "Exmoor pony" in text_of(LABEL, value, rotate=90)


def test_many_notes_and_fields_are_read_within_limits() -> None:
    notes = [note(b"Text", b"Note %d" % n) for n in range(MAX_ANNOTATIONS + 10)]
    assert text_of(*notes).count("Note") == MAX_ANNOTATIONS
    fields = [field(b"/FT/Tx/V(Exmoor)/F 4")] * (MAX_FIELDS + 1)
    assert text_of(Words("Horses"), *fields) == "Horses"
