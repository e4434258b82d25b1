"""moto's S3 server on loopback, as a bucket that tests fill."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"
SECRETS = {"env:S3_ACCESS": "AKIAEXAMPLE", "env:S3_SECRET": "s3-secret-hunter2"}


@dataclass(frozen=True)
class Store:
    """One bucket of the server at ``endpoint``."""

    endpoint: str
    bucket: str
    client: Any

    def put(self, key: str, body: str | bytes = "text", **more: str) -> None:
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=key)

    def config(self, **more: Any) -> dict[str, Any]:
        return {
            "bucket": self.bucket, "endpoint": self.endpoint, "region": REGION, "access_key": "env:S3_ACCESS",
            "secret_key": "env:S3_SECRET", "access": [{"prefix": "", "allow": ["staff"]}],
        } | more  # fmt: skip


@contextmanager
def server() -> Generator[str]:
    """The address of a server that holds nothing."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def store(endpoint: str, bucket: str) -> Store:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name=REGION, aws_access_key_id="writer", aws_secret_access_key="writer",
        config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return Store(endpoint, bucket, client)
