"""The peer: LlamaIndex with sentence-transformers and Qdrant local, as its documentation sets it up.

Runs in the environment of ``evals/peers/llamaindex.txt``, never in the product's:

    python llamaindex.py ingest --model DIR --nodes FILE --store DIR --threads 2
    python llamaindex.py search --model DIR --nodes FILE --vectors FILE.npy --store DIR --queries FILE --threads 2

``FILE`` are lines of JSON: nodes ``{"id", "text"}``, queries ``{"id", "text"}``. The last line printed is JSON with
the seconds measured. Loading Python, the model and the input is not part of them.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

for _name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "DO_NOT_TRACK", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_name, "1")

COLLECTION = "bench"
TOP = 10
WARM_UP = 10


def main() -> None:
    given = _arguments()
    logging.disable(logging.WARNING)
    import torch

    torch.set_num_threads(given.threads)
    result = ingest(given) if given.task == "ingest" else search(given)
    result |= {"versions": _versions(), "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    sys.stdout.write("\n" + json.dumps(result) + "\n")


def ingest(given: argparse.Namespace) -> dict[str, Any]:
    """Embed and store the nodes through an ``IngestionPipeline``."""
    from llama_index.core.ingestion import IngestionPipeline

    nodes = _nodes(given.nodes)
    embedder = _embedder(given)
    # The first batch pays for what torch sets up once; the product's embedder is loaded before its clock starts too.
    embedder.get_text_embedding_batch([node.text for node in nodes[:8]])
    client, store = _store(given.store)
    pipeline = IngestionPipeline(transformations=[embedder], vector_store=store, disable_cache=given.no_cache)
    began, cpu = time.perf_counter(), time.process_time()
    done = pipeline.run(nodes=nodes, show_progress=False)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    stored = client.count(COLLECTION).count
    client.close()
    if not len(done) == stored == len(nodes):
        raise SystemExit(f"the peer stored {stored} of {len(nodes)} nodes")
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "nodes": stored, "batch": embedder.embed_batch_size}


def search(given: argparse.Namespace) -> dict[str, Any]:
    """Seconds of every query, by a retriever over nodes whose vectors are given; a new store is filled with them."""
    import numpy as np
    from llama_index.core import VectorStoreIndex

    nodes = _nodes(given.nodes)
    client, store = _store(given.store)
    if not client.collection_exists(COLLECTION):
        for node, vector in zip(nodes, np.load(given.vectors), strict=True):
            node.embedding = vector.tolist()
        store.add(nodes)
    index = VectorStoreIndex.from_vector_store(store, embed_model=_embedder(given))
    retriever = index.as_retriever(similarity_top_k=TOP)
    queries = _lines(given.queries)
    for query in queries[:WARM_UP]:
        retriever.retrieve(query["text"])
    latencies: list[float] = []
    for query in queries:
        began = time.perf_counter()
        found = retriever.retrieve(query["text"])
        latencies.append(time.perf_counter() - began)
        if len(found) != TOP:
            raise SystemExit("the peer's retriever returned fewer passages than asked for")
    client.close()
    return {"latencies": latencies, "nodes": len(nodes)}


def _store(directory: Path) -> tuple[Any, Any]:
    from llama_index.vector_stores.qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient

    client = QdrantClient(path=str(directory))
    return client, QdrantVectorStore(client=client, collection_name=COLLECTION)


def _embedder(given: argparse.Namespace) -> Any:
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

    chosen = {"embed_batch_size": given.batch} if given.batch else {}
    return HuggingFaceEmbedding(model_name=str(given.model), device="cpu", **chosen)


def _nodes(path: Path) -> list[Any]:
    from llama_index.core.schema import TextNode

    return [TextNode(id_=each["id"], text=each["text"]) for each in _lines(path)]


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    names = ("llama-index-core", "llama-index-vector-stores-qdrant", "qdrant-client", "sentence-transformers", "torch")
    return {name: version(name) for name in names}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("ingest", "search"))
    for name in ("model", "nodes", "store", "queries", "vectors"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, help="Texts a batch; the embedder's own default without it.")
    parser.add_argument("--no-cache", action="store_true", help="Without the pipeline's cache of embeddings.")
    return parser.parse_args()


if __name__ == "__main__":
    main()
