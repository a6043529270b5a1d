from __future__ import annotations

import unicodedata

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.composition import compose

LETTERS = "aеиоüéйї각힣ा의Åộ\u0301\u0323\u0302\u064f\u0654\u1161\u11a8\u09be\u09c7\u0dcf\u0dd9 x\n"


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from(LETTERS), st.characters(codec="utf-8"))))
def test_it_is_what_unicode_composes(text: str) -> None:
    for form in ("NFD", "NFC", "NFKD"):
        given_ = unicodedata.normalize(form, text)
        composed, places = compose(given_)
        assert composed == unicodedata.normalize("NFC", given_)
        if places is None:
            assert composed == given_
            continue
        assert len(places) == len(composed) + 1
        assert places[-1] == len(given_)
        assert (np.diff(places) >= 0).all()


def test_a_character_stands_where_its_parts_stood() -> None:
    text = "cafe\u0301 и\u0306од"
    composed, places = compose(text)
    assert composed == "café йод"
    assert places is not None
    assert places.tolist() == [0, 1, 2, 3, 5, 6, 8, 9, 10]
    assert compose("café") == ("café", None)
