"""The configuration: what it is made of, and how it says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.parts.services import database_url, queue_url
from api.settings import load_settings
from core.errors import Invalid
from core.secrets import resolve


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without a configuration, and an environment without one."""
    monkeypatch.chdir(tmp_path)
    for name in ("VOUCH_DATA_DIR", "VOUCH_CONFIG", "VOUCH_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_without_a_configuration_the_defaults_hold() -> None:
    settings = load_settings()
    assert (settings.data_dir, settings.host, settings.port) == (Path("data"), "127.0.0.1", 8000)


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / "vouch.yaml").write_text("port: 8100\nhost: 0.0.0.0\ningest:\n  max_file_mb: 20\n  batch_chunks: 7\n")
    assert load_settings().port == 8100
    monkeypatch.setenv("VOUCH_PORT", "8200")
    monkeypatch.setenv("VOUCH_INGEST__MAX_FILE_MB", "30")
    settings = load_settings()
    assert (settings.port, settings.host) == (8200, "0.0.0.0")
    assert (settings.ingest.max_file_mb, settings.ingest.batch_chunks) == (30, 7)
    assert load_settings(port=8300, host=None).port == 8300


def test_another_file_can_be_named(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "vouch.yaml").write_text("port: 8100\n")
    (elsewhere / "other.yaml").write_text("port: 8400\n")
    monkeypatch.setenv("VOUCH_CONFIG", str(elsewhere / "other.yaml"))
    assert load_settings().port == 8400
    monkeypatch.setenv("VOUCH_CONFIG", str(elsewhere / "none.yaml"))
    with pytest.raises(Invalid, match=r"none\.yaml, which does not exist"):
        load_settings()


def test_an_unknown_key_is_refused_by_its_name(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "vouch.yaml").write_text("prot: 8100\ningest:\n  max_file_gb: 1\n")
    with pytest.raises(Invalid) as refused:
        load_settings()
    assert "prot: is not a setting" in refused.value.message
    assert "ingest.max_file_gb: is not a setting" in refused.value.message
    (elsewhere / "vouch.yaml").unlink()
    monkeypatch.setenv("VOUCH_ANSWER__TRESHOLD", "0.5")
    with pytest.raises(Invalid, match=r"answer\.treshold: is not a setting"):
        load_settings()


def test_every_wrong_value_is_named_and_none_is_repeated(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "vouch.yaml").write_text("ask_per_minute: -3\napi_key: sk-4711\n")
    monkeypatch.setenv("VOUCH_PORT", "pw-4712")
    with pytest.raises(Invalid) as refused:
        load_settings()
    for name in ("ask_per_minute", "api_key", "port"):
        assert name in refused.value.message
    assert "4711" not in str(refused.value)
    assert "4712" not in str(refused.value)


def test_what_is_not_yaml_is_said_to_be_so(elsewhere: Path) -> None:
    for content in ("port: [8100", "- port"):
        (elsewhere / "vouch.yaml").write_text(content)
        with pytest.raises(Invalid, match=r"vouch\.yaml"):
            load_settings()


def test_an_environment_variable_is_taken_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Averholt: Pumps", "[Averholt", "2026", "no"):
        monkeypatch.setenv("VOUCH_ORGANISATION", name)
        assert load_settings().organisation == name


def test_demo_sign_in_can_be_switched_off(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "vouch.yaml").write_text("demo:\n  sign_in: off\n")
    assert load_settings().demo.sign_in == "off"
    (elsewhere / "vouch.yaml").unlink()
    monkeypatch.setenv("VOUCH_DEMO__SIGN_IN", "off")
    monkeypatch.setenv("VOUCH_DEMO__LOAD", "false")
    settings = load_settings()
    assert (settings.demo.sign_in, settings.demo.load) == ("off", False)


def test_variables_of_tests_and_evaluations_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOUCH_TEST_KILLS", "3")
    monkeypatch.setenv("VOUCH_EVAL_DATA", "/elsewhere")
    load_settings()


SERVER = {
    "mode": "server",
    "database": {"url": "postgresql://vouch@db/vouch"},
    "index": {"url": "http://qdrant:6333"},
    "queue": {"url": "redis://redis:6379/0"},
}


def test_server_mode_has_no_demo(elsewhere: Path) -> None:
    settings = load_settings(**SERVER)
    assert (settings.demo.load, settings.demo.sign_in) == (False, "off")
    for demo in ({"sign_in": "auto", "load": False}, {"sign_in": "off"}, {"sign_in": "off", "load": True}):
        with pytest.raises(Invalid, match="the mode server has no demo"):
            load_settings(**SERVER, demo=demo)


@pytest.mark.parametrize("part", ["database", "index", "queue"])
def test_server_mode_needs_all_of_its_services(part: str) -> None:
    with pytest.raises(Invalid, match=rf"needs {part}\.url"):
        load_settings(**{**SERVER, part: None})


def test_services_without_server_mode_are_refused_rather_than_ignored() -> None:
    with pytest.raises(Invalid, match=r"database\.url, queue\.url belong to the mode server"):
        load_settings(database=SERVER["database"], queue=SERVER["queue"])


@pytest.mark.parametrize(("part", "scheme"), [("database", "postgresql"), ("queue", "redis"), ("index", "https")])
def test_a_password_is_given_by_reference_only(part: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="holds a password") as refused:
        load_settings(**{**SERVER, part: {"url": f"{scheme}://vouch:hunter2@host/0"}})
    assert "hunter2" not in str(refused.value)
    assert load_settings(**{**SERVER, part: {"url": "file:/run/secrets/url"}}).mode == "server"


def test_addresses_get_their_passwords_when_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "p@ss/word")
    by_reference = {"password": "env:PASSWORD"}
    settings = load_settings(
        **{**SERVER, "database": {**SERVER["database"], **by_reference}, "queue": {**SERVER["queue"], **by_reference}}
    )
    assert "p@ss" not in repr(settings)
    assert database_url(settings, resolve) == "postgresql+psycopg://vouch:p%40ss%2Fword@db/vouch"
    assert queue_url(settings, resolve) == "redis://:p%40ss%2Fword@redis:6379/0"
    monkeypatch.setenv("URL", "mysql://vouch@db/vouch")
    with pytest.raises(Invalid, match=r"database\.url is not PostgreSQL's"):
        database_url(load_settings(**{**SERVER, "database": {"url": "env:URL"}}), resolve)
