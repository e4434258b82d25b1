"""Building the web client: only when its sources changed, and with the words of npm when it fails."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from api import webbuild


class RecordedNpm:
    """Does what npm would leave behind, and remembers what it was asked."""

    def __init__(self, fails: str = "") -> None:
        self.asked: list[str] = []
        self.fails = fails

    def __call__(self, args: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        asked = " ".join(args)
        self.asked.append(asked)
        if asked == self.fails:
            return subprocess.CompletedProcess(args, 1, stdout="npm error the reason\n")
        made = cwd / ("node_modules" if args[0] == "ci" else "dist")
        made.mkdir(exist_ok=True)
        if made.name == "dist":
            (made / "index.html").write_text("<html>")
        return subprocess.CompletedProcess(args, 0, stdout="")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.tsx").write_text("one")
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path


def test_the_first_build_installs_without_development_packages(web: Path) -> None:
    npm = RecordedNpm()
    assert webbuild.build(web, run=npm)
    assert npm.asked == ["ci --omit=dev", "run build"]


def test_unchanged_sources_are_not_built_again(web: Path) -> None:
    webbuild.build(web, run=RecordedNpm())
    npm = RecordedNpm()
    assert not webbuild.build(web, run=npm)
    assert npm.asked == []


def test_a_changed_source_is_built_without_installing_again(web: Path) -> None:
    webbuild.build(web, run=RecordedNpm())
    (web / "src" / "main.tsx").write_text("two")
    npm = RecordedNpm()
    assert webbuild.build(web, run=npm)
    assert npm.asked == ["run build"]


def test_a_removed_source_is_a_change(web: Path) -> None:
    (web / "src" / "more.ts").write_text("x")
    webbuild.build(web, run=RecordedNpm())
    (web / "src" / "more.ts").unlink()
    assert not webbuild.is_built(web)


def test_a_changed_unit_test_is_no_reason_to_build(web: Path) -> None:
    webbuild.build(web, run=RecordedNpm())
    (web / "tests").mkdir()
    (web / "tests" / "some.test.ts").write_text("x")
    assert webbuild.is_built(web)


def test_development_packages_serve_the_build_too(web: Path) -> None:
    webbuild.install(web, dev=True, run=RecordedNpm())
    npm = RecordedNpm()
    webbuild.build(web, run=npm)
    assert npm.asked == ["run build"]


@pytest.mark.parametrize("step", ["ci --omit=dev", "run build"])
def test_a_failure_says_what_npm_said_and_is_tried_again(web: Path, step: str) -> None:
    with pytest.raises(webbuild.WebBuildFailed, match="npm error the reason"):
        webbuild.build(web, run=RecordedNpm(fails=step))
    assert not webbuild.is_built(web)
    assert webbuild.build(web, run=RecordedNpm())


def test_what_the_page_links_to_is_weighed_as_it_is_sent_and_may_not_grow_without_end(
    web: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    webbuild.build(web, run=RecordedNpm())
    assets = web / "dist" / "assets"
    assets.mkdir()
    (web / "dist" / "index.html").write_text('<script src="/assets/a.js"></script><link href="/assets/a.css">')
    for name in ("a.js", "a.css", "lazy.js"):
        (assets / name).write_text("the same again " * 10_000)
    before = webbuild.weigh(web)
    assert before < 5_000
    (assets / "lazy.js").write_bytes(bytes(range(256)) * 40)
    assert webbuild.weigh(web) == before
    (assets / "inter-latin-wght-normal-1.woff2").write_bytes(b"w" * 700)
    (assets / "source-serif-4-latin-wght-normal-1.woff2").write_bytes(b"w" * 700)
    assert webbuild.weigh(web) == before + 700
    monkeypatch.setattr(webbuild, "FIRST_LOAD_BYTES", before)
    with pytest.raises(webbuild.WebBuildFailed, match="loads"):
        webbuild.weigh(web)


def test_texts_are_compressed_beside_themselves_the_same_each_time(web: Path) -> None:
    webbuild.build(web, run=RecordedNpm())
    assets = web / "dist" / "assets"
    assets.mkdir()
    (assets / "a.js").write_text("text " * 100)
    (assets / "a.woff2").write_bytes(b"w" * 100)
    webbuild.compress(web)
    first = (assets / "a.js.gz").read_bytes()
    assert gzip.decompress(first) == (assets / "a.js").read_bytes()
    assert not (assets / "a.woff2.gz").exists()
    webbuild.compress(web)
    assert (assets / "a.js.gz").read_bytes() == first
