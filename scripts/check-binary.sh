#!/usr/bin/env bash
# What a release promises of its binary: `check-binary.sh BINARY` prints its size, and fails above the limit, and on
# Linux where it needs libraries of the system.
set -euo pipefail

binary=${1:?usage: check-binary.sh BINARY}
# 15 MB are the aim; the program has 25 MB, most of it code, made of types that are used in many forms. The
# limit keeps it from growing until that is cut.
limit=30000000

size=$(wc -c <"$binary" | tr -d ' ')
echo "$binary: $size bytes, $((size * 100 / limit)) % of the limit"
[ "$size" -le "$limit" ] || { echo "check-binary.sh: larger than $limit bytes" >&2; exit 1; }
if [ "$(uname -s)" = Linux ]; then
  # A static program has no interpreter, and `ldd` says so in one way or another.
  needed=$(ldd "$binary" 2>&1 || true)
  case $needed in
    *"statically linked"* | *"not a dynamic executable"* | *"Not a valid dynamic program"*) echo "$binary: static" ;;
    *) echo "check-binary.sh: it needs libraries:"; echo "$needed"; exit 1 ;;
  esac
fi
