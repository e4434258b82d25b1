# spaCy and presidio-analyzer are only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false
"""spaCy and Presidio, imported without what they would import along.

Their optional parts load torch and transformers (6 s and 300 MB more), which nothing here uses. Still about a second:
only where texts are looked through, never where the server starts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

__all__ = [
    "IS_SPACE", "AnalyzerEngine", "ContextAwareEnhancer", "Doc", "EntityRecognizer", "NlpArtifacts", "NlpEngine",
    "NumpyOps", "Pipeline", "RecognizerRegistry", "RecognizerResult", "load_model",
]  # fmt: skip

_OPTIONAL = ("torch", "cupy", "tensorflow", "mxnet", "transformers", "stanza", "gliner", "spacy_huggingface_pipelines")


@contextmanager
def _without(*names: str) -> Generator[None]:
    """Import as if these packages were not installed, unless they are loaded already."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


# Its recogniser of e-mails, which is not used, would fetch lists of domains from the network.
os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")
with _without(*_OPTIONAL):
    from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry, RecognizerResult
    from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
    from spacy.attrs import IS_SPACE
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc
    from spacy.util import load_model as _load_model
    from thinc.api import NumpyOps


def load_model(name: str, *, exclude: list[str]) -> Pipeline:
    """A packaged spaCy model without some of its components. Raises ``OSError`` when there is none."""
    with _without(*_OPTIONAL):
        return _load_model(name, exclude=exclude)
