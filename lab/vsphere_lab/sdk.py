# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pyVmomi's types for the lab, untyped: the shipped stubs know neither calls without a stub nor fault constructors."""

from __future__ import annotations

import typing as t

from pyVmomi import SoapAdapter as _soap
from pyVmomi import VmomiSupport as _support
from pyVmomi import vim as _vim
from pyVmomi import vmodl as _vmodl

vim: t.Any = _vim
vmodl: t.Any = _vmodl
VmomiSupport: t.Any = _support
SoapAdapter: t.Any = _soap
