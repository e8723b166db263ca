# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The collection's one import of pyVmomi, guarded: without the library the names are None and IMPORT_ERROR says why.

So nothing may touch these names while it is being imported; only functions do, and the runner checks first.
"""

from __future__ import annotations

import traceback
import typing as t

IMPORT_ERROR: str | None = None
try:
    from pyVim import connect
    from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl
# Not just ImportError: pyVmomi 9.1 raises a plain Exception on a Python that is too old for it.
except Exception:
    IMPORT_ERROR = traceback.format_exc()
    if not t.TYPE_CHECKING:
        connect = SoapAdapter = VmomiSupport = vim = vmodl = None

__all__ = ["IMPORT_ERROR", "SoapAdapter", "VmomiSupport", "connect", "vim", "vmodl"]
