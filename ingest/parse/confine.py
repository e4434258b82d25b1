"""What a parsing process may not do: outlive its parent, reach a network, or take more memory than it is given."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def confine(parent: int, memory_mb: int) -> None:
    """Apply every limit to this process. To be called before anything else is imported, while there is one thread."""
    _end_with(parent)
    _leave_network()
    sys.addaudithook(_refuse_sockets)
    limit = memory_mb * 1024 * 1024
    _limit(resource.RLIMIT_AS, limit)
    _limit(resource.RLIMIT_CORE, 0)


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent ended before the signal was set up.
        os._exit(0)


def _leave_network() -> None:
    """Move into a network namespace without interfaces where the kernel permits it; programs started here follow."""
    if sys.platform != "linux":
        return
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.unshare(_CLONE_NEWNET) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0:
        try:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        except OSError:
            # Unmapped ids still read what is world readable, and the process has no network either way.
            return


def _refuse_sockets(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.__new__" and arguments[1] != socket.AF_UNIX:
        raise PermissionError("parsing has no network")
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        raise PermissionError("parsing has no network")


def _limit(what: int, value: int) -> None:
    _, hard = resource.getrlimit(what)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(what, (ceiling, hard))
    except (ValueError, OSError):
        # Where the platform refuses, the parent still watches the resident size.
        return
