"""Parsed text to chunks: structure first, sentences inside what is too long, every chunk verbatim spans."""

from ingest.split.chunks import split
from ingest.split.settings import SplitSettings
from ingest.split.tokens import split_with_packaged_tokens

__all__ = ["SplitSettings", "split", "split_with_packaged_tokens"]
