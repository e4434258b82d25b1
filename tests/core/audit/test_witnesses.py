"""Witnesses that nobody here wrote: S3 with object lock (moto's server) and a time stamp authority (openssl)."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.audit import exported
from core.audit.bucket import BucketWitness
from core.audit.export import export
from core.audit.keys import Generations
from core.audit.reading import open_database, split_notes
from core.audit.stamping import StampWitness
from core.audit.stamps import BadStamp, check, stamped
from core.audit.tables import WitnessRow
from core.audit.witnesses import FileWitness, State, Witness, Witnesses
from core.clock import utc_now
from core.database import Base
from core.egress import Egress, EgressSettings
from core.leases import Leases
from core.secrets import Secret
from core.tables import LeaseRow
from tests.connectors.s3_server import REGION, server
from tests.core.audit.installation import Installation

LOOPBACK = Egress(EgressSettings.model_validate({"hosts": ["127.0.0.1"], "private": ["127.0.0.1/32"]}))


@pytest.fixture
def log(tmp_path: Path) -> Generator[Installation]:
    opened = Installation.open(tmp_path)
    Base.metadata.create_all(opened.database.engine, tables=[LeaseRow.__table__])  # pyright: ignore
    yield opened
    opened.close()


def witnesses(log: Installation, *each: Witness) -> Witnesses:
    return Witnesses(log.database, Leases(log.database, utc_now), utc_now, each, 60)


def only(states: Sequence[State]) -> State:
    (state,) = states
    return state


# A file elsewhere


def test_each_checkpoint_is_appended_once_and_can_be_held_against_the_log(log: Installation, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere"
    handing = witnesses(log, FileWitness(path))
    handing.run_once()
    for size in (2, 3):
        log.write(size)
        handing.run_once()
        handing.run_once()
    notes = split_notes(path.read_bytes())
    assert notes == [row.note for row in log.checkpoints()]
    assert log.verify(*notes).ok
    assert (only(handing.states()).size, only(handing.states()).behind) == (5, 0)


def test_a_witness_that_did_not_answer_is_caught_up(log: Installation, tmp_path: Path) -> None:
    place = tmp_path / "mount"
    handing = witnesses(log, FileWitness(place / "file"))
    log.write(2)
    handing.run_once()
    state = only(handing.states())
    assert (state.size, state.behind) == (0, 2)
    assert "cannot be written" in (state.failure or "")
    log.write(1)
    handing.run_once()
    assert only(handing.states()).failing_since == state.failing_since
    # The log itself waited for nobody.
    assert log.verify().records == 3
    place.mkdir()
    handing.run_once()
    state = only(handing.states())
    assert (state.size, state.behind, state.failure, state.failing_since) == (3, 0, None, None)
    assert split_notes((place / "file").read_bytes()) == [log.checkpoints()[-1].note]


def test_only_one_process_hands_on(log: Installation, tmp_path: Path) -> None:
    log.write(1)
    with Leases(log.database, utc_now).hold("audit-witnesses"):
        witnesses(log, FileWitness(tmp_path / "file")).run_once()
    assert not (tmp_path / "file").exists()


def test_the_end_hands_on_the_last_checkpoint(log: Installation, tmp_path: Path) -> None:
    handing = witnesses(log, FileWitness(tmp_path / "file"))
    handing.start()
    log.write(4)
    handing.stop()
    assert only(handing.states()).behind == 0
    with log.database.reading() as session:
        assert session.get_one(WitnessRow, "file").seq == 4


# A bucket


@pytest.fixture(scope="module")
def s3() -> Generator[str]:
    with server() as endpoint:
        yield endpoint


def bucket(endpoint: str, name: str, egress: Egress = LOOPBACK) -> BucketWitness:
    keys = (Secret(b"AKIAEXAMPLE"), Secret(b"s3-secret-hunter2"))
    return BucketWitness(name, "vouch/", REGION, endpoint, "COMPLIANCE", 400, egress, lambda: keys, utc_now)


def test_checkpoints_in_a_bucket_are_locked(log: Installation, s3: str) -> None:
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "s3", endpoint_url=s3, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    where = {"LocationConstraint": REGION}
    client.create_bucket(Bucket="locked", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True)
    handing = witnesses(log, bucket(s3, "locked"))
    log.write(2)
    handing.run_once()
    assert only(handing.states()).failure is None
    found = client.get_object(Bucket="locked", Key="vouch/0000000000000002")
    assert found["Body"].read() == log.checkpoints()[-1].note
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] - utc_now() > timedelta(days=399)
    with pytest.raises(Exception, match="AccessDenied"):
        client.delete_object(Bucket="locked", Key="vouch/0000000000000002", VersionId=found["VersionId"])


def test_a_bucket_that_is_not_there_or_not_allowed_is_told_without_secrets(log: Installation, s3: str) -> None:
    log.write(1)
    for witness, what in (
        (bucket(s3, "missing"), "NoSuchBucket"),
        (bucket(s3, "locked", Egress(EgressSettings())), "may not be reached"),
        (bucket("http://127.0.0.1:9", "locked"), "does not answer"),
    ):
        handing = witnesses(log, witness)
        handing.run_once()
        failure = only(handing.states()).failure or ""
        assert what in failure
        assert "hunter2" not in failure
        assert "hunter2" not in repr(witness)


# A time stamp authority


CONFIGURATION = """
[tsa]
default_tsa = one
[one]
serial = {0}/serial
crypto_device = builtin
signer_cert = {0}/tsa.pem
signer_key = {0}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""


class Authority:
    """openssl's own time stamp authority behind HTTP."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.broken = False
        (folder / "openssl.cnf").write_text(CONFIGURATION.format(folder))
        (folder / "serial").write_text("01\n")
        configuration = ("-extfile", folder / "openssl.cnf", "-extensions")
        for name, subject in (("ca", "/CN=Example CA"), ("tsa", "/CN=Example TSA")):
            self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / f"{name}.key",
                         "-out", folder / f"{name}.csr", "-subj", subject)  # fmt: skip
        self.openssl("x509", "-req", "-in", folder / "ca.csr", "-signkey", folder / "ca.key", "-days", "30",
                     *configuration, "ca", "-out", folder / "ca.pem")  # fmt: skip
        self.openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                     "-CAcreateserial", "-days", "30", *configuration, "stamping",
                     "-out", folder / "tsa.pem")  # fmt: skip

    def openssl(self, *arguments: str | Path) -> None:
        subprocess.run(("openssl", *arguments), check=True, capture_output=True)

    def answer(self, query: bytes) -> bytes:
        asked, reply = self.folder / "query", self.folder / "reply"
        asked.write_bytes(query)
        self.openssl("ts", "-reply", "-config", self.folder / "openssl.cnf", "-section", "one",
                     "-queryfile", asked, "-out", reply)  # fmt: skip
        return reply.read_bytes()


@contextmanager
def answering(authority: Authority) -> Generator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            self.send_response(500 if authority.broken else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(b"" if authority.broken else authority.answer(query))

        def log_message(self, format: str, *args: object) -> None:
            """Not to the screen."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    authority.url = f"http://127.0.0.1:{listening.server_address[1]}/"
    try:
        yield
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Generator[Authority]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; apt-get install openssl")
    made = Authority(tmp_path_factory.mktemp("authority"))
    with answering(made):
        yield made


def stamping(log: Installation, authority: Authority, trusted: Path | None = None) -> StampWitness:
    return StampWitness(authority.url, trusted, LOOPBACK, log.database, utc_now)


def test_checkpoints_are_stamped_by_an_authority_and_the_stamps_go_along(
    log: Installation, authority: Authority, tmp_path: Path
) -> None:
    handing = witnesses(log, stamping(log, authority, authority.folder / "ca.pem"))
    log.write(2)
    handing.run_once()
    assert only(handing.states()).failure is None
    with open_database(log.database, log.head) as reader:
        ((note, token),) = reader.stamps()
        export(reader, Generations(log.keyring), tmp_path / "out", utc_now())
    assert note == log.checkpoints()[-1].note
    at = check(token, note, authority.folder / "ca.pem")
    assert abs(at - utc_now()) < timedelta(hours=1)
    assert log.verify().ok
    public = log.keyring.public_key()
    assert exported.verify(tmp_path / "out", public, authorities=authority.folder / "ca.pem").ok

    with pytest.raises(BadStamp):
        stamped(token, note + b"x")
    log.run_sql("UPDATE audit_stamps SET token = x'00'")
    assert "time stamp" in log.verify().trouble


def test_a_stamp_of_another_authority_is_not_taken(log: Installation, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    handing = witnesses(log, stamping(log, authority, other.folder / "ca.pem"))
    log.write(1)
    handing.run_once()
    assert "not signed by that authority" in (only(handing.states()).failure or "")
    with open_database(log.database, log.head) as reader:
        assert reader.stamps() == []


def test_an_authority_that_fails_is_asked_again(log: Installation, authority: Authority) -> None:
    handing = witnesses(log, stamping(log, authority))
    log.write(1)
    authority.broken = True
    handing.run_once()
    assert "answers 500" in (only(handing.states()).failure or "")
    authority.broken = False
    handing.run_once()
    assert only(handing.states()).behind == 0
