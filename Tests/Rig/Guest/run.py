#!/usr/bin/env python3
"""Runs the tests inside the kernel rig's guest; every test_*.py of this folder (docs/test-rig.md)."""

import sys
from pathlib import Path

import patience
import suite

# Of a host with a load of ten a guest of two processors gets a sixth, and cannot see it.
SLOWNESS = 6


def main():
    parser = suite.arguments(__doc__.splitlines()[0])
    options = parser.parse_args()
    patience.slowness = SLOWNESS
    return suite.run(Path(__file__).resolve().parent, "guest tests", options)


if __name__ == "__main__":
    sys.exit(main())
