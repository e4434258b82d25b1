# torch, transformers and sentence-transformers expose partly unknown types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false, reportPrivateUsage=false
# pyright: reportUntypedFunctionDecorator=false, reportPrivateImportUsage=false
"""Exports a sentence-transformers model to ONNX: run as a child process, so that no other process ever loads torch.

    python -m ingest.embed.export MODEL_DIRECTORY OUT_DIRECTORY int8|fp32 THREADS

The graph takes the tokens of texts of equal length (no mask) and returns unit vectors: the model's own modules
(transformer, pooling, dense, normalise) run inside it. Attention is exported as one operator of onnxruntime where
the model lets its attention be replaced, else as the model computes it. Each candidate has to agree with the
reference on fixed sentences; the first that does is kept. Exit status 0 with the files of ``ingest.embed.onnx`` in
OUT_DIRECTORY, or 3 when the model cannot be exported faithfully (the reason is the last line of stderr).
"""

from __future__ import annotations

import math
import os
import shutil
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from ingest.embed.base import Matrix
from ingest.embed.gate import SENTENCES, Agreement, agreement
from ingest.embed.graph import fuse, quantize
from ingest.embed.onnx import CANNOT_EXPORT, MODEL_FILE, TOKENIZER_FILE, OnnxEncoder, Recipe, needs_reduced_range

_OPSET = 17
_FUSED_ATTENTION = "vouch_fused"
_DEFAULT_WINDOW = 512
_SAMPLE = SENTENCES[3]
_SAMPLE_TOKENS = 13


class CannotExport(Exception):
    """No candidate agreed with the reference."""


@torch.library.custom_op("vouch::attention", mutates_args=())
def _fused_attention(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, heads: int, scale: float
) -> torch.Tensor:
    batch, length, width = query.shape

    def split(states: torch.Tensor) -> torch.Tensor:
        return states.view(batch, length, heads, -1).transpose(1, 2)

    mixed = torch.nn.functional.scaled_dot_product_attention(split(query), split(key), split(value), scale=scale)
    return mixed.transpose(1, 2).reshape(batch, length, width).contiguous()


def _attention_symbol(graph: Any, query: Any, key: Any, value: Any, heads: Any, scale: Any) -> Any:
    from torch.onnx import symbolic_helper

    node = graph.op(
        "com.microsoft::MultiHeadAttention",
        query,
        key,
        value,
        num_heads_i=symbolic_helper._parse_arg(heads, "i"),
        scale_f=symbolic_helper._parse_arg(scale, "f"),
    )
    return node.setType(query.type())


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention over every token, in the signature of transformers. The mask is unused: there is no padding."""
    batch, heads, length, size = query.shape

    def join(states: torch.Tensor) -> torch.Tensor:
        return states.transpose(1, 2).reshape(batch, length, heads * size)

    scale = float(scaling) if scaling is not None else float(size) ** -0.5
    return _fused_attention(join(query), join(key), join(value), heads, scale).view(batch, length, heads, size), None


class _Unmasked(torch.nn.Module):
    """The model as a function of tokens alone."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.stages = torch.nn.ModuleList(list(model))
        self.takes_types = "token_type_ids" in (getattr(model.tokenizer, "model_input_names", ()) or ())

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        features: dict[str, Any] = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
        if self.takes_types:
            features["token_type_ids"] = torch.zeros_like(input_ids)
        for stage in self.stages:
            features = stage(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)


def export(source: Path, out: Path, precision: str) -> Recipe:
    """Write the best faithful candidate of the model at ``source`` into ``out``. Raises ``CannotExport``."""
    reference = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    _save_tokenizer(reference, out)
    window = _window(reference)
    wanted = np.asarray(reference.encode(list(SENTENCES), batch_size=8, normalize_embeddings=True), dtype=np.float32)
    plain, exact = _export_float(source, reference, out, wanted, window)
    notes: tuple[str, ...] = ()
    if precision == "int8":
        reduced = needs_reduced_range()
        quantize(plain, out / MODEL_FILE, reduce_range=reduced)
        found = _measure(out, wanted, window)
        if found.passes:
            name = "int8-reduced" if reduced else "int8"
            return _finish(out, plain, Recipe(wanted.shape[1], window, name, found.mean, found.minimum))
        notes = (f"int8 agrees with the reference only to mean {found.mean:.4f}, min {found.minimum:.4f}",)
    shutil.copyfile(plain, out / MODEL_FILE)
    return _finish(out, plain, Recipe(wanted.shape[1], window, "fp32", exact.mean, exact.minimum, notes))


def _finish(out: Path, plain: Path, recipe: Recipe) -> Recipe:
    plain.unlink()
    recipe.write(out)
    return recipe


def _export_float(
    source: Path, reference: SentenceTransformer, out: Path, wanted: Matrix, window: int
) -> tuple[Path, Agreement]:
    # Weights that do not fit one protobuf file, unknown operators and untraceable code surface as these.
    failures = (RuntimeError, ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError, OSError)
    reasons: list[str] = []
    for fused in (True, False):
        traced, target = out / "traced.onnx", out / "float.onnx"
        try:
            model = _with_fused_attention(source) if fused else reference
            _trace(model, traced)
            fuse(traced, target)
            shutil.copyfile(target, out / MODEL_FILE)
            found = _measure(out, wanted, window)
        except failures as error:
            reasons.append(f"{type(error).__name__} ({str(error)[:80]}) with fused={fused}")
            continue
        finally:
            traced.unlink(missing_ok=True)
        if found.exact:
            return target, found
        reasons.append(f"mean cosine {found.mean:.4f}, min {found.minimum:.4f} with fused={fused}")
    raise CannotExport("; ".join(reasons))


def _with_fused_attention(source: Path) -> SentenceTransformer:
    ALL_ATTENTION_FUNCTIONS.register(_FUSED_ATTENTION, _attention)
    torch.onnx.register_custom_op_symbolic("vouch::attention", _attention_symbol, _OPSET)
    return SentenceTransformer(
        str(source), device="cpu", local_files_only=True, model_kwargs={"attn_implementation": _FUSED_ATTENTION}
    )


def _trace(model: SentenceTransformer, target: Path) -> None:
    module = _Unmasked(model).eval()
    # Real tokens, at most 13 of them: within any vocabulary and any table of positions.
    row = model.tokenizer(_SAMPLE)["input_ids"][:_SAMPLE_TOKENS]
    ids = torch.tensor([row, row])
    with torch.no_grad():
        torch.onnx.export(
            module,
            (ids,),
            str(target),
            input_names=["input_ids"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": {0: "texts", 1: "tokens"}, "embedding": {0: "texts"}},
            opset_version=_OPSET,
            dynamo=False,
            custom_opsets={"com.microsoft": 1},
        )


def _window(model: SentenceTransformer) -> int:
    # Models without a limit report None or infinity.
    length = model.max_seq_length
    return int(length) if length is not None and math.isfinite(length) else _DEFAULT_WINDOW


def _save_tokenizer(model: SentenceTransformer, out: Path) -> None:
    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise CannotExport("the model has no fast tokenizer")
    fast.save(str(out / TOKENIZER_FILE))


def _measure(out: Path, wanted: Matrix, window: int) -> Agreement:
    encoder = OnnxEncoder(out, dimensions=wanted.shape[1], window=window, threads=torch.get_num_threads())
    vectors = np.empty_like(wanted)
    encoder.encode_into(vectors, SENTENCES)
    return agreement(vectors, wanted)


def main(arguments: Sequence[str]) -> int:
    source, out, precision, threads = arguments
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    warnings.simplefilter("ignore")
    torch.set_num_threads(int(threads))
    try:
        export(Path(source), Path(out), precision)
    except CannotExport as error:
        sys.stderr.write(f"\n{error}\n")
        return CANNOT_EXPORT
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
