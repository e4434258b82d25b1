"""How the conformance kit drives one kind of source. To add a kind, put a file into this folder:

    class RoundupWorld(World):
        kind = KIND
        # With hunter2 in it, which is searched for in logs and errors.
        secrets: ClassVar = {"env:ROUNDUP": "roundup-hunter2"}
        # Which requests list a page (for the page that repeats), and a request without its filter.
        is_page = staticmethod(lambda request: ...)
        without_filter = staticmethod(lambda request: ...)

        def start(self, stack, directory, monkeypatch):
            # Once a test: start the server, or take a shared one, empty. The proxy before it brings the trouble.
            self.proxy = stack.enter_context(proxy(URL))
        def config(self): ...             # as an owner writes it, at self.proxy.url
        def put(self, name, text): ...    # create the item with this text, readable for the reader, or change its text
        def remove(self, name): ...       # delete it the way the system does
        def key(self, name): ...          # its key as the source gives it
        def revoke(self, name): ...       # take the reader's right to this item away, in the system or the access map

    WORLDS = [RoundupWorld]

Pages have to be so small that ``NAMES`` take several of them: set the page size in ``config``, or with ``monkeypatch``.
Items are named a, b, c, ...; what a system cannot keep as a name (an id of its own) the world remembers.
A server that takes long to start is kept in a module-level ``functools.cache`` of the file, and emptied in ``start``.
What a system cannot do to us (a folder does not answer 429) it leaves out: the kit runs what is there, and
``test_every_kind_says_which_trouble_it_cannot_be_in`` keeps the reasons in ``cannot``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from connectors.kinds import Kind
from connectors.sources.base import AnySource
from tests.connectors.opening import Time, opening
from tests.contracts.sources.trouble import Proxy, Request, always

Trouble = Literal["throttle", "failure", "cut", "repeat", "unfiltered", "credentials"]
TROUBLES: tuple[Trouble, ...] = ("throttle", "failure", "cut", "repeat", "unfiltered", "credentials")
NAMES = ("a", "b", "c", "d", "e", "f", "g")
READER = "reader@example.com"


class World(ABC):
    """One kind of source with its system."""

    kind: ClassVar[Kind]
    name: ClassVar[str] = ""
    """Of the world, where a kind has several; else the kind's."""
    secrets: Mapping[str, str] = {}
    cannot: ClassVar[Mapping[Trouble, str]] = {}
    """The trouble that this system cannot make, each with the reason."""
    reader_groups: frozenset[str] = frozenset({"staff"})
    """The groups of the company that the reader is in; in the system, the reader's account has the address READER."""
    is_page: ClassVar[Callable[[Request], bool]] = staticmethod(always)
    without_filter: ClassVar[Callable[[Request], Request]] = staticmethod(lambda request: request)
    pages_by_filter: ClassVar[bool] = False
    """Whether pages go on by the filter itself (a keyset of times): without it there is nothing but an error."""

    def __init__(self) -> None:
        self.time = Time()
        self.proxy: Proxy | None = None

    @abstractmethod
    def start(self, stack: ExitStack, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None: ...

    @abstractmethod
    def config(self) -> dict[str, Any]: ...

    @abstractmethod
    def put(self, name: str, text: str) -> None: ...

    @abstractmethod
    def remove(self, name: str) -> None: ...

    @abstractmethod
    def key(self, name: str) -> str: ...

    @abstractmethod
    def revoke(self, name: str) -> None: ...

    def refuse_credentials(self) -> None:
        """From now on the system refuses the account. HTTP systems are given a proxy that answers 401."""
        self.front.refuse(401, times=1000)

    def open(self) -> AnySource:
        """The source as the owner's configuration is now."""
        return self.kind.open(self.kind.config.model_validate(self.config()), opening(self.secrets, time=self.time))

    @property
    def front(self) -> Proxy:
        assert self.proxy is not None
        return self.proxy
