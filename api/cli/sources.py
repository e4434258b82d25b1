"""``vouch sources``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, cast

import typer
import yaml
from rich.markup import escape

from api.cli.client import connect, escaped
from api.cli.output import console, guarded, moment, show_json, table
from core.errors import Invalid

app = typer.Typer(help="What Vouch reads: systems, databases, files.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FACTS = {
    "auth": "signs in", "cursor": "changes", "deletions": "deletions", "permissions": "permissions",
    "tested": "tested against",
}  # fmt: skip
"""What the catalogue says of a kind, and how it is called here."""
TASKS = ("poll", "sweep", "access", "principals")


@app.command()
@guarded
def kinds(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="Show an example of this one.")] = None,
    as_json: AsJson = False,
) -> None:
    """What can be read, and how: sign-in, changes, deletions, permissions, and against what it was tested.

    Examples: `vouch sources kinds`, `vouch sources kinds tryton > erp.yaml`
    """
    with connect() as client:
        found = client.call("GET", "/v1/source-kinds")["kinds"]
    if kind is not None:
        found = [each for each in found if each["name"] == kind]
        if not found:
            raise Invalid(f"There is no kind of source named {kind!r}.", hint="vouch sources kinds lists them.")
    if as_json:
        show_json(found)
    elif kind is not None:
        typer.echo(_example(found[0]), nl=False)
    else:
        for each in found:
            console.print(f"[bold]{each['name']}[/]  {escape(each['title'])}")
            shown = table("", "")
            shown.show_header = False
            for fact, said in FACTS.items():
                shown.add_row(f"  [dim]{said}[/]", escape(each[fact]))
            console.print(shown)
        console.print("An example of one: vouch sources kinds KIND")


@app.command()
@guarded
def add(
    name: Name,
    kind: Annotated[str, typer.Option(help="What it is: see vouch sources kinds.")],
    config: Annotated[
        Path | None, typer.Option(help="File with its settings, YAML or JSON; secrets by reference.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="One setting, the value in YAML; wins over the file."),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option(help="File with its schedules and bounds (docs/freshness.md); else the default.")
    ] = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Try it first; a failed step adds nothing.")] = True,
    as_json: AsJson = False,
) -> None:
    """Add a source, or say anew how one is configured. It is tried step by step before anything is stored.

    Examples: `vouch sources add erp --kind tryton --config erp.yaml`,
    `vouch sources add wiki --kind s3 --config wiki.yaml --set prefix=published/ --plan nightly.yaml`
    """
    settings = read_mapping(config, "vouch sources kinds KIND shows an example.") if config is not None else {}
    for each in setting or ():
        _set(settings, each)
    declared = None if plan is None else read_mapping(plan, "docs/freshness.md shows what a plan may say.")
    body = {"name": name, "kind": kind, "config": settings, "plan": declared, "check": check}
    stored: dict[str, Any] = {}
    with connect() as client:
        for event in client.events("POST", "/v1/sources", body):
            if event["event"] == "step" and not as_json:
                _show_step(event)
            elif event["event"] == "stored":
                stored = event
    if as_json:
        show_json({key: value for key, value in stored.items() if key != "event"})
        return
    source = stored["source"]
    said = f"{stored['change']}: version {source['version']}; {_planned(source['plan'])}"
    console.print(f"{escape(name)} ({kind}) {said}", soft_wrap=True)
    console.print(f"[dim]Read it now, and watch: vouch sync {escape(name)}[/]", soft_wrap=True)


@app.command("list")
@guarded
def list_sources(as_json: AsJson = False) -> None:
    """Every source, what it holds, how fresh it is, and how its last run ended."""
    with connect() as client:
        found = client.pages("/v1/sources", "configured", "sources")["configured"]
    if as_json:
        show_json(found)
        return
    shown = table("source", "kind", "state", "ready", "failed", "waiting", "confirmed", "freshness", "last run")
    for each in found:
        last = each["last_run"]
        documents = each["documents"]
        shown.add_row(
            escape(each["name"]), each["kind"], each["state"], str(documents.get("ready", 0)),
            str(documents.get("failed", 0) + each["failing"]), str(each["waiting"]), moment(each["confirmed_at"]),
            each["freshness"], "-" if last is None else f"{last['task']} {last['state']}",
        )  # fmt: skip
    console.print(shown)


@app.command()
@guarded
def show(name: Name, as_json: AsJson = False) -> None:
    """One source: its settings and plan, what is due when, how the last runs ended, who changed it."""
    with connect() as client:
        found = client.call("GET", f"/v1/sources/{escaped(name)}")
        runs = client.call("GET", f"/v1/sources/{escaped(name)}/runs", limit=5)["runs"]
    if as_json:
        show_json({**found, "runs": runs})
        return
    documents = ", ".join(f"{count} {state}" for state, count in found["documents"].items()) or "none"
    console.print(f"[bold]{escape(found['name'])}[/]  {found['kind']}, {found['state']}, {found['freshness']}")
    console.print(f"documents: {documents}; {found['waiting']} waiting; {found['failing']} items could not be read")
    if found["accounts"]:
        console.print(f"accounts: {found['accounts']}, of which {found['joined']} are people here")
    console.print("\n[bold]Settings[/]")
    typer.echo(_yaml(found["config"]), nl=False)
    console.print("\n[bold]Plan[/]")
    typer.echo(_yaml(_said(found["plan"])), nl=False)
    due = table("task", "due", "last went through", "failures in a row", "because", title="\nTasks")
    for each in found["tasks"]:
        due.add_row(
            each["task"], moment(each["due_at"]), moment(each["succeeded_at"]), str(each["failures"]),
            escape(each["error"] or ""),
        )  # fmt: skip
    console.print(due)
    console.print(_runs(runs))
    changes = table("version", "when", "by", title="\nChanges")
    for each in found["versions"]:
        changes.add_row(str(each["version"]), moment(each["changed_at"]), escape(each["changed_by"]))
    console.print(changes)


@app.command()
@guarded
def check(name: Name, as_json: AsJson = False) -> None:
    """Try a source step by step: reach, authenticate, read, permissions. Exits with 1 when a step fails."""
    steps: list[dict[str, Any]] = []
    ok = False
    with connect() as client:
        for event in client.events("POST", f"/v1/sources/{escaped(name)}/check"):
            if event["event"] == "checked":
                ok = event["ok"]
                continue
            steps.append({key: value for key, value in event.items() if key != "event"})
            if not as_json:
                _show_step(event)
    if as_json:
        show_json({"ok": ok, "steps": steps})
    if not ok:
        raise typer.Exit(1)


@app.command()
@guarded
def pause(name: Name) -> None:
    """Read nothing of a source until it is resumed. What it brought stays in the answers, and grows old."""
    with connect() as client:
        client.call("PATCH", f"/v1/sources/{escaped(name)}", {"state": "paused"})
    console.print(f"{escape(name)} is paused. Let it go on: vouch sources resume {escape(name)}")


@app.command()
@guarded
def resume(name: Name) -> None:
    """Let a paused source go on. What was missed meanwhile is due at once."""
    with connect() as client:
        client.call("PATCH", f"/v1/sources/{escaped(name)}", {"state": "active"})
    console.print(f"{escape(name)} goes on.")


@app.command()
@guarded
def stop(name: Name, as_json: AsJson = False) -> None:
    """End the run of a source after the page that it is at. What was read stays; it goes on at its next turn.

    Example: `vouch sources stop erp`
    """
    with connect() as client:
        stopping = client.call("POST", f"/v1/sources/{escaped(name)}/runs/stop")
    if as_json:
        show_json(stopping)
    elif stopping["stopping"]:
        console.print(f"{escape(name)} stops after the page that it is at. What was read stays.")
    else:
        console.print(f"{escape(name)} is not being read. What waited is out of line until its next turn.")


@app.command()
@guarded
def owners(
    name: Name,
    emails: Annotated[str | None, typer.Option("--set", metavar="EMAILS", help="Connector owners, by commas.")] = None,
    as_json: AsJson = False,
) -> None:
    """Who looks after a source, beside the administrators; with --set, say so anew.

    Example: `vouch sources owners hr-files --set hana@company.example`
    """
    path = f"/v1/sources/{escaped(name)}/owners"
    with connect() as client:
        if emails is None:
            found = client.call("GET", path)["owners"]
        else:
            wanted = [each for each in (part.strip() for part in emails.split(",")) if each]
            found = client.call("PUT", path, {"owners": wanted})["owners"]
    if as_json:
        show_json(found)
    else:
        console.print(escape("\n".join(found)) or "Nobody but the administrators.")


@app.command()
@guarded
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget a source: its documents leave the answers, and its accounts and groups count no more.

    Example: `vouch sources remove old-wiki --yes`
    """
    if not yes:
        typer.confirm(f"Take {name} and all of its documents out?", abort=True, err=True)
    with connect() as client:
        removed = client.call("DELETE", f"/v1/sources/{escaped(name)}")
    if as_json:
        show_json(removed)
    else:
        console.print(f"{escape(name)} is removed: {removed['documents']} documents left the answers.")


def read_mapping(path: Path, hint: str) -> dict[str, Any]:
    """The mapping in a file of YAML, of which JSON is a part. Its content is never repeated: it may hold a secret."""
    try:
        value = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}).", hint="Check the path.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", near line {mark.line + 1}"
        raise Invalid(f"{path} is no YAML{line}.", hint=hint) from None
    except UnicodeDecodeError:
        raise Invalid(f"{path} is no text in UTF-8.", hint=hint) from None
    if not isinstance(value, dict):
        raise Invalid(f"{path} does not hold settings by name.", hint=hint)
    return cast(dict[str, Any], _plain(value))


def _set(settings: dict[str, Any], given: str) -> None:
    """Put ``a.b=value`` in its place."""
    path, sign, text = given.partition("=")
    names = path.strip().split(".")
    if not (sign and all(names)):
        raise Invalid("A setting is given as KEY=VALUE.", hint="For example: --set region=eu-central-1")
    try:
        value = _plain(yaml.safe_load(text)) if text else ""
    except yaml.YAMLError:
        raise Invalid(f"The value of {path} is no YAML.", hint="Quote it, as in --set 'title=\"{a}: {b}\"'") from None
    for name in names[:-1]:
        inner = settings.get(name)
        settings[name] = dict(cast(dict[str, Any], inner)) if isinstance(inner, dict) else {}
        settings = settings[name]
    settings[names[-1]] = value


def _plain(value: Any) -> Any:
    """As JSON has it: YAML also knows dates."""
    return json.loads(json.dumps(value, default=str))


def _show_step(step: dict[str, Any]) -> None:
    mark = "[green]ok[/]  " if step["ok"] else "[red]fail[/]"
    console.print(f"{mark} {step['name']}: {escape(step['detail'])}", soft_wrap=True)
    if step["hint"]:
        console.print(f"     {escape(step['hint'])}", soft_wrap=True)


def _example(kind: dict[str, Any]) -> str:
    facts = (
        ("", "title"), ("signs in with ", "auth"), ("changes: ", "cursor"), ("deletions: ", "deletions"),
        ("permissions: ", "permissions"), ("tested against: ", "tested"),
    )  # fmt: skip
    lines = [f"# {words}{kind[fact]}".replace("\n", " ") for words, fact in facts]
    return "\n".join((*lines, kind["example"].rstrip("\n"))) + "\n"


def _planned(plan: dict[str, Any]) -> str:
    """When its tasks run, in a line."""
    said: list[str] = []
    for task in TASKS:
        schedule = plan.get(task)
        if schedule is not None:
            cron = f"at {schedule['cron']} {schedule['timezone']}"
            said.append(f"{task} {cron if schedule.get('cron') else 'every ' + schedule['every']}")
    return "; ".join(said) or "read only when somebody asks"


def _said(value: Any) -> Any:
    """A plan without what it leaves open. A bound that is null says something: it promises nothing."""
    if not isinstance(value, dict):
        return value
    plan = cast(dict[str, Any], value)
    return {
        key: inner if key == "bounds" else _said(inner)
        for key, inner in plan.items()
        if inner is not None and inner != [] and inner != {}
    }


def _runs(runs: list[dict[str, Any]]) -> Any:
    shown = table("task", "state", "began", "items", "because", title="\nLast runs")
    for each in runs:
        counts = ", ".join(f"{count} {name}" for name, count in each["counts"].items() if count and name != "read")
        shown.add_row(each["task"], each["state"], moment(each["started_at"]), counts, escape(each["error"] or ""))
    return shown


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
