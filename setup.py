"""What pre-commit installs from a clone: the released wheel of the same version, so that a hook needs no Rust.

The wheel itself is built from `python/`.
"""

import re
from pathlib import Path

from setuptools import setup

CARGO = (Path(__file__).parent / "Cargo.toml").read_text(encoding="utf-8")
VERSION = re.search(r'^version = "([^"]+)"', CARGO, re.MULTILINE).group(1)

setup(name="flux-vet-hook", version=VERSION, install_requires=[f"flux-vet=={VERSION}"], packages=[], py_modules=[])
