"""``vouch conversations``: what somebody asked, and with whom they share it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from api.cli.client import connect, escaped
from api.cli.output import AsJson, console, guarded, moment, show_json, table

app = typer.Typer(help="What somebody asked, and with whom they share it.", no_args_is_help=True)
As = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Whose they are. Recorded in the audit log.")]
Id = Annotated[str, typer.Argument(metavar="CONVERSATION", help="Its id, as vouch conversations list shows it.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]
BASE = "/v1/conversations"


@app.command("list")
@guarded
def list_conversations(acting: As, limit: Most = 50, as_json: AsJson = False) -> None:
    """Pinned ones first, then the latest.

    Example: `vouch conversations list --as ana@company.example`
    """
    _list(acting, limit, as_json)


@app.command()
@guarded
def search(
    text: Annotated[str, typer.Argument(help="What stands in a title or in a question.")],
    acting: As,
    limit: Most = 50,
    as_json: AsJson = False,
) -> None:
    """Find conversations by what was asked in them.

    Example: `vouch conversations search "parental leave" --as ana@company.example`
    """
    _list(acting, limit, as_json, text)


@app.command()
@guarded
def show(conversation: Id, acting: As, as_json: AsJson = False) -> None:
    """What was asked and answered, as its owner may read it now, and with whom it is shared."""
    with connect() as client:
        found = client.call("GET", f"{BASE}/{escaped(conversation)}", acting=acting)
        shares = client.call("GET", f"{BASE}/{escaped(conversation)}/shares", acting=acting)["shares"]
    if as_json:
        show_json({**found, "shares": shares})
        return
    console.print(Text(found["title"], style="bold"))
    for turn in found["turns"]:
        _show_turn(turn["question"], turn)
    for each in shares:
        _show_share(each)


@app.command()
@guarded
def rename(conversation: Id, title: Annotated[str, typer.Argument(help="The new title.")], acting: As) -> None:
    """Give a conversation another title."""
    with connect() as client:
        client.call("PATCH", f"{BASE}/{escaped(conversation)}", {"title": title}, acting=acting)
    console.print("It has its new title.")


@app.command()
@guarded
def pin(
    conversation: Id, acting: As, off: Annotated[bool, typer.Option("--off", help="Let go of it.")] = False
) -> None:
    """Keep a conversation first in the list."""
    with connect() as client:
        client.call("PATCH", f"{BASE}/{escaped(conversation)}", {"pinned": not off}, acting=acting)
    console.print("It stands in its place again." if off else "It stands first.")


@app.command()
@guarded
def share(
    conversation: Id,
    acting: As,
    person: Annotated[str, typer.Option("--with", metavar="EMAIL", help="A person.")] = "",
    group: Annotated[str, typer.Option("--group", help="A group, or `everyone`.")] = "",
    end: Annotated[str, typer.Option("--end", metavar="SHARE", help="End this share.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let others read what was said so far, each as far as they may read its sources.

    Examples: `vouch conversations share 0b7c... --with bo@company.example --as ana@company.example`,
    `vouch conversations share 0b7c... --end 51aa... --as ana@company.example`
    """
    address = f"{BASE}/{escaped(conversation)}/shares"
    with connect() as client:
        if end:
            client.call("DELETE", f"{address}/{escaped(end)}", acting=acting)
            console.print("It is shared no longer.")
            return
        made = client.call("POST", address, {"person": person, "group": group}, acting=acting)
    if as_json:
        show_json(made)
    else:
        _show_share(made)


@app.command()
@guarded
def shared(
    acting: As,
    one: Annotated[str, typer.Argument(metavar="[SHARE]", help="Read this one.")] = "",
    as_json: AsJson = False,
) -> None:
    """What others share with somebody."""
    with connect() as client:
        if one:
            found = client.call("GET", f"/v1/shared/{escaped(one)}", acting=acting)
        else:
            found = client.pages("/v1/shared", "shared", acting=acting)
    if as_json:
        show_json(found)
    elif one:
        console.print(Text(f"{found['title'] or '(withheld)'}  shared by {found['by']}", style="bold"))
        for turn in found["turns"]:
            _show_turn(turn["question"], turn)
    else:
        listed = table("share", "title", "by", "since")
        for each in found["shared"]:
            listed.add_row(each["id"], Text(each["title"] or "(withheld)"), Text(each["by"]), moment(each["shared_at"]))
        console.print(listed)


@app.command()
@guarded
def delete(conversation: Id, acting: As) -> None:
    """Take a conversation out of the history, away from those it is shared with, and drop what its pseudonyms mean."""
    with connect() as client:
        client.call("DELETE", f"{BASE}/{escaped(conversation)}", acting=acting)
    console.print("It is gone.")


def _list(acting: str, limit: int, as_json: bool, text: str | None = None) -> None:
    with connect() as client:
        found = client.pages(BASE, "conversations", most=limit, acting=acting, text=text)["conversations"]
    if as_json:
        show_json({"conversations": found})
        return
    listed = table("id", "title", "last asked")
    for each in found:
        pinned = "* " if each["pinned"] else ""
        listed.add_row(each["id"], Text(pinned + each["title"]), moment(each["updated_at"]))
    console.print(listed)


def _show_turn(question: str | None, turn: dict[str, Any]) -> None:
    console.print(Text(f"\n{question or '(withheld)'}", style="cyan"))
    for sentence in turn["sentences"]:
        console.print(Text(sentence["text"] or "(withheld: may not be read now)"))
    if not turn["sentences"]:
        console.print(Text("No answer.", style="dim"))


def _show_share(each: dict[str, Any]) -> None:
    who = each["person"] or f"the group {each['group']}"
    told = f"{each['answers']} answers shared with {who} since {moment(each['shared_at'])}  share {each['id']}"
    console.print(Text(told, style="dim"))
