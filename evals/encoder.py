# onnxruntime, torch and sentence-transformers expose partly unknown types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The bare encoder against its peer, in one run: ``python -m evals.encoder [--chunks 300] [--rounds 3]``.

Chunks of at most 200 tokens of SciFact abstracts, title first, two cores. Each variant runs in turn, several rounds,
and its best round counts, because other work on the machine only ever slows a round down. Beside chunks per second
it prints chunks per second of processor time, which such work disturbs least, resident memory, and the cosine to
sentence-transformers.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from ingest.embed.base import Matrix
from ingest.embed.model_files import PACKAGED_MODEL, model_directory

DATA = Path(os.environ.get("VOUCH_EVAL_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
_TOKENS = 200
_THREADS = 2
_PADDED_BATCH = 16
Encode = Callable[[list[str]], Matrix]


@dataclass(frozen=True, slots=True)
class Round:
    seconds: float
    processor_seconds: float
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    chunks_per_second: float
    chunks_per_processor_second: float
    resident_mb: float
    query_ms: float
    mean_cosine: float
    min_cosine: float


def scifact_chunks(count: int) -> list[str]:
    """Sentences of the abstracts packed up to 200 tokens, the title before each chunk."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_directory(PACKAGED_MODEL) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    chunks: list[str] = []
    for title, sentences in _abstracts():
        chunk = title
        for sentence in sentences:
            longer = f"{chunk} {sentence}"
            if len(tokenizer.encode(longer).ids) > _TOKENS:
                chunks.append(chunk)
                longer = f"{title} {sentence}"
            chunk = longer
        chunks.append(chunk)
        if len(chunks) >= count:
            return chunks[:count]
    return chunks


def _abstracts() -> Iterator[tuple[str, list[str]]]:
    with gzip.open(DATA / "ret_scifact" / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            yield record["title"], list(record["sentences"])


def open_ours(threads: int, precision: Any) -> Encode:
    from ingest.embed.open import open_embedder

    return open_embedder(cache_dir=_cache(), threads=threads, precision=precision).embed


def open_one_session() -> Encode:
    """The same graph, one text a run, with both cores inside each run."""
    from ingest.embed.onnx import OnnxEmbedder, OnnxEncoder
    from ingest.embed.open import open_embedder

    embedder = open_embedder(cache_dir=_cache(), threads=_THREADS)
    assert isinstance(embedder, OnnxEmbedder)
    encoder = OnnxEncoder(embedder.directory, dimensions=embedder.dimensions, window=embedder.window, threads=_THREADS)

    def encode(texts: list[str]) -> Matrix:
        out = np.empty((len(texts), encoder.dimensions), dtype=np.float32)
        encoder.encode_into(out, texts)
        return out

    return encode


def open_usual_int8() -> Encode:
    """The usual recipe: exported with its mask, quantised per channel, sorted and padded batches on both cores."""
    from tokenizers import Tokenizer

    from ingest.embed.onnx import open_session

    home = _cache() / "usual"
    if not (home / "int8.onnx").is_file():
        subprocess.run([sys.executable, "-m", "evals.encoder", "--export-usual", str(home)], check=True)
    tokenizer = Tokenizer.from_file(str(model_directory(PACKAGED_MODEL) / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    session = open_session(home / "int8.onnx", _THREADS)

    def encode(texts: list[str]) -> Matrix:
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        out = np.empty((len(texts), 384), dtype=np.float32)
        for start in range(0, len(order), _PADDED_BATCH):
            rows = order[start : start + _PADDED_BATCH]
            batch = tokenizer.encode_batch([texts[row] for row in rows])
            ids = np.array([encoding.ids for encoding in batch])
            mask = np.array([encoding.attention_mask for encoding in batch])
            vectors: Any = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            out[rows] = vectors
        return out

    return encode


def export_usual(home: Path) -> None:
    """Export with torch as tutorials do; run in a process of its own."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModel

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            directory = str(model_directory(PACKAGED_MODEL))
            self.model = AutoModel.from_pretrained(directory, attn_implementation="eager")

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * mask).sum(1) / mask.sum(1)
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    home.mkdir(parents=True, exist_ok=True)
    ids = torch.randint(1000, 2000, (2, 13))
    axes = {0: "texts", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            Pooled().eval(),
            (ids, torch.ones_like(ids)),
            str(home / "fp32.onnx"),
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "embedding": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
    quantize_dynamic(str(home / "fp32.onnx"), str(home / "int8.onnx"), weight_type=QuantType.QInt8, per_channel=True)


def open_peer(batch: int) -> Encode:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(_THREADS)
    model = SentenceTransformer(str(model_directory(PACKAGED_MODEL)), device="cpu")

    def encode(texts: list[str]) -> Matrix:
        vectors = model.encode(texts, batch_size=batch, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    return encode


def _cache() -> Path:
    return Path(os.environ.get("VOUCH_BENCH_CACHE", Path(tempfile.gettempdir()) / "vouch-bench")) / "embedders"


VARIANTS: dict[str, Callable[[], Encode]] = {
    "sentence-transformers, torch fp32, batch 32": lambda: open_peer(32),
    "sentence-transformers, torch fp32, batch 10": lambda: open_peer(10),
    "onnx int8, usual export, padded batch 16": open_usual_int8,
    "ours int8, one text a run, 1 run x 2 cores": open_one_session,
    "ours fp32, one text a run, 2 runs x 1 core": lambda: open_ours(_THREADS, "fp32"),
    "ours int8, one text a run, 2 runs x 1 core": lambda: open_ours(_THREADS, "int8"),
}


def serve(name: str, chunks: list[str], pipe: Any) -> None:
    """One variant in a process of its own: a round at each request, then its vectors."""
    encode = VARIANTS[name]()
    encode(chunks[:8])
    pipe.send("ready")
    vectors = np.empty(0)
    while (request := pipe.recv()) == "round":
        wall, processor = time.perf_counter(), time.process_time()
        vectors = encode(chunks)
        times = time.perf_counter() - wall, time.process_time() - processor
        pipe.send(Round(*times, psutil.Process().memory_info().rss / 2**20))
    assert request == "end"
    pipe.send((vectors, _query_ms(encode)))


def _query_ms(encode: Encode) -> float:
    seconds: list[float] = []
    for _ in range(30):
        start = time.perf_counter()
        encode(["How many days of leave do I have in my first year?"])
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)) * 1000


def measure(chunks: list[str], rounds: int) -> list[Row]:
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Any] = {}
    for name in VARIANTS:
        ours, theirs = context.Pipe()
        context.Process(target=serve, args=(name, chunks, theirs), daemon=True).start()
        ours.recv()
        pipes[name] = ours
    results: dict[str, list[Round]] = {name: [] for name in VARIANTS}
    for _ in range(rounds):
        for name, pipe in pipes.items():
            pipe.send("round")
            results[name].append(pipe.recv())
    finals: dict[str, tuple[Matrix, float]] = {}
    for name, pipe in pipes.items():
        pipe.send("end")
        finals[name] = pipe.recv()
    reference = finals[next(iter(VARIANTS))][0]
    return [_row(name, len(chunks), results[name], *finals[name], reference) for name in VARIANTS]


def _row(name: str, count: int, rounds: list[Round], vectors: Matrix, query_ms: float, reference: Matrix) -> Row:
    cosines = np.einsum("ij,ij->i", vectors, reference)
    return Row(
        name,
        count / min(one.seconds for one in rounds),
        count / min(one.processor_seconds for one in rounds),
        max(one.resident_mb for one in rounds),
        query_ms,
        float(cosines.mean()),
        float(cosines.min()),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the rows here")
    parser.add_argument("--export-usual", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.export_usual:
        export_usual(arguments.export_usual)
        return
    if not (DATA / "ret_scifact").is_dir():
        raise SystemExit(f"No SciFact data in {DATA}; set VOUCH_EVAL_DATA.")
    rows = measure(scifact_chunks(arguments.chunks), arguments.rounds)
    print(f"{'variant':46} {'chunks/s':>9} {'per cpu-s':>9} {'RSS MB':>7} {'query ms':>9} {'cosine mean / min':>18}")
    for row in rows:
        print(
            f"{row.name:46} {row.chunks_per_second:9.1f} {row.chunks_per_processor_second:9.1f} "
            f"{row.resident_mb:7.0f} {row.query_ms:9.1f} {row.mean_cosine:10.4f} / {row.min_cosine:.4f}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps([{f: getattr(row, f) for f in Row.__slots__} for row in rows], indent=2))


if __name__ == "__main__":
    main()
