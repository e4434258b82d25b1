from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import Conflict, Invalid, Unavailable, VouchError
from core.secrets import FOUNDING, SIGNING, Keyring, Secret, resolve

VALUE = "hunter2-hunter2"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_secret_is_found_by_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("API_KEY", VALUE)
    (tmp_path / "key").write_text(VALUE + "\n")
    assert resolve("env:API_KEY").text() == VALUE
    assert resolve(f"file:{tmp_path / 'key'}").text() == VALUE


def test_a_secret_shows_nowhere() -> None:
    secret = Secret(VALUE.encode())
    assert VALUE not in f"{secret} {secret!r} {[secret]} {secret.__class__}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize("ref", [VALUE, "", "env:", "file:", "vault:secret/key", f"env:{VALUE} x", f"https://{VALUE}"])
def test_a_value_in_place_of_a_reference_is_refused_and_not_repeated(ref: str) -> None:
    with pytest.raises(Invalid, match="env:NAME") as refused:
        resolve(ref)
    assert VALUE not in str(refused.value)


def test_a_missing_or_empty_secret_says_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("API_KEY", raising=False)
    with pytest.raises(Unavailable, match="API_KEY"):
        resolve("env:API_KEY")
    with pytest.raises(Unavailable, match="absent"):
        resolve(f"file:{tmp_path / 'absent'}")
    monkeypatch.setenv("API_KEY", "")
    with pytest.raises(Invalid, match="empty"):
        resolve("env:API_KEY")
    (tmp_path / "binary").write_bytes(b"\xff\xfehunter2")
    with pytest.raises(Invalid) as refused:
        resolve(f"file:{tmp_path / 'binary'}")
    assert refused.value.__cause__ is None


def test_the_keyring_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    first = Keyring(keys)
    assert mode(keys) == 0o700
    assert {path.name: (mode(path), path.stat().st_size) for path in keys.iterdir()} == dict.fromkeys(
        FOUNDING, (0o600, 32)
    )
    again = Keyring(keys)
    assert [first.key(name).raw() for name in FOUNDING] == [again.key(name).raw() for name in FOUNDING]
    assert len({first.key(name).raw() for name in FOUNDING}) == 3
    again.public_key().verify(first.signing_key().sign(b"statement"), b"statement")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["keys"]


def test_an_empty_directory_is_taken_over(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o755)
    Keyring(keys)
    assert mode(keys) == 0o700


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    assert Keyring(tmp_path / "a").key(SIGNING).raw() != Keyring(tmp_path / "b").key(SIGNING).raw()


@pytest.mark.parametrize(
    ("name", "permissions", "repair"), [("", 0o750, "700"), (SIGNING, 0o640, "600"), (SIGNING, 0o604, "600")]
)
def test_keys_that_others_may_read_are_refused(tmp_path: Path, name: str, permissions: int, repair: str) -> None:
    Keyring(tmp_path / "keys")
    target = tmp_path / "keys" / name
    target.chmod(permissions)
    with pytest.raises(Invalid) as refused:
        Keyring(tmp_path / "keys")
    assert refused.value.hint == f"Run: chmod {repair} {target}"


def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    Keyring(tmp_path / "keys")
    (tmp_path / "keys" / SIGNING).unlink()
    with pytest.raises(Conflict, match="backup"):
        Keyring(tmp_path / "keys")
    assert not (tmp_path / "keys" / SIGNING).exists()


def test_a_damaged_key_is_refused(tmp_path: Path) -> None:
    Keyring(tmp_path / "keys")
    (tmp_path / "keys" / SIGNING).write_bytes(bytes(31))
    with pytest.raises(Invalid, match="damaged"):
        Keyring(tmp_path / "keys")


def test_eight_first_starts_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    def start(_: int) -> tuple[bytes, bytes]:
        ring = Keyring(tmp_path / "keys")
        return ring.key(SIGNING).raw(), ring.key("web-session").raw()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == sorted((*FOUNDING, "web-session"))


@pytest.mark.parametrize("name", ["../key", "", "Key", ".key"])
def test_a_key_name_cannot_leave_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(VouchError):
        Keyring(tmp_path / "keys").key(name)
