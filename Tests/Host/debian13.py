"""iperf3 of Debian 13 (3.18) on whatever machine this is: from the packages the rig unpacks, run by their own loader."""

import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "Rig" / "Machine"))

import cache  # noqa: E402
import failure  # noqa: E402
import preparation  # noqa: E402


def iperf3():
    """The command that runs it; skips the test where the packages cannot be had, and says why."""
    try:
        with cache.locked(preparation.FOLDER):
            prefix = preparation.Preparation().prefix()
    except (failure.ArchiveFailure, failure.BuildFailure, failure.NotPossibleHere) as problem:
        raise unittest.SkipTest(f"no iperf3 of Debian 13: {problem}") from None
    libraries = prefix / "usr/lib/x86_64-linux-gnu"
    return (str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries), str(prefix / "usr/bin/iperf3"))
