from __future__ import annotations

from pathlib import Path

import pytest

from embeddings import Encoder
from retrieval.search.searcher import Searcher
from tests.retrieval.library import Library


def searcher(folder: Path, encoder: Encoder, **articles: str) -> Searcher:
    library = Library(folder, encoder=encoder)
    library.write(
        mill="The mill at Dornbeck ground rye until 1954.",
        **articles,
    )
    library.refresh()
    return library.searcher()


@pytest.mark.parametrize(
    ("asked", "stands"), [("Kharkov", "Kharkiv"), ("Sudja", "Sudzha"), ("Lvov", "Lviv")]
)
def test_a_name_is_found_in_a_form_that_is_not_the_only_one(
    tmp_path: Path, encoder: Encoder, asked: str, stands: str
) -> None:
    found = searcher(
        tmp_path,
        encoder,
        trams=f"The council of {stands} bought nine trams from a closed factory in 1987.",
        choir=f"A choir from {asked} sang hymns at a wedding and went home by ship.",
        other="The council of Gdansk bought seven trams from a closed factory in 1989.",
    ).search(f"How many trams did {asked} buy?")

    assert found.hits[0].source.path == "trams.txt"
    assert found.hits[0].lexical
    assert found.hits[0].lexical.rank == 1


@pytest.mark.parametrize(("one", "other"), [("Ivanov", "Ivanova"), ("Petrenko", "Petrenka")])
def test_of_two_people_the_one_who_is_asked_for_comes_first(
    tmp_path: Path, encoder: Encoder, one: str, other: str
) -> None:
    people = searcher(
        tmp_path,
        encoder,
        one=f"{one} founded the glass works in 1901.",
        other=f"{other} founded the brick works in 1914 and painted its gates.",
        more=f"{one} was born here. {one} kept bees.",
    )

    assert people.search(f"What did {one} found?").hits[0].source.path == "one.txt"
    assert people.search(f"What did {other} found?").hits[0].source.path == "other.txt"
