#!/usr/bin/env bash
# Stops a store or one member of it: ./stop.sh --help
set -euo pipefail

called_from="$PWD"
script="${BASH_SOURCE[0]}"
while [ -L "$script" ]; do
  folder="$(cd "$(dirname "$script")" && pwd -P)"
  script="$(readlink "$script")"
  case "$script" in /*) ;; *) script="$folder/$script" ;; esac
done
cd "$(dirname "$script")"

if ! command -v node >/dev/null || [ ! -e node_modules/.package-lock.json ]; then
  echo "Nothing runs: nothing is installed here."
  exit 0
fi

CALLED_FROM="$called_from" exec node --import tsx client/launcher/stop.ts "$@"
