#!/usr/bin/env python3
"""Writes every report of a tree and gives it to what reads such reports elsewhere.

    scripts/check-reports.py TREE [SCHEMAS]

XML is parsed and its attributes are compared with those that strict readers know; JSON is parsed, and validated where
the folder SCHEMAS (default ../shared/schemas) has the schema of its reader, which is not kept here: `sarif.json`,
`rdjson.json` (reviewdog's `DiagnosticResult.json`), `gitlab.json`, `sonar.json`, `junit.xsd`. Python's `jsonschema` and
`lxml`, and `junitparser`, are used where they are installed. FLUX_VET names another binary. Exits with 1 on a fault.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

# jenkinsci/xunit-plugin junit-10.xsd; com.puppycrawl.tools.checkstyle.XMLLogger.
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package", "file"},
    "testcase": {"name", "classname", "time"},
    "failure": {"message", "type"},
    "checkstyle": {"version"},
    "file": {"name"},
    "error": {"line", "column", "severity", "message", "source"},
}
FORMATS = "json jsonl sarif gitlab rdjson rdjsonl sonar junit checkstyle markdown azure tap agent".split()
faults = []


def fault(report, what):
    faults.append(f"{report}: {what}")


def xml(report, text, schemas):
    for element in ElementTree.fromstring(text).iter():
        unknown = set(element.attrib) - ATTRIBUTES.get(element.tag, set())
        if element.tag not in ATTRIBUTES or unknown:
            fault(report, f"<{element.tag}> {sorted(unknown)}")
    schema = schemas / f"{report}.xsd"
    if schema.exists():
        from lxml import etree

        checker = etree.XMLSchema(etree.parse(str(schema)))
        if not checker.validate(etree.fromstring(text.encode())):
            fault(report, checker.error_log)
    try:
        import junitparser
    except ImportError:
        return
    if report == "junit":
        suites = junitparser.JUnitXml.fromstring(text.encode())
        cases = [case for suite in suites for case in suite]
        if suites.tests != len(cases) or suites.failures != sum(bool(case.result) for case in cases):
            fault(report, "the counts are not those of the cases")


def as_json(report, text, schemas):
    lines = text.splitlines() if report.endswith("l") else [text]
    values = [json.loads(line) for line in lines]
    schema = schemas / f"{report}.json"
    if schema.exists():
        from jsonschema.validators import validator_for

        schema = json.loads(schema.read_text())
        for value in values:
            for error in validator_for(schema)(schema).iter_errors(value):
                fault(report, f"{error.json_path}: {error.message[:200]}")


def main():
    tree = sys.argv[1]
    here = Path(__file__).resolve().parent.parent
    schemas = Path(sys.argv[2]) if len(sys.argv) > 2 else here.parent / "shared" / "schemas"
    binary = os.environ.get("FLUX_VET", str(here / "target/release/flux-vet"))
    with tempfile.TemporaryDirectory() as work:
        outputs = [part for name in FORMATS for part in ("--output", f"{name}={work}/{name}")]
        ran = subprocess.run([binary, "check", "--root", tree, "--statistics", *outputs], capture_output=True, text=True)
        if ran.returncode not in (0, 1, 3):
            sys.exit(f"the run failed: {ran.stderr}")
        for name in FORMATS:
            text = (Path(work) / name).read_text(encoding="utf-8")
            if name in ("junit", "checkstyle"):
                xml(name, text, schemas)
            elif name in ("json", "jsonl", "sarif", "gitlab", "rdjson", "rdjsonl", "sonar"):
                as_json(name, text, schemas)
            if any(ord(c) < 32 and c != "\n" for c in text):
                fault(name, "a control character")
    print("\n".join(faults) or f"{len(FORMATS)} reports of {tree} are good")
    sys.exit(bool(faults))


main()
