"""``vouch eval``."""

# What an evaluation needs is imported where it runs: other commands do not wait for it.
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import guarded

app = typer.Typer(help="Quality on data sets. VOUCH_EVAL_DATA names the folder they lie in.", no_args_is_help=True)
Work = Annotated[Path, typer.Option(help="Keeps what was ingested; a second run starts from it.")]
WORK = Path("data/evals")


@app.command()
@guarded
def retrieval(work: Work = WORK) -> None:
    """Ranking: nDCG@10 on four sets against plain reciprocal rank fusion; Northwind hit@5. About 10 minutes."""
    from api.evaluation import echo, evaluate_retrieval

    evaluate_retrieval(work, echo)


@app.command()
@guarded
def chunks(work: Work = WORK) -> None:
    """Exact spans: recall and IoU of the passages found, against pieces of 800 characters ranked by BM25."""
    from api.evaluation import echo, evaluate_chunks

    evaluate_chunks(work, echo)


@app.command()
@guarded
def answering(
    work: Work = WORK,
    fit: Annotated[bool, typer.Option(help="Write answer/support_weights.json anew.")] = False,
    repeats: Annotated[int, typer.Option(min=1, help="Repeats of the five folds.")] = 10,
) -> None:
    """Answering against abstaining: balanced accuracy with the one shipped threshold, and the answers' quality."""
    from evals.answering import main

    main(["--cache", str(work), "--repeats", str(repeats), *(["--fit"] if fit else [])])


@app.command()
@guarded
def parsing() -> None:
    """Files of many formats, broken and hostile ones too: outcomes, word recall, memory of the parsers."""
    from evals.parsing import run

    run()


@app.command()
@guarded
def pii(
    work: Work = WORK,
    tuning: Annotated[bool, typer.Option(help="The tuning half instead of the test half.")] = False,
    cost: Annotated[bool, typer.Option(help="Measure what it costs beside Presidio and embedding.")] = True,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Personal data: recall of wholly covered spans, precision, recogniser cases, cost beside plain Presidio's."""
    from evals.pii_report import run

    run(work, tuning=tuning, as_json=as_json, cost=cost)


@app.command()
@guarded
def routing(
    work: Work = WORK,
    fit: Annotated[bool, typer.Option(help="Write answer/difficulty_weights.json anew, from the tuning half.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Routing: quality over cost of the shipped router, against random routing and the oracle; the whole curve."""
    from evals.routing_report import run

    run(work, refit=fit, as_json=as_json)


@app.command()
@guarded
def grounding(
    work: Work = WORK,
    fit: Annotated[bool, typer.Option(help="Write answer/verify/support_weights.json anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Verification: unsupported sentences told from supported ones, by exact checks, by likeness, and by both."""
    from evals.grounding_report import run

    run(work, refit=fit, as_json=as_json)


@app.command()
@guarded
def injection(
    work: Work = WORK,
    tuning: Annotated[bool, typer.Option(help="The tuning half instead of the test half.")] = False,
    model: Annotated[bool, typer.Option(help="Also ask the small local model, a sample of the attacks.")] = True,
    fit: Annotated[bool, typer.Option(help="Write answer/suspicion_weights.json anew, from the tuning half.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Attacks in documents: whether their effect reaches a reader, what is flagged, and false alarms."""
    from evals.injection_report import run

    run(work, tuning=tuning, as_json=as_json, model=model, fit=fit)


@app.command("local-model")
@guarded
def local_model(
    questions: Annotated[int, typer.Option(min=1, help="Questions at most; about ten seconds each.")] = 20,
) -> None:
    """The small local model writes for the demo company: what it wrote, what held, and what was shown."""
    from tempfile import TemporaryDirectory

    from api.evaluation_model import evaluate_local_model

    with TemporaryDirectory() as folder:
        for line in evaluate_local_model(Path(folder), questions).lines():
            typer.echo(line)


@app.command()
@guarded
def escalation(
    work: Work = WORK,
    sample: Annotated[int, typer.Option(min=0, help="About so many questions of each set; 0 is all.")] = 60,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Escalation after failed verification: who needed the larger tier, and what that saved at which quality. About ten
    seconds a question the first time."""
    from api.evaluation import echo
    from api.evaluation_model import evaluate_escalation
    from evals.escalation_report import show

    show(evaluate_escalation(work, sample, echo), as_json=as_json)


@app.command()
@guarded
def leaving(
    work: Work = WORK,
    sample: Annotated[int, typer.Option(min=0, help="About so many of the texts; 0 is all.")] = 0,
    tuning: Annotated[bool, typer.Option(help="The tuning half instead of the test half.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Every byte that leaves for a model that spies: known values in any form, and what left of unknown ones."""
    from api.leaving import run

    run(work, sample=sample, tuning=tuning, as_json=as_json)
