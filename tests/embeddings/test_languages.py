from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from embeddings import Encoder, load
from embeddings.models import declared_languages
from tests.embeddings import tiny


def test_the_default_encoder_knows_english_only(encoder: Encoder) -> None:
    assert encoder.languages == frozenset({"en"})


@pytest.mark.parametrize(
    ("card", "languages"),
    [
        ("---\nlanguage: en\nlicense: mit\n---\n# A model", {"en"}),
        ("---\ntags: [x]\nlanguage:\n- en\n- 'de'\n- no\ntags:\n- fr\n---\n", {"en", "de", "no"}),
        ("---\nlanguage:\n  - en\n  - uk\n---\n", {"en", "uk"}),
        ("---\nlanguage: [en, de]\nlanguage_bcp47:\n- fr-ca\n---\n", {"en", "de"}),
        ("---\nlanguage: multilingual\n---\n", None),
        ("---\nlanguage:\n- multilingual\n- en\n- de\n---\n", None),
        ("---\nlanguage:\n- en\n- code\n---\n", None),
        ("---\nlanguage: eng\n---\n", None),
        ("---\nlanguage:\n---\n", None),
        ("---\nlicense: mit\n---\nlanguage: en\n", None),
        ("language: en\n", None),
        ("", None),
        ("---\n" + "x: y\n" * 30_000 + "language: en\n---\n", None),
    ],
)
def test_a_models_card_tells_its_languages(
    card: str, languages: set[str] | None, tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text(card, encoding="utf-8")
    assert declared_languages(tmp_path) == (languages and frozenset(languages))


def test_a_model_without_a_readable_card_tells_none(tmp_path: Path) -> None:
    assert declared_languages(tmp_path) is None
    (tmp_path / "README.md").write_bytes(b"---\nlanguage: \xff\xfe\n---\n")
    assert declared_languages(tmp_path) is None
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "README.md").mkdir()
    assert declared_languages(tmp_path / "other") is None


def test_an_encoder_has_the_languages_of_its_card_and_the_same_fingerprint(
    tmp_path: Path, tiny_model: Path
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    cache = tmp_path / "cache"
    silent = load(str(folder), cache=cache)
    (folder / "README.md").write_text("---\nlanguage: [en, uk]\n---\n", encoding="utf-8")
    telling = load(str(folder), cache=cache)
    assert silent.languages is None
    assert telling.languages == frozenset({"en", "uk"})
    assert telling.fingerprint == silent.fingerprint


def test_a_multilingual_model_encodes_every_script(tmp_path: Path) -> None:
    folder = tiny.build(tmp_path / "roberta", kind="roberta")
    card = "---\nlanguage:\n- multilingual\n- en\n- uk\n---\n"
    (folder / "README.md").write_text(card, encoding="utf-8")
    encoder = load(
        str(folder), cache=tmp_path / "cache", query_prompt="query: ", passage_prompt="passage: "
    )
    assert encoder.languages is None
    for passage in encoder.encode_passages(["Де міст?", "Where is the bridge?", "橋はどこ"]):
        assert abs(float((passage.vector**2).sum()) - 1) < 1e-3
        assert len(passage.codes)
