"""Laws of detection in a process of its own: what it cannot look into is refused, and the next call is answered."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

import psutil
import pytest

from core.errors import Unavailable
from core.text import Span
from ingest.label.remote import BATCH_CHARACTERS, RemoteDetector, _batches
from tests.ingest.label import detectors
from tests.ingest.label.detectors import Patterns

SSN = "Her number is 078-05-1120."


@pytest.fixture
def remote() -> Iterator[RemoteDetector]:
    made = RemoteDetector(detectors.patterns)
    yield made
    made.close()


def spans(remote: RemoteDetector, text: str) -> list[str]:
    return [finding.span.of(text) for finding in remote.find([text])[0]]


def test_it_finds_what_the_detector_finds(remote: RemoteDetector) -> None:
    found = remote.find(["nothing", SSN])
    assert found[0] == ()
    assert (found[1][0].kind, found[1][0].span, found[1][0].rule) == ("US_SSN", Span(14, 25), "pattern")
    assert remote.identity == "patterns 1"


def test_nothing_runs_until_somebody_asks(remote: RemoteDetector) -> None:
    assert remote.process_id is None
    remote.find([SSN])
    assert remote.process_id not in (None, os.getpid())


@pytest.mark.parametrize("trouble", ["[[crash]]", "[[raise]]", "[[short]]", "[[outside]]", "[[memory]]"])
def test_what_it_cannot_look_into_is_refused_and_the_next_call_is_answered(trouble: str) -> None:
    with_limit = RemoteDetector(detectors.patterns, memory_mb=1000)
    try:
        assert spans(with_limit, SSN) == ["078-05-1120"]
        with pytest.raises(Unavailable) as refused:
            with_limit.find([f"{SSN} {trouble}"])
        assert "078" not in str(refused.value)
        assert spans(with_limit, SSN) == ["078-05-1120"]
    finally:
        with_limit.close()


def test_what_takes_too_long_is_refused() -> None:
    hasty = RemoteDetector(detectors.patterns, timeout_seconds=0.5)
    try:
        with pytest.raises(Unavailable, match="too long"):
            hasty.find(["[[hang]]"])
        assert spans(hasty, SSN) == ["078-05-1120"]
    finally:
        hasty.close()


def test_a_long_text_has_as_much_time_as_its_length_in_short_ones() -> None:
    """Of a text of five batches that takes longer than one batch may; of a batch that takes as long, nothing."""
    hasty = RemoteDetector(partial(Patterns, pause=1.0), timeout_seconds=0.5)
    try:
        found = hasty.find([SSN.ljust(BATCH_CHARACTERS * 5)])
        assert [finding.span for finding in found[0]] == [Span(14, 25)]
        with pytest.raises(Unavailable, match="too long"):
            hasty.find([SSN])
        with pytest.raises(Unavailable, match="too long"):
            hasty.find(["[[hang]]".ljust(BATCH_CHARACTERS * 2)])
    finally:
        hasty.close()


def test_a_detector_that_cannot_be_opened_refuses() -> None:
    broken = RemoteDetector(detectors.fails_to_open)
    try:
        with pytest.raises(Unavailable, match="OSError"):
            broken.find([SSN])
        with pytest.raises(Unavailable):
            _ = broken.identity
    finally:
        broken.close()


def test_another_detector_than_the_configured_one_is_not_used() -> None:
    other = RemoteDetector(detectors.patterns, "patterns 2")
    try:
        with pytest.raises(Unavailable, match="configured"):
            other.find([SSN])
    finally:
        other.close()


def test_a_process_that_was_killed_is_started_again(remote: RemoteDetector) -> None:
    remote.find([SSN])
    first = remote.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)], timeout=60)
    with pytest.raises(Unavailable):
        remote.find([SSN])
    assert spans(remote, SSN) == ["078-05-1120"]
    assert remote.process_id != first


def test_an_idle_process_ends_and_comes_back_with_work() -> None:
    lazy = RemoteDetector(detectors.patterns, idle_seconds=0.2)
    try:
        lazy.find([SSN])
        pid = lazy.process_id
        if pid is not None:
            _, alive = psutil.wait_procs([psutil.Process(pid)], timeout=60)
            assert alive == []
        assert spans(lazy, SSN) == ["078-05-1120"]
    finally:
        lazy.close()


def test_closing_ends_the_process_and_refuses_what_comes_after(remote: RemoteDetector) -> None:
    remote.find([SSN])
    pid = remote.process_id
    remote.close()
    assert pid is not None
    assert not psutil.pid_exists(pid)
    with pytest.raises(Unavailable):
        remote.find([SSN])


def test_a_question_goes_before_documents_that_are_being_labelled(tmp_path: Path) -> None:
    asked, gate = tmp_path / "asked", tmp_path / "gate"
    remote = RemoteDetector(partial(Patterns, asked=asked, gate=gate))
    try:
        remote.find(["ready"])
        with ThreadPoolExecutor(5) as threads:
            running = [threads.submit(remote.patient.find, ["[[wait]]"])]
            until(lambda: any("wait" in line for line in lines(asked)))
            running += [threads.submit(remote.patient.find, [f"page {number}"]) for number in range(3)]
            until(lambda: len(remote._patient) == 3)
            running.append(threads.submit(remote.find, ["a question"]))
            until(lambda: len(remote._urgent) == 1)
            gate.touch()
            wait(running)
    finally:
        remote.close()
    order = [line.split(maxsplit=1)[1].strip("'") for line in lines(asked)]
    assert order[:3] == ["ready", "[[wait]]", "a question"]
    assert len(order) == 6


def test_a_question_waits_for_one_small_batch_of_a_document_at_most() -> None:
    pages = ["x" * (BATCH_CHARACTERS // 4)] * 10
    batches = list(_batches([*pages, "y" * (BATCH_CHARACTERS * 2), "z"]))
    assert [len(batch) for batch in batches] == [4, 4, 2, 1, 1]
    assert [text for batch in batches for text in batch] == [*pages, "y" * (BATCH_CHARACTERS * 2), "z"]


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        threading.Event().wait(0.005)


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []
