"""Indexing: where the time of a refresh goes, the encoder beside OpenVINO bare, and many articles.

python -m tests.benchmarks.indexing FOLDER [--articles N ...] [--characters N] [--shallow]
                                    [--inside]

FOLDER holds `articles/`. Three things are printed:

- what the main thread of a build does, by samples of its stack, with the most memory that the
  process has meanwhile, and the processor time of all;
- tokens a second of the encoder, and of OpenVINO bare, which computes the same tokens in batches of
  several sizes and leaves the results where they are, in turns;
- for each N, what a refresh of N articles made of FOLDER's sentences takes as a process, in time,
  in processor time and in memory, its reading worker included; with `--inside` it is built in this
  process, and the first of the three is printed of it.

`EXCERPTA_ENCODER__MODEL` names the encoder, by default `english`. With `--shallow` it has only the
first layer of that for English, so that many articles take a fraction of their time, and what is
not the encoder shows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from pathlib import Path
from types import FrameType
from typing import Any

import openvino as ov

from bot.build import bring_in_line, open_encoder
from config import Settings
from embeddings import Encoder, load, locate
from embeddings.encoder import Batch
from embeddings.openvino_model import read
from retrieval.articles import Parser, walk
from retrieval.chunking import chunk, passage, short_title
from tests.benchmarks.conditions import conditions
from tests.benchmarks.corpus import recombined
from tests.paths import ROOT

_SAMPLES_S = 0.005
_LOOKS_S = 0.1
_ROUNDS = 2
_LIST = 128
# So many passages are encoded, from all over the articles.
_PASSAGES = 256
_BATCHES = (4, 8, 32)
_CAPABILITIES = "OPTIMIZATION_CAPABILITIES"

# What the main thread is at, by the functions on its stack: the outermost of the first ones, else
# the innermost of the others.
_WHOLE = {
    "_calibrate": "calibration",
    "judge": "gate",
    "write_lexical": "index of words",
    "load_snapshot": "snapshot for the gate",
    "purge": "publishing",
    "publish": "publishing",
}
_PARTS = {
    "tokenize": "tokens",
    "count_tokens": "tokens counted",
    "encode_passages": "encoder",
    "chunk_tokens": "codes of tokens",
    "_exchange": "waiting for the reading worker",
    "_cut": "cutting",
    "keep": "writing",
    "put": "writing",
    "known_encodings": "writing",
}


@contextmanager
def sampled(found: Counter[str], most_mb: dict[str, float]) -> Iterator[None]:
    """Count what this thread is at, some hundred times a second, while the block runs.

    What the process has in memory meanwhile is noted, too, the most of it for each.
    """
    watched = threading.get_ident()
    over = threading.Event()
    page_mb = resource.getpagesize() / 1e6

    def watch() -> None:
        while not over.wait(_SAMPLES_S):
            doing = _doing(sys._current_frames().get(watched))
            found[doing] += 1
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            most_mb[doing] = max(most_mb.get(doing, 0.0), pages * page_mb)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _doing(frame: FrameType | None) -> str:
    names = []
    while frame is not None:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    whole = [name for name in reversed(names) if name in _WHOLE]
    parts = [name for name in names if name in _PARTS]
    return _WHOLE[whole[0]] if whole else _PARTS[parts[0]] if parts else "all else"


def profile(settings: Settings) -> Iterator[str]:
    """Build an index, and yield lines that say what it took."""
    started = time.perf_counter()
    encoder, choice = open_encoder(settings, lambda _: None)
    yield f"the encoder was loaded in {time.perf_counter() - started:.1f} s"
    found: Counter[str] = Counter()
    most_mb: dict[str, float] = {}
    started, processor = time.perf_counter(), time.process_time()
    with sampled(found, most_mb):
        report = bring_in_line(settings, encoder, choice=choice)
    wall, processor = time.perf_counter() - started, time.process_time() - processor
    yield (
        f"{report.chunks:,} chunks in {wall:.1f} s, {processor:.1f} s of processor time of this "
        f"process, {processor / wall:.2f} cores busy"
    )
    for name, count in found.most_common():
        share = count / found.total()
        yield f"| {name} | {wall * share:.2f} s | {share:.1%} | {most_mb[name]:.0f} MB |"


def _settings(articles: Path, index: Path, model: str) -> Settings:
    places = {"articles": {"folder": articles}, "index": {"folder": index}}
    return Settings.load(None, places | {"encoder": {"model": model}})


def passages(settings: Settings, encoder: Encoder) -> list[str]:
    """Return the passages that a refresh encodes."""
    budget = min(settings.index.chunk_tokens, encoder.max_tokens)
    found = []
    with Parser(settings.articles) as parser:
        for file in walk(settings.articles.folder, settings.articles.max_bytes, Path()).files:
            parser.read(file)
            articles = parser.parse()
            for article, sentences in zip(articles, parser.split(articles), strict=True):
                title = short_title(article.source.title, budget, encoder.count_tokens)
                cut = chunk(article, title, budget, encoder.count_tokens, sentences)
                found += [passage(title, one.text) for one in cut]
    return found


def encoder_alone(name: str, settings: Settings) -> Iterator[str]:
    """Encode passages with the encoder and with OpenVINO bare, and yield lines with their rates."""
    with tempfile.TemporaryDirectory() as root:
        encoder = load(name, cache=Path(root))
        (folder,) = Path(root).iterdir()
        found = read(folder)
        assert found is not None
        card, tokenizer, forward = found
        core = ov.Core()
        core.set_property({"ENABLE_MMAP": False})
        precision = "bf16" if "BF16" in core.get_property("CPU", _CAPABILITIES) else "f32"
        options = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": str(forward.streams)}
        bare = core.compile_model(
            folder / "model.xml", "CPU", {"PERFORMANCE_HINT": "THROUGHPUT", **options}
        )
    every = passages(settings, encoder)
    texts = every[:: -(-len(every) // _PASSAGES)]
    tokenized = tokenizer.tokenize(texts, card.passage_prompt)
    tokens = sum(len(one.ids) for one in tokenized)
    tokenized.sort(key=lambda one: -len(one.ids))

    def whole() -> None:
        for at in range(0, len(texts), _LIST):
            encoder.encode_passages(texts[at : at + _LIST])

    def alone(size: int) -> Callable[[], None]:
        parts = [tokenized[at : at + size] for at in range(0, len(tokenized), size)]
        feeds = [Batch.of(part).feed(card.inputs) for part in parts]
        queue = ov.AsyncInferQueue(bare, forward.streams)

        def run() -> None:
            for feed in feeds:
                queue.start_async(feed)
            queue.wait_all()

        return run

    ways = {"Excerpta": whole, **{f"bare, batches of {n}": alone(n) for n in _BATCHES}}
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(1 + _ROUNDS):  # the first warms up
        for way, run in ways.items():
            started, processor = time.perf_counter(), time.process_time()
            run()
            took = time.perf_counter() - started, time.process_time() - processor
            times[way].append(took)
    yield f"{len(texts):,} passages, {tokens:,} tokens; thousand tokens a second, of processor"
    for way, all_took in times.items():
        wall, processor = (min(part) for part in zip(*all_took[1:], strict=True))
        yield f"| {way} | {tokens / wall / 1000:.1f} | {tokens / processor / 1000:.1f} |"


def many(source: Path, count: int, characters: int, model: str) -> str:
    """Refresh an index of so many articles in a process, and return a line on what it took."""
    with tempfile.TemporaryDirectory() as root:
        articles = Path(root) / "articles"
        articles.mkdir()
        total = recombined(source, articles, count, characters)
        command = [sys.executable, "-P", "-m", "bot", "refresh", "--json"]
        places = ["--articles", str(articles), "--index", f"{root}/index"]
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, *places],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "EXCERPTA_ENCODER__MODEL": model},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        over = threading.Event()
        peak = [0.0]

        def look() -> None:
            while not over.wait(_LOOKS_S):
                peak[0] = max(peak[0], _memory_mb(process.pid))

        watching = threading.Thread(target=look)
        watching.start()
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall, processor = time.perf_counter() - started, usage.ru_utime + usage.ru_stime
        over.set()
        watching.join()
    return (
        f"| {count:,} | {total:,} | {said['chunks']:,} | {wall:.0f} | {processor:.0f} | "
        f"{total / wall / 1000:.1f} | {total / processor / 1000:.1f} | {peak[0]:.0f} |"
    )


def shallow(folder: str) -> None:
    """Save the encoder for English with its first layer alone in a folder."""
    from sentence_transformers import SentenceTransformer

    english = str(locate("english").folder)
    model: Any = SentenceTransformer(english, device="cpu", local_files_only=True)
    bert = model[0].auto_model
    bert.encoder.layer = bert.encoder.layer[:1]
    bert.config.num_hidden_layers = 1
    model.save(folder, create_model_card=False)
    load(folder)  # it is compiled now, as that is no part of indexing


def _memory_mb(process: int) -> float:
    """Return what a process and its children have in memory, what they share counted once."""
    found = 0
    with suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for one in (process, *children):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            found += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return found / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--characters", type=int, default=8_000, help="of an article")
    parser.add_argument("--shallow", action="store_true", help="an encoder of one layer")
    parser.add_argument("--inside", action="store_true", help="build them in this process")
    options = parser.parse_args()
    articles = options.folder.resolve() / "articles"
    print(conditions())
    with tempfile.TemporaryDirectory() as root:
        model = os.environ.get("EXCERPTA_ENCODER__MODEL", "english")
        if options.shallow:
            model = f"{root}/shallow"
            # In a process of its own, as torch's memory is none of a build's.
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                pool.submit(shallow, model).result()
        if not options.articles:
            settings = _settings(articles, Path(root) / "index", model)
            print(*profile(settings), sep="\n", flush=True)
            print(*encoder_alone(model, settings), sep="\n", flush=True)
        elif options.inside:
            for count in options.articles:
                made = Path(root) / f"{count}"
                made.mkdir()
                recombined(articles, made, count, options.characters)
                settings = _settings(made, Path(root) / f"{count}-index", model)
                print(f"{count:,} articles:", *profile(settings), sep="\n", flush=True)
        else:
            print("articles, characters, chunks, s, of processor, thousand characters a second, of")
            print("processor, peak memory in MB")
            for count in options.articles:
                print(many(articles, count, options.characters, model), flush=True)


if __name__ == "__main__":
    main()
