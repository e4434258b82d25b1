"""Reading time stamps (RFC 3161) over checkpoints: an authority outside says that a note existed at a time."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from core.errors import Invalid


class BadStamp(Exception):
    """Not a time stamp, or not one of that content. The message says which."""


def stamped(token: bytes, content: bytes, nonce: int | None = None) -> datetime:
    """When the authority saw ``content``, by the token's own word. Raises BadStamp when it is for something else."""
    # Most installations have no authority, and need not load what reads its answers.
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(token)
        if response.status != 0:
            raise BadStamp("a refusal")
        said = response.tst_info
    except ValueError:
        raise BadStamp("damaged") from None
    if said.message_imprint.message != hashlib.sha256(content).digest() or nonce not in (None, said.nonce):
        raise BadStamp("of something else")
    return said.gen_time.replace(tzinfo=said.gen_time.tzinfo or UTC).astimezone(UTC)


def check(token: bytes, content: bytes, authorities: Path) -> datetime:
    """As ``stamped``, after checking the authority's signature against the certificates (PEM) of ``authorities``: its
    root, and where the token does not hold them those between. Raises BadStamp, and Invalid for the file."""
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    at = stamped(token, content)
    try:
        certificates = x509.load_pem_x509_certificates(authorities.read_bytes())
    except (OSError, ValueError):
        raise Invalid(f"{authorities} holds no certificates.", hint="Give the authority's in PEM.") from None
    builder = VerifierBuilder()
    for each in certificates:
        root = each.issuer == each.subject
        builder = builder.add_root_certificate(each) if root else builder.add_intermediate_certificate(each)
    try:
        builder.build().verify_message(decode_timestamp_response(token), content)
    except (VerificationError, ValueError) as error:
        raise BadStamp(f"not signed by that authority ({type(error).__name__})") from None
    return at
