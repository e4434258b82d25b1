"""Whoever keeps checkpoints of the log outside, as the settings say."""

from __future__ import annotations

from functools import partial

from api.parts.services import Resolve
from api.settings import BucketSettings, Settings
from core.audit.bucket import BucketWitness
from core.audit.stamping import StampWitness
from core.audit.witnesses import FileWitness, Witness, Witnesses
from core.clock import Clock
from core.database import Database
from core.egress import Egress
from core.leases import Leases
from core.secrets import Secret


def open_witnesses(
    settings: Settings, database: Database, leases: Leases, resolve: Resolve, clock: Clock
) -> Witnesses:  # fmt: skip
    given, egress = settings.audit, Egress(settings.egress)
    found: list[Witness] = []
    if given.file is not None:
        found.append(FileWitness(given.file))
    if given.bucket is not None:
        bucket = given.bucket
        found.append(
            BucketWitness(
                bucket.name, bucket.prefix, bucket.region, bucket.endpoint, bucket.lock, bucket.days, egress,
                partial(_keys, bucket, resolve), clock,
            )
        )  # fmt: skip
    if given.stamps is not None:
        stamps = given.stamps
        authorization = None if stamps.authorization is None else partial(resolve, stamps.authorization)
        found.append(StampWitness(stamps.url, stamps.authorities, egress, database, clock, authorization))
    return Witnesses(database, leases, clock, found, given.witness_seconds)


def _keys(bucket: BucketSettings, resolve: Resolve) -> tuple[Secret, Secret]:
    return resolve(bucket.access_key), resolve(bucket.secret_key)
