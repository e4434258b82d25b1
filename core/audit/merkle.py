"""The tree over the log: RFC 6962 (section 2.1), SHA-256, without any storage.

A complete subtree is named by its level and index: level ``l`` and index ``i`` cover the leaves from ``i * 2**l`` to
``(i + 1) * 2**l``, the end not included. Leaves count from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Read = Callable[[int, int], bytes]
"""Level and index to the hash of that complete subtree."""

EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""

_sha256 = hashlib.sha256


def leaf_hash(record: bytes) -> bytes:
    return _sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The hashes of the largest complete subtrees of the first ``size`` leaves, from left to right: all that is needed
    to add leaves and to give the root. Also known as a compact range."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list[bytes])

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add the hash of a leaf. Returns the complete subtrees that it ends, the leaf's own included: level, index
        and hash."""
        completed = [(0, self.size, leaf)]
        level, left = 0, self.size
        while left & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            level, left = level + 1, left >> 1
            completed.append((level, left, leaf))
        self.peaks.append(leaf)
        self.size += 1
        return completed

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of many leaves; faster than ``add``."""
        size, peaks = self.size, self.peaks
        for leaf in leaves:
            at, node = size, leaf
            while at & 1:
                node = _sha256(b"\x01" + peaks.pop() + node).digest()
                at >>= 1
            peaks.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        return _folded(self.peaks)

    def copy(self) -> Frontier:
        return Frontier(self.size, list(self.peaks))


def frontier(read: Read, size: int) -> Frontier:
    """That of the first ``size`` leaves."""
    return Frontier(size, [read(level, index) for level, index in _subtrees(0, size)])


def root(read: Read, size: int) -> bytes:
    return _range_root(read, 0, size)


def inclusion_proof(read: Read, index: int, size: int) -> list[bytes]:
    """The audit path of leaf ``index`` in the tree of ``size`` leaves, from the leaf up (PATH in RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    proof: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            proof.append(_range_root(read, middle, end))
            end = middle
        else:
            proof.append(_range_root(read, begin, middle))
            begin = middle
    return proof[::-1]


def consistency_proof(read: Read, first: int, second: int) -> list[bytes]:
    """That the tree of ``second`` leaves begins with the ``first`` ones (PROOF in RFC 6962, 2.1.2)."""
    if not 0 <= first <= second:
        raise ValueError("the first tree is not within the second")
    proof: list[bytes] = []
    if first in (0, second):
        return proof
    begin, end, whole = 0, second, True
    while first < end:
        middle = begin + _split(end - begin)
        if first <= middle:
            proof.append(_range_root(read, middle, end))
            end = middle
        else:
            proof.append(_range_root(read, begin, middle))
            begin, whole = middle, False
    return ([] if whole else [_range_root(read, begin, end)]) + proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``leaf`` is leaf ``index`` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:  # fmt: skip
    """Whether the second tree begins with the first (RFC 9162, 2.1.4.2)."""
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first == 0:
        # Every tree begins with the empty one.
        return not proof and first_root == EMPTY
    steps = list(proof)
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, step)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _subtrees(begin: int, end: int) -> list[tuple[int, int]]:
    """The complete subtrees of a range whose begin is aligned to its size, from left to right."""
    found: list[tuple[int, int]] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        found.append((level, begin >> level))
        begin += 1 << level
    return found


def _range_root(read: Read, begin: int, end: int) -> bytes:
    return _folded([read(level, index) for level, index in _subtrees(begin, end)])


def _folded(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found
