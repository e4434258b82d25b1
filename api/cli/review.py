"""``vouch review search``, ``trail``, ``replay`` and ``compare``: a reviewer finds and looks at anybody's answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.text import Text

from api.cli import sought
from api.cli.client import Client, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table
from api.cli.reviewer import KeyFile, Server, reviewing

Answer = Annotated[str, typer.Argument(metavar="ANSWER", help="Its id, as vouch review search shows it.")]
app = typer.Typer(help="Answers, as reviewers look at them.", no_args_is_help=True)


@app.command()
@guarded
def search(
    key_file: KeyFile,
    person: sought.Person = None,
    document: sought.Document = None,
    source: sought.Source = None,
    model: sought.Model = None,
    since: sought.Since = None,
    until: sought.Until = None,
    outcome: sought.Outcome = None,
    why: sought.MaybeWhy = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Find answers, the newest first: who asked, what was retrieved, cited or called for them, how they ended. The
    search is recorded. Only reviewers may, with a key of their own (vouch people key).

    Example: `vouch review search --source handbook --outcome abstained --since 2026-11-01 --key-file ruth.key`
    """
    given = sought.asked(person, None, None, document, source, model, since, until, None, None, outcome, None)
    with reviewing(key_file, server) as client:
        sought.look_up(client, given, why)
        found = client.pages("/v1/review/answers", "answers", most=limit, **given)["answers"]
    if as_json:
        show_json(found)
        return
    shown = table("answer", "at", "outcome", "who", "model", "question")
    for each in found:
        question = Text(each["question"] or "(not kept)", style="" if each["question"] else "dim")
        shown.add_row(
            each["id"], moment(each["at"]), each["outcome"], each["subject"][:12], each["model"] or "", question
        )
    console.print(shown)


@app.command()
@guarded
def trail(answer: Answer, key_file: KeyFile, server: Server = None, as_json: AsJson = False) -> None:
    """Show everything about an answer: who asked (a pseudonym), its sentences with what they rest on, models, redaction
    and every record of the log. The look is recorded. Only reviewers may, with a key of their own (vouch people key).

    Example: `vouch review trail 0b7c... --key-file ruth.key`
    """
    with reviewing(key_file, server) as client:
        found = client.call("GET", _path(answer))
    if as_json:
        show_json(found)
        return
    who = Text.assemble((found["question"] or "(not kept)", "bold"), f"  asked by {found['subject']} ")
    console.print(Text.assemble(who, moment(found["at"])))
    if found["searched"]:
        console.print(Text(f"searched: {found['searched']}", style="dim"))
    kept = "" if found["kept"] else "; its row is gone, the log tells"
    logged = f"question {found['question_as_logged']}, answer {found['answer_as_logged']}"
    console.print(
        Text(f"{found['status']} by {found['model']} ({found['tier']}){kept}; held against the log: {logged}")
    )
    for sentence in found["sentences"]:
        said = sentence["text"] or ("(erased)" if sentence["erased"] else "(not kept)")
        console.print(Text(f"\n{sentence['index'] + 1}. {said}"))
        for each in sentence["citations"]:
            _show_citation(each)
    for attempt in found["attempts"]:
        for each in attempt["dropped"]:
            against = ", ".join(each["against"])
            console.print(Text(f"not shown ({against}): {each['text'] or '(erased)'}", style="yellow"))
    _show_calls(found["calls"])
    for each in found["holds"]:
        console.print(Text(f"held since {moment(each['placed_at'])}: {each['kind']}, {each['why']}", style="yellow"))
    for each in found["feedback"]:
        told = f"feedback {each['rating']} ({', '.join(each['reasons'])}) {each['comment']}"
        console.print(Text(told, style="dim"))
    records = table("seq", "at", "kind", "outcome", "who", "leaf hash")
    for each in found["records"]:
        records.add_row(
            str(each["seq"]), moment(each["at"]), each["kind"], each["outcome"], each["subject"][:12], each["hash"][:16]
        )
    console.print()
    console.print(records)


@app.command()
@guarded
def replay(answer: Answer, key_file: KeyFile, server: Server = None, as_json: AsJson = False) -> None:
    """Show an answer as of its date: what was retrieved for it, whether that is what the log commits to, who could see
    it then, and whether its sentences still hold. The look is recorded. Only reviewers may, with a key of their own.

    Example: `vouch review replay 0b7c... --key-file ruth.key`
    """
    with reviewing(key_file, server) as client:
        found = client.call("GET", f"{_path(answer)}/replay")
    if as_json:
        show_json(found)
        return
    asker = found["asker"]
    console.print(Text(f"as of {moment(found['at'])}, asked by {asker['subject']}; grants of then: {asker['same']}"))
    console.print(Text(f"{found['candidates']} candidates, {found['denied']} fell to the second check"))
    shown = table("", "score", "document", "held against the log", "passage")
    for each in found["passages"]:
        differing = f" ({', '.join(each['differing'])})" if each["differing"] else ""
        score = "-" if each["score"] is None else f"{each['score']:.3f}"
        shown.add_row(
            str(each["rank"]), score, Text(each["title"] or each["document"] or "-"),
            f"{each['committed']}{differing}", Text((each["text"] or "(not kept)")[:200]),
        )  # fmt: skip
    console.print(shown)
    seen = table("document", "field", "could see it then", "who asked", "can see it now", "not any more", "new")
    for each in found["documents"]:
        then, now = each["then"], each["now"]
        seen.add_row(
            Text(each["uri"] or each["document"]), each["part"] or "", _people(then and then["people"]),
            _asked(then), _people(now["people"]), _people(each["no_longer"]), _people(each["newly"]),
        )  # fmt: skip
    console.print(seen)
    for each in found["sentences"]:
        console.print(Text(f"{each['index'] + 1}. {_held(each)}: {each['text'] or '(erased)'}"))
    for each in found["not_known"]:
        console.print(Text(f"Not known: {each}", style="dim"))


@app.command()
@guarded
def compare(
    answer: Answer,
    key_file: KeyFile,
    live: Annotated[bool, typer.Option("--live", help="Read the sources themselves as well, at this moment.")] = False,
    server: Server = None,
    as_json: AsJson = False,
) -> None:
    """Show what an answer cites beside what its documents say now. The look is recorded. Only reviewers may, with a key
    of their own.

    Example: `vouch review compare 0b7c... --live --key-file ruth.key`
    """
    with reviewing(key_file, server) as client:
        found = _compared(client, answer, live=live)
    if as_json:
        show_json(found)
        return
    console.print(f"{found['changed']} of {len(found['citations'])} citations do not stand any more.")
    for each in found["citations"]:
        where = f"{each['source'] or '-'}: {each['uri'] or each['document'] or '-'}"
        console.print(Text(f"\n[{each['number']}] {where}", style="bold"))
        console.print(Text(each["quote"] or f"(evidence: {each['evidence']})"))
        _show_standing("indexed", each["now"])
        if each["live"] is not None:
            _show_standing("source", each["live"])


def _compared(client: Client, answer: str, *, live: bool) -> dict[str, Any]:
    return client.call("GET", f"{_path(answer)}/compare", live="true" if live else None)


def _path(answer: str) -> str:
    return f"/v1/review/answers/{escaped(answer)}"


def _show_citation(each: dict[str, Any]) -> None:
    state = "current" if each["current"] else each["state"]
    where = f"   [{each['number']}] {each['source'] or '-'}: {each['title'] or each['document'] or '-'}"
    page = f", page {each['page']}" if each["page"] is not None else ""
    console.print(Text(f"{where}{page}  evidence {each['evidence']}, document {state}", style="dim"))
    if each["quote"]:
        console.print(Text(f"       {each['quote']}", style="cyan"))


def _show_calls(calls: Iterable[dict[str, Any]]) -> None:
    for each in calls:
        cost = "" if each["micros"] is None else f", {each['micros'] / 1_000_000:.6f} {each['currency']}"
        used = f"{each['tokens_in'] or 0} tokens in, {each['tokens_out'] or 0} out{cost}"
        returned = f", answered by {each['returned']}" if each["returned"] else ""
        told = (
            f"{each['model']} {each['asked_version']} ({each['tier']}, {each['reason']}{returned}): {each['outcome']}"
        )
        console.print(Text(f"{told}, {used}", style="dim"))


def _people(told: dict[str, Any] | None) -> str:
    if told is None:
        return "not known"
    return f"{told['count']}" + (f" to {told['count'] + told['unsure']}" if told["unsure"] else "")


def _asked(then: dict[str, Any] | None) -> str:
    return "not known" if then is None or then["asker"] is None else "yes" if then["asker"] else "no"


def _held(each: dict[str, Any]) -> str:
    if each["holds"] is None:
        return f"not checked ({each['why']})"
    if not each["holds"]:
        return f"does not hold ({', '.join(each['against'])})"
    return "stands word for word" if each["verbatim"] else f"holds ({each['support']:.2f})"


def _show_standing(where: str, standing: dict[str, Any]) -> None:
    stands = {True: ", stands word for word", False: ", does not stand", None: ""}[standing["stands"]]
    why = f" ({standing['why']})" if standing["why"] else ""
    console.print(Text(f"   {where}: {standing['state']}{stands}{why}", style="dim"))
    if standing["state"] in ("changed", "altered"):
        console.print(Text.assemble("   ", *(part for each in standing["changes"] for part in _change(each))))


def _change(each: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Marked as well, for terminals without colours."""
    if each["kind"] == "same":
        yield each["before"], ""
        return
    if each["before"]:
        yield f"[-{each['before']}-]", "red"
    if each["after"]:
        yield f"{{+{each['after']}+}}", "green"
