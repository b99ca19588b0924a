#!/usr/bin/env bash
# Prints the manifest with which the Flux CLI finds a release as `flux vet`: `flux-plugin.sh FOLDER` with its archives.
# Form: fluxcd/flux2 rfcs/0013-cli-plugin-system.
set -euo pipefail

folder=${1:?usage: flux-plugin.sh FOLDER}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$(dirname "$0")/../Cargo.toml" | head -1)
base=https://github.com/flux-vet/flux-vet/releases/download/v$version

cat <<MANIFEST
apiVersion: cli.fluxcd.io/v1beta1
kind: Plugin
name: vet
description: Checks the rendered Flux tree for objects that disagree
homepage: https://github.com/flux-vet/flux-vet
source: https://github.com/flux-vet/flux-vet
bin: flux-vet
versions:
  - version: $version
    platforms:
MANIFEST
for sum in "$folder"/flux-vet-*.tgz.sha256; do
  archive=$(basename "$sum" .sha256)
  case $archive in
    *-x86_64-unknown-linux-*) os=linux arch=amd64 ;;
    *-aarch64-unknown-linux-*) os=linux arch=arm64 ;;
    *-x86_64-apple-*) os=darwin arch=amd64 ;;
    *-aarch64-apple-*) os=darwin arch=arm64 ;;
    *) continue ;;
  esac
  printf '      - os: %s\n        arch: %s\n        url: %s/%s\n        checksum: sha256:%s\n' \
    "$os" "$arch" "$base" "$archive" "$(cut -d ' ' -f 1 "$sum")"
done
