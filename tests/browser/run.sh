#!/usr/bin/env bash
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the tests of the report in Chromium, headless. Installs it where that can be done without asking: as root on
# Debian or what is like it. With REQUIRE_BROWSER=1 a missing browser is a failure, else the last line says NOT RUN.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

find_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

if ! find_browser >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Debian's chromium"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null || true
fi
if ! CHROMIUM=$(find_browser); then
    echo "NOT RUN: needs Chromium, which is not installed (Debian: apt-get install chromium)"
    [ -z "${REQUIRE_BROWSER:-}" ]
    exit
fi
export CHROMIUM
exec pytest -q "$@" tests/browser
