#!/usr/bin/env bash
# Runs the steps of action.yml as a runner would, from a new clone of this repository: `try-action.sh BINARY`.
# The binary stands in the place of what the action installs. Needs git, jq, node, and python3 with yaml.
set -euo pipefail

binary=$(realpath "${1:?usage: try-action.sh BINARY}")
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The action as it is in the working tree, in a folder of its own: the runner clones it there.
git clone --quiet --no-hardlinks "$root" "$work/action"
(cd "$root" && git ls-files -z action.yml scripts editors/github | xargs -0 -I{} cp --parents {} "$work/action")

# The names of the steps, and their scripts with the inputs in the environment: the expressions of `env` are put in here.
python3 - "$work" <<'PYTHON'
import json, re, sys, yaml
work = sys.argv[1]
action = yaml.safe_load(open(f"{work}/action/action.yml"))
inputs = {name: str(value.get("default", "")) for name, value in action["inputs"].items()}
steps = []
for step in action["runs"]["steps"]:
    assert "${{" not in step["run"], f"an expression inside of a script: {step['name']}"
    env = {}
    for name, value in step.get("env", {}).items():
        wanted = re.fullmatch(r"\$\{\{ inputs\.(\w+) \}\}", value)
        env[name] = {"input": wanted.group(1)} if wanted else {"text": "token"}
        assert not wanted or wanted.group(1) in inputs, f"no input {wanted.group(1)}"
    steps.append({"name": step["name"], "run": step["run"], "env": env})
json.dump({"inputs": inputs, "steps": steps}, open(f"{work}/steps.json", "w"))
PYTHON

failures=0
say() { printf '%s\n' "$*"; }

# try NAME EXPECTED WORKSPACE [INPUT=VALUE]...
try() {
  local name=$1 expected=$2 workspace=$3 code=0 at step run
  shift 3
  export GITHUB_WORKSPACE=$workspace GITHUB_ACTION_PATH=$work/action RUNNER_TEMP=$work/temp
  export GITHUB_ACTIONS=true GITHUB_PATH=$work/path GITHUB_STEP_SUMMARY=$work/summary.md
  rm -rf "$RUNNER_TEMP"
  mkdir -p "$RUNNER_TEMP/flux-vet/bin"
  : >"$GITHUB_PATH"
  : >"$GITHUB_STEP_SUMMARY"
  for at in $(jq -r '.steps | keys[]' "$work/steps.json"); do
    step=$(jq -c ".steps[$at]" "$work/steps.json")
    run=$(jq -r .run <<<"$step")
    local assignments=()
    while IFS=$'\t' read -r variable input text; do
      local value=$text given
      if [ -n "$input" ]; then
        value=$(jq -r --arg name "$input" '.inputs[$name]' "$work/steps.json")
        for given in "$@"; do
          if [ "${given%%=*}" = "$input" ]; then value=${given#*=}; fi
        done
      fi
      assignments+=("$variable=$value")
    done < <(jq -r '.env | to_entries[] | [.key, (.value.input // ""), (.value.text // "")] | @tsv' <<<"$step")
    # As the runner does: `bash --noprofile --norc -e -o pipefail FILE`, in the workspace, with the paths added so far.
    printf '%s' "$run" >"$work/step.sh"
    (cd "$workspace" && env "${assignments[@]}" PATH="$(tr '\n' ':' <"$GITHUB_PATH")$work/tools:$PATH" \
      bash --noprofile --norc -e -o pipefail "$work/step.sh") >"$work/out" 2>"$work/err" || code=$?
    [ "$code" = 0 ] || break
  done
  if [ "$code" = "$expected" ]; then say "ok    $name: exit code $code"; else
    failures=$((failures + 1))
    say "FAIL  $name: exit code $code, not $expected"
    sed 's/^/      /' "$work/out" "$work/err"
  fi
}

check() {
  if "${@:2}"; then say "ok    $1"; else
    failures=$((failures + 1))
    say "FAIL  $1"
  fi
}

# `version: source` calls cargo: here it puts the given binary where cargo would have put the one it built.
mkdir -p "$work/tools"
cat >"$work/tools/cargo" <<CARGO
#!/usr/bin/env bash
while [ \$# -gt 0 ]; do if [ "\$1" = --root ]; then folder=\$2; fi; shift; done
mkdir -p "\$folder/bin" && cp "$binary" "\$folder/bin/flux-vet"
CARGO
chmod +x "$work/tools/cargo"

bad=$work/bad
good=$work/good
nothing="$work/no thing"
mkdir -p "$nothing"
cp -r "$root/fixtures/trees/renamed-bucket" "$bad"
cp -r "$bad" "$good"
sed -i 's/loki-chunk$/loki-chunks/' "$good/apps/monitoring/loki.yaml"
for tree in "$bad" "$good" "$nothing"; do git -C "$tree" init --quiet; done

try "findings" 1 "$bad"
cp "$work/out" "$work/findings"
check "an annotation names the file and the line" grep -q '^::error file=apps/monitoring/loki.yaml,line=26' "$work/findings"
check "the summary is written" grep -q '^## flux-vet' "$work/summary.md"
check "the summary holds the budget and a picture" grep -q '```mermaid' "$work/summary.md"
try "a clean tree" 0 "$good"
try "an empty tree" 3 "$nothing"
try "no findings below the folder" 0 "$bad" path=apps/storage/store.yaml
try "findings below the folder" 1 "$bad" path=apps/monitoring
try "further arguments" 0 "$bad" "args=--exit-zero --min-severity error"
try "an argument with a substitution is two paths without findings" 0 "$bad" 'args=$(touch owned)'
check "nothing was run" test ! -e "$bad/owned"
try "an argument that is none" 2 "$bad" args=--no-such-argument
try "SARIF" 1 "$bad" sarif=flux-vet.sarif
check "the SARIF file has one result" test "$(jq '.runs[0].results | length' "$bad/flux-vet.sarif")" = 1
try "a version that is none" 2 "$good" 'version=1.0.0; touch owned'
check "nothing was run" test ! -e "$good/owned"

# The matcher on what people see, plain and coloured. The runner reads its expressions as ECMAScript does.
(cd "$bad" && env -u GITHUB_ACTIONS "$binary" check --output concise --color never || true) >"$work/plain"
(cd "$bad" && env -u GITHUB_ACTIONS "$binary" check --output concise --color always || true) >"$work/colored"
matched() {
  node -e '
    const fs = require("fs");
    const matchers = JSON.parse(fs.readFileSync(process.argv[1])).problemMatcher;
    const lines = fs.readFileSync(process.argv[2], "utf8").split("\n");
    for (const { owner, severity, pattern: [p] } of matchers) for (const line of lines) {
      const m = new RegExp(p.regexp).exec(line);
      if (m) console.log([owner, m[p.file], m[p.line], m[p.column], severity ?? m[p.severity], m[p.code]].join(" "));
    }' "$root/editors/github/flux-vet-matcher.json" "$1"
}
expected="flux-vet apps/monitoring/loki.yaml 26 19 error bucket-not-provisioned"
check "the matcher reads a plain line" test "$(matched "$work/plain")" = "$expected"
check "the matcher reads a coloured line" test "$(matched "$work/colored")" = "$expected"

[ "$failures" = 0 ] || { say "$failures failed"; exit 1; }
