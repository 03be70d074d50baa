#!/usr/bin/env bash
# Prints the folder of a virtual environment with what training/, tuning/ and the tests with lm-evaluation-harness
# need, and makes it where it is missing. It is kept in ~/.cache/trimtab, one for each list of packages. Where
# it cannot be made, prints nothing, says why on standard error, and ends with 1.
set -uo pipefail
cd "$(dirname "$0")/.."
requirements=(training/requirements.txt tuning/requirements.txt test/lm-eval/requirements.txt test/http/requirements.txt)
# Does not go with the others' version of openai's dependencies: it has an environment of its own, in the folder `instructor`.
alone=test/http/instructor-requirements.txt
fail() { echo "$*" >&2; exit 1; }

command -v python3 >/dev/null || fail "python3 is not installed"
key=$(cat "${requirements[@]}" "$alone" <(python3 --version) | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/trimtab/python-$key
if [ ! -e "$folder/complete" ]; then
  rm -rf "$folder"
  make() { python3 -m venv "$1" >&2 || fail "python3 -m venv does not work (Debian's package is python3-venv)"; }
  log=$folder/pip.log
  # What it cannot reach it would try five times.
  install() {
    if ! "$1/bin/pip" install --quiet --retries 1 --timeout 30 --requirement "$2" >"$log" 2>&1; then
      reason=$(grep -m 1 '^ERROR' "$log" || tail -n 1 "$log")
      rm -rf "$folder"
      fail "pip cannot install $2: $reason"
    fi
  }
  make "$folder"
  for file in "${requirements[@]}"; do install "$folder" "$file"; done
  make "$folder/instructor"
  install "$folder/instructor" "$alone"
  touch "$folder/complete"
fi
echo "$folder"
