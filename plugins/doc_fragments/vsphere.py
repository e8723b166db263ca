# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the connection; the same names and environment variables as in vmware.vmware and community.vmware."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - Python >= 3.10
  - pyVmomi >= 8.0.3
options:
  hostname:
    description:
      - Name or address of the vCenter, or of a standalone ESXi host.
      - If not given, the environment variable E(VMWARE_HOST) is used.
    type: str
    required: true
  username:
    description:
      - Account to log in with.
      - If not given, the environment variable E(VMWARE_USER) is used.
    type: str
    required: true
    aliases: [user]
  password:
    description:
      - Password of the account.
      - If not given, the environment variable E(VMWARE_PASSWORD) is used.
    type: str
    required: true
    aliases: [pass]
  port:
    description:
      - TCP port of the vSphere API.
      - If not given, the environment variable E(VMWARE_PORT) is used.
    type: int
    default: 443
  validate_certs:
    description:
      - Whether the server's certificate must be valid. V(false) is for labs only.
      - If not given, the environment variable E(VMWARE_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with the CA certificates (PEM) to check the server's certificate with, instead of the system's.
      - If not given, the environment variable E(VMWARE_CA_PATH) is used.
    type: path
  thumbprint:
    description:
      - SHA-256 thumbprint of the server's own certificate, 64 hexadecimal digits with or without colons.
      - Only this certificate is taken then, and no CA, name or date is looked at, whatever O(validate_certs) says. It
        is compared before anything is sent. Can't be used together with O(ca_path).
      - If not given, the environment variable E(VMWARE_THUMBPRINT) is used.
    type: str
  proxy_host:
    description:
      - HTTP proxy to go through. Needs O(proxy_port).
      - If not given, the environment variable E(VMWARE_PROXY_HOST) is used.
    type: str
  proxy_port:
    description:
      - Port of the HTTP proxy.
      - If not given, the environment variable E(VMWARE_PROXY_PORT) is used.
    type: int
  request_timeout:
    description:
      - Seconds that the server may be silent. An answer that hasn't ended after ten times as long, or is longer than
        256 MB, is given up too.
    type: int
    default: 60
  task_timeout:
    description: Seconds to wait for one vSphere task to end.
    type: int
    default: 900
notes:
  - The module talks to the vSphere API from where it runs. Run it on the controller (C(ansible_connection=local) for
    an inventory host that stands for a vCenter, or C(delegate_to=localhost)).
"""
