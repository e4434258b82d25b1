"""``vouch bench`` and ``vouch eval``."""

# What a bench needs is imported where it runs: other commands do not wait for it.
from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import complaints, console, guarded

app = typer.Typer(help="Speed, side by side with a peer in the same run.", no_args_is_help=True)

Documents = Annotated[int, typer.Option(min=1, help="SciFact abstracts to compare on; all are 5,183.")]
Repeat = Annotated[int, typer.Option(min=1, help="Rounds; their median counts.")]
Threads = Annotated[int, typer.Option(min=1, help="Processor cores that each side may use.")]
NoPeer = Annotated[bool, typer.Option("--no-peer", help="Without the comparison with LlamaIndex.")]
NoService = Annotated[
    bool, typer.Option("--no-service", help="Without starts, memory and the unchanged run on all of SciFact.")
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file as well.")]
Work = Annotated[Path | None, typer.Option(help="A folder for temporary data, about 1 GB.")]


@app.command("ingest")
@guarded
def bench_ingest(
    documents: Documents = 1500,
    repeat: Repeat = 3,
    threads: Threads = 2,
    no_peer: NoPeer = False,
    no_service: NoService = False,
    json_file: JsonFile = None,
    work: Work = None,
) -> None:
    """Ingest: tokens a second against LlamaIndex and the bare encoder, on SciFact and the Northwind PDFs.

    Then, on all of SciFact: start to ready, memory, disk, and what an unchanged run costs. All of it takes about 20
    minutes on two idle cores.
    """
    from api.bench import bench, installations, servers
    from evals.bench import corpora, ingest, service

    with bench("vouch bench ingest", threads, not no_peer, work, _tell) as run:
        for corpus in (corpora.scifact(run.folder, documents), corpora.northwind()):
            found = ingest.measure(corpus, installations(threads), run.peer, run.folder, repeat, _tell)
            run.report.ingest.append(found)
        if not no_service:
            run.report.service = service.measure(corpora.scifact(run.folder), servers(threads), run.folder, _tell)
        run.finish(console, json_file)


@app.command("search")
@guarded
def bench_search(
    documents: Documents = 1500,
    repeat: Repeat = 3,
    threads: Threads = 2,
    no_peer: NoPeer = False,
    json_file: JsonFile = None,
    work: Work = None,
) -> None:
    """Search: latency against the LlamaIndex retriever, over the same chunks of SciFact and with the same queries."""
    from api.bench import bench, installations, servers
    from evals.bench import corpora, search

    with bench("vouch bench search", threads, not no_peer, work, _tell) as run:
        corpus = corpora.scifact(run.folder, documents)
        found = search.measure(corpus, installations(threads), servers(threads), run.peer, run.folder, repeat, _tell)
        run.report.search.append(found)
        run.finish(console, json_file)


@app.command("sync")
@guarded
def bench_sync(
    parties: Annotated[int, typer.Option(min=1, help="Records of the real Tryton.")] = 2000,
    records: Annotated[int, typer.Option(min=1, help="Records polled unchanged, and revoked.")] = 10_000,
    backfill: Annotated[int, typer.Option(min=10, help="Records of the large backfill.")] = 100_000,
    repeat: Repeat = 3,
    threads: Threads = 2,
    json_file: JsonFile = None,
    work: Work = None,
) -> None:
    """Sync: records a second from a real Tryton against dlt alone; an unchanged poll, a revoke, a large backfill.

    Parsing and embedding are left out, but for the revoke. Where Tryton cannot be started, the rest is measured.
    """
    from api.bench import bench, subject
    from core.errors import Unavailable
    from evals.bench import sync

    with bench("vouch bench sync", threads, False, work, _tell) as run:
        found = run.report.sync = sync.SyncResult()
        with subject(run.folder / "data", threads) as opened:
            found.backfill = sync.measure_backfill(opened, backfill, _tell)
            found.unchanged = sync.measure_unchanged(opened, records, _tell)
            found.revoked = sync.measure_revoke(opened, records, _tell)
            try:
                found.against_dlt = sync.measure_against_dlt(opened, parties, repeat, _tell)
            except Unavailable as missing:
                found.missing = str(missing)
        run.finish(console, json_file)


@app.command("answer")
@guarded
def bench_answer(
    requests: Annotated[
        int, typer.Option(min=1, help="Questions a round at one connection; at 16, twice as many.")
    ] = 60,
    peer_requests: Annotated[int, typer.Option(min=1, help="The same for the peer, which takes longer.")] = 16,
    repeat: Repeat = 3,
    threads: Threads = 2,
    no_peer: Annotated[bool, typer.Option("--no-peer", help="Without the comparison with LiteLLM Proxy.")] = False,
    json_file: JsonFile = None,
    work: Work = None,
) -> None:
    """Answer: what everything around a model adds, against LiteLLM Proxy with its Presidio guardrail.

    Both ask the same model server on loopback, which answers at once; at 1 and at 16 connections.
    """
    from api.bench import bench
    from api.bench_answer import asking
    from evals.bench import answer, corpora, litellm
    from evals.peers import install

    with bench("vouch bench answer", threads, False, work, _tell) as run:
        peer = None if no_peer else install.ensure("litellm")
        run.report.answer = answer.measure(
            corpora.northwind(), asking(threads), peer, run.folder, repeat, requests, peer_requests, _tell
        )
        run.report.peer = None if peer is None else litellm.versions(peer)
        run.finish(console, json_file)


@app.command("audit")
@guarded
def bench_audit(
    events: Annotated[int, typer.Option(min=100, help="Events a round.")] = 20_000,
    writers: Annotated[int, typer.Option(min=1, help="Threads that write them.")] = 4,
    repeat: Repeat = 3,
    threads: Threads = 2,
    json_file: JsonFile = None,
    work: Work = None,
) -> None:
    """The log: events a second that are written, chained and signed, and verified."""
    import tempfile

    import orjson

    from evals.bench import audit
    from evals.bench.timing import keep_to, this_machine

    keep_to(threads)
    with tempfile.TemporaryDirectory(prefix="vouch-bench-", dir=work) as scratch:
        found = audit.measure(Path(scratch), this_machine(threads), events, writers, repeat, _tell)
    audit.show(found, console)
    if json_file is not None:
        json_file.write_bytes(orjson.dumps(found.as_json(), option=orjson.OPT_INDENT_2))


def _tell(line: str) -> None:
    complaints.print(f"[dim]{line}[/]", soft_wrap=True)
