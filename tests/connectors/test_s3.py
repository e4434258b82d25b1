"""A bucket as a source, against moto's S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from connectors.errors import ItemFailed, ItemGone, SourceRejected
from connectors.sources import s3, s3_bucket
from connectors.sources.s3 import S3Config, S3Source, open_s3
from core.access import NOBODY
from core.errors import Invalid
from tests.connectors.opening import opening
from tests.connectors.s3_server import SECRETS, Store, server, store

NUMBER = count(1)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str) -> Store:
    return store(endpoint, f"bucket-{next(NUMBER)}")


def opened(bucket: Store, /, **more: Any) -> S3Source:
    config = S3Config.model_validate(bucket.config(**{k: v for k, v in more.items() if k != "max_bytes"}))
    return open_s3(config, opening(SECRETS, max_bytes=more.get("max_bytes", 2**20)))


def changes(source: S3Source) -> dict[str, Any]:
    return {change.key: change for page in source.poll(None) for change in page.changes}


def test_every_object_is_listed_over_several_pages_in_order(bucket: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_bucket, "LIST_KEYS", 3)
    names = sorted(["a.txt", "a b+c%2F.txt", "ü/é.txt", "folder/deep/x.md", "z", "m1", "m2", "m3"])
    for name in names:
        bucket.put(name)
    source = opened(bucket)
    pages = list(source.poll(None))
    assert [change.key for page in pages for change in page.changes] == names
    assert len(pages) == 3
    assert [key for keys in source.list_ids() for key in keys] == names
    assert source.fetch("ü/é.txt").body == b"text"


def test_only_what_is_below_the_prefix_is_read(bucket: Store) -> None:
    for name in ("in/a", "in/b", "out/c"):
        bucket.put(name)
    assert set(changes(opened(bucket, prefix="in/"))) == {"in/a", "in/b"}


def test_the_longest_prefix_declares_who_may_read_and_none_means_nobody(bucket: Store) -> None:
    for name in ("hr/pay/x", "hr/x", "x"):
        bucket.put(name)
    rules = [{"prefix": "hr/", "allow": ["staff"]}, {"prefix": "hr/pay/", "allow": ["hr"], "deny": ["interns"]}]
    found = changes(opened(bucket, access=rules))
    assert found["hr/x"].access.allow == ("group:staff",)
    assert found["hr/pay/x"].access.allow == ("group:hr",)
    assert found["hr/pay/x"].access.deny == ("group:interns",)
    assert found["x"].access == NOBODY


def test_a_fingerprint_moves_with_the_content_and_only_then(bucket: Store) -> None:
    bucket.put("a", "one")
    source = opened(bucket)
    first = changes(source)["a"]
    bucket.put("a", "one")
    assert changes(source)["a"].fingerprint == first.fingerprint
    bucket.put("a", "two")
    assert changes(source)["a"].fingerprint != first.fingerprint


def test_just_the_wanted_keys_are_found_wherever_they_lie(bucket: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_bucket, "LIST_KEYS", 2)
    for name in "abcdefghij":
        bucket.put(name * 3)
    source = opened(bucket)
    (page,) = source.read(["bbb", "iii", "bxx", "zzz", "jjj"])
    assert [change.key for change in page.changes] == ["bbb", "iii", "jjj"]
    assert page.deleted == ("bxx", "zzz")
    assert [item.key for item in source.access(["aaa", "nix"]).items] == ["aaa"]


def test_folders_of_the_console_are_no_items_and_archived_objects_are_faults(bucket: Store) -> None:
    bucket.put("folder/", "")
    bucket.put("old.txt", StorageClass="GLACIER")
    (page,) = opened(bucket).poll(None)
    assert page.changes == ()
    assert [(fault.key, fault.transient) for fault in page.faults] == [("old.txt", False)]


def test_an_object_that_is_too_large_or_gone_concerns_only_itself(bucket: Store) -> None:
    bucket.put("big", b"x" * 101)
    source = opened(bucket, max_bytes=100)
    with pytest.raises(ItemFailed, match="max_file_mb"):
        source.fetch("big")
    with pytest.raises(ItemGone):
        source.fetch("never")


def test_the_media_type_is_passed_on_only_where_the_store_knows_it(bucket: Store) -> None:
    bucket.put("a.md", ContentType="text/markdown")
    bucket.put("b.md")
    source = opened(bucket)
    assert source.fetch("a.md").media_type == "text/markdown"
    assert source.fetch("b.md").media_type is None


def test_a_link_is_made_of_the_quoted_key(bucket: Store) -> None:
    bucket.put("a b/ü.txt")
    found = changes(opened(bucket, link="https://files.example.com/{key}"))
    assert found["a b/ü.txt"].url == "https://files.example.com/a%20b/%C3%BC.txt"


def test_a_check_names_what_works_and_what_does_not(bucket: Store) -> None:
    bucket.put("a")
    assert [(step.name, step.ok) for step in opened(bucket).check()] == [
        ("reach", True), ("authenticate", True), ("read", True), ("permissions", True),
    ]  # fmt: skip
    (step,) = opened(bucket, bucket="not-there").check()
    assert (step.name, step.ok) == ("authenticate", False)
    assert "not-there" in step.detail


def test_a_host_that_nobody_allowed_is_not_reached(bucket: Store) -> None:
    config = S3Config.model_validate(bucket.config())
    source = open_s3(config, opening(SECRETS, hosts=("s3.example.com",)))
    with pytest.raises(SourceRejected, match="may not be reached"):
        list(source.poll(None))


def test_opening_asks_for_no_secret_and_shows_none(bucket: Store) -> None:
    source = open_s3(S3Config.model_validate(bucket.config()), opening({}))
    assert "hunter2" not in repr(source)
    assert "hunter2" not in repr(opened(bucket))


@pytest.mark.parametrize(
    "more",
    [
        {"access": []},
        {"access": [{"prefix": "a", "allow": ["x"]}, {"prefix": "a", "allow": ["y"]}]},
        {"access": [{"prefix": "", "allow": ["no|such"]}]},
        {"secret_key": None},
        {"access_key": "AKIAPLAIN"},
        {"endpoint": "ftp://x"},
    ],
)
def test_a_configuration_that_cannot_be_right_is_refused(bucket: Store, more: dict[str, Any]) -> None:
    with pytest.raises((ValueError, Invalid)):
        S3Config.model_validate(bucket.config(**more))


def test_the_example_is_a_configuration() -> None:
    import yaml

    S3Config.model_validate(yaml.safe_load(s3.KIND.example))
