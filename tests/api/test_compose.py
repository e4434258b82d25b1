"""``compose.yaml``: what it gives Vouch's processes is a configuration, and nothing in it is left open."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import load_settings

REPOSITORY = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("api", "worker", "beat")


@pytest.mark.parametrize("name", OURS)
def test_each_process_of_ours_gets_a_configuration_of_server_mode(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for setting, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(setting, "" if value.startswith("${") else value)
    settings = load_settings()
    assert (settings.mode, settings.demo.sign_in) == ("server", "off")
    assert set(SERVICES[name]["secrets"]) == set(COMPOSE["secrets"])


def test_images_of_others_are_pinned_and_checked_for_health() -> None:
    for name in set(SERVICES) - set(OURS):
        version = SERVICES[name]["image"].rpartition(":")[2]
        assert version.lstrip("v")[:1].isdigit()
        assert version.count(".") >= 1
        assert "test" in SERVICES[name]["healthcheck"]
        assert SERVICES[name]["networks"] == ["services"]
        assert "ports" not in SERVICES[name]


def test_no_password_stands_in_the_file_and_only_the_api_listens() -> None:
    assert all(each["file"].startswith("./secrets/") for each in COMPOSE["secrets"].values())
    assert COMPOSE["networks"]["services"] == {"internal": True}
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["api"]["ports"])


def test_compose_reads_it() -> None:
    if shutil.which("docker-compose"):
        command = ["docker-compose"]
    elif (
        shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0
    ):
        command = ["docker", "compose"]
    else:
        pytest.skip("no compose on this machine; install it with: apt-get install docker-compose")
    ran = subprocess.run([*command, "config", "-q"], cwd=REPOSITORY, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
