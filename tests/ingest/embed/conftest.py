"""Real models for the embedder tests: the packaged one, and small ones built once in a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]

BUILD = """
import sys
from pathlib import Path
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertConfig, BertModel
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Pooling, StaticEmbedding, Transformer
from ingest.embed.model_files import PACKAGED_MODEL, model_directory

home, packaged = Path(sys.argv[1]), model_directory(PACKAGED_MODEL)
torch.manual_seed(7)
tokenizer = AutoTokenizer.from_pretrained(str(packaged))
config = BertConfig(vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
                    intermediate_size=96, max_position_embeddings=64)
BertModel(config).save_pretrained(home / "parts")
tokenizer.save_pretrained(home / "parts")
transformer = Transformer(str(home / "parts"), max_seq_length=16)
SentenceTransformer(modules=[transformer, Pooling(48, pooling_mode="cls")], device="cpu").save(str(home / "cls"))
words = StaticEmbedding(Tokenizer.from_file(str(packaged / "tokenizer.json")), embedding_dim=32)
SentenceTransformer(modules=[words], device="cpu").save(str(home / "static"))
"""

REFERENCE = """
import sys
import numpy as np
from sentence_transformers import SentenceTransformer
texts = open(sys.argv[2], encoding="utf-8").read().split("\\x00")
model = SentenceTransformer(sys.argv[1], device="cpu")
np.save(sys.argv[3], model.encode(texts, normalize_embeddings=True))
"""


def run_child(script: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT), "HF_HUB_OFFLINE": "1"},
    )


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of exports for all tests of the run."""
    return tmp_path_factory.mktemp("embedders")


@pytest.fixture(scope="session")
def small_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``cls`` (48 dimensions, CLS pooling, not normalised, window 16) and ``static`` (a word table)."""
    home = tmp_path_factory.mktemp("models")
    run_child(BUILD, str(home))
    return home
