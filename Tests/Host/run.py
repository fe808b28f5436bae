#!/usr/bin/env python3
"""Runs the host tests in a network, mount and process namespace of their own.

Nothing outlives the run (isolation.py). Without root a user namespace is tried; where that is refused too, the tests
use the machine's own loopback interface, and those that need namespaces are skipped.
"""

import argparse
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import unittest
from pathlib import Path

import isolation

HERE = Path(__file__).resolve().parent
TEST_SECONDS = 60


class Result(unittest.TestResult):
    """One line a test, as it happens; the stories of the failed ones at the end."""

    def __init__(self):
        super().__init__()
        self.passed, self.stories = 0, []

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, TEST_SECONDS)

    def stopTest(self, test):
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().stopTest(test)

    def say(self, word, test, note=""):
        seconds = time.monotonic() - self.started if hasattr(self, "started") else 0
        print(f"{word:8}{test.id()} ({seconds:.2f} s){note}", flush=True)

    def fail(self, test, error):
        self.say("FAILED", test)
        self.stories.append((test.id(), self._exc_info_to_string(error, test)))

    def addSuccess(self, test):
        self.passed += 1
        self.say("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.fail(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.fail(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.fail(subtest, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("skipped", test, f": {reason}")

    @property
    def failed_tests(self):
        return sorted({name for name, _ in self.stories})


def overdue(number, stack):
    raise AssertionError(f"the test took longer than {TEST_SECONDS} s")


def stopped(number, stack):
    raise KeyboardInterrupt


def selected(suite, pattern):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from selected(test, pattern)
        elif re.search(pattern, test.id()):
            yield test


def run_tests(options):
    signal.signal(signal.SIGALRM, overdue)
    signal.signal(signal.SIGTERM, stopped)
    with tempfile.TemporaryDirectory(prefix="zcrx-bench-tests-") as scratch:
        # A copy: others may build meanwhile, and an unprivileged user must be able to reach it.
        os.chmod(scratch, 0o755)
        os.environ["ZCRX_BENCH"] = shutil.copy(options.executable, scratch)
        suite = unittest.TestSuite(selected(unittest.defaultTestLoader.discover(str(HERE)), options.filter))
        result = Result()
        try:
            suite.run(result)
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
    for name, story in result.stories:
        print(f"\n==== {name}\n{story}")
    failed = len(result.failed_tests) + interrupted
    print(f"host tests: {result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    if options.results:
        options.results.write_text(json.dumps({
            "passed": result.passed, "failed": failed,
            "skipped": [f"{test.id()}: {reason}" for test, reason in result.skipped],
        }))
    return 1 if failed or not (result.passed or result.skipped or options.filter) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--executable", type=Path, default=HERE.parents[1] / ".build/release/zcrx-bench")
    parser.add_argument("--filter", default="", metavar="PATTERN", help="only tests whose id matches")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the counts as JSON")
    options = parser.parse_args()
    if not os.access(options.executable, os.X_OK):
        parser.error(f"there is no executable {options.executable}: build it with `scripts/run --help`")
    isolation.enter()
    return run_tests(options)


if __name__ == "__main__":
    sys.exit(main())
