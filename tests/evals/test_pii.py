"""How the evaluation of detection counts."""

from __future__ import annotations

from collections.abc import Sequence

from core.text import Span
from evals.pii import Case, Gold, Labelled, detect_in_documents, is_tuning, score, score_cases
from ingest.label.findings import Finding


def finding(start: int, end: int, kind: str = "PERSON") -> Finding:
    return Finding(kind, Span(start, end), 0.9, "test")


def labelled(text: str, *gold: tuple[str, int, int], template: str = "1") -> Labelled:
    return Labelled(text, template, tuple(Gold(kind, Span(start, end)) for kind, start, end in gold))


def test_a_span_counts_only_if_nothing_of_it_stays_visible() -> None:
    text = labelled("Anna Smith", ("PERSON", 0, 10))
    assert score([text], [[finding(0, 4), finding(5, 10)]]).recall.hits == 1
    assert score([text], [[finding(0, 4), finding(5, 9)]]).recall.hits == 0


def test_a_finding_is_right_if_most_of_it_is_gold() -> None:
    text = labelled("Anna Smith came", ("PERSON", 0, 10))
    assert score([text], [[finding(0, 15)]]).precision.hits == 1
    assert score([text], [[finding(8, 15)]]).precision.hits == 0


def test_groups_and_kinds_are_counted_apart() -> None:
    text = labelled("Anna Acme", ("PERSON", 0, 4), ("ORGANIZATION", 5, 9))
    found = score([text], [[finding(0, 4)]])
    assert found.recall.total == 2
    assert found.recall_of["direct identifiers"].hits == found.recall_of["direct identifiers"].total == 1
    assert found.recall_of["ORGANIZATION"].hits == 0


def test_the_lower_bound_knows_that_texts_of_a_template_are_alike() -> None:
    text = "Anna"
    many = [labelled(text, ("PERSON", 0, 4), template=str(number)) for number in range(100)]
    few = [labelled(text, ("PERSON", 0, 4), template=str(number % 4)) for number in range(100)]
    found = [[finding(0, 4)] if number % 4 else [] for number in range(100)]
    assert score(few, found).recall.interval.low < score(many, found).recall.interval.low < 0.75


def test_a_near_miss_counts_only_as_the_kind_that_it_is_not() -> None:
    cases = [Case("IBAN_CODE", "GB00", ()), Case("IBAN_CODE", "GB33", (Span(0, 4),))]
    right = score_cases(cases, [[finding(0, 4, "PERSON")], [finding(0, 4, "IBAN_CODE")]])
    assert right.quiet == (1, 1)
    assert right.named == right.whole == (1, 1)
    wrong = score_cases(cases, [[finding(0, 4, "IBAN_CODE")], [finding(0, 4, "PERSON")]])
    assert wrong.quiet == wrong.named == (0, 1)
    assert wrong.whole == (1, 1)


def test_a_template_is_in_one_half_only_and_halves_are_about_equal() -> None:
    halves = [is_tuning(str(number)) for number in range(1000)]
    assert halves == [is_tuning(str(number)) for number in range(1000)]
    assert 400 < sum(halves) < 600


class Names:
    """Finds every ``Anna``."""

    identity = "names"

    def find(self, texts: Sequence[str]) -> list[tuple[Finding, ...]]:
        return [tuple(finding(at, at + 4) for at in range(len(text)) if text.startswith("Anna", at)) for text in texts]


def test_findings_in_a_document_come_back_to_their_texts() -> None:
    texts = [f"{'x' * (number % 7)} Anna {number}" for number in range(400)]
    assert detect_in_documents(Names(), texts) == Names().find(texts)
