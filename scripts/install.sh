#!/usr/bin/env bash
# Installs flux-vet for the action: `install.sh VERSION` takes a release, `install.sh source` builds this checkout.
# A release is taken only when its checksum and its attestation are right. None is published yet.
set -euo pipefail

repository=flux-vet/flux-vet
version=${1:?usage: install.sh VERSION|source}
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
folder=${FLUX_VET_HOME:-${RUNNER_TEMP:-${TMPDIR:-/tmp}}/flux-vet}

fail() {
  echo "install.sh: $1" >&2
  exit 2
}

target() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    *) fail "no release is built for $(uname -s) on $(uname -m): use version source" ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

release() {
  local archive url expected
  archive="flux-vet-$(target).tgz"
  url="https://github.com/$repository/releases/download/v$version/$archive"
  command -v gh >/dev/null || fail "gh is needed to verify the attestation: install it, or use version source"
  mkdir -p "$folder/bin"
  cd "$folder"
  curl --fail --silent --show-error --location --proto '=https' --output "$archive" "$url" ||
    fail "cannot download release $version: use version source"
  curl --fail --silent --show-error --location --proto '=https' --output "$archive.sha256" "$url.sha256" ||
    fail "release $version has no checksum"
  expected=$(cut -d ' ' -f 1 "$archive.sha256")
  [ "$(sha256 "$archive")" = "$expected" ] || fail "the checksum of $archive is wrong"
  gh attestation verify "$archive" --repo "$repository" >&2 || fail "the attestation of $archive is wrong"
  tar -xzf "$archive" -C bin flux-vet
}

if [ "$version" = source ]; then
  command -v cargo >/dev/null || fail "cargo is needed to build from source"
  cargo install --locked --path "$root" --root "$folder" >&2
else
  release
fi

if [ -n "${GITHUB_PATH:-}" ]; then
  echo "$folder/bin" >>"$GITHUB_PATH"
else
  echo "$folder/bin"
fi
