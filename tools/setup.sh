#!/usr/bin/env bash
# Makes .venv from the exact versions of constraints.txt and installs Chromium where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m▸ %s\033[0m\n' "$*"; }
root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

python="${PYTHON:-python3}"
"$python" - <<'PY' || { echo "Peter needs Python 3.11 or newer; set PYTHON=/path/to/python3.11." >&2; exit 1; }
import sys
sys.exit(sys.version_info < (3, 11))
PY

if [ ! -x .venv/bin/python ]; then
  say "Making .venv"
  "$python" -m venv .venv 2>/dev/null || {
    say "Installing Debian's python3-venv"
    root apt-get update -qq
    root apt-get install -y -qq python3-venv
    "$python" -m venv .venv
  }
fi

say "Installing Peter and its development tools (a few minutes the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
.venv/bin/python -m pip install --quiet --disable-pip-version-check \
  --constraint constraints.txt --group dev \
  --editable ".[postgres,redis,secrets,otel,cloud-trace,storage-read,googlesql,hub,serve]"

say "Installing the proxy that the hub of the tests stands behind"
.venv/bin/python -m tools.proxy

if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
  say "Installing Debian's chromium for pictures and browser tests"
  root apt-get update -qq
  root apt-get install -y -qq chromium fonts-inter fonts-noto-core
fi
