#!/usr/bin/env bash
# Writes the card and the predicate of a new rule and says which two lines to add.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?usage: new-rule.sh GROUP/ID}
[[ $name =~ ^[a-z]+/[a-z][a-z0-9-]+$ ]] || { echo "a rule is named group/id, in lower case with dashes" >&2; exit 2; }
group=${name%%/*} id=${name#*/} module=${name#*/}
module=${module//-/_}
type=$(sed -E 's/(^|-)([a-z])/\U\2/g' <<<"$id")
card=rules/$name.md code=src/rules/$group/$module.rs
for file in "$card" "$code"; do [ ! -e "$file" ] || { echo "$file exists" >&2; exit 2; }; done
mkdir -p "rules/$group" "src/rules/$group"
cat > "$card" <<CARD
---
summary: One line without a final stop
severity: error
confidence: high
group: $group
since: $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
status: preview
default: off
fix: none
---
## What it does
What always holds in a sound tree.

## Why it matters
What happens in the cluster when it does not.

## What to do
What the reader changes.

## Example: fires
\`\`\`yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: bad, namespace: web}   # error
\`\`\`

## Example: silent
\`\`\`yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: good, namespace: web}
\`\`\`
CARD
cat > "$code" <<CODE
//! One line without a final stop. Card: $card

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct $type {}

impl Rule for $type {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.of_kind("", "ConfigMap").filter(|object| object.name == "bad") {
            out.report(
                Observation::new("$id", format!("{} is bad", object.reference()), Label::new(object.place(), "here"))
                    .about(object.reference(), "metadata.name"),
            );
        }
    }
}
CODE
echo "written: $card"
echo "written: $code"
echo "add to src/rules/$group/mod.rs:  mod $module; pub use $module::$type;"
echo "add to src/rules/mod.rs:         compiled!($group::$type, \"$name\"),"
