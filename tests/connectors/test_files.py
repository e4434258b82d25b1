"""A folder as a source."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import yaml

from connectors.errors import ItemFailed, ItemGone, SourceUnavailable
from connectors.sources.files import KIND, FilesSource
from connectors.sources.settings import FileSourceConfig


def source(path: Path, max_bytes: int = 2**20) -> FilesSource:
    return FilesSource(FileSourceConfig(path=str(path), allow=("staff",)), max_bytes)


def keys(made: FilesSource) -> list[str]:
    return [change.key for page in made.poll(None) for change in page.changes]


def test_every_file_below_the_folder_is_listed_by_its_relative_path(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("a.md", "deep/b.pdf", "deep/er/c é.txt"):
        (tmp_path / name).write_text("x")
    assert keys(source(tmp_path)) == ["a.md", "deep/b.pdf", "deep/er/c é.txt"]


def test_hidden_and_temporary_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in (".secret", "~$draft.docx", ".git/config", "seen.md"):
        (tmp_path / name).write_text("x")
    assert keys(source(tmp_path)) == ["seen.md"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "password.txt").write_text("hunter2")
    (inside / "link.txt").symlink_to(outside / "password.txt")
    (inside / "folder").symlink_to(outside)
    assert keys(source(inside)) == []


def test_a_single_file_is_a_source_of_one(tmp_path: Path) -> None:
    path = tmp_path / "only.md"
    path.write_text("text")
    made = source(path)
    assert keys(made) == ["only.md"]
    assert made.fetch("only.md").body == b"text"


def test_a_fingerprint_moves_when_the_file_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("one")
    before = next(source(tmp_path).poll(None)).changes[0].fingerprint
    path.write_text("other")
    assert next(source(tmp_path).poll(None)).changes[0].fingerprint != before


def test_a_file_over_the_limit_fails_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"x" * 100)
    with pytest.raises(ItemFailed, match="max_file_mb"):
        source(tmp_path, max_bytes=10).fetch("big.txt")


def test_a_file_that_vanished_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ItemGone):
        source(tmp_path).fetch("never.md")


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (step,) = source(tmp_path / "unmounted").check()
    assert not step.ok
    assert "nothing at" in step.detail


def test_just_the_wanted_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("in/a.md", "in/b.md", "in/.hidden"):
        (tmp_path / name).write_text("x")
    (page,) = source(tmp_path).read(["in/a.md", "in/gone.md", "in/.hidden"])
    assert [change.key for change in page.changes] == ["in/a.md"]
    assert page.deleted == ("in/gone.md", "in/.hidden")


def test_a_key_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "password.txt").write_text("hunter2")
    (tmp_path / "in" / "link").symlink_to(tmp_path)
    made = source(tmp_path / "in")
    (page,) = made.read(["../password.txt", "link/password.txt"])
    assert page.changes == ()
    with pytest.raises(ItemGone):
        made.fetch("../password.txt")


def test_a_folder_that_is_not_mounted_has_deleted_nothing(tmp_path: Path) -> None:
    made = source(tmp_path / "unmounted")
    for reading in (made.poll(None), made.list_ids(), made.read(["a.md"])):
        with pytest.raises(SourceUnavailable, match="nothing was deleted"):
            list(reading)


def test_a_failing_disk_does_not_look_like_deleted_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("x")
    scan = os.scandir

    def failing(path: str) -> object:
        if str(path).endswith("/a"):
            raise OSError(errno.EIO, "Input/output error", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(SourceUnavailable, match="cannot be listed"):
        keys(source(tmp_path))


def test_the_example_is_a_configuration() -> None:
    FileSourceConfig.model_validate(yaml.safe_load(KIND.example))
