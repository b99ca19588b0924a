#!/usr/bin/env python3
"""Counts what the workloads of a tree ask for, apart from flux-vet's own arithmetic, and compares the two.

    scripts/count-resources.py FLUX_VET TREE [NODES]

Reads the objects that `flux-vet build --charts` prints, adds them up with Python's fractions, and compares every workload
with `flux-vet budget --by workload --format json`. Releases and objects of operators, which only profiles know, are left
out on both sides. Needs PyYAML.
"""

import collections
import fractions
import json
import re
import subprocess
import sys

import yaml

SUFFIX = {"": 1, "m": fractions.Fraction(1, 1000), "u": fractions.Fraction(1, 10**6), "n": fractions.Fraction(1, 10**9)}
SUFFIX |= {name: 1000 ** (at + 1) for at, name in enumerate("k M G T P E".split())}
SUFFIX |= {name: 1024 ** (at + 1) for at, name in enumerate("Ki Mi Gi Ti Pi Ei".split())}
COLUMNS = ["requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]


class Loader(yaml.SafeLoader):
    """YAML without dates and without `=`."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def amount(text):
    """An amount as Kubernetes writes it; nothing where it holds a variable."""
    match = re.fullmatch(r"([0-9.]+)([A-Za-z]*)|([0-9.]+)[eE]([0-9+-]+)", str(text))
    if not match or match[2] not in SUFFIX:
        return None
    return fractions.Fraction(match[1]) * SUFFIX[match[2]]


def side(container, side, resource):
    resources = container.get("resources") or {}
    value = (resources.get(side) or {}).get(resource)
    if value is None and side == "requests":
        value = (resources.get("limits") or {}).get(resource)
    return amount(value) if value is not None else fractions.Fraction(0)


def pod(spec, which, resource):
    """What one pod asks for: the larger of what runs together and what runs before."""
    known = lambda container: side(container, which, resource) or 0
    together = sum(known(one) for one in spec.get("containers") or [])
    beside, largest = fractions.Fraction(0), fractions.Fraction(0)
    for one in spec.get("initContainers") or []:
        if one.get("restartPolicy") == "Always":
            beside += known(one)
            largest = max(largest, beside)
        else:
            largest = max(largest, beside + known(one))
    own = ((spec.get("resources") or {}).get(which) or {}).get(resource)
    if own is not None:
        return amount(own)
    return max(together + beside, largest)


def copies(kind, spec, nodes):
    if kind == "DaemonSet":
        return nodes
    if kind == "CronJob":
        return 0 if spec.get("suspend") else copies("Job", (spec.get("jobTemplate") or {}).get("spec") or {}, nodes)
    if kind == "Job":
        most = spec.get("parallelism", 1)
        return 0 if spec.get("suspend") else min(most, spec.get("completions", most) or most)
    value = spec.get("replicas")
    return 1 if value is None else value


def main():
    binary, tree = sys.argv[1:3]
    nodes = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    run = lambda *words: subprocess.run([binary, *words, "--root", tree], capture_output=True, text=True, check=False).stdout
    # One tree may be several clusters, which hold the same workloads.
    ours = collections.defaultdict(lambda: collections.defaultdict(fractions.Fraction))
    for cluster in json.loads(run("budget", "--by", "workload", "--format", "json"))["clusters"]:
        for row in cluster["rows"]:
            for column, value in row["amounts"].items():
                ours[row["name"]][column] += amount(value["least"]) or 0
    theirs = collections.defaultdict(lambda: collections.defaultdict(fractions.Fraction))
    scaled = set()
    objects = [one for one in yaml.load_all(run("build", "--charts"), Loader) if isinstance(one, dict)]
    for one in objects:
        if one.get("kind") in ("HorizontalPodAutoscaler", "ScaledObject"):
            target = (one.get("spec") or {}).get("scaleTargetRef") or {}
            # The kind may be a variable.
            scaled.add((one["metadata"].get("namespace"), target.get("name")))
    for one in objects:
        kind, meta = one.get("kind"), one.get("metadata") or {}
        name = f"{meta.get('namespace')}/{meta.get('name')} {kind}"
        spec = one.get("spec") or {}
        if kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod"):
            if (meta.get("namespace"), meta.get("name")) in scaled:
                continue
            template = spec
            if kind == "CronJob":
                template = ((spec.get("jobTemplate") or {}).get("spec") or {})
            template = spec if kind == "Pod" else ((template.get("template") or {}).get("spec") or {})
            number = 1 if kind == "Pod" else copies(kind, spec, nodes)
            if not isinstance(number, int):
                continue
            for column in COLUMNS:
                which, resource = column.split(".")
                theirs[name][column] += number * (pod(template, which, resource) or 0)
            for claim in spec.get("volumeClaimTemplates") or []:
                size = (((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}).get("storage")
                theirs[name]["storage"] += number * (amount(size) or 0)
        elif kind == "PersistentVolumeClaim":
            size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
            theirs[name]["storage"] += amount(size) or 0
    different = 0
    for name, amounts in sorted(theirs.items()):
        for column, value in amounts.items():
            if value == 0 and name not in ours:
                continue
            own = ours[name][column]
            if own != value:
                different += 1
                print(f"{name} {column}: flux-vet {own}, counted {value}")
    compared = sum(len(amounts) for amounts in theirs.values())
    print(f"{tree}: {len(theirs)} workloads, {compared} sums, {different} different")
    return 1 if different else 0


sys.exit(main())
