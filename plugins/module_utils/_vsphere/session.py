# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""A logged-in vCenter or ESXi, from the options; logged out again whatever happens."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import socket
import ssl
import typing as t
from collections.abc import Iterator, Mapping

from .._domain.errors import ConnectionFailed, MacguardError
from . import faults, limits
from .sdk import connect, vim, vmodl
from .trust import trust, untrusted


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where to log in and how long to wait, as the user gave it; seconds for the timeouts."""

    hostname: str
    username: str
    password: str = dataclasses.field(repr=False)
    port: int = 443
    validate_certs: bool = True
    ca_path: str | None = None
    thumbprint: str | None = None
    proxy_host: str | None = None
    proxy_port: int | None = None
    request_timeout: int = 60
    task_timeout: int = 900

    @classmethod
    def of(cls, params: Mapping[str, t.Any]) -> Options:
        """Picks the connection's part out of a module's parameters."""
        return cls(**{field.name: params[field.name] for field in dataclasses.fields(cls)})

    @property
    def server(self) -> str:
        return f"{self.hostname}:{self.port}"


class Session:
    """One login. `content` is read once; `options` keeps the timeouts for those who wait."""

    def __init__(self, instance: t.Any, options: Options) -> None:
        self.instance = instance
        self.options = options
        self._views: dict[str, t.Any] = {}

    @functools.cached_property
    def content(self) -> t.Any:
        return self.instance.RetrieveContent()

    @property
    def stub(self) -> t.Any:
        """What a reference needs that is made from a known id."""
        return self.instance._stub

    def view(self, root: t.Any = None) -> t.Any:
        """Returns a view of all objects below root (default: the whole inventory); it ends with the session."""
        where = root or self.content.rootFolder
        if where._moId not in self._views:
            self._views[where._moId] = self.content.viewManager.CreateContainerView(where, [], True)
        return self._views[where._moId]

    def check(self) -> None:
        """Raises vSphere's NotAuthenticated if the session has ended; there are calls that don't."""
        self.instance.CurrentTime()

    @property
    def is_vcenter(self) -> bool:
        """False on a standalone ESXi (API reference, AboutInfo.apiType: "VirtualCenter" or "HostAgent")."""
        return bool(self.content.about.apiType == "VirtualCenter")


@contextlib.contextmanager
def open_session(options: Options) -> Iterator[Session]:
    """Logs in, hands out the session, and logs out. Raises ConnectionFailed with what to mend."""
    opened = Session(login(options), options)
    try:
        yield opened
    finally:
        # The work is done or has failed with a better message; a server that is gone needs no logout.
        with contextlib.suppress(Exception):
            # pyVim's Disconnect asks for the content again, and leaves the session open if that answer is lost.
            opened.content.sessionManager.Logout()
        with contextlib.suppress(Exception):
            opened.stub.DropConnections()


def login(options: Options) -> t.Any:
    """Returns a logged-in vim.ServiceInstance."""
    rules = trust(
        validate_certs=options.validate_certs,
        ca_path=options.ca_path,
        thumbprint=options.thumbprint,
        seconds=options.request_timeout,
    )
    try:
        with _socket_timeout(options.request_timeout):
            instance: t.Any = vim.ServiceInstance("ServiceInstance", _stub(options, rules))
            instance.RetrieveContent().sessionManager.Login(options.username, options.password, None)
    except MacguardError:
        raise
    # pyVim raises plain Exceptions for a server that isn't a vSphere one.
    except Exception as exc:
        raise _refused(options, exc) from exc
    rules.most = limits.TRUSTED
    return instance


def _stub(options: Options, rules: ssl.SSLContext) -> t.Any:
    stub = connect.SmartStubAdapter(
        host=options.hostname,
        port=options.port,
        httpProxyHost=options.proxy_host,
        httpProxyPort=options.proxy_port,
        httpConnectionTimeout=options.request_timeout,
        acceptCompressedResponses=False,
        sslContext=rules,
    )
    stub.scheme = limits.PlainConnection
    return stub


def _refused(options: Options, cause: Exception) -> ConnectionFailed:
    if isinstance(cause, vim.fault.InvalidLogin):
        return ConnectionFailed(
            f"{options.server} refused the login of '{options.username}': wrong user name or password. "
            "Check username (VMWARE_USER) and password (VMWARE_PASSWORD)."
        )
    if isinstance(cause, vim.fault.NoPermission):
        return ConnectionFailed(f"'{options.username}' may not log in to {options.server}: {faults.describe(cause)}")
    if isinstance(cause, vmodl.MethodFault):
        return ConnectionFailed(f"{options.server} refused the connection: {faults.describe(cause)}")
    return _unreachable(options, cause)


def _unreachable(options: Options, cause: Exception) -> ConnectionFailed:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConnectionFailed(untrusted(options.server, cause))
    if str(cause).startswith("503 "):
        # vCenter answers so, and not with a fault, when its limit of sessions is reached (KB 2004663).
        return ConnectionFailed(
            f"{options.server} has no session left, or its API isn't up ({cause}). Run with fewer forks, end idle "
            "sessions in the vSphere Client, or wait: vCenter ends them after 30 minutes. `retries`, `delay` and "
            "`until: result is not failed` (with `register: result`) let the task wait and try again."
        )
    if isinstance(cause, TimeoutError):
        return ConnectionFailed(f"{options.server} didn't answer within {options.request_timeout} s (request_timeout).")
    if isinstance(cause, OSError):
        return ConnectionFailed(f"{options.server} can't be reached: {cause}. Check hostname, port and proxy.")
    return ConnectionFailed(f"{options.server} doesn't answer as a vCenter or ESXi does: {cause}")


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Bounds what pyVim leaves unbounded: its request for the server's API versions has no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
