# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say which VMs a task is about."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  vms:
    description:
      - The VMs, each by name, inventory path (V(DC1/vm/Linux/web-01)), managed object id (V(vm-42)), BIOS UUID or
        instance UUID.
      - An entry that hits no VM, or several, is an error that names the candidates.
      - An empty list means no VM, as a query that has found none leaves it.
      - This and the other options of the scope narrow each other. With none of them, the scope is the whole inventory.
    type: list
    elements: str
  datacenter:
    description: Only VMs in this datacenter.
    type: str
  cluster:
    description: Only VMs on the hosts of this cluster.
    type: str
  host:
    description: Only VMs that run on this host.
    type: str
  folder:
    description: Only VMs in this folder or below it, by name or by inventory path (V(DC1/vm/Linux)).
    type: str
  portgroup:
    description: Only vNICs that are connected to this portgroup, standard or distributed.
    type: str
"""
