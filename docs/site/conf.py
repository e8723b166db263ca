# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site out of what antsibull-docs has written (`make docs`), without fetching anything."""

from __future__ import annotations

import typing as t

from docutils import nodes

project = "macguard.vsphere"
project_copyright = "macguard.vsphere contributors"
html_title = "macguard.vsphere"

extensions = ["sphinx_antsibull_ext"]
html_theme = "furo"
pygments_style = "ansible"
highlight_language = "YAML+Jinja"

html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_static_path = ["static"]
html_css_files = ["site.css"]
default_role = "any"
nitpicky = True

# The collection's own start page; ours is index.rst, which has the same links in another order.
exclude_patterns = ["collection/index.rst"]
# Before the first release the changelog is an empty page.
suppress_warnings = ["toc.no_title"]

# What antsibull-docs refers to in Ansible's own documentation: labels, and modules of ansible.builtin.
ANSIBLE = "https://docs.ansible.com/ansible/latest"
LABELS = {
    "ansible_configuration_settings": "reference_appendices/config.html#ansible-configuration-settings",
    "callback_plugins": "plugins/callback.html#callback-plugins",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}
BUILTIN = "ansible_collections.ansible.builtin."


def page_of(label: str) -> str | None:
    """The page that the label stands on, None for one that nobody told us of."""
    if label.startswith(BUILTIN):
        return f"collections/ansible/builtin/{label.removeprefix(BUILTIN)}.html"
    return LABELS.get(label)


def refer_to_ansible(_app: t.Any, _env: t.Any, node: t.Any, text: nodes.Node) -> nodes.Node | None:
    """Link what intersphinx would look up in Ansible's own index, for which it needs a network."""
    page = page_of(node["reftarget"])
    return nodes.reference("", "", text, internal=False, refuri=f"{ANSIBLE}/{page}") if page else None


def leave_out_contents(_app: t.Any, document: nodes.document) -> None:
    """Drop each page's own table of contents: this theme has one beside every page."""
    for topic in list(document.findall(nodes.topic)):
        if "contents" in topic["classes"]:
            topic.parent.remove(topic)


def setup(app: t.Any) -> None:
    """Connect what is above; Sphinx calls this."""
    app.connect("doctree-read", leave_out_contents)
    app.connect("missing-reference", refer_to_ansible)
