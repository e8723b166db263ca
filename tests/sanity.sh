#!/usr/bin/env bash
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run ansible-test sanity on a copy of the checkout, under a home of its own.
#
# Half of the time went into pylint on the lab and the tests, which ruff and mypy look at, too: it does them only if
# PYLINT=everything, and what is installed on other people's machines (plugins) each time.
#
# A copy, because ansible-test wants the folders ansible_collections/macguard/vsphere and finds nothing to test behind
# links. A home, because it keeps its environments there, and because it has no option for where its get-pip.py is from.
set -euo pipefail

cache=$PWD/.cache/ansible_test
copy=$cache/ansible_collections/macguard/vsphere
python=$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')

rm -rf "$copy"
mkdir -p "$copy" "$cache/home/.ansible/test/cache" "$cache/home/.config/pip"
git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' path; do if [ -e "$path" ]; then printf '%s\0' "$path"; fi; done \
    | tar --create --null --files-from=- | tar --extract --directory="$copy"
# A repository of its own: in ours it is an ignored folder, and ansible-test leaves out what git ignores.
git init --quiet "$copy"

for version in 23_1_2 24_2 25_2; do  # as ansible-core 2.16, 2.18 + 2.19, 2.20 and later name it
    cp tests/get_pip.py "$cache/home/.ansible/test/cache/get_pip_$version.py"
done
# ansible-test hands no environment on to pip: a mirror or proxy must stand in a file.
{ echo '[global]'; env | sed -n '/^PIP_CONFIG_FILE=/d; s/^PIP_\([A-Z_]*\)=/\1 = /p'; } > "$cache/home/.config/pip/pip.conf"

sanity() { HOME=$cache/home ansible-test sanity --local --python "$python" --color no "$@" 2>&1 | tee -a "$cache/output"; }

cd "$copy"
: > "$cache/output"
if [ $# -gt 0 ] || [ "${PYLINT:-}" = everything ]; then
    sanity "$@"
else
    sanity --skip-test pylint
    sanity --test pylint plugins/
fi
if grep --quiet --extended-regexp 'Required program|All targets skipped' "$cache/output"; then
    echo 'Something was left out (see the warnings above), which is no success.' >&2
    exit 1
fi
