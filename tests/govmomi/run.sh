#!/usr/bin/env bash
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Build govc and vcsim once, then test with them. Without Go, or without its registry, nothing is tested: the last line
# says NOT RUN, and with REQUIRE_GO=1 that is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/go"
bin=$PWD/../../../.cache/go/bin

not_run() {
    printf 'NOT RUN: %s. So neither govc nor vcsim was tried.\n' "$1"
    exit "${REQUIRE_GO:-0}"
}

if [[ -z $(find "$bin/vcsim" -newer go.mod -newer go.sum -newer vcsim/main.go -newer govc/main.go 2>/dev/null) ]]; then
    command -v go >/dev/null || not_run "found no Go toolchain"
    go mod download || not_run "the Go module registry didn't give the modules of tests/govmomi/go/go.mod"
    # One package at a time: the other checks run beside this. go.sum proves that the library is unchanged.
    GOBIN=$bin GOFLAGS=-mod=readonly go install -buildvcs=false -p 1 ./...
    touch "$bin/vcsim"
fi
cd ../../..
exec pytest -q tests/govmomi "$@"
