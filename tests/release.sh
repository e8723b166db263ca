#!/usr/bin/env bash
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Look at the artefact as Galaxy and ansible-builder do.
set -euo pipefail

artefact=$PWD/$1
cache=$PWD/.cache/release
rm -rf "$cache"
mkdir -p "$cache/importer" "$cache/installed"

# Galaxy refuses a collection that doesn't say where its source is; the rest of it can be looked at without.
if ! grep --quiet '^repository:' galaxy.yml; then
    missing="galaxy.yml has no repository, which Galaxy requires"
    tar --extract --file "$artefact" --directory "$cache/importer"
    python - "$cache/importer/MANIFEST.json" <<'PYTHON'
import json, pathlib, sys
manifest = pathlib.Path(sys.argv[1])
content = json.loads(manifest.read_text())
content["collection_info"]["repository"] = "https://example.com/placeholder"
manifest.write_text(json.dumps(content))
PYTHON
    artefact=$cache/$(basename "$1")
    tar --create --gzip --file "$artefact" --directory "$cache/importer" .
fi

# Its ansible-lint wants a network; `make ansible-lint` has looked already.
printf '[galaxy-importer]\nRUN_ANSIBLE_LINT = False\n' > "$cache/galaxy-importer.cfg"
GALAXY_IMPORTER_CONFIG=$cache/galaxy-importer.cfg HOME=$cache \
    uv run --quiet --no-project --python "$(command -v python)" --with galaxy-importer==0.4.44 \
    python -m galaxy_importer.main "$artefact" 2>&1 | tee "$cache/importer.log"
# It leaves its findings where it is run.
rm -f importer_result.json
if grep --quiet '^\(ERROR\|WARNING\)' "$cache/importer.log"; then
    echo "galaxy-importer isn't content, see above" >&2
    exit 1
fi

# What an execution environment takes from the collection, and whether ansible-builder can read ours.
ANSIBLE_COLLECTIONS_PATH=$cache/installed \
    ansible-galaxy collection install --offline -p "$cache/installed" "$1" > "$cache/install.log"
ansible-builder introspect "$cache/installed" | tee "$cache/introspect.yml"
grep --quiet -i pyvmomi "$cache/introspect.yml"
ansible-builder create --output-filename Containerfile --context "$cache/context" --file execution-environment.yml
test -e "$cache/context/_build/dist/$(basename "$1")"

if [ -n "${missing:-}" ]; then
    echo "$1 is in order, but for one thing: $missing."
    [ -z "${RELEASING:-}" ] || exit 1
else
    echo "$1 is in order."
fi
