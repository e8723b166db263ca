# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The options that modules share, in pieces; plugins/doc_fragments has one fragment of the same name per piece."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterable, Mapping

from ansible.module_utils.common.parameters import env_fallback

from .._domain.errors import InvalidOption


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentSpec:
    """Options together with the relations between them, so that pieces can be put together."""

    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_together: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()
    required_if: tuple[tuple[t.Any, ...], ...] = ()
    required_by: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    def merge(self, other: ArgumentSpec) -> ArgumentSpec:
        """Returns both pieces as one; a name that both define is a mistake in the collection."""
        twice = self.options.keys() & other.options.keys()
        if twice:
            raise ValueError(f"option defined twice: {sorted(twice)}")
        return ArgumentSpec(
            options=self.options | other.options,
            mutually_exclusive=self.mutually_exclusive + other.mutually_exclusive,
            required_together=self.required_together + other.required_together,
            required_one_of=self.required_one_of + other.required_one_of,
            required_if=self.required_if + other.required_if,
            required_by=self.required_by | other.required_by,
        )

    def without_suboptions(self) -> ArgumentSpec:
        """Returns the same options, of which ansible-core doesn't look inside dictionaries."""
        options = {
            name: {key: value for key, value in about.items() if key != "options"}
            for name, about in self.options.items()
        }
        return dataclasses.replace(self, options=options)

    def kwargs(self) -> dict[str, t.Any]:
        """Returns what AnsibleModule takes."""
        return {
            "argument_spec": self.options,
            "mutually_exclusive": self.mutually_exclusive,
            "required_together": self.required_together,
            "required_one_of": self.required_one_of,
            "required_if": self.required_if,
            "required_by": self.required_by,
        }


def _env(name: str) -> dict[str, t.Any]:
    return {"fallback": (env_fallback, [name])}


VSPHERE = ArgumentSpec(
    options={
        "hostname": {"type": "str", "required": True, **_env("VMWARE_HOST")},
        "username": {"type": "str", "required": True, "aliases": ["user"], **_env("VMWARE_USER")},
        "password": {"type": "str", "required": True, "aliases": ["pass"], "no_log": True, **_env("VMWARE_PASSWORD")},
        "port": {"type": "int", "default": 443, **_env("VMWARE_PORT")},
        "validate_certs": {"type": "bool", "default": True, **_env("VMWARE_VALIDATE_CERTS")},
        "ca_path": {"type": "path", **_env("VMWARE_CA_PATH")},
        "thumbprint": {"type": "str", **_env("VMWARE_THUMBPRINT")},
        "proxy_host": {"type": "str", **_env("VMWARE_PROXY_HOST")},
        "proxy_port": {"type": "int", **_env("VMWARE_PROXY_PORT")},
        "request_timeout": {"type": "int", "default": 60},
        "task_timeout": {"type": "int", "default": 900},
    },
    required_together=(("proxy_host", "proxy_port"),),
)

SCOPE = ArgumentSpec(
    options={
        "vms": {"type": "list", "elements": "str"},
        "datacenter": {"type": "str"},
        "cluster": {"type": "str"},
        "host": {"type": "str"},
        "folder": {"type": "str"},
        "portgroup": {"type": "str"},
    },
)

MANY = ArgumentSpec(
    options={
        "parallel": {"type": "int", "default": 8},
        "max_failures": {"type": "int", "default": 1},
    },
)


_PORTS = range(1, 1 << 16)
_SECONDS = range(1, 7 * 86400 + 1)


def check_connection(params: Mapping[str, t.Any]) -> None:
    """Raises InvalidOption for a server that can't be meant, or a number that no network or clock knows."""
    for name in ("hostname", "username", "password"):
        if not params[name]:
            # The empty host would be this machine.
            raise InvalidOption(f"{name} is empty.", option=name)
    if not set(params["hostname"]).isdisjoint(" \t\r\n/@?#"):
        raise InvalidOption(f"hostname is a name or an address alone, not '{params['hostname']}'.", option="hostname")
    ranges = {"port": _PORTS, "proxy_port": _PORTS, "request_timeout": _SECONDS, "task_timeout": _SECONDS}
    for name, allowed in ranges.items():
        if params[name] is not None and params[name] not in allowed:
            raise InvalidOption(f"{name} must be from 1 to {allowed[-1]}, not {params[name]}.", option=name)


def check_many(params: Mapping[str, t.Any]) -> None:
    """Raises InvalidOption for a number that would never begin."""
    for name in MANY.options:
        if name in params and params[name] < 1:
            raise InvalidOption(f"{name} must be at least 1, not {params[name]}.", option=name)


def check_said(params: Mapping[str, t.Any], names: Iterable[str]) -> None:
    """Raises InvalidOption for an empty text, as an unset variable leaves it: it narrows nothing, so it would widen."""
    for name in names:
        if params[name] == "":
            raise InvalidOption(f"{name} is empty. Say which is meant, or leave the option out.", option=name)
