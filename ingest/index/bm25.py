# qdrant_edge is a compiled module whose stubs are partly untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""BM25 weights of texts, shared by every index so that scores agree.

Term weights follow Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with a
fixed average length, so that adding a document never changes the weights of another. Terms are lower-cased, stemmed
for English, without stop words, and hashed to 32 bits.
"""

from __future__ import annotations

from qdrant_edge import Bm25, Bm25Config, SparseVector

K1 = 1.2
B = 0.75
AVERAGE_LENGTH = 256

_model = Bm25(Bm25Config(language="english", k=K1, b=B, avg_len=AVERAGE_LENGTH))


def document_weights(text: str) -> SparseVector:
    """Term -> saturated, length-normalised frequency. Empty for a text without terms."""
    return _model.embed_document(text)


def query_terms(text: str) -> SparseVector:
    """Term -> 1.0, each once. Empty for a text without terms."""
    return _model.embed_query(text)
