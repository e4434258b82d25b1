"""The tree against RFC 6962's own definitions, written down naively, and against pymerkle."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from core.audit import merkle
from core.audit.merkle import Frontier

MOST = 70
LEAVES = [merkle.leaf_hash(b"record %d" % number) for number in range(300)]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def read(level: int, index: int) -> bytes:
    return naive_root(LEAVES[index << level : (index + 1) << level])


def peer(size: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for number in range(size):
        tree.append_entry(b"record %d" % number)
    return tree


def test_the_roots_are_those_of_the_definition_and_of_pymerkle() -> None:
    tree = peer(len(LEAVES))
    growing = Frontier()
    for size in range(len(LEAVES) + 1):
        expected = naive_root(LEAVES[:size])
        assert growing.root() == merkle.root(read, size) == merkle.frontier(read, size).root() == expected
        if size:
            assert tree.get_root(size) == expected
        if size < len(LEAVES):
            growing.add(LEAVES[size])


def test_known_values_of_the_test_vectors_of_certificate_transparency() -> None:
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    growing = Frontier()
    for given_, root in zip(inputs, roots, strict=True):
        growing.add(merkle.leaf_hash(bytes.fromhex(given_)))
        assert growing.root().hex() == root
    assert merkle.EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.integers(0, 200), st.integers(0, 100))
def test_a_frontier_goes_on_from_what_is_stored(first: int, more: int) -> None:
    going_on = merkle.frontier(read, first)
    going_on.extend(LEAVES[first : first + more])
    assert going_on.size == first + more
    assert going_on.root() == naive_root(LEAVES[: first + more])
    one_by_one = merkle.frontier(read, first)
    for leaf in LEAVES[first : first + more]:
        for level, index, found in one_by_one.add(leaf):
            assert found == read(level, index)
    assert one_by_one == going_on


def test_every_complete_subtree_is_told_once() -> None:
    growing = Frontier()
    told = [(level, index) for leaf in LEAVES for level, index, _ in growing.add(leaf)]
    whole = [(level, index) for level in range(9) for index in range(len(LEAVES) >> level)]
    assert sorted(told) == sorted(whole)


def test_every_inclusion_proof_is_pymerkles_and_verifies() -> None:
    tree = peer(MOST)
    for size in range(1, MOST):
        root = naive_root(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(read, index, size)
            theirs = tree.prove_inclusion(index + 1, size).serialize()["path"]
            assert [step.hex() for step in proof] == theirs[1:]
            assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)


def test_every_consistency_proof_verifies_as_pymerkles_does_for_the_same_roots() -> None:
    tree = peer(MOST)
    for second in range(1, MOST):
        root = naive_root(LEAVES[:second])
        for first in range(second + 1):
            proof = merkle.consistency_proof(read, first, second)
            assert merkle.verify_consistency(first, second, naive_root(LEAVES[:first]), root, proof)
            if 0 < first < second:
                # Theirs has another form; that it holds for our roots says that both have the same trees.
                theirs = tree.prove_consistency(first, second)
                pymerkle.verify_consistency(merkle.root(read, first), merkle.root(read, second), theirs)


@given(st.data())
@settings(max_examples=300)
def test_an_inclusion_proof_of_anything_else_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(read, index, size)
    root = naive_root(LEAVES[:size])
    match data.draw(st.sampled_from(["leaf", "place", "root", "byte", "longer", "shorter", "size"])):
        case "leaf":
            assert not merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, proof, root)
        case "place":
            other = data.draw(st.integers(-1, size + 3).filter(lambda n: n != index))
            assert not merkle.verify_inclusion(LEAVES[index], other, size, proof, root)
        case "root":
            assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, bytes(32))
        case "byte" if proof:
            at, bit = data.draw(st.integers(0, 32 * len(proof) - 1)), data.draw(st.integers(1, 255))
            joined = bytearray(b"".join(proof))
            joined[at] ^= bit
            edited = [bytes(joined[n : n + 32]) for n in range(0, len(joined), 32)]
            assert not merkle.verify_inclusion(LEAVES[index], index, size, edited, root)
        case "longer":
            assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, bytes(32)], root)
        case "shorter" if proof:
            assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[:-1], root)
        case _:
            later = naive_root(LEAVES[: size + 1])
            assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, later)


@given(st.data())
@settings(max_examples=300)
def test_a_consistency_proof_of_another_history_is_refused(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, MOST))
    first = data.draw(st.integers(1, second - 1))
    proof = merkle.consistency_proof(read, first, second)
    old, new = naive_root(LEAVES[:first]), naive_root(LEAVES[:second])
    rewritten = list(LEAVES[:first])
    rewritten[data.draw(st.integers(0, first - 1))] = merkle.leaf_hash(b"rewritten")
    assert not merkle.verify_consistency(first, second, naive_root(rewritten), new, proof)
    assert not merkle.verify_consistency(first, second, old, bytes(32), proof)
    assert not merkle.verify_consistency(first, second, old, new, proof[:-1])
    assert not merkle.verify_consistency(first, second, old, new, [*proof, bytes(32)])
    assert not merkle.verify_consistency(second, first, new, old, proof)
    other = data.draw(st.integers(1, second - 1).filter(lambda n: n != first))
    # Trees of other sizes can share a proof; never with this root.
    assert not merkle.verify_consistency(other, second, old, new, proof)
    joined = bytearray(b"".join(proof))
    joined[data.draw(st.integers(0, len(joined) - 1))] ^= data.draw(st.integers(1, 255))
    edited = [bytes(joined[n : n + 32]) for n in range(0, len(joined), 32)]
    assert not merkle.verify_consistency(first, second, old, new, edited)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_of_what_is_not_in_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in the tree"):
        merkle.inclusion_proof(read, index, size)
    assert not merkle.verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_no_tree_begins_with_a_larger_one() -> None:
    with pytest.raises(ValueError, match="not within"):
        merkle.consistency_proof(read, 4, 3)


def test_everything_begins_with_nothing() -> None:
    assert merkle.verify_consistency(0, 5, merkle.EMPTY, naive_root(LEAVES[:5]), [])
    assert not merkle.verify_consistency(0, 5, bytes(32), naive_root(LEAVES[:5]), [])
