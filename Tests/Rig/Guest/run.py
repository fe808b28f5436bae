#!/usr/bin/env python3
"""Runs the tests inside the kernel rig's guest; every test_*.py of this folder (docs/test-rig.md)."""

import os
import sys
from pathlib import Path

import suite


def main():
    parser = suite.arguments(__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the long forms of the tests that have one")
    options = parser.parse_args()
    # For the tests; the environment reaches also what they start.
    os.environ["RIG_FULL"] = "1" if options.full else ""
    return suite.run(Path(__file__).resolve().parent, "guest tests", options)


if __name__ == "__main__":
    sys.exit(main())
