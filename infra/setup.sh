#!/usr/bin/env bash
# Make .venv with everything that is locked. Checks what it needs first and names the command that installs it.
set -euo pipefail
cd "$(dirname "$0")/.."

UV_VERSION=0.13.8
VENV=.venv

install_hint() { # apt package, dnf package, brew package
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo="sudo "
  if command -v apt-get >/dev/null; then echo "${sudo}apt-get install -y $1"
  elif command -v dnf >/dev/null; then echo "${sudo}dnf install -y $2"
  elif command -v brew >/dev/null; then echo "brew install $3"
  else echo "install it with your system's package manager"
  fi
}

fail() {
  printf 'setup: %s\n  -> %s\n' "$1" "$2" >&2
  exit 2
}

find_python() {
  local candidate seen="" why
  for candidate in ${PYTHON:-} python3.12 python3.11 python3.13 python3 python3.14; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    if why=$("$candidate" -c 'import sys; print(sys.version.split()[0]); sys.exit(sys.version_info < (3, 11))' 2>/dev/null)
    then
      if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
        command -v "$candidate"
        return
      fi
      seen="$seen $candidate ($why, without venv)"
    elif [ -n "$why" ]; then
      seen="$seen $candidate ($why)"
    fi
  done
  fail "no Python 3.11 or newer with venv found;${seen:+ seen:$seen}" \
    "$(install_hint 'python3 python3-venv' python3.12 python@3.12), or name one: make setup PYTHON=/path/to/python3.11"
}

check_java() {
  local java=java text version hint
  hint="$(install_hint openjdk-17-jre-headless java-21-openjdk-headless openjdk@21)"
  if [ -n "${JAVA_HOME:-}" ]; then java="$JAVA_HOME/bin/java"; fi
  command -v "$java" >/dev/null 2>&1 || fail "no Java found (Java 17 or newer runs Kafka and Spark)" "$hint"
  text=$("$java" -version 2>&1 </dev/null) || fail "$java doesn't run: $text" "$hint"
  version=$(sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' <<<"$text" | head -n 1)
  if [ -z "$version" ] || [ "$version" -lt 17 ]; then
    fail "$java is Java ${version:-of an unknown version}; 17 or newer is needed" "$hint, or set JAVA_HOME"
  fi
  echo "setup: Java $version ($java)"
}

python=$(find_python)
echo "setup: Python $("$python" -c 'import sys; print(sys.version.split()[0])') ($python)"
check_java

if ! "$VENV/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "setup: making $VENV"
  "$python" -m venv --clear "$VENV"
fi
if [ "$("$VENV/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
  echo "setup: installing uv $UV_VERSION"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
fi
echo "setup: installing the locked packages (a few hundred MB the first time)"
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}" VIRTUAL_ENV="$PWD/$VENV"
"$VENV/bin/uv" pip install --require-hashes -r requirements.lock
"$VENV/bin/uv" pip install --quiet --no-deps --editable .
echo "setup: done"
