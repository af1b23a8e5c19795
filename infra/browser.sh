#!/usr/bin/env bash
# Install Chromium by the system's packages; where there is no apt-get, have Playwright fetch one.
set -euo pipefail
cd "$(dirname "$0")/.."

found=$(.venv/bin/python -c 'from groundswell.adapters.chromium import find_chromium; print(find_chromium("") or "")')
if [ -n "$found" ]; then
  echo "browser: $found is here"
  exit 0
fi
if command -v apt-get >/dev/null; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "browser: installing the package chromium (some 100 MB)"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
  echo "browser: Playwright fetches its Chromium"
  .venv/bin/playwright install chromium
fi
