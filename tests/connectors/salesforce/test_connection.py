"""Signing in to Salesforce, its limits, and replies that go wrong, against a fake of its REST API."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.errors import SourceMisbehaves, SourceRejected, SourceUnavailable
from connectors.sources import salesforce
from tests.connectors.declared import Seen, opened
from tests.connectors.opening import Time
from tests.connectors.salesforce.company import Company, item, source
from tests.fakes.loopback import Asked, Reply
from tests.fakes.salesforce import CLIENT, LOGIN


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def test_an_ended_session_is_renewed_once_and_goes_unnoticed(company: Company) -> None:
    for number in range(7):
        company.account("ann", Name=f"Account {number}")
    seen = Seen()
    for number, page in enumerate(source(company).poll(None)):
        seen.changes |= {change.key: change for change in page.changes}
        if number == 0:
            company.fake.expire_tokens()
    assert len(seen.changes) == 7


def test_a_jwt_bearer_assertion_signs_in(company: Company, key: RSAPrivateKey) -> None:
    company.fake.public_key = key.public_key()
    company.fake.clock = Time()
    company.account("ann")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    config = {"url": company.fake.url, "client_id": CLIENT, "user": LOGIN, "private_key": "env:KEY"}
    assert len(Seen().poll(opened(salesforce.KIND, config, {"env:KEY": pem})).changes) == 1
    company.fake.audience = "https://test.salesforce.com"
    with pytest.raises(SourceRejected):
        Seen().poll(opened(salesforce.KIND, config, {"env:KEY": pem}))


def test_a_wrong_secret_says_what_to_do_and_is_not_shown(company: Company) -> None:
    reader = source(company, secret="wrong-secret-99")
    with pytest.raises(SourceRejected) as refused:
        Seen().poll(reader)
    steps = list(reader.check())
    assert not steps[-1].ok
    assert "consumer key" in steps[-1].hint
    assert "wrong-secret-99" not in f"{refused.value!s}{refused.value!r}{reader!r}{steps!r}"


def test_the_daily_limit_is_waited_for(company: Company) -> None:
    company.account("ann")
    company.fake.used = company.fake.daily
    with pytest.raises(SourceUnavailable) as refused:
        Seen().poll(source(company))
    assert refused.value.retry_after == 900


def test_throttled_cut_and_half_written_pages_do_not_change_the_result(company: Company) -> None:
    company.fake.batch = 100
    company.account("ann")
    company.opportunity("ann")
    calm, time = Seen().poll(source(company)), Time()
    company.fake.throttle_next("/queryAll", 503, "13")
    company.fake.cut_next("/query")
    company.fake.malform_next("/query")
    stormy = Seen().poll(source(company, time))
    assert 13.0 in time.slept
    assert {k: c.fingerprint for k, c in stormy.changes.items()} == {k: c.fingerprint for k, c in calm.changes.items()}


def test_a_filter_that_is_ignored_tells_nothing_old_again(company: Company) -> None:
    reader = source(company)
    company.account("ann")
    seen = Seen().poll(reader)
    company.fake.pass_time(days=2)
    late = company.account("ann")
    seen.poll(reader)
    company.fake.ignores_where = True
    [*pages] = reader.poll(seen.cursor)
    assert {change.key for page in pages for change in page.changes} <= {item(late)}


def test_batches_that_repeat_end_clearly(company: Company) -> None:
    for number in range(8):
        company.account("ann", Name=f"Account {number}")
    first: list[bytes] = []

    def again(_asked: Asked, reply: Reply) -> Reply:
        first.append(reply.body)
        return Reply(200, first[0], reply.headers)

    company.fake.spoil_next("/queryAll", again)
    company.fake.spoil_next("/query/01g", again, times=20)
    with pytest.raises(SourceMisbehaves):
        Seen().poll(source(company))


def test_a_next_batch_at_another_host_gets_no_token(company: Company) -> None:
    company.account("ann")
    elsewhere = b'{"totalSize":2,"done":false,"nextRecordsUrl":"https://evil.example/x","records":[]}'
    company.fake.spoil_next("/queryAll", lambda _asked, reply: Reply(200, elsewhere, reply.headers))
    with pytest.raises(SourceRejected):
        Seen().poll(source(company))


def test_the_check_finds_what_the_integration_user_may_not_see(company: Company) -> None:
    company.account("ann")
    assert all(step.ok for step in source(company).check())
    company.fake.hidden.add("PermissionSetAssignment")
    failed = [step for step in source(company).check() if not step.ok]
    assert [step.name for step in failed] == ["permissions"]
    assert "View Setup" in failed[0].hint
