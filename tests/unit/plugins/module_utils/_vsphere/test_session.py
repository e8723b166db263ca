# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in over real sockets: what can go wrong, and whether the message says what to mend."""

from __future__ import annotations

import dataclasses
import pathlib
import socket
import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import (
    ConnectionFailed,
    InvalidOption,
    Refused,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.session import Options


class Served(t.NamedTuple):
    """A lab behind HTTPS and the options that reach it."""

    lab: t.Any
    options: Options


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    lab = vsphere_lab.load("nested")
    server = vsphere_lab.serve(lab, port=0)
    options = Options(
        hostname="127.0.0.1",
        port=server.port,
        username="administrator@vsphere.local",
        password="VMware1!",
        ca_path=str(server.ca_file),
        request_timeout=10,
    )
    yield Served(lab, options)
    server.stop()


def failure(options: Options, **changes: t.Any) -> str:
    with pytest.raises(ConnectionFailed) as caught, session.open_session(dataclasses.replace(options, **changes)):
        pass
    return caught.value.message


def sessions(served: Served) -> int:
    with session.open_session(served.options) as opened:
        return len(opened.content.sessionManager.sessionList) - 1


def test_a_valid_certificate_and_password_log_in_and_out_again(served: Served) -> None:
    with session.open_session(served.options) as opened:
        assert opened.is_vcenter
    assert sessions(served) == 0


def test_the_session_is_closed_when_the_work_fails(served: Served) -> None:
    with pytest.raises(Refused), session.open_session(served.options):
        raise Refused("no")
    assert sessions(served) == 0


def test_a_lost_answer_on_the_way_out_leaves_no_session(served: Served) -> None:
    """The logout asks for nothing else before."""
    with session.open_session(served.options) as opened:
        assert opened.is_vcenter
        served.lab.door("fault", method="RetrieveServiceContent", cut="before")
    served.lab.door("faults_clear")
    assert sessions(served) == 0


def test_a_wrong_password_names_the_user_and_the_variables(served: Served) -> None:
    message = failure(served.options, password="wrong")
    assert "administrator@vsphere.local" in message
    assert "VMWARE_PASSWORD" in message
    assert "wrong" not in message.replace("wrong user name or password", "")


def test_an_unknown_ca_names_the_ca_option(served: Served) -> None:
    message = failure(served.options, ca_path=None)
    assert "isn't trusted" in message
    assert "ca_path (VMWARE_CA_PATH)" in message


def test_validate_certs_false_takes_any_certificate_whatever_the_environment_says(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    with session.open_session(dataclasses.replace(served.options, ca_path=None, validate_certs=False)) as opened:
        assert opened.is_vcenter


def test_a_ca_file_that_is_not_there_is_a_bad_option(served: Served, tmp_path: pathlib.Path) -> None:
    with (
        pytest.raises(InvalidOption, match="ca_path"),
        session.open_session(dataclasses.replace(served.options, ca_path=str(tmp_path / "absent.pem"))),
    ):
        pass


def test_a_closed_port_says_that_the_server_cannot_be_reached(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    message = failure(served.options, port=port)
    assert f"127.0.0.1:{port} can't be reached" in message


def test_a_server_that_never_answers_is_given_up_in_time(served: Served) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        message = failure(served.options, port=listener.getsockname()[1], request_timeout=1)
    assert "didn't answer within 1 s (request_timeout)" in message


def test_an_unknown_host_name_is_named(served: Served) -> None:
    assert "no-such-vcenter.invalid:443 can't be reached" in failure(
        served.options, hostname="no-such-vcenter.invalid", port=443
    )


def test_the_password_is_in_no_representation() -> None:
    assert "s3cret" not in repr(Options(hostname="vc", username="me", password="s3cret"))
