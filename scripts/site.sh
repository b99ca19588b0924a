#!/usr/bin/env bash
# Builds the site from docs/ and the cards of all rules: `site.sh [FOLDER]`, target/site where left out. Needs mdBook.
set -euo pipefail
cd "$(dirname "$0")/.."

site=${1:-target/site}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R docs/. "$work"
mkdir -p "$work/rules"

# A field of a card's front matter.
field() { awk -v name="$2" '/^---$/ { n++; next } n == 1 && $0 ~ "^" name ": " { sub("^" name ": ", ""); print; exit } n > 1 { exit }' "$1"; }

cat >"$work/SUMMARY.md" <<'SUMMARY'
# Summary

[flux-vet](README.md)

- [First steps](first-steps.md)
- [Findings that are meant to be](suppressing.md)
- [Configuration](configuration.md)
- [Recipes for CI](ci.md)
- [Editors](editors.md)
- [Rules of your own](writing-rules.md)
- [How the build works](how-it-builds.md)
- [Coming from another tool](coming-from.md)
  - [Check by check](peers-checks.md)
- [Rules](rules/README.md)
SUMMARY
printf '# Rules\n\nA rule is *on* or *off* by itself; `rules` and `presets` of the configuration decide otherwise.\n' >"$work/rules/README.md"

for folder in rules/*/; do
  group=$(basename "$folder")
  [ -n "$(find "$folder" -maxdepth 1 -name '*.md' -print -quit)" ] || continue
  case $group in presets) continue ;; esac
  mkdir -p "$work/rules/$group"
  printf '\n## %s\n\n| rule | | severity | |\n|---|---|---|---|\n' "$group" >>"$work/rules/README.md"
  printf '  - [%s](rules/%s/README.md)\n' "$group" "$group" >>"$work/SUMMARY.md"
  printf '# %s\n\n' "$group" >"$work/rules/$group/README.md"
  for card in "$folder"*.md; do
    id=$(basename "$card" .md)
    summary=$(field "$card" summary)
    severity=$(field "$card" severity)
    default=$(field "$card" default)
    printf '| [%s](%s/%s.md) | %s | %s | %s |\n' "$id" "$group" "$id" "$default" "$severity" "$summary" >>"$work/rules/README.md"
    printf -- '- [%s](%s.md): %s\n' "$id" "$id" "$summary" >>"$work/rules/$group/README.md"
    printf '    - [%s](rules/%s/%s.md)\n' "$id" "$group" "$id" >>"$work/SUMMARY.md"
    {
      printf '# %s\n\n%s.\n\n' "$id" "$summary"
      printf 'Group %s, %s, confidence %s, %s by default, fix: %s.\n\n' \
        "$group" "$severity" "$(field "$card" confidence)" "$default" "$(field "$card" fix)"
      awk '/^---$/ && n < 2 { n++; next } n >= 2' "$card"
    } >"$work/rules/$group/$id.md"
  done
done

mdbook build --dest-dir "$(mkdir -p "$site" && cd "$site" && pwd)" "$work"
