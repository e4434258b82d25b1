"""``vouch review queue``: the queue of answers that reviewers look at."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table
from api.cli.reviewer import KeyFile, Server, reviewing

BASE = "/v1/reviews"
app = typer.Typer(
    help="The queue of answers that reviewers look at: draw, assign, label, note, sign off. Only reviewers may, with "
    "their own key (`vouch people key EMAIL`): nobody acts for them, nor does the operator of the machine.",
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(metavar="REVIEW", help="Its id, as vouch review queue list shows it.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept with it.")]
Rule = Annotated[
    str,
    typer.Option(help="random, low_support, tier, feedback, flagged, redacted, escalated, source or document."),
]
Of = Annotated[str, typer.Option(help="The tier, the source or the document that the rule means.")]
Below = Annotated[float | None, typer.Option(help="With low_support: support below this.")]
Strata = Annotated[str, typer.Option(help="Divide by person, tier, status or day; of each at least one.")]
At = Annotated[
    int | None, typer.Option("--revision", help="The revision that you read; without it, the one there is now.")
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="UTC.")]


# Samples


@app.command()
@guarded
def sample(
    key_file: KeyFile,
    rule: Rule = "random",
    of: Of = "",
    below: Below = None,
    size: Annotated[int | None, typer.Option(help="How many.")] = None,
    rate: Annotated[float | None, typer.Option(help="How large a part: 0.02 are 2 %.")] = None,
    least: Annotated[int, typer.Option(help="With a rate: at least so many.")] = 0,
    most: Annotated[int, typer.Option(help="With a rate: at most so many.")] = 500,
    strata: Strata = "none",
    since: Day = None,
    until: Day = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Draw answers of the last seven days, or of another period, into the queue. Nobody chooses the seed.

    Examples: `vouch review queue sample --size 20 --key-file ruth.key`,
    `vouch review queue sample --rule source --of wiki --rate 0.05 --least 10 --strata person --key-file ruth.key`
    """
    body = {
        "rule": rule, "of": of, "below": below, "size": size, "rate": rate, "least": least, "most": most,
        "strata": strata, "since": _utc(since), "until": _utc(until), "dry_run": dry_run,
    }  # fmt: skip
    with reviewing(key_file, server) as client:
        made = client.call("POST", f"{BASE}/samples", body)
    if as_json:
        show_json(made)
        return
    done = "would be drawn" if dry_run else "are in the queue"
    console.print(f"Of {made['population']} answers {made['drawn']} {done}.")
    if not dry_run:
        console.print(f"Sample {made['id']}, seed {made['seed']}.")


@app.command()
@guarded
def samples(
    key_file: KeyFile,
    repeat: Annotated[str, typer.Option(metavar="SAMPLE", help="Draw this one again with its seed.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """What was drawn, the latest first; with --repeat, whether a sample is what its seed gives.

    Example: `vouch review queue samples --repeat 0b7c... --key-file ruth.key`
    """
    with reviewing(key_file, server) as client:
        if repeat:
            found = client.call("POST", f"{BASE}/samples/{escaped(repeat)}/repeat", {})
        else:
            found = client.pages(f"{BASE}/samples", "samples", most=limit)
    if as_json:
        show_json(found)
    elif repeat:
        same = "the same" if found["same_population"] else "another one (answers went, or what is said of them changed)"
        console.print(f"{found['repeated']} of {found['drawn']} are drawn again. The population is {same}.")
    else:
        shown = table("when", "sample", "rule", "answers", "drawn", "since", "until", "by")
        for each in found["samples"]:
            shown.add_row(
                moment(each["drawn_at"]), each["id"], each["rule"], str(each["population"]), str(each["drawn"]),
                moment(each["since"]), moment(each["until"]), each["drawn_by"] or "a rule",
            )  # fmt: skip
        console.print(shown)


@app.command()
@guarded
def rules(key_file: KeyFile, server: Server = None, as_json: AsJson = False) -> None:
    """By which rules samples draw themselves."""
    with reviewing(key_file, server) as client:
        found = client.pages(f"{BASE}/rules", "rules")["rules"]
    if as_json:
        show_json(found)
        return
    shown = table("name", "of each", "part", "least", "most", "rule", "revision", "why")
    for each in found:
        what = f"{each['rule']} {each['of']}".strip()
        shown.add_row(
            each["name"], each["every"], f"{each['rate']:.2%}", str(each["least"]), str(each["most"]), what,
            str(each["revision"]), escape(each["why"]),
        )  # fmt: skip
    console.print(shown)


@app.command("set-rule")
@guarded
def set_rule(
    name: Annotated[str, typer.Argument(help="A word of its own, for example weekly.")],
    rate: Annotated[float, typer.Option(help="How large a part of each period: 0.02 are 2 %.")],
    why: Why,
    key_file: KeyFile,
    every: Annotated[str, typer.Option(help="day, week or month (UTC).")] = "week",
    least: Annotated[int, typer.Option(help="At least so many.")] = 0,
    most: Annotated[int, typer.Option(help="At most so many.")] = 500,
    rule: Rule = "random",
    of: Of = "",
    below: Below = None,
    strata: Strata = "none",
    revision: Annotated[int | None, typer.Option(help="Of the rule that it replaces.")] = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Let a sample be drawn of every period, from the present one on, once it is over.

    Example: `vouch review queue set-rule weekly --rate 0.02 --least 10 --why "Control 7" --key-file ruth.key`
    """
    body = {
        "rule": rule, "of": of, "below": below, "every": every, "rate": rate, "least": least, "most": most,
        "strata": strata, "why": why, "revision": revision,
    }  # fmt: skip
    with reviewing(key_file, server) as client:
        made = client.call("PUT", f"{BASE}/rules/{escaped(name)}", body)
    show_json(made) if as_json else console.print(f"{name}: {rate:.2%} of every {every}, at least {least}.")


@app.command("end-rule")
@guarded
def end_rule(
    name: str, revision: Annotated[int, typer.Option(help="As vouch review queue rules shows it.")], why: Why,
    key_file: KeyFile, server: Server = None,
) -> None:  # fmt: skip
    """Draw no more by a rule. What it drew stays."""
    with reviewing(key_file, server) as client:
        client.call("POST", f"{BASE}/rules/{escaped(name)}/end", {"revision": revision, "why": why})
    console.print("It draws no more.")


# The queue


@app.command("list")
@guarded
def list_reviews(
    key_file: KeyFile,
    state: Annotated[
        str, typer.Option(help="open, assigned, labelled, signed_off or withdrawn; waiting: whatever is not done.")
    ] = "waiting",
    everything: Annotated[bool, typer.Option("--all", help="In whichever state.")] = False,
    assignee: Annotated[str | None, typer.Option(help="An address, or `nobody`.")] = None,
    label: Annotated[str | None, typer.Option(help="What was said of it.")] = None,
    rule: Annotated[str | None, typer.Option(help="By which it was drawn, or by_hand.")] = None,
    drawn_by: Annotated[str | None, typer.Option("--sample", help="Of this sample.")] = None,
    since: Day = None,
    until: Day = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """What is in the queue, what has waited longest first.

    Example: `vouch review queue list --assignee ruth@company.example --key-file ruth.key`
    """
    narrowed = {
        "state": None if everything else state, "assignee": assignee, "label": label, "rule": rule, "sample": drawn_by,
        "since": _utc(since), "until": _utc(until),
    }  # fmt: skip
    with reviewing(key_file, server) as client:
        found = client.pages(BASE, "reviews", most=limit, **narrowed)["reviews"]
    if as_json:
        show_json(found)
        return
    shown = table("queued", "review", "answer", "state", "label", "severity", "assignee", "rule", "rev", "notes")
    for each in found:
        shown.add_row(
            moment(each["queued_at"]), each["id"], each["answer_id"], each["state"], each["label"] or "-",
            each["severity"] or "-", each["assignee"] or "-", each["rule"], str(each["revision"]), str(each["notes"]),
        )  # fmt: skip
    console.print(shown)


@app.command()
@guarded
def show(review: Id, key_file: KeyFile, server: Server = None, as_json: AsJson = False) -> None:
    """What happened to a review, with its notes."""
    with reviewing(key_file, server) as client:
        found = client.call("GET", f"{BASE}/{escaped(review)}")
    if as_json:
        show_json(found)
        return
    console.print(f"Answer {found['answer_id']}, {found['state']}, revision {found['revision']}")
    shown = table("when", "rev", "what", "label", "severity", "by", "text")
    for each in found["history"]:
        shown.add_row(
            moment(each["at"]), str(each["revision"]), each["change"], each["label"] or "", each["severity"] or "",
            each["by"] or "-", escape(each["text"]),
        )  # fmt: skip
    console.print(shown)


@app.command()
@guarded
def add(
    answer: Annotated[str, typer.Argument(help="The id of an answer.")], why: Why, key_file: KeyFile,
    server: Server = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Put one answer into the queue by hand."""
    with reviewing(key_file, server) as client:
        _done(client.call("POST", BASE, {"answer": answer, "why": why}), as_json)


@app.command()
@guarded
def assign(
    review: Id,
    key_file: KeyFile,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="A reviewer; left out: nobody.")] = "",
    revision: At = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Give a review to a reviewer.

    Example: `vouch review queue assign 0b7c... --to otto@company.example --key-file ruth.key`
    """
    _change(review, "assign", {"assignee": to}, revision, key_file, server, as_json)


@app.command()
@guarded
def label(
    review: Id,
    said: Annotated[
        str,
        typer.Argument(
            metavar="LABEL",
            help="correct, partly_correct, incorrect, unsupported, out_of_date, leak, should_have_abstained, "
            "should_have_answered or cannot_tell.",
        ),
    ],
    key_file: KeyFile,
    severity: Annotated[str | None, typer.Option(help="Of a fault: low, medium, high or critical.")] = None,
    revision: At = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Say what an answer is.

    Example: `vouch review queue label 0b7c... incorrect --severity high --key-file ruth.key`
    """
    _change(review, "label", {"label": said, "severity": severity}, revision, key_file, server, as_json)


@app.command()
@guarded
def note(
    review: Id,
    text: Annotated[str, typer.Argument(help="The note.")],
    key_file: KeyFile,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Add a note. It goes with the answer, when that goes."""
    with reviewing(key_file, server) as client:
        _done(client.call("POST", f"{BASE}/{escaped(review)}/notes", {"text": text}), as_json)


@app.command("sign-off")
@guarded
def sign_off(
    review: Id, key_file: KeyFile, revision: At = None, server: Server = None, as_json: AsJson = False
) -> None:
    """Agree with the label that somebody else gave."""
    _change(review, "sign-off", {}, revision, key_file, server, as_json)


@app.command()
@guarded
def reopen(
    review: Id, why: Why, key_file: KeyFile, revision: At = None, server: Server = None, as_json: AsJson = False
) -> None:
    """Begin a review anew."""
    _change(review, "reopen", {"why": why}, revision, key_file, server, as_json)


@app.command()
@guarded
def counts(
    key_file: KeyFile,
    rule: Annotated[str | None, typer.Option(help="By which they were drawn.")] = None,
    drawn_by: Annotated[str | None, typer.Option("--sample", help="Of this sample.")] = None,
    since: Day = None,
    until: Day = None,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """How many there are, what they say, and how often two people said the same."""
    query = {"rule": rule, "sample": drawn_by, "since": _utc(since), "until": _utc(until)}
    with reviewing(key_file, server) as client:
        found = client.call("GET", f"{BASE}/counts", **query)
    if as_json:
        show_json(found)
        return
    console.print(", ".join(f"{state} {count}" for state, count in sorted(found["states"].items())) or "Nothing.")
    shown = table("label", "severity", "answers")
    for name, severities in sorted(found["labels"].items()):
        for severity, count in sorted(severities.items()):
            shown.add_row(name, severity, str(count))
    console.print(shown)
    agreement = found["agreement"]
    if agreement["pairs"]:
        kappa = "" if agreement["kappa"] is None else f", kappa {agreement['kappa']:.2f}"
        console.print(f"Two people agreed on {agreement['agreed']} of {agreement['pairs']}{kappa}.")


@app.command()
@guarded
def feedback(since: Day = None, until: Day = None, as_json: AsJson = False) -> None:
    """How often people said what of answers, in the last seven days or another period.

    Example: `vouch review queue feedback --since 2026-11-01`
    """
    with connect() as client:
        found = client.call("GET", "/v1/review/feedback", since=_utc(since), until=_utc(until))
    if as_json:
        show_json(found)
        return
    shown = table("rating", "reason", "times")
    for each in found["feedback"]:
        shown.add_row(each["rating"], each["reason"] or "(none given)", str(each["count"]))
    console.print(shown)


def _change(
    review: str, what: str, body: dict[str, Any], revision: int | None, key: Path, server: str | None, as_json: bool
) -> None:
    with reviewing(key, server) as client:
        at = client.call("GET", f"{BASE}/{escaped(review)}")["revision"] if revision is None else revision
        _done(client.call("POST", f"{BASE}/{escaped(review)}/{what}", {**body, "revision": at}), as_json)


def _done(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(made)
        return
    said = f", {made['label']}" if made["label"] else ""
    to = f", with {made['assignee']}" if made["assignee"] else ""
    console.print(f"Review {made['id']} is {made['state'].replace('_', ' ')}{said}{to}; revision {made['revision']}.")


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=UTC).isoformat()
