"""``vouch``: the command line. It talks to the running server of a data directory, or opens the directory itself."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from api import logs
from api.cli import (
    accounts,
    audit,
    batches,
    bench,
    budgets,
    conversations,
    destinations,
    documents,
    evaluate,
    flagged,
    ingest,
    models,
    policy,
    questions,
    redact,
    reports,
    review,
    reviews,
    serve,
    services,
    sources,
    subjects,
    syncing,
    trail,
    usage,
    webhooks,
    work,
)
from api.cli import people as people_commands
from api.cli.output import console, guarded

app = typer.Typer(
    name="vouch",
    help="Answers from the company's own systems: each sentence cited, permitted and audited.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    if wanted:
        console.print(f"vouch {version('vouch')}", highlight=False)
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def start(told: Version = False) -> None:
    logs.configure()


app.command("serve")(guarded(serve.serve))
app.command("ingest")(guarded(ingest.ingest))
app.command("sync")(guarded(syncing.sync))
app.command("freshness")(guarded(syncing.freshness))
app.command("failures")(guarded(syncing.failures))
app.command("search")(guarded(questions.search))
app.command("ask")(guarded(questions.ask))
app.command("trail")(guarded(trail.trail))
app.command("flagged")(guarded(flagged.flagged))
app.add_typer(batches.app, name="batch")
app.add_typer(conversations.app, name="conversations")
app.command("redact")(guarded(redact.redact))
app.command("label")(guarded(redact.label))
app.command("worker")(guarded(work.worker))
app.command("beat")(guarded(work.beat))
app.command("doctor")(guarded(serve.doctor))
accounts.add_to(people_commands.app)
app.add_typer(people_commands.app, name="people")
app.add_typer(services.app, name="services")
app.add_typer(sources.app, name="sources")
app.add_typer(destinations.app, name="destinations")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(documents.app, name="documents")
app.add_typer(policy.app, name="policy")
app.add_typer(models.app, name="models")
app.add_typer(budgets.app, name="budgets")
app.command("chargeback")(guarded(budgets.chargeback))
app.command("usage")(guarded(usage.usage))
app.add_typer(subjects.subject, name="subject")
app.add_typer(subjects.hold, name="hold")
app.add_typer(subjects.retention, name="retention")
review.app.add_typer(reviews.app, name="queue")
app.add_typer(review.app, name="review")
app.add_typer(audit.app, name="audit")
app.add_typer(reports.app, name="report")
app.add_typer(bench.app, name="bench")
app.add_typer(evaluate.app, name="eval")

if __name__ == "__main__":
    app()
