# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of AWX's REST API that awx.awx needs for config as code: objects, associations, surveys, approval nodes.

Written from the requests of awx.awx 24.6.1 and the checks that AWX documents. It shows that the playbook is accepted by
awx.awx's modules, leads to these objects, and changes nothing the second time. It doesn't show that a real AWX agrees.
"""

from __future__ import annotations

import http.server
import json
import threading
import typing as t
import urllib.parse
from collections.abc import Callable

Item = dict[str, t.Any]

# What an object must be made with, and which of its fields are ids of which other objects.
REQUIRED = {
    "execution_environments": ("name", "image"),
    "projects": ("name", "scm_type", "scm_url"),
    "inventories": ("name", "organization"),
    "hosts": ("name", "inventory"),
    "groups": ("name", "inventory"),
    "credentials": ("name", "credential_type"),
    "job_templates": ("name", "project", "playbook", "inventory"),
    "workflow_job_templates": ("name",),
    "workflow_job_template_nodes": ("identifier", "workflow_job_template"),
    "schedules": ("name", "unified_job_template", "rrule"),
    "workflow_approval_templates": ("name",),
}
REFERENCES = {
    "organization": ("organizations",),
    "project": ("projects",),
    "inventory": ("inventories",),
    "credential_type": ("credential_types",),
    "execution_environment": ("execution_environments",),
    "workflow_job_template": ("workflow_job_templates",),
    "unified_job_template": ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates"),
}
UNIFIED = REFERENCES["unified_job_template"]
QUESTION_TYPES = {"text", "textarea", "password", "multiplechoice", "multiselect", "integer", "float"}


class Refused(Exception):
    """What AWX answers with 400."""


class Awx:
    """All objects by kind and id; associations and surveys beside them."""

    def __init__(self, playbook_exists: Callable[[str], bool]) -> None:
        self.playbook_exists = playbook_exists
        self.items: dict[str, dict[int, Item]] = {kind: {} for kind in (*REQUIRED, "organizations", "credential_types")}
        self.linked: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Item] = {}
        self.writes: list[str] = []
        self._last_id = 0
        self._store("organizations", {"name": "Default"})
        self._store("credential_types", {"name": "VMware vCenter", "namespace": "vmware", "managed": True})

    def named(self, kind: str, name: str) -> Item:
        """The one object of that kind and name (or identifier)."""
        (item,) = (i for i in self.items[kind].values() if name in (i.get("name"), i.get("identifier")))
        return item

    def find(self, kind: str, wanted: dict[str, str]) -> Item:
        kinds = UNIFIED if kind == "unified_job_templates" else (kind,)
        found = [self._shown(k, item) for k in kinds for item in self.items[k].values() if _matches(item, wanted)]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def get(self, kind: str, number: int) -> Item:
        return self._shown(kind, self.items[kind][number])

    def create(self, kind: str, fields: Item) -> Item:
        missing = [name for name in REQUIRED[kind] if fields.get(name) in (None, "")]
        if missing:
            raise Refused({name: ["This field is required."] for name in missing})
        self._check(fields)
        return self._shown(kind, self._store(kind, fields))

    def update(self, kind: str, number: int, fields: Item) -> Item:
        self._check(fields)
        self.items[kind][number].update(fields)
        return self.get(kind, number)

    def approve(self, node: int, fields: Item) -> Item:
        template = self._store("workflow_approval_templates", {"timeout": 0, "description": "", **fields})
        self.items["workflow_job_template_nodes"][node]["unified_job_template"] = template["id"]
        return self._shown("workflow_approval_templates", template)

    def set_survey(self, kind: str, number: int, survey: Item) -> None:
        """AWX refuses a survey that lacks one of these, or whose default isn't among the choices."""
        for key in ("name", "description", "spec"):
            if key not in survey:
                raise Refused({"error": f"'{key}' missing from survey spec."})
        for question in survey["spec"]:
            if question["type"] not in QUESTION_TYPES or not question["question_name"] or "required" not in question:
                raise Refused({"error": f"question {question} is malformed"})
            if question["type"] == "multiplechoice" and question["default"] not in ["", *question["choices"]]:
                raise Refused({"error": "Default choice must be answered from the choices listed."})
        self.surveys[kind, number] = survey

    def _check(self, fields: Item) -> None:
        for name, kinds in REFERENCES.items():
            if name in fields and not any(fields[name] in self.items[kind] for kind in kinds):
                raise Refused({name: [f"Invalid pk {fields[name]!r} - object does not exist."]})
        if "playbook" in fields and not self.playbook_exists(fields["playbook"]):
            raise Refused({"playbook": ["Playbook not found for project."]})

    def _store(self, kind: str, fields: Item) -> Item:
        self._last_id += 1
        self.items[kind][self._last_id] = {"id": self._last_id, **fields}
        return self.items[kind][self._last_id]

    def _shown(self, kind: str, item: Item) -> Item:
        url = f"/api/v2/{kind}/{item['id']}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        if item.get("unified_job_template"):
            of = next(k for k in UNIFIED if item["unified_job_template"] in self.items[k])
            related["unified_job_template"] = f"/api/v2/{of}/{item['unified_job_template']}/"
        shown = {
            "type": kind.removesuffix("s"),
            "url": url,
            "related": related,
            "summary_fields": {},
            "scm_revision": "",
        }
        return {**shown, **item, **_hidden(item)}


def _hidden(item: Item) -> Item:
    inputs = item.get("inputs")
    return {"inputs": {**inputs, "password": "$encrypted$"}} if inputs else {}


def _matches(item: Item, wanted: dict[str, str]) -> bool:
    return all(str(item.get(name)) == value for name, value in wanted.items() if name != "type")


class Handler(http.server.BaseHTTPRequestHandler):
    """/api/v2/KIND/[ID/[SUB/]]"""

    awx: Awx

    def do_GET(self) -> None:
        kind, number, sub, query = self._address()
        if number is None:
            self._answer(200, self.awx.find(kind, query))
        elif not sub:
            self._answer(200, self.awx.get(kind, number))
        elif sub == "survey_spec":
            self._answer(200, self.awx.surveys.get((kind, number), {}))
        else:
            ids = self.awx.linked.get((kind, number, sub), [])
            self._answer(200, {"count": len(ids), "next": None, "results": [{"id": i} for i in ids]})

    def do_POST(self) -> None:
        kind, number, sub, _query = self._address()
        fields = self._body()
        try:
            if number is None:
                self._answer(201, self.awx.create(kind, fields))
            elif sub == "survey_spec":
                self.awx.set_survey(kind, number, fields)
                self._answer(200, {})
            elif sub == "create_approval_template":
                self._answer(201, self.awx.approve(number, fields))
            else:
                ids = self.awx.linked.setdefault((kind, number, sub), [])
                ids.remove(fields["id"]) if fields.get("disassociate") else ids.append(fields["id"])
                self._answer(204, None)
        except Refused as refused:
            self._answer(400, refused.args[0])

    def do_PATCH(self) -> None:
        kind, number, _sub, _query = self._address()
        try:
            self._answer(200, self.awx.update(kind, number or 0, self._body()))
        except Refused as refused:
            self._answer(400, refused.args[0])

    def log_message(self, format: str, *args: t.Any) -> None:
        """Keeps what was written; the rest of the log is nobody's concern."""
        if self.command != "GET":
            self.awx.writes.append(f"{self.command} {self.path}")

    def _address(self) -> tuple[str, int | None, str, dict[str, str]]:
        url = urllib.parse.urlsplit(self.path)
        kind, *rest = [part for part in url.path.removeprefix("/api/v2/").split("/") if part]
        number = int(rest[0]) if rest else None
        return kind, number, rest[1] if len(rest) > 1 else "", dict(urllib.parse.parse_qsl(url.query))

    def _body(self) -> Item:
        body: Item = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        return body

    def _answer(self, status: int, body: Item | None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", "24.6.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def serve(awx: Awx) -> http.server.ThreadingHTTPServer:
    """A server on a free port of this machine only; the caller shuts it down."""
    handler = type("BoundHandler", (Handler,), {"awx": awx})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
