#!/usr/bin/env bash
# Starts a store, or what is missing of it: ./start.sh --help
# Only what must be true before any TypeScript can run is checked here; the
# rest is client/launcher/start.ts.
set -euo pipefail

called_from="$PWD"
script="${BASH_SOURCE[0]}"
while [ -L "$script" ]; do
  folder="$(cd "$(dirname "$script")" && pwd -P)"
  script="$(readlink "$script")"
  case "$script" in /*) ;; *) script="$folder/$script" ;; esac
done
cd "$(dirname "$script")"

if ! command -v node >/dev/null; then
  echo "Node.js is not installed: get version 20.15 or later from https://nodejs.org" >&2
  exit 1
fi
version="$(node --version)"
version="${version#v}"
major="${version%%.*}"
minor="${version#*.}"
minor="${minor%%.*}"
if [ "$major" -lt 20 ] || { [ "$major" -eq 20 ] && [ "$minor" -lt 15 ]; }; then
  echo "Node.js $version is too old: get version 20.15 or later from https://nodejs.org" >&2
  exit 1
fi

installed=node_modules/.package-lock.json
# npm writes that file last. Where it is younger than the lock file all is there; else, as after a
# checkout, and behind a link, whose time says nothing of this folder, the versions decide.
is_installed() {
  [ -e "$installed" ] || return 1
  [ -L node_modules ] || [ package-lock.json -nt "$installed" ] || return 0
  node -e '
    const packagesOf = (file) => JSON.parse(require("fs").readFileSync(file, "utf8")).packages;
    const [wanted, found] = process.argv.slice(1).map(packagesOf);
    const isThere = ([path, { version, optional }]) =>
      path === "" || optional || found[path]?.version === version;
    process.exit(Object.entries(wanted).every(isThere) ? 0 : 1);
  ' package-lock.json "$installed" 2>/dev/null
}

if ! is_installed; then
  if [ -L node_modules ]; then
    # npm ci would empty the folder that it leads to, which may be somebody else's.
    echo "node_modules is a link, and lacks what package-lock.json asks for: remove the link" >&2
    exit 1
  fi
  echo "Installing what is missing (npm ci)…" >&2
  if ! output="$(npm ci --no-audit --no-fund 2>&1)"; then
    echo "npm ci failed:" >&2
    printf '%s\n' "$output" | tail -n 15 >&2
    exit 1
  fi
  node --import tsx client/launcher/compile.ts --help >/dev/null || true
fi

CALLED_FROM="$called_from" exec node --import tsx client/launcher/start.ts "$@"
