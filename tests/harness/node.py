# SPDX-License-Identifier: MIT
"""Node programs of tests/node, with their packages from npm."""
import pytest

from harness.server import ROOT

FOLDER = ROOT / "tests" / "node"


def script(name):
    """The program's path; skips the test when its packages are missing."""
    if not (FOLDER / "node_modules" / ".installed").exists():
        pytest.skip("npm has not installed the packages of tests/node")
    return FOLDER / name
