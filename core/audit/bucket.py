"""A bucket as a witness: each checkpoint is an object that nobody can change before its time is over (S3 object
lock)."""
# botocore's clients are made at run time and have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import requests
from urllib3.exceptions import HTTPError

from core.audit.checkpoints import Checkpoint
from core.clock import Clock
from core.egress import Egress, EgressRefused
from core.errors import Unavailable
from core.pinned import PinnedAdapter, PinnedSession
from core.secrets import Secret

TIMEOUT_SECONDS = 15
_CHECK = "Check audit.bucket, what its keys refer to, and egress.hosts."


@dataclass(frozen=True, slots=True)
class _Read:
    """An answer that has been read already, as botocore wants to read it."""

    content: bytes

    def stream(self) -> Any:
        yield self.content


@dataclass(frozen=True, slots=True)
class BucketWitness:
    """Objects ``PREFIX0000000000000042``, each the note of the checkpoint over so many records."""

    bucket: str
    prefix: str
    region: str
    endpoint: str | None
    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    days: int
    egress: Egress = field(repr=False)
    keys: Callable[[], tuple[Secret, Secret]] = field(repr=False)
    clock: Clock = field(repr=False)
    name: str = "bucket"

    def hand(self, checkpoint: Checkpoint) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with PinnedSession(PinnedAdapter(self.egress, TIMEOUT_SECONDS)) as session:
                self._client(session).put_object(
                    Bucket=self.bucket,
                    Key=f"{self.prefix}{checkpoint.size:016d}",
                    Body=checkpoint.note,
                    ContentType="text/plain; charset=utf-8",
                    ObjectLockMode=self.mode,
                    ObjectLockRetainUntilDate=self.clock() + timedelta(days=self.days),
                )
        except EgressRefused as error:
            raise Unavailable(error.message, hint=error.hint) from None
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise Unavailable(f"The bucket {self.bucket} refuses checkpoints ({code}).", hint=_CHECK) from None
        except (BotoCoreError, requests.RequestException, HTTPError, OSError) as error:
            raise Unavailable(
                f"The bucket {self.bucket} does not answer ({type(error).__name__}).", hint=_CHECK
            ) from None

    def _client(self, session: requests.Session) -> Any:
        # botocore takes most of a second to import.
        from botocore.awsrequest import AWSResponse
        from botocore.config import Config
        from botocore.session import Session

        access, secret = self.keys()
        client = Session().create_client(
            "s3",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=access.text(),
            aws_secret_access_key=secret.text(),
            config=Config(
                signature_version="s3v4",
                retries={"total_max_attempts": 1, "mode": "standard"},
                s3={"addressing_style": "path" if self.endpoint else "auto"},
                ignore_configured_endpoint_urls=True,
            ),
        )

        def send(request: Any, **event: Any) -> Any:
            """Every request goes through the session that obeys the egress rules."""
            headers = {
                name: value.decode() if isinstance(value, bytes) else str(value)
                for name, value in request.headers.items()
            }
            answer = session.request(
                request.method, request.url, headers=headers, data=request.body, allow_redirects=False,
                timeout=TIMEOUT_SECONDS,
            )  # fmt: skip
            return AWSResponse(request.url, answer.status_code, answer.headers, _Read(answer.content))

        client.meta.events.register("before-send.s3", send)
        return client
