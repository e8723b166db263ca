# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of this collection promise about check mode, diff mode and running twice."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
    details:
      - The plan that is shown is the one that would be carried out.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run makes no change.
    support: full
  action_group:
    description: Use C(group/macguard.vsphere.vsphere) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - macguard.vsphere.vsphere
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
    details:
      - Only reads.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - Only reads.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run makes no change.
    support: full
    details:
      - Only reads.
  action_group:
    description: Use C(group/macguard.vsphere.vsphere) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - macguard.vsphere.vsphere
"""

    FACTS = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
    details:
      - Only reads.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - Only reads.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second run makes no change.
    support: full
    details:
      - Only reads.
  facts:
    description: Action returns an C(ansible_facts) dictionary that will update existing host facts.
    support: full
  action_group:
    description: Use C(group/macguard.vsphere.vsphere) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - macguard.vsphere.vsphere
"""
