# spaCy and presidio-analyzer are only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUnknownParameterType=false, reportIncompatibleMethodOverride=false
"""Presidio's engine with one reading of each text, shared by all of its recognisers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence

from core.text import Span
from ingest.label import entities, tokens
from ingest.label.engines import (
    AnalyzerEngine,
    ContextAwareEnhancer,
    EntityRecognizer,
    NlpArtifacts,
    NlpEngine,
    RecognizerRegistry,
    RecognizerResult,
)
from ingest.label.findings import Finding
from ingest.label.recognisers.base import Recogniser

LANGUAGE = "en"


class Reading(NlpArtifacts):
    """What the models found in one text."""

    def __init__(self, findings: Iterable[Finding], engine: NlpEngine) -> None:
        super().__init__([], None, [], [], engine, LANGUAGE)  # pyright: ignore[reportArgumentType]
        self.findings = tuple(findings)


class SharedReading(NlpEngine):
    """Has the models read each text once for all recognisers, and many texts at once."""

    def __init__(self, read: Callable[[Sequence[str]], Sequence[Iterable[Finding]]]) -> None:
        self._read = read

    def load(self) -> None:
        pass

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> Reading:
        return Reading(self._read([text])[0], self)

    def process_batch(self, texts: Iterable[str], language: str, **_: object) -> Generator[tuple[str, Reading]]:
        whole = list(texts)
        for text, findings in zip(whole, self._read(whole), strict=True):
            yield text, Reading(findings, self)

    def is_stopword(self, word: str, language: str) -> bool:
        return False

    def is_punct(self, word: str, language: str) -> bool:
        return False

    def get_supported_entities(self) -> list[str]:
        return sorted({*entities.KINDS.values(), *tokens.KINDS.values()})

    def get_supported_languages(self) -> list[str]:
        return [LANGUAGE]


class FoundByModel(EntityRecognizer):
    """A model as a recogniser of Presidio: what it found in the shared reading."""

    def __init__(self, rule: str, kinds: Iterable[str]) -> None:
        self._rule = rule
        super().__init__(supported_entities=sorted(set(kinds)), name=rule, supported_language=LANGUAGE)

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        if not isinstance(nlp_artifacts, Reading):
            raise TypeError("The reading is not a shared one.")
        return [_result(each) for each in nlp_artifacts.findings if each.rule == self._rule]


class FoundByForm(EntityRecognizer):
    """One of our recognisers as one of Presidio's."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        super().__init__(supported_entities=["FORM"], name=recogniser.name, supported_language=LANGUAGE)

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        return [_result(each) for each in self._recogniser.find(text)]


class NoEnhancement(ContextAwareEnhancer):
    """Our recognisers judge the words around a value themselves."""

    def __init__(self) -> None:
        super().__init__(
            context_similarity_factor=0, min_score_with_context_similarity=0, context_prefix_count=0,
            context_suffix_count=0,
        )  # fmt: skip

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,
    ) -> list[RecognizerResult]:
        return raw_results


class Engine:
    """Presidio's engine over the models and our recognisers."""

    def __init__(
        self,
        read: Callable[[Sequence[str]], Sequence[Iterable[Finding]]],
        recognisers: Iterable[Recogniser],
        threshold: float,
    ) -> None:
        by_model = [
            FoundByModel(entities.RULE, entities.KINDS.values()),
            FoundByModel(tokens.RULE, tokens.KINDS.values()),
        ]
        by_form = [FoundByForm(recogniser) for recogniser in recognisers]
        self._shared = SharedReading(read)
        self._analyzer = AnalyzerEngine(
            registry=RecognizerRegistry(recognizers=[*by_model, *by_form], supported_languages=[LANGUAGE]),
            nlp_engine=self._shared,
            default_score_threshold=threshold,
            supported_languages=[LANGUAGE],
            context_aware_enhancer=NoEnhancement(),
        )

    def analyse(self, texts: Sequence[str]) -> list[list[Finding]]:
        """For each text all findings over the threshold; they may overlap."""
        return [
            [
                Finding(each.entity_type, Span(each.start, each.end), each.score, each.recognition_metadata["rule"])
                for each in self._analyzer.analyze(text, LANGUAGE, nlp_artifacts=reading)
            ]
            for text, reading in self._shared.process_batch(texts, LANGUAGE)
        ]


def _result(finding: Finding) -> RecognizerResult:
    return RecognizerResult(
        finding.kind, finding.span.start, finding.span.end, finding.score, recognition_metadata={"rule": finding.rule}
    )
