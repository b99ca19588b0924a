#!/usr/bin/env bash
# Builds every kustomization folder below the given trees with flux-vet and with the real kustomize, and compares.
#
#   scripts/compare-kustomize.sh TREE...
#
# Needs `kustomize` v5.8.1 (the version Flux pins); KUSTOMIZE and FLUX_VET name other binaries. Folders of kind
# Component and folders with remote inputs are left out, and counted. Exits with 1 when a folder differs.
set -uo pipefail

kustomize=${KUSTOMIZE:-kustomize}
flux_vet=${FLUX_VET:-target/release/flux-vet}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

same=0 refused=0 remote=0 differ=0
for tree in "$@"; do
    while read -r file; do
        directory=$(dirname "$file")
        grep -q '^kind: *Component' "$file" && continue
        "$flux_vet" build --root "$tree" --path "$directory" --load-restrictor none >"$work/ours" 2>"$work/ours.err"
        ours=$?
        if grep -q '^not built: ' "$work/ours.err"; then
            remote=$((remote + 1))
            continue
        fi
        "$kustomize" build --load-restrictor LoadRestrictionsNone "$directory" >"$work/theirs" 2>"$work/theirs.err"
        theirs=$?
        if [ $ours -ne 0 ] && [ $theirs -ne 0 ]; then
            refused=$((refused + 1))
        elif [ $ours -eq 0 ] && [ $theirs -eq 0 ] && cmp -s "$work/ours" "$work/theirs"; then
            same=$((same + 1))
        else
            differ=$((differ + 1))
            echo "differs: $directory (flux-vet $ours, kustomize $theirs)"
            if [ $ours -ne $theirs ]; then
                head -n 3 "$work/ours.err" "$work/theirs.err" | cut -c1-300
            else
                diff "$work/ours" "$work/theirs" | head -n 10
            fi
        fi
    done < <(find "$tree" -type f \( -name kustomization.yaml -o -name kustomization.yml -o -name Kustomization \) | sort)
done
echo "$same the same, $refused refused by both, $remote with remote inputs left out, $differ differ"
[ "$differ" -eq 0 ]
