"""Which systems may be reached from here, and at which addresses.

Nothing is reachable until an administrator lists its host. A listed host may still turn out to be an address inside
(a private network, this machine, the metadata service of a cloud): that is refused unless the address itself is listed.
Names are looked up and checked when a connection is made, and the connection goes to the address that was checked, so
that a name which changes its address in between gains nothing.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import certifi
from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator

from core.errors import Invalid, Unavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[[str, int], Sequence[str]]
"""Host and port to the addresses of the host, as text; raises OSError when it has none."""

NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
PORTS = {"http": 80, "https": 443}
NAT64 = IPv6Network("64:ff9b::/96")
METADATA: frozenset[Address] = frozenset(
    map(
        ip_address,
        ("169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    )
)
"""Where clouds hand credentials to whoever asks from within a machine. A range never allows these, only their name."""


class EgressRefused(Invalid):
    """The administrator did not allow this system or address."""

    code = "egress_refused"


class EgressSettings(BaseModel):
    """What may be reached. The default is nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hosts: tuple[str, ...] = ()
    """Names such as ``acme.my.salesforce.com``, ``*.salesforce.com`` (every name below it) or an address; ``*`` is
    every host."""
    private: tuple[Network, ...] = ()
    """Addresses or ranges (``10.2.0.0/16``) inside the own network that listed hosts may be at."""
    proxy: Annotated[str, StringConstraints(pattern=r"^https?://[^/@?#\s]+/?$")] | None = None
    """Through which everything goes that is not at a ``private`` address: ``http://proxy.example.com:3128``."""
    ca_file: Path | None = None
    """Certificates (PEM) to be trusted in addition to the public ones."""

    @field_validator("hosts")
    @classmethod
    def _hosts_are_names(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_pattern, hosts))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads. ``direct`` means that no proxy is between."""

    scheme: str
    host: str
    port: int
    direct: bool


class Egress:
    """The rule, applied."""

    def __init__(self, settings: EgressSettings, lookup: Lookup | None = None) -> None:
        self.settings = settings
        self._lookup = lookup or _addresses

    def check(self, url: str) -> Target:
        """Look ``url`` up. Raises EgressRefused when it may not be reached, Unavailable when it has no address."""
        target = self.target(url)
        if target.direct:
            self.addresses(target.host, target.port)
        return target

    def target(self, url: str) -> Target:
        """What can be said without a look-up where no proxy is set: the addresses are checked by the connection."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise EgressRefused("A URL cannot be read.", hint="Correct the address of the system.") from None
        if parts.scheme not in PORTS or not host:
            raise EgressRefused("Only http and https addresses can be reached.", hint="Write it as https://HOST/PATH.")
        if parts.username is not None or parts.password is not None:
            hint = "Take them out of the URL and give them as a secret by reference."
            raise EgressRefused(f"The URL of {host} carries a user or a password.", hint=hint)
        host, port = plain(host), port or PORTS[parts.scheme]
        self._listed(host)
        return Target(parts.scheme, host, port, self.settings.proxy is None or self._inside(host, port))

    def addresses(self, host: str, port: int, *, inside: bool = False) -> tuple[str, ...]:
        """Those addresses of ``host`` that may be connected to, at least one; with ``inside``, only those within the
        own network. Raises as ``check``."""
        host = plain(host)
        self._listed(host)
        try:
            found = tuple(self._lookup(host, port))
        except OSError as error:
            hint = "Check its name, and the name service of this machine."
            raise Unavailable(f"The host {host} has no address.", hint=hint) from error
        allowed = tuple(address for address in found if self._permits(address))
        if not allowed:
            raise self._refusal(host, found[0] if found else "")
        within = tuple(address for address in allowed if _inner(_address(address)))
        if inside and not within:
            hint = "What is not at an address of egress.private does not stand on_premise: say place: external."
            raise EgressRefused(f"The host {host} is at {allowed[0]}, outside of the own network.", hint=hint)
        return within if inside else allowed

    def tls(self) -> ssl.SSLContext:
        """Certificates are always checked: against the public authorities and those of ``ca_file``."""
        context = ssl.create_default_context(cafile=certifi.where())
        if self.settings.ca_file is not None:
            try:
                context.load_verify_locations(self.settings.ca_file)
            except OSError as error:
                hint = "Set egress.ca_file to a readable file of PEM certificates."
                raise Invalid(f"The certificates in {self.settings.ca_file} cannot be used.", hint=hint) from error
        return context

    def _listed(self, host: str) -> None:
        if not any(_matches(pattern, host) for pattern in self.settings.hosts):
            hint = f"An administrator can allow it: add {host} to egress.hosts in vouch.yaml."
            raise EgressRefused(f"The host {host} may not be reached from here.", hint=hint)

    def _inside(self, host: str, port: int) -> bool:
        """Whether a host is in the own network, hence reached without the proxy. One that has no address here is left
        to the proxy; one at a refused address is refused."""
        try:
            found = tuple(self._lookup(host, port))
        except OSError:
            return False
        allowed = tuple(address for address in found if self._permits(address))
        if found and not allowed:
            raise self._refusal(host, found[0])
        return any(_inner(_address(address)) for address in allowed)

    def _permits(self, text: str) -> bool:
        address = _address(text)
        if address in METADATA:
            return any(network.num_addresses == 1 and address in network for network in self.settings.private)
        return not _inner(address) or any(
            address in network for network in self.settings.private if network.version == address.version
        )

    def _refusal(self, host: str, address: str) -> EgressRefused:
        kind = "an address that hands out credentials" if _address(address) in METADATA else "an internal address"
        hint = f"If that is intended, an administrator can add {address} to egress.private in vouch.yaml."
        return EgressRefused(f"The host {host} is at {address}, {kind}.", hint=hint)


def plain(host: str) -> str:
    """A host as it is compared: lower case, without brackets and final dots."""
    return host.lower().strip("[]").rstrip(".")


def _pattern(text: str) -> str:
    pattern = plain(text.strip())
    name = pattern.removeprefix("*.")
    if pattern != "*" and not NAME.fullmatch(name):
        try:
            ip_address(pattern)
        except ValueError:
            raise ValueError(
                f"{text!r} is not a host: write a name such as api.example.com, *.example.com or an address, "
                "without https:// and without a path"
            ) from None
    return pattern


def _matches(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _address(text: str) -> Address:
    """The address that packets go to in the end: IPv4 addresses are often wrapped into IPv6 ones."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _inner(address: Address) -> bool:
    return not address.is_global or address.is_multicast or address.is_reserved or address in METADATA


def _addresses(host: str, port: int) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
