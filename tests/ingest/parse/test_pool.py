"""Laws of the pool: a bad document fails alone, and nothing gets out or stays behind."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import psutil
import pytest
from PIL import Image

from connectors.sources.base import RECORD, Item
from core.errors import Unavailable
from ingest.parse import ParseFailed, ParserPool
from tests.ingest.parse import steps
from tests.ingest.parse.builders import pdf


def text_item(text: str, key: str = "a.txt") -> Item:
    return Item(key, text.encode(), key)


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(1, timeout_seconds=30, output_mb=2, initializer=steps.prepare) as made:
        yield made


def failure(pool: ParserPool, item: Item, step: object) -> ParseFailed:
    with pytest.raises(ParseFailed) as caught:
        pool.parse(item, step).result()  # type: ignore[arg-type]
    return caught.value


def test_a_step_runs_in_the_child_and_its_chunks_come_back(pool: ParserPool) -> None:
    outcome = pool.parse(text_item("One.\n\nTwo."), steps.split).result()
    assert [chunk.embedded_text for chunk in outcome.value] == ["One.", "Two."]
    assert outcome.parsed.text == "One.\n\nTwo."
    assert pool.parse(text_item("x"), steps.was_prepared).result().value
    assert not steps.ready


def test_outcomes_come_in_the_order_of_the_items(pool: ParserPool) -> None:
    items = [text_item(f"text {number}", f"{number}.txt") for number in range(300)]
    pairs = list(pool.parse_each(items, ahead=50))
    assert [item.key for item, _ in pairs] == [item.key for item in items]
    assert all(not isinstance(outcome, ParseFailed) for _, outcome in pairs)


def test_a_crash_fails_only_its_document_even_within_a_batch(pool: ParserPool) -> None:
    items = [text_item("crash here" if number == 20 else "fine", f"{number}.txt") for number in range(40)]
    outcomes = [outcome for _, outcome in pool.parse_each(items, steps.crash_on_marked)]
    broken = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, ParseFailed)]
    assert broken == [20]
    assert isinstance(outcomes[20], ParseFailed)
    assert outcomes[20].reason == "crashed"


def test_a_hang_ends_with_a_timeout_and_the_next_document_is_read() -> None:
    with ParserPool(1, timeout_seconds=3) as hasty:
        assert failure(hasty, text_item("x"), steps.hang).reason == "timeout"
        assert hasty.parse(text_item("next")).result().parsed.text == "next"


def test_a_memory_blow_up_fails_only_its_document(pool: ParserPool) -> None:
    assert failure(pool, text_item("x"), steps.take_memory).reason == "too_large"
    assert pool.parse(text_item("next")).result().parsed.text == "next"


def test_too_much_output_is_refused(pool: ParserPool) -> None:
    assert failure(pool, text_item("x"), steps.say_much).reason == "too_large"


def test_a_failing_step_is_reported_without_the_text(pool: ParserPool) -> None:
    error = failure(pool, text_item("my secret words"), steps.raise_error)
    assert error.reason == "crashed"
    assert "LookupError" in str(error)
    assert "secret" not in str(error)


def test_a_child_cannot_hand_back_anything_but_values(pool: ParserPool) -> None:
    assert failure(pool, text_item("x"), steps.smuggle).reason == "crashed"


def test_a_child_reaches_no_network(pool: ParserPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        answer = pool.parse(text_item(str(server.getsockname()[1])), steps.call_home).result().value
        assert answer == "PermissionError PermissionError PermissionError"
        with pytest.raises(BlockingIOError):
            server.accept()


def test_secrets_of_the_environment_do_not_reach_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    with ParserPool(1) as bare:
        assert "OPENAI_API_KEY" not in bare.parse(text_item("x"), steps.environment).result().value.split()


def test_temporary_files_are_gone_after_each_document_and_all_after_the_pool() -> None:
    with ParserPool(1) as tidy:
        first = tidy.parse(text_item("x"), steps.leave_file).result().value
        second = tidy.parse(text_item("x"), steps.leave_file).result().value
    assert first.split()[0] == second.split()[0] == "0"
    folder = Path(first.split(maxsplit=1)[1])
    assert not folder.exists()
    assert not folder.parent.exists()


def test_idle_children_end_and_come_back_with_work() -> None:
    with ParserPool(1, idle_seconds=1) as lazy:
        lazy.parse(text_item("x")).result()
        _, alive = psutil.wait_procs([psutil.Process(pid) for pid in lazy.children()], timeout=60)
        assert alive == []
        assert lazy.parse(text_item("again")).result().parsed.text == "again"


def test_a_child_survives_a_wake_up_without_work(pool: ParserPool) -> None:
    pool.parse(text_item("x")).result()
    before = pool.children()
    while not (withdrawn := pool.parse(text_item("withdrawn"))).cancel():
        withdrawn.result()
    # Ends when a worker has come for it and gone without.
    wait([withdrawn])
    pool.parse(text_item("y")).result()
    assert pool.children() == before


def test_small_texts_need_one_child() -> None:
    with ParserPool(2) as spare:
        items = [text_item("text", f"{number}.txt") for number in range(300)]
        assert len(list(spare.parse_each(items, ahead=100))) == 300
        assert len(spare.children()) == 1


def test_a_few_files_need_one_child() -> None:
    body = pdf([[(72, 700, 22, "Travel")]])
    with ParserPool(2) as spare:
        items = [Item(f"{number}.pdf", body, f"{number}.pdf") for number in range(12)]
        assert len(list(spare.parse_each(items))) == 12
        assert len(spare.children()) == 1


def test_a_page_to_be_drawn_waits_for_no_document_while_a_child_can_be_started() -> None:
    body = pdf([[(72, 700, 22, "Travel")]])
    with ParserPool(2) as spare:
        heavy = spare.parse(Item("a.pdf", body, "a.pdf"), steps.hang)
        assert spare.render_page(body, 1, 0.5)
        assert heavy.running()


def test_nothing_waits_for_a_heavy_document_while_a_child_can_be_started() -> None:
    with ParserPool(2) as spare:
        heavy = spare.parse(Item("a.pdf", pdf([[(72, 700, 22, "Travel")]]), "a.pdf"), steps.hang)
        assert spare.parse(text_item("small")).result().parsed.text == "small"
        assert heavy.running()


def test_a_heavy_document_waits_for_no_small_ones_while_a_child_can_be_started() -> None:
    with ParserPool(2) as spare:
        small = spare.parse(text_item("x"), steps.hang)
        heavy = spare.parse(Item("a.pdf", pdf([[(72, 700, 22, "Travel")]]), "a.pdf"))
        assert "Travel" in heavy.result().parsed.text
        assert small.running()


def test_a_killed_child_is_replaced(pool: ParserPool) -> None:
    pool.parse(text_item("x")).result()
    psutil.Process(pool.children()[0]).kill()
    outcome = next(iter(pool.parse_each([text_item("x")])))[1]
    assert not isinstance(outcome, ParseFailed) or outcome.reason == "crashed"
    assert pool.parse(text_item("after")).result().parsed.text == "after"


def test_even_a_busy_child_ends_when_its_parent_is_killed() -> None:
    script = (
        "from ingest.parse import ParserPool\nfrom connectors.sources.base import Item\n"
        "from tests.ingest.parse import steps\n"
        "pool = ParserPool(1)\npool.parse(Item('a', b'x', 'a.txt')).result()\n"
        "busy = pool.parse(Item('b', b'x', 'a.txt'), steps.hang)\nwhile not busy.running():\n    pass\n"
        "print(pool.children()[0], flush=True)\ninput()\n"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        _, alive = psutil.wait_procs([child], timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    with ParserPool(1):
        left = Path(tempfile.gettempdir()).glob(f"vouch-parse-{parent.pid}-*")
        assert list(left) == []


def test_records_travel_many_to_a_message(pool: ParserPool) -> None:
    items = [
        Item(str(number), json.dumps({"title": f"T{number}", "text": "word " * 300}).encode(), "r", None, RECORD)
        for number in range(1000)
    ]
    outcomes = [outcome for _, outcome in pool.parse_each(items, ahead=500)]
    titles = [outcome.parsed.title for outcome in outcomes if not isinstance(outcome, ParseFailed)]
    assert titles == [f"T{number}" for number in range(1000)]


def test_a_page_is_drawn_and_never_larger_than_allowed(pool: ParserPool) -> None:
    body = pdf([[(72, 700, 22, "Travel")]])
    assert Image.open(io.BytesIO(pool.render_page(body, 1, 0.5))).size == (306, 396)
    width, height = Image.open(io.BytesIO(pool.render_page(body, 1, 1000.0))).size
    assert width * height <= 25_100_000
    with pytest.raises(ParseFailed):
        pool.render_page(body, 2, 1.0)


def test_a_child_that_cannot_start_blames_no_document() -> None:
    with ParserPool(1, initializer=steps.fail_to_prepare) as broken:
        with pytest.raises(Unavailable):
            broken.parse(text_item("x")).result()


def test_a_closed_pool_takes_no_more_work() -> None:
    closed = ParserPool(1)
    closed.close()
    with pytest.raises(RuntimeError):
        closed.parse(text_item("x"))
