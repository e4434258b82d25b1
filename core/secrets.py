"""Secrets by reference, and the installation's own keys.

A setting names a secret as ``env:NAME``, ``file:PATH`` or ``vault:MOUNT/PATH#FIELD``, never by value. The keyring is a
directory of 32 random bytes a file, made on the first start; losing it makes the audit log unverifiable, so it belongs
in every backup.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import Conflict, Invalid, Unavailable

COMMITMENT = "audit-commitment"
SUBJECT = "audit-subject"
SIGNING = "audit-signing"
FOUNDING = (COMMITMENT, SUBJECT, SIGNING)
KEY_BYTES = 32
NAME = re.compile(r"^[a-z][a-z0-9-]{0,63}$")
VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
VAULTED = re.compile(r"^[^/#\s?%]+(/[^/#\s?%]+)+#[^#\s]+$")
SHORTEST_HIDDEN = 4
"""Characters. Words shorter than this are in every text; taking them out would only tell them."""


class Secret:
    """A value that shows in no repr, no format and no log; ``text()`` or ``raw()`` give it to the code that uses it."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def raw(self) -> bytes:
        return self._value

    def text(self) -> str:
        return self._value.decode()

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not serialised; pass its reference instead")


ReadVault = Callable[[str], bytes]
"""``MOUNT/PATH#FIELD`` to the value there (``core.vault.Vault.read``)."""


def resolve(ref: str, vault: ReadVault | None = None) -> Secret:
    """The secret behind ``env:NAME``, ``file:PATH`` (UTF-8, a final line break is dropped) or
    ``vault:MOUNT/PATH#FIELD``.

    Raises Invalid when the reference has another form (it is not repeated: it may be the secret itself) or the value is
    empty, and Unavailable when the variable, file or vault is missing or unreadable.
    """
    scheme, _, target = ref.partition(":")
    if scheme == "env" and VARIABLE.match(target):
        value = _variable(target)
    elif scheme == "file" and target:
        value = _file(Path(target))
    elif scheme == "vault" and VAULTED.match(target):
        if vault is None:
            raise Invalid("Secrets cannot be read from a vault here.", hint="Write env:NAME or file:/path/to/file.")
        value = _utf8(vault(target), ref)
    else:
        hint = "Write env:NAME, file:/path/to/file or vault:MOUNT/PATH#FIELD."
        raise Invalid("A secret must be given by reference.", hint=hint)
    if not value:
        raise Invalid(f"The secret {ref} is empty.", hint="Put its value there.")
    return Secret(value)


class Resolver:
    """Resolves references, and takes whatever they held out of a text before somebody sees it."""

    def __init__(self, vault: ReadVault | None = None) -> None:
        self._vault = vault
        self._known: dict[bytes, Secret] = {}

    def __call__(self, ref: str) -> Secret:
        secret = resolve(ref, self._vault)
        return self._known.setdefault(secret.raw(), secret)

    def redact(self, text: str) -> str:
        return redact(text, tuple(self._known.values()))


def redact(text: str, hidden: Iterable[Secret]) -> str:
    """``text`` without the secrets, nor what URLs and headers make of them. Last resort: no error should hold one."""
    forms = {form for secret in hidden for form in _forms(secret.text())}
    # The longest first: a secret may hold another one.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "[secret]")
    return text


def _forms(value: str) -> Iterable[str]:
    parts = {value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= 16)}
    for part in parts:
        if len(part) >= SHORTEST_HIDDEN:
            plain = part.encode()
            yield from (part, quote(part, safe=""), quote_plus(part), repr(part)[1:-1])
            yield from (base64.b64encode(plain).decode(), base64.urlsafe_b64encode(plain).decode().rstrip("="))


def _variable(name: str) -> bytes:
    value = os.environb.get(name.encode())
    if value is None:
        raise Unavailable(
            f"The environment variable {name} is not set.", hint="Set it for the process that runs Vouch."
        )
    return _utf8(value, f"env:{name}")


def _file(path: Path) -> bytes:
    try:
        value = path.read_bytes()
    except OSError as error:
        hint = "Check that it exists and that the user who runs Vouch may read it."
        raise Unavailable(f"The secret file {path} cannot be read ({error.strerror}).", hint=hint) from error
    return _utf8(value, f"file:{path}").removesuffix(b"\n").removesuffix(b"\r")


def _utf8(value: bytes, ref: str) -> bytes:
    try:
        value.decode()
    except UnicodeDecodeError:
        # The original error carries the value, so it is not chained.
        raise Invalid(f"The secret {ref} is not UTF-8 text.", hint="Store it as plain text.") from None
    return value


class Keyring:
    """The installation's own keys: files of mode 0600 in a directory of mode 0700.

    The three audit keys are born together, in one rename. When one is missing later it is not made anew, because the
    log could not be verified with it: Conflict says to restore it. Other names are made when first asked for.
    Raises Invalid for a file or directory that others may read, or one of the wrong length.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        if not directory.is_dir() or not any(directory.iterdir()):
            self._found()
        _private(directory, directory.stat(), "700")
        self._keys = {name: self._load(name) for name in FOUNDING}

    def key(self, name: str) -> Secret:
        """The 32 bytes of ``name``, made at the first call."""
        if not NAME.match(name):
            raise Invalid("This is not a key's name.", hint="Use lower-case letters, digits and hyphens.")
        if name not in self._keys:
            path = self._directory / name
            if not path.exists():
                _create(path)
            self._keys[name] = self._load(name)
        return self._keys[name]

    def signing_key(self) -> Ed25519PrivateKey:
        """The first key that signed the audit log's checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self.key(SIGNING).raw())

    def signing_keys(self) -> tuple[Ed25519PrivateKey, ...]:
        """All keys that signed the audit log, the first one first. They are looked up anew: another process may have
        changed the key. Older ones stay, so that a database from a backup can be continued."""
        keys = [self.signing_key()]
        while (self._directory / _generation(len(keys))).exists():
            keys.append(Ed25519PrivateKey.from_private_bytes(self.key(_generation(len(keys))).raw()))
        return tuple(keys)

    def make_signing_key(self) -> None:
        """Add the key that follows the newest one. It signs nothing before the log names it."""
        self.key(_generation(len(self.signing_keys())))

    def public_key(self) -> Ed25519PublicKey:
        """What anybody may have, to verify the audit log: the key that it began with."""
        return self.signing_key().public_key()

    def _found(self) -> None:
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        # mkdtemp makes the directory with mode 0700.
        new = Path(tempfile.mkdtemp(prefix=f".{self._directory.name}-", dir=self._directory.parent))
        try:
            for name in FOUNDING:
                _create(new / name)
            new.rename(self._directory)
            sync_directory(self._directory.parent)
        except OSError:
            shutil.rmtree(new, ignore_errors=True)
            # Another process that started at the same moment may have been first; its keys are the keys.
            if not self._directory.is_dir() or not any(self._directory.iterdir()):
                raise

    def _load(self, name: str) -> Secret:
        path = self._directory / name
        try:
            with path.open("rb") as file:
                _private(path, os.fstat(file.fileno()), "600")
                value = file.read(KEY_BYTES + 1)
        except FileNotFoundError:
            hint = "Restore the whole key directory from a backup; a new key could not verify the audit log."
            raise Conflict(f"The key {path} is missing.", hint=hint) from None
        except OSError as error:
            hint = "Check that the user who runs Vouch owns it."
            raise Unavailable(f"The key {path} cannot be read ({error.strerror}).", hint=hint) from error
        if len(value) != KEY_BYTES:
            raise Invalid(f"The key {path} is damaged.", hint="Restore it from a backup.")
        return Secret(value)


def _generation(number: int) -> str:
    return SIGNING if number == 0 else f"{SIGNING}-{number}"


def _private(path: Path, status: os.stat_result, mode: str) -> None:
    if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise Invalid(f"Others may read {path}, which holds keys.", hint=f"Run: chmod {mode} {path}")


def _create(path: Path) -> None:
    """Write a new key so that it is there whole or not at all; one that is there already stays."""
    new = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    write_durably(new, secrets.token_bytes(KEY_BYTES))
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()
    sync_directory(path.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Create ``path`` with mode 0600 and bring its content to the disk. Fails when it exists."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def sync_directory(directory: Path) -> None:
    """Bring a directory's entries to the disk, so that a rename outlives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
