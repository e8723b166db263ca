# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's own rules. A failure here says what to move, add or shorten, not what is broken."""

from __future__ import annotations

import ast
import functools
import pathlib
import re
import subprocess
import tokenize
import typing as t
import warnings
from collections.abc import Iterator

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
UTILS = ROOT / "plugins/module_utils"
DOMAIN, VSPHERE, MODULE = UTILS / "_domain", UTILS / "_vsphere", UTILS / "_module"
RUNNER, SDK = MODULE / "runner.py", VSPHERE / "sdk.py"

MODULES = sorted((ROOT / "plugins/modules").glob("*.py"))
ROLES = sorted(path.parent for path in (ROOT / "roles").glob("*/meta"))
PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
LAB = sorted((ROOT / "lab").rglob("*.py"))
PYTHON = sorted([*PLUGINS, *LAB, *(ROOT / "tests").rglob("*.py")])

HEADER = pathlib.Path(__file__).read_text().splitlines()[:3]  # this file has the right one
SDK_PACKAGES = {"pyVmomi", "pyVim", "vmware", "vcf"}
IMPURE = {"ansible", "os", "time", "logging", "socket", "subprocess", "pathlib", "random"} | SDK_PACKAGES


def short(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


def inside(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in PLUGINS if folder in path.parents]


@functools.cache
def nodes(path: pathlib.Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(), str(path))))


def imports(path: pathlib.Path) -> set[str]:
    """Every name a file imports, in full; `from ..x import y` begins with the file's own place, as in plugins.a.x.y."""
    found = set()
    package = path.relative_to(ROOT).parent.parts
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*start, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("ansible_collections.macguard.vsphere.") for name in found}


def importers(paths: list[pathlib.Path], *names: str) -> list[str]:
    """The files that import one of the packages, or something from within it, and what it is."""
    return [
        f"{short(path)}: {imported}"
        for path in paths
        for imported in sorted(imports(path))
        if any(f"{imported}.".startswith(f"{name}.") for name in names)
    ]


def users(paths: list[pathlib.Path], name: str) -> list[str]:
    """The files whose code (not text) uses the name, alone, as an attribute or by import."""
    return [short(path) for path in paths if any(name in said(node) for node in nodes(path))]


def said(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Attribute):
        return {node.attr}
    if isinstance(node, ast.ImportFrom):
        return {alias.name for alias in node.names}
    return {node.id} if isinstance(node, ast.Name) else set()


@functools.cache
def code_lines(path: pathlib.Path) -> frozenset[int]:
    """The lines that hold code: neither comments, nor blank lines, nor texts that stand by themselves."""
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    with path.open("rb") as source:
        tokens = [token for token in tokenize.tokenize(source.readline) if token.type not in quiet]
    code = {line for token in tokens[1:] for line in range(token.start[0], token.end[0] + 1)}
    for node in nodes(path):
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Assign(value=ast.Constant(value=str())):
                code -= lines_of(node)
            case _:
                pass
    return frozenset(code)


def lines_of(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def functions(path: pathlib.Path) -> Iterator[tuple[str, int]]:
    code = code_lines(path)
    for node in nodes(path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, len(code & lines_of(node))


def load(path: pathlib.Path) -> t.Any:
    return yaml.safe_load(path.read_text())


def test_there_is_something_to_look_at() -> None:
    """A rule over no files would always hold."""
    assert all(len(files) >= 4 for files in (MODULES, inside(DOMAIN), inside(VSPHERE), inside(MODULE), LAB))
    assert len(ROLES) >= 2


def test_domain_is_pure() -> None:
    assert importers(inside(DOMAIN), *IMPURE, "plugins.module_utils._vsphere", "plugins.module_utils._module") == []


def test_only_vsphere_knows_pyvmomi_and_there_only_the_guarded_import() -> None:
    assert importers([path for path in PLUGINS if path != SDK], *SDK_PACKAGES) == []


def test_only_the_module_layer_knows_ansible_module() -> None:
    assert users([path for path in PLUGINS if MODULE not in path.parents], "AnsibleModule") == []


def test_vsphere_does_not_know_the_module_layer() -> None:
    assert importers(inside(VSPHERE), "plugins.module_utils._module") == []


@pytest.mark.parametrize(
    ("word", "allowed"),
    [("fail_json", {RUNNER, SDK}), ("exit_json", {RUNNER}), ("check_mode", {RUNNER})],
)
def test_how_a_module_ends_is_decided_in_one_place(word: str, allowed: set[pathlib.Path]) -> None:
    assert users([path for path in PLUGINS if path not in allowed], word) == []


def test_lab_does_not_know_the_collection() -> None:
    assert importers(LAB, "ansible", "ansible_collections", "plugins") == []


def test_every_module_is_in_the_action_group() -> None:
    group = load(ROOT / "meta/runtime.yml")["action_groups"]["vsphere"]
    assert sorted(entry for entry in group if isinstance(entry, str)) == [path.stem for path in MODULES]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_is_tested_and_told_of(path: pathlib.Path) -> None:
    assert (ROOT / f"tests/modules/test_{path.stem}.py").exists()
    assert (ROOT / f"tests/integration/plays/{path.stem}.yml").exists()
    assert (ROOT / f"tests/integration/plays/{path.stem}_refused.yml").exists()
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("|")]
    assert any(path.stem in row for row in rows), "no row in a table of README.md"


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_role_has_the_defaults_its_documentation_says(role: pathlib.Path) -> None:
    options = load(role / "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    said = {name: option["default"] for name, option in options.items() if "default" in option}
    assert load(role / "defaults/main.yml") == said


def options_of(playbook: pathlib.Path) -> set[str]:
    """By its metadata, or the comments in it, or all names that begin like it; a role's playbook has the role's."""
    metadata = playbook.with_suffix(".meta.yml")
    if metadata.exists():
        return set(load(metadata)["argument_specs"]["main"]["options"])
    name = re.compile(rf"\b{playbook.stem}_[a-z_]+")
    text = playbook.read_text()
    if "import_role" in text or playbook.stem == "demo":
        return set()
    comments = "\n".join(line for line in text.splitlines() if line.lstrip().startswith("#"))
    return set(name.findall(comments)) or set(name.findall(text))


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_playbook_is_documented_with_its_options(playbook: pathlib.Path) -> None:
    page = (ROOT / "docs/docsite/rst/playbooks.rst").read_text()
    _before, heading, section = page.partition(f"\n{playbook.stem}\n{'-' * len(playbook.stem)}\n")
    assert heading, "no section in docs/docsite/rst/playbooks.rst"
    rows = [line for line in re.split(r"\n-{3,}\n", section)[0].splitlines() if line.startswith("   * - ``")]
    assert {name for row in rows for name in re.findall(r"``(\w+)``", row)} == options_of(playbook)


def test_every_role_has_a_molecule_scenario_that_verifies() -> None:
    """Molecule only warns of a scenario without converge or verify."""
    scenarios = {path.parent.name for path in (ROOT / "extensions/molecule").glob("*/molecule.yml")} - {"default"}
    wanted = {f"{scenario}/{name}.yml" for scenario in scenarios for name in ("converge", "verify")}
    assert {role.name for role in ROLES} <= scenarios
    assert {name for name in wanted if not (ROOT / "extensions/molecule" / name).exists()} == set()


def test_sanity_ignores_nothing() -> None:
    assert list((ROOT / "tests/sanity").glob("ignore*")) == []


def test_python_files_say_their_licence() -> None:
    heads = {path: [line for line in path.read_text().splitlines()[:4] if line[:2] != "#!"][:3] for path in PYTHON}
    assert [short(path) for path, head in heads.items() if head != HEADER] == []


def test_files_are_named_for_what_is_in_them() -> None:
    empty = {"utils", "util", "common", "base", "helpers", "helper", "misc", "manager"}
    assert [short(path) for path in [*PLUGINS, *LAB] if path.stem in empty] == []


@pytest.mark.parametrize(
    ("paths", "most"),
    [
        pytest.param(MODULES, 60, id="modules"),
        pytest.param(inside(UTILS), 200, id="module_utils"),
        # behaviour.py is a register of rules with their sources: a table to look things up in.
        pytest.param([path for path in LAB if path.name != "behaviour.py"], 400, id="lab"),
    ],
)
def test_files_are_small(paths: list[pathlib.Path], most: int) -> None:
    long = {short(path): len(code_lines(path)) for path in paths}
    assert {path: lines for path, lines in long.items() if lines > most} == {}


def test_functions_are_small() -> None:
    """A soft limit: what is over it is listed among the warnings."""
    for path in [*PLUGINS, *LAB]:
        for name, lines in functions(path):
            if lines > 25:
                warnings.warn(f"long function: {short(path)} {name} has {lines} lines of code", stacklevel=1)


def test_scripts_can_be_run() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", ".ci/run"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert listed.stdout.startswith("100755")


def test_the_execution_environment_is_of_this_version() -> None:
    artefact = f"macguard-vsphere-{load(ROOT / 'galaxy.yml')['version']}.tar.gz"
    (built,) = load(ROOT / "execution-environment.yml")["additional_build_files"]
    assert built["src"] == f"dist/{artefact}"
    assert (ROOT / "execution-environment.yml").read_text().count("macguard-vsphere-") == 3


def test_workflows_run_pinned_actions_with_few_permissions() -> None:
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert workflows
    for workflow in map(load, workflows):
        assert workflow["permissions"] == {"contents": "read"}
        steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
        assert [
            step["uses"] for step in steps if not re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + "0" * 40))
        ] == []
