"""Wallets of crypto currencies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from core.text import Span
from ingest.label.findings import Finding
from ingest.label.recognisers.base import CERTAIN

_BASE_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH_32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH_32_CONSTANTS = (1, 0x2BC830A3)
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BITCOIN_OLD = re.compile(r"(?<![A-Za-z0-9])[13][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])")
_BITCOIN_NEW = re.compile(r"(?<![A-Za-z0-9])(?:bc1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71})(?![A-Za-z0-9])")
_ETHEREUM = re.compile(r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])")


class CryptoRecogniser:
    """Bitcoin addresses with their checksums (Base58Check, BIP 173, BIP 350); Ethereum addresses by form."""

    name = "crypto"

    def find(self, text: str) -> Iterator[Finding]:
        for pattern, check in ((_BITCOIN_OLD, is_base_58), (_BITCOIN_NEW, is_bech_32), (_ETHEREUM, None)):
            for match in pattern.finditer(text):
                if check is None or check(match.group()):
                    yield Finding("CRYPTO", Span(*match.span()), CERTAIN, self.name)


def is_base_58(address: str) -> bool:
    """Base58Check: 21 bytes and the first four of their double SHA-256."""
    number = 0
    for letter in address:
        number = number * 58 + _BASE_58.index(letter)
    if number.bit_length() > 25 * 8:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]


def is_bech_32(address: str) -> bool:
    """BIP 173 and BIP 350 for the prefix ``bc``."""
    values = [3, 3, 0, 2, 3, *(_BECH_32.index(letter) for letter in address.lower()[3:])]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check in _BECH_32_CONSTANTS
