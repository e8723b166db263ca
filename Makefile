# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# `make` lists the targets. Each of them sets up what it needs; all of it stands in .venv and .cache.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

# The first Python that is new enough and can make a virtual environment; asked for the one behind a venv or a shim.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do found=$$($$python -c \
	'import sys, venv, ensurepip; print(sys._base_executable); sys.exit(sys.version_info < (3, 10))' \
	2>/dev/null) && echo $$found && break; done)
VENV ?= $(CURDIR)/.venv
SCENARIO ?= nested
JOBS ?= 2
# Checks that `make test` shall run besides.
MORE ?=

export PATH := $(VENV)/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.cache/collections
export ANSIBLE_HOME := $(CURDIR)/.cache/ansible
export ANSIBLE_ASYNC_DIR := $(ANSIBLE_HOME)/async
export ANSIBLE_REMOTE_TMP := $(ANSIBLE_HOME)/tmp
# Like pip, trust the certificates that this machine trusts: some networks have their own.
export UV_SYSTEM_CERTS := 1
# Without byte code each task spends half a second more on compiling the same files.
unexport PYTHONDONTWRITEBYTECODE

LINK := $(ANSIBLE_COLLECTIONS_PATH)/ansible_collections/macguard/vsphere
PEERS := .cache/peers/ansible_collections
# What a change has to pass before it is shown to anybody; .ci/run adds what takes longer. The longest first, so that no
# long one is left for the end.
CHECKS := sanity molecule integration modules demo ansible-lint build-check unit mypy yamllint reuse ruff changelog-lint

.PHONY: help setup demo test lint lab lock mutation bench procedures lab-tests documented-output rewrite-output demo-picture matrix artefact release-check release peers govmomi docs browser screenshot faults security fuzz sbom $(CHECKS)

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*  ## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

demo: setup  ## Play both stories against the simulated vCenter
	@ANSIBLE_STDOUT_CALLBACK=macguard.vsphere.story ansible-playbook playbooks/demo.yml

test: setup  ## Run every check below and the demo, two at a time, and sum up
	@python tests/checks.py --jobs $(JOBS) $(CHECKS) $(MORE)

unit: setup  ## Run the unit tests: the inner loop
	pytest -q tests/unit

modules: setup  ## Run whole modules in process against the lab
	pytest -q -n $(JOBS) tests/modules

mutation: setup  ## Break the code that edits vNICs, one promise at a time: the tests must notice
	@JOBS=$(JOBS) python tests/mutation/run.py

browser: setup  ## Use the drift report in a real, headless Chromium
	@bash tests/browser/run.sh

screenshot: setup  ## Take the picture of the drift report anew that README and guide show
	@PYTHONPATH=lab:.:$(ANSIBLE_COLLECTIONS_PATH) CHROMIUM=$$(command -v chromium) python tests/browser/screenshot.py

faults: setup  ## Let each API call go wrong in each way, and compare with the guide (WRITE=1 writes it, EVERY=1 leaves out nothing)
	JOBS=$(JOBS) pytest -q tests/faults

lab-tests: setup  ## Run the tests of the lab itself
	pytest -q tests/lab

lint: setup  ## Run the static checks only
	@python tests/checks.py --jobs $(JOBS) ruff mypy yamllint ansible-lint docs-lint changelog-lint reuse

sanity: setup  ## Run ansible-test sanity, in a copy
	bash tests/sanity.sh

integration: setup  ## Run a play for each module over HTTPS against simulated vCenters
	pytest -q -n $(JOBS) tests/integration/test_plays.py tests/integration/test_connection.py

procedures: setup  ## Run the roles and playbooks as teams run them: in batches, from AWX, from foreign playbooks, on odd vCenters
	pytest -q -n $(JOBS) tests/integration/test_assumptions.py tests/integration/test_audit_mac_drift.py \
		tests/integration/test_awx_jobs.py tests/integration/test_roles.py

documented-output: setup  ## Run the commands in README and guides, and compare what they print
	pytest -q -n $(JOBS) tests/integration/test_documented_output.py

rewrite-output: setup  ## Run the commands in README and guides, and show what they print now
	REWRITE_OUTPUT=1 pytest -q tests/integration/test_documented_output.py

demo-picture: setup  ## Draw what the demo prints, for the README
	NO_COLOR=1 $(MAKE) demo > .cache/demo.txt
	python docs/demo_picture.py < .cache/demo.txt > docs/demo.svg

peers: setup $(PEERS)  ## Run other people's modules and helpers against simulated vCenters
	pytest -q -n $(JOBS) tests/peers

govmomi: setup  ## Run govc against the lab, and this collection against vcsim (needs Go)
	@bash tests/govmomi/run.sh -n $(JOBS)

molecule: setup  ## Run the roles' scenarios
	molecule reset --all >/dev/null 2>&1; molecule test --all --report

build-check: setup  ## Build the collection, install the artefact elsewhere and run a playbook from there
	pytest -q tests/integration/test_artefact.py

matrix: setup  ## Run unit tests and the built artefact on each ansible-core of the matrix
	@python tests/matrix.py

artefact: setup  ## Build what Galaxy takes, into dist
	@rm -rf dist
	ansible-galaxy collection build --output-path dist

release-check: artefact  ## Let galaxy-importer and ansible-builder look at the artefact
	@bash tests/release.sh dist/macguard-vsphere-*.tar.gz

# The version is the one in galaxy.yml. What is left by hand: commit, tag, `ansible-galaxy collection publish`.
release: setup  ## Write the changelog of the version in galaxy.yml, and check everything that belongs to a release
	HOME=$(CURDIR)/.cache antsibull-changelog release
	RELEASING=1 $(MAKE) test release-check MORE="matrix mutation"
	@echo "Commit, tag, and publish dist/*.tar.gz."

security: setup  ## Certificates, secrets, privileges, hostile names and answers, odd input
	pytest -q -n $(JOBS) tests/security

fuzz: setup  ## Much more odd input than the tests of every run have (long)
	FUZZ_EXAMPLES=40 pytest -q -n $(JOBS) tests/security/test_fuzz_answers.py tests/security/test_fuzz_options.py

sbom: setup  ## Write what an execution environment gets from PyPI as CycloneDX, .cache/sbom.json
	uv venv --quiet --clear .cache/ee
	uv pip install --quiet --python .cache/ee/bin/python --requirement meta/ee-requirements.txt \
		$$(sed -n 's/.* package_pip: //p' execution-environment.yml)
	uvx --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py environment --output-reproducible \
		--output-file .cache/sbom.json .cache/ee/bin/python

ruff: setup  ## Style and common mistakes
	ruff check .
	ruff format --check .

mypy: setup  ## Types, strictly
	mypy

yamllint: setup  ## YAML
	yamllint --strict .

# Its rule `args` runs the modules' own option parsing and knows no module_defaults: the environment says where vCenter is.
ansible-lint: setup $(PEERS)  ## Roles, playbooks, metadata
	VMWARE_HOST=vcenter VMWARE_USER=user VMWARE_PASSWORD=password \
		ANSIBLE_COLLECTIONS_PATH=$(ANSIBLE_COLLECTIONS_PATH):$(CURDIR)/.cache/peers ansible-lint --offline

# antsibull's tools leave a log in the home folder.
docs-lint: setup  ## Documentation of the plugins and the docsite
	HOME=$(CURDIR)/.cache antsibull-docs lint-collection-docs --plugin-docs .

# Warnings are errors; a reference that leads nowhere is a warning.
docs: setup  ## Build the documentation site in .cache/site/html, offline
	@rm -rf .cache/site && mkdir -p -m 755 .cache/site/rst/collection
	HOME=$(CURDIR)/.cache antsibull-docs --config-file docs/site/antsibull-docs.cfg collection --fail-on-error \
		--use-current --squash-hierarchy --dest-dir .cache/site/rst/collection macguard.vsphere
	cp docs/site/index.rst .cache/site/rst
	cp docs/docsite/rst/*.svg .cache/site/rst/collection/docsite
	cp -r docs/images .cache/site/rst
	sphinx-build -q -W --keep-going -c docs/site .cache/site/rst .cache/site/html
	@echo "See .cache/site/html/index.html"

changelog-lint: setup  ## Changelog fragments
	HOME=$(CURDIR)/.cache antsibull-changelog lint

reuse: setup  ## Licence of every file
	reuse --no-multiprocessing lint --lines

lab: setup  ## Serve a simulated vCenter, SCENARIO=…, until Ctrl-C
	@PYTHONPATH=lab python -m vsphere_lab --scenario $(SCENARIO)

bench: setup $(PEERS)  ## Measure mac_drift_facts beside its floor and its peers (long; see bench/README.md)
	uv pip install --quiet --python $(VENV)/bin/python --requirement bench/requirements.txt
	python bench/run.py

lock: setup  ## Pin the newest versions that tests/requirements.in allows
	uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.10 --no-python-downloads --no-annotate \
		--custom-compile-command "make lock" --output-file tests/requirements.txt tests/requirements.in

setup: $(VENV)/.installed $(LINK)

$(VENV)/.installed: tests/requirements.txt
	@test -n "$(PYTHON)" || { echo "Found no Python 3.10 or newer that can make a virtual environment (Debian: python3-venv). Name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' tests/requirements.txt >$(VENV)/uv.txt
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --compile-bytecode --require-hashes --requirement tests/requirements.txt
	@touch $@

# A link, so that playbooks run from a checkout use the files as they are now. (ansible-test gets a copy: it finds
# nothing to test behind links, and calls that a success.)
$(LINK):
	@mkdir -p $(@D)
	@ln -sfn ../../../.. $@

$(PEERS): tests/peers/fetch.py
	python tests/peers/fetch.py $(@D)
	@touch $@
