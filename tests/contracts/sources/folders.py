"""Files and records: the file system is their server."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import files, records
from tests.contracts.sources.world import World

NO_SERVER = "a file system answers no requests"


class FilesWorld(World):
    kind = files.KIND
    cannot = dict.fromkeys(("throttle", "failure", "cut", "repeat", "unfiltered", "credentials"), NO_SERVER)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = directory / "folder"
        self.folder.mkdir()
        self.rules: list[dict[str, Any]] = []
        monkeypatch.setattr(files, "PAGE_ITEMS", 2)

    def config(self) -> dict[str, Any]:
        return {"path": str(self.folder), "allow": ["staff"], "folders": self.rules}

    def put(self, name: str, text: str) -> None:
        path = self.folder / self.key(name)
        path.write_text(text)
        # Two writes may fall into one tick of the clock of a file system.
        self.time.sleep(1)
        os.utime(path, (self.time.now.timestamp(),) * 2)

    def remove(self, name: str) -> None:
        (self.folder / self.key(name)).unlink()

    def key(self, name: str) -> str:
        return f"{name}.md"

    def revoke(self, name: str) -> None:
        self.rules.append({"prefix": self.key(name), "allow": ["others"]})


class RecordsWorld(World):
    kind = records.KIND
    cannot = dict.fromkeys(("throttle", "failure", "cut", "repeat", "unfiltered", "credentials"), NO_SERVER)

    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = directory / "records.jsonl"
        self.rows: dict[str, dict[str, Any]] = {}
        monkeypatch.setattr(records, "PAGE_ITEMS", 2)
        self._write()

    def config(self) -> dict[str, Any]:
        return {"path": str(self.path), "allow": ["staff"]}

    def put(self, name: str, text: str) -> None:
        self.rows[name] = {"id": name, "title": name, "text": text}
        self._write()

    def remove(self, name: str) -> None:
        del self.rows[name]
        self._write()

    def key(self, name: str) -> str:
        return name

    def revoke(self, name: str) -> None:
        self.rows[name]["allow"] = ["others"]
        self._write()

    def _write(self) -> None:
        self.path.write_text("".join(json.dumps(row) + "\n" for row in self.rows.values()))


WORLDS = [FilesWorld, RecordsWorld]
