"""Secrets kept in HashiCorp Vault (or OpenBao): the key-value engine, version 1 and 2, read with a token."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from core.clock import Clock
from core.egress import Egress, EgressRefused
from core.errors import Invalid, Unavailable
from core.pinned import PinnedAdapter, PinnedSession

CACHE_SECONDS = 60.0
TIMEOUT_SECONDS = 10


class Vault:
    """Reads ``MOUNT/PATH#FIELD``. Where it is and the token come from the environment: ``VAULT_ADDR`` and
    ``VAULT_TOKEN``, or ``VAULT_ADDR_FILE`` and ``VAULT_TOKEN_FILE`` (read anew each time, so that an agent may renew
    it); ``VAULT_NAMESPACE`` where one is used. Values are kept in memory for a minute."""

    def __init__(
        self, egress: Egress, environment: Mapping[str, str], clock: Clock, cache_seconds: float = CACHE_SECONDS
    ) -> None:
        self._egress = egress
        self._environment = environment
        self._clock = clock
        self._life = timedelta(seconds=cache_seconds)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[datetime, dict[str, Any]]] = {}

    def read(self, target: str) -> bytes:
        """Raises Invalid when somebody has to act, Unavailable when the vault does not answer."""
        path, _, field = target.partition("#")
        value = self._fields(path).get(field)
        if not isinstance(value, str):
            found = "no text" if value is not None else "no such field"
            raise Invalid(f"The vault's {path} has {found} {field}.", hint="Correct the name after # in the reference.")
        return value.encode()

    def _fields(self, path: str) -> dict[str, Any]:
        with self._lock:
            now = self._clock()
            until, fields = self._kept.get(path, (now, {}))
            if until <= now:
                fields = self._fetch(path)
                self._kept[path] = (now + self._life, fields)
            return fields

    def _fetch(self, path: str) -> dict[str, Any]:
        address, token = self._setting("VAULT_ADDR"), self._setting("VAULT_TOKEN")
        try:
            self._egress.check(address)
            with PinnedSession(PinnedAdapter(self._egress, TIMEOUT_SECONDS)) as session:
                return _read(_client(address, token, self._environment.get("VAULT_NAMESPACE"), session), path)
        except EgressRefused:
            raise
        except requests.RequestException:
            hint = "Check VAULT_ADDR, and that the vault is up and reachable."
            raise Unavailable("The vault does not answer.", hint=hint) from None

    def _setting(self, name: str) -> str:
        if self._environment.get(name):
            return self._environment[name]
        file = self._environment.get(f"{name}_FILE")
        if not file:
            hint = f"Set {name} or {name}_FILE for the process that runs Vouch."
            raise Invalid(f"A secret is kept in a vault, but {name} is not set.", hint=hint)
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            hint = f"Check {name}_FILE, and that the user who runs Vouch may read the file."
            raise Unavailable(f"The file {file} cannot be read.", hint=hint) from None


def _client(address: str, token: str, namespace: str | None, session: requests.Session) -> Any:
    # It takes 0.1 s to import, and most installations have no vault.
    import hvac

    return hvac.Client(url=address, token=token, namespace=namespace, session=session, timeout=TIMEOUT_SECONDS)


def _read(client: Any, path: str) -> dict[str, Any]:
    from hvac import exceptions as faults

    try:
        mount, version = _mount(client, path)
        inner = path.removeprefix(mount).strip("/")
        kv = client.secrets.kv
        if version != 1:
            try:
                answer = kv.v2.read_secret_version(inner, mount_point=mount, raise_on_deleted_version=True)
                return _dict(answer["data"]["data"])
            except faults.InvalidPath:
                if version == 2:
                    raise
        return _dict(kv.v1.read_secret(inner, mount_point=mount)["data"])
    except (faults.Forbidden, faults.Unauthorized):
        hint = "Renew the token, or give its policy the capability read on that path (KV 2: MOUNT/data/PATH)."
        raise Invalid(f"The vault's token may not read {path}.", hint=hint) from None
    except faults.InvalidPath:
        hint = "Correct the reference, or put the secret there; a deleted version counts as missing."
        raise Invalid(f"The vault has no {path}.", hint=hint) from None
    except faults.VaultDown:
        raise Unavailable("The vault is sealed or in maintenance.", hint="Unseal it.") from None
    except faults.VaultError as error:
        kind = type(error).__name__
        raise Unavailable(f"The vault failed on {path} ({kind}).", hint="Look at the vault's own log.") from None
    except (KeyError, TypeError, ValueError):
        hint = "Check VAULT_ADDR: something else may be answering there."
        raise Unavailable(f"The vault's answer for {path} is not as documented.", hint=hint) from None


def _mount(client: Any, path: str) -> tuple[str, int | None]:
    """The engine's mount and version, as the vault's own command line finds them out. Where the token may not ask,
    the mount is the first part of the path and the version is found by trying."""
    from hvac import exceptions as faults

    try:
        data = _dict(client.adapter.get(f"/v1/sys/internal/ui/mounts/{path}")["data"])
        options = _dict(data.get("options") or {})
        return str(data["path"]).strip("/"), int(options.get("version", 1))
    except (faults.Forbidden, faults.InvalidPath, faults.InvalidRequest):
        return path.partition("/")[0], None


def _dict(value: Any) -> dict[str, Any]:
    return dict(value)
