#!/usr/bin/env bash
# Packs a release build for one target: `archive.sh TARGET` writes dist/flux-vet-TARGET.tgz and its checksum.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:?usage: archive.sh TARGET}
binary=target/$target/release/flux-vet
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$binary" LICENSE README.md CHANGELOG.md "$folder"
# What is built for another processor cannot print its own completions; they are the same for all.
own=$binary
"$own" --version >/dev/null 2>&1 || own=$(command -v flux-vet || true)
if [ -n "$own" ]; then
  mkdir -p "$folder/completions" "$folder/man"
  for shell in bash zsh fish elvish nushell powershell; do
    "$own" completions "$shell" >"$folder/completions/flux-vet.$shell"
  done
  "$own" man --out "$folder/man"
fi
mkdir -p dist
archive=flux-vet-$target.tgz
tar -czf "dist/$archive" -C "$folder" .
cd dist
if command -v sha256sum >/dev/null; then sha256sum "$archive"; else shasum -a 256 "$archive"; fi >"$archive.sha256"
