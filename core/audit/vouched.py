"""The keys that signed a log, as an export lists them: each is vouched for by the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import orjson

from core.audit import merkle, verification
from core.audit.beside import Untrue
from core.audit.checkpoints import BadCheckpoint, open_checkpoint
from core.audit.export import KEYS
from core.audit.notes import NoteKey
from core.audit.unpacked import Files, members, whole


def follow(trusted: NoteKey, entries: Iterable[Mapping[str, Any]]) -> tuple[NoteKey, ...]:
    """The keys of an export, from the one that is trusted on: each is named by a record, which is in a tree that the
    key before it and it itself signed. Raises Untrue."""
    keys: list[NoteKey] = []
    for entry in entries:
        try:
            if not keys:
                if entry["key"] != str(trusted):
                    raise Untrue(f"{KEYS} does not begin with the key that is trusted")
                keys.append(trusted)
                continue
            keys.append(_following(keys[-1], entry))
        except (KeyError, TypeError, ValueError, BadCheckpoint):
            raise Untrue(f"{KEYS} holds a key that no older key vouches for") from None
    if not keys:
        raise Untrue(f"{KEYS} is empty")
    return tuple(keys)


def _following(before: NoteKey, entry: Mapping[str, Any]) -> NoteKey:
    record: Any = orjson.loads(entry["record"])
    if record["kind"] != verification.ROTATED or record["seq"] != entry["seq"]:
        raise ValueError("not a change of keys")
    key = NoteKey(before.name, bytes.fromhex(record["details"]["key"]))
    checkpoint, signers = open_checkpoint(entry["note"].encode(), [before, key])
    proof = [bytes.fromhex(each) for each in entry["proof"]]
    leaf = merkle.leaf_hash(entry["record"].encode())
    included = merkle.verify_inclusion(leaf, entry["seq"] - 1, checkpoint.size, proof, checkpoint.root)
    if len(signers) != 2 or entry["key"] != str(key) or not included:
        raise ValueError("not vouched for")
    return key


def entries(files: Files) -> list[Mapping[str, Any]]:
    """What an export says of its keys. Raises Untrue and Unreadable."""
    listed = members(whole(files, KEYS).removesuffix(b"\n")).get("keys")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in cast(list[Any], listed)):
        raise Untrue(f"{KEYS} is damaged")
    return cast(list[Mapping[str, Any]], listed)
