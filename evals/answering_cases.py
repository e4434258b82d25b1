"""Questions with known answerability and, where there is one, a gold answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from connectors.sources.base import RECORD, Item
from evals.datasets import json_lines

DEMO = Path(__file__).resolve().parents[1] / "api" / "demo"


@dataclass(frozen=True, slots=True)
class Case:
    """``gold`` is the reference answer; ``without`` are the documents to pass over, which makes it unanswerable."""

    set: str
    id: str
    question: str = field(repr=False)
    answerable: bool
    gold: str = field(default="", repr=False)
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Corpus:
    name: str
    cases: tuple[Case, ...]
    items: tuple[Item, ...] = field(repr=False)


def corpora(data: Path) -> tuple[Corpus, ...]:
    """All sets. Raises ``FileNotFoundError`` where one is absent."""
    return northwind(data), clapnq(data), claude_docs(data), demo_company()


def northwind(data: Path) -> Corpus:
    """92 answerable and 19 unanswerable questions over six HR documents."""
    folder = data / "qa_northwind_hr"
    rows = [*json_lines(folder / "queries.jsonl"), *json_lines(folder / "unanswerable.jsonl")]
    cases = (Case("northwind", row["_id"], row["text"], bool(row["answerable"]), row.get("answer", "")) for row in rows)
    items = (Item(path.name, path.read_bytes(), path.name) for path in sorted((folder / "docs").glob("*.pdf")))
    return Corpus("northwind", tuple(cases), tuple(items))


def clapnq(data: Path) -> Corpus:
    """300 answerable and 300 unanswerable questions; each unanswerable one has a plausible passage in the pool."""
    folder = data / "qa_clapnq"
    cases = (
        Case("clapnq", row["id"], row["input"], bool(row["answerable"]), row["output"][0]["answer"])
        for row in json_lines(folder / "dev.jsonl.gz")
    )
    return Corpus("clapnq", tuple(cases), _records(folder / "corpus.jsonl.gz"))


def claude_docs(data: Path) -> Corpus:
    """100 questions twice: over all sections, and without those that answer, as if the asker may not read them."""
    folder = data / "ret_claude_docs"
    gold: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, _ = line.split("\t")
        gold.setdefault(query, set()).add(document)
    cases: list[Case] = []
    for row in json_lines(folder / "queries.jsonl"):
        name, question = row["_id"], row["text"]
        cases.append(Case("claude_docs", name, question, answerable=True, gold=row["answer"]))
        cases.append(Case("claude_docs", f"{name}-hidden", question, answerable=False, without=frozenset(gold[name])))
    return Corpus("claude_docs", tuple(cases), _records(folder / "corpus.jsonl.gz"))


def demo_company(folder: Path = DEMO) -> Corpus:
    """The demo company's questions over what each asker may read, and again without the document that answers."""
    company = yaml.safe_load((folder / "company.yaml").read_text("utf-8"))
    readers = {each["path"]: {*each["allow"]} for each in company["sources"]}
    groups = {each["email"]: {*each["groups"], "everyone"} for each in company["people"]}
    # Records of people have fields of their own access, which this shelf does not know.
    paths = [path for path in sorted((folder / "documents").rglob("*")) if path.is_file() and path.suffix != ".jsonl"]
    items = tuple(
        Item(path.relative_to(folder / "documents").as_posix(), path.read_bytes(), path.name) for path in paths
    )
    cases: list[Case] = []
    for number, row in enumerate(_questions(folder)):
        hidden = {item.key for item in items if not readers[item.key.partition("/")[0]] & groups[row["as"]]}
        answerable = row["expect"] == "answered"
        cases.append(Case("demo", f"d{number}", row["question"], answerable, without=frozenset(hidden)))
        if answerable and row["kind"] in ("plain", "table"):
            without = frozenset(hidden | {row["document"]})
            cases.append(Case("demo", f"d{number}-hidden", row["question"], answerable=False, without=without))
    return Corpus("demo", tuple(cases), items)


def _questions(folder: Path) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = yaml.safe_load((folder / "questions.yaml").read_text("utf-8"))
    return [
        row for row in rows if "people/" not in str(row.get("document")) and "salary" not in row["question"].lower()
    ]


def _records(path: Path) -> tuple[Item, ...]:
    return tuple(
        Item(
            row["_id"],
            json.dumps({"title": row.get("title", ""), "text": row["text"], "fields": []}).encode(),
            "record.json",
            media_type=RECORD,
        )
        for row in json_lines(path)
    )
