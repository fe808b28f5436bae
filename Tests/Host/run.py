#!/usr/bin/env python3
"""Runs the host tests in a network, mount and process namespace of their own.

Nothing outlives the run (isolation.py). Without root a user namespace is tried; where that is refused too, the tests
use the machine's own loopback interface, and those that need namespaces are skipped.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import isolation

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import suite  # noqa: E402


def run_tests(options):
    with tempfile.TemporaryDirectory(prefix="zcrx-bench-tests-") as scratch:
        # A copy: others may build meanwhile, and an unprivileged user must be able to reach it.
        os.chmod(scratch, 0o755)
        os.environ["ZCRX_BENCH"] = shutil.copy(options.executable, scratch)
        return suite.run(HERE, "host tests", options)


def main():
    parser = suite.arguments(__doc__.splitlines()[0])
    parser.add_argument("--executable", type=Path, default=HERE.parents[1] / ".build/release/zcrx-bench")
    options = parser.parse_args()
    if not os.access(options.executable, os.X_OK):
        parser.error(f"there is no executable {options.executable}: build it with `scripts/run --help`")
    isolation.enter()
    return run_tests(options)


if __name__ == "__main__":
    sys.exit(main())
