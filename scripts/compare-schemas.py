#!/usr/bin/env python3
"""Asks kubeconform and the Python package jsonschema what they find with the same schemas, and compares.

    scripts/compare-schemas.py [TREE...]

Faults are those of tests/seeded_faults.rs, which are all found by flux-vet where the test passes; of each TREE the built
objects are judged. Needs kubeconform, and the packages jsonschema and PyYAML; KUBECONFORM and FLUX_VET name other binaries.
Exits with 1 when another program finds something that flux-vet does not and that is not explained below.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

KUBECONFORM = os.environ.get("KUBECONFORM", "kubeconform")
FLUX_VET = os.environ.get("FLUX_VET", "target/debug/flux-vet")

# What others refuse and flux-vet does not, and why.
EXPLAINED = [
    (r"additional properties 'sops'|'sops' was unexpected", "SOPS takes the key away before the object is applied"),
    (r"got null, want|None is not of type", "the API server takes null as absent"),
    (r"\$\{|'ENC\[", "a variable or an encrypted value whose text is not known"),
    (r"/binaryData'|^'' is not of type 'object'", "content that is not known is printed as a text"),
]


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Takes `=`, an operator in many definitions, as the text it is."""


Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def suffix(api_version):
    group, _, version = api_version.rpartition("/")
    return f"-{group.split('.')[0]}-{version}".lower() if group else f"-{version}".lower()


class Schemas:
    def __init__(self, folder):
        self.folder, self.known = folder, {}

    def errors(self, manifest):
        name = f"{str(manifest.get('kind')).lower()}{suffix(str(manifest.get('apiVersion')))}.json"
        if name not in self.known:
            path = self.folder / name
            schema = json.loads(path.read_text()) if path.exists() else None
            self.known[name] = schema and jsonschema.Draft202012Validator(schema)
        validator = self.known[name]
        return None if validator is None else [error.message for error in validator.iter_errors(manifest)]


def kubeconform(schemas, paths):
    template = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    run = subprocess.run(
        [KUBECONFORM, "-strict", "-output", "json", "-verbose", "-schema-location", template, *map(str, paths)],
        capture_output=True, text=True,
    )
    return json.loads(run.stdout)["resources"]


def faults(work, schemas):
    folder = work / "faults"
    environment = {**os.environ, "FLUX_VET_SEEDED": str(folder)}
    ours = subprocess.run(["cargo", "test", "--quiet", "--test", "seeded_faults"], env=environment, capture_output=True)
    theirs = {pathlib.Path(one["filename"]).name: one for one in kubeconform(schemas.folder, [folder])}
    table = collections.defaultdict(collections.Counter)
    for path in sorted(folder.iterdir()):
        text = path.read_text()
        what = re.search(r"# .*`, (misspelt|missing|wrong word|wrong type|wrong apiVersion|bad value)", text)[1]
        row = table[what]
        row["all"] += 1
        row["kubeconform"] += theirs[path.name]["status"] != "statusValid"
        errors = schemas.errors(yaml.safe_load(text))
        row["jsonschema"] += errors is None or bool(errors)
    print(f"seeded faults: flux-vet {'finds every one at its line' if ours.returncode == 0 else 'MISSES SOME'}")
    for what, row in table.items():
        print(f"  {what:18} {row['all']:5} kubeconform {row['kubeconform']:5} jsonschema {row['jsonschema']:5}")
    return ours.returncode == 0


def tree(work, schemas, root):
    built = work / "built.yaml"
    built.write_bytes(subprocess.run([FLUX_VET, "build", "--root", root], capture_output=True).stdout)
    report = subprocess.run([FLUX_VET, "check", "--root", root, "--output", "json"], capture_output=True)
    found = [one for one in json.loads(report.stdout)["findings"] if one["object"]]
    rules = ("schema-", "duration-invalid", "api-version-not-served", "kubernetes-api-removed", "flux-api-removed")
    ours = {(one["object"]["kind"], one["object"]["name"]) for one in found if one["rule"].startswith(rules)}
    judged, left = collections.Counter(), collections.Counter()
    said = collections.defaultdict(list)
    for manifest in yaml.load_all(built.read_text(), Loader):
        errors = schemas.errors(manifest) if manifest else None
        judged["no schema" if errors is None else "judged"] += 1
        said[manifest["kind"], manifest["metadata"]["name"]] += errors or []
    # Its messages do not always hold the value, which those of the other do.
    for one in kubeconform(schemas.folder, [built]):
        if one["status"] == "statusInvalid" and not said[one["kind"], one["name"]]:
            said[one["kind"], one["name"]].append(one["msg"])
    for (kind, name), messages in said.items():
        for message in messages:
            if (kind, name) in ours:
                judged["also ours"] += 1
                continue
            reasons = [reason for pattern, reason in EXPLAINED if re.search(pattern, message)]
            left[reasons[0] if reasons else f"NOT EXPLAINED: {kind} {name}: {message[:200]}"] += 1
    print(f"{pathlib.Path(root).name}: {dict(judged)}, ours {len(ours)} objects")
    for reason, count in sorted(left.items()):
        print(f"  {count:5} {reason}")
    return not any(reason.startswith("NOT") for reason in left)


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        schemas = Schemas(work / "schemas")
        subprocess.run([FLUX_VET, "schemas", "export", schemas.folder], check=True, stdout=subprocess.DEVNULL)
        good = faults(work, schemas)
        for root in sys.argv[1:]:
            good = tree(work, schemas, root) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
