"""A folder as a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import ItemFailed, ItemGone
from connectors.sources.files import FilesSource
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
