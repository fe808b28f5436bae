"""Runs test_*.py of a folder: one line a test as it happens, the story of a failed one with it, and counts at the end.

The host tests, the tests of the kernel rig and those inside its guest have this in common.
"""

import argparse
import json
import os
import re
import signal
import sys
import time
import unittest
from pathlib import Path

from patience import Limit

# For tests that have a short and a long form: set by --full, and reaches also what they start.
FULL = "TESTS_FULL"
# Which sanitizer the tested executable has built in (scripts/lib/sanitizers.py).
SANITIZER = os.environ.get("ZCRX_BENCH_SANITIZER", "")


def is_full():
    return bool(os.environ.get(FULL))


def only_in_full(reason):
    """Marks a test, or a class of them, that runs with --full only. Other runs name it in their summary."""

    def mark(target):
        target.only_in_full = reason
        return target

    return mark


def not_sanitized(reason):
    """Marks a test, or a class of them, that holds for an executable without a sanitizer only."""

    def mark(target):
        target.not_sanitized = reason
        return target

    return mark


class Result(unittest.TestResult):
    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.passed, self.failed_tests = seconds, 0, set()

    def startTest(self, test):
        super().startTest(test)
        self.started, self.limit = time.monotonic(), Limit(self.seconds)
        # Each second, because the limit goes by the load of the moment (patience.py).
        signal.setitimer(signal.ITIMER_REAL, 1, 1)

    def tick(self, number, stack):
        if self.limit.is_over():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise AssertionError(f"the test took longer than {self.seconds:g} s")

    def stopTest(self, test):
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().stopTest(test)

    def say(self, word, test, note=""):
        seconds = time.monotonic() - self.started if hasattr(self, "started") else 0
        print(f"{word:8}{test.id()} ({seconds:.2f} s){note}", flush=True)

    def fail(self, test, error):
        self.tell(test, self._exc_info_to_string(error, test))

    def tell(self, test, story):
        """At once, because who sees a part of a log only sees the line and its neighbours."""
        self.say("FAILED", test)
        print(story, flush=True)
        self.failed_tests.add(test.id())

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

    def addUnexpectedSuccess(self, test):
        self.tell(test, "it was expected to fail, and passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say("skipped", test, f": {reason}")


def selected(suite, pattern):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from selected(test, pattern)
        elif re.search(pattern, test.id()):
            yield test


def why_left_out(test, full):
    """None for a test that is run."""

    def mark(name):
        method = getattr(test, getattr(test, "_testMethodName", ""), None)
        return getattr(method, name, None) or getattr(test, name, None)

    if not full and (reason := mark("only_in_full")):
        return f"only with --full: {reason}"
    if SANITIZER and (reason := mark("not_sanitized")):
        return f"not with the {SANITIZER} sanitizer: {reason}"
    return None


def run(folder, title, options):
    """Returns the exit status. A run that finds no test fails, unless a pattern was given."""

    def stopped(number, stack):
        raise KeyboardInterrupt

    os.environ[FULL] = "1" if options.full else ""
    found = list(selected(unittest.defaultTestLoader.discover(str(folder)), options.filter))
    left_out, chosen = {}, []
    for test in found:
        if reason := why_left_out(test, options.full):
            left_out.setdefault(reason, []).append(test.id())
        else:
            chosen.append(test)
    suite, result = unittest.TestSuite(chosen), Result(options.seconds)
    signal.signal(signal.SIGALRM, result.tick)
    signal.signal(signal.SIGTERM, stopped)
    interrupted = False
    try:
        suite.run(result)
    except KeyboardInterrupt:
        interrupted = True
    for name in sorted(result.failed_tests):
        print(f"FAILED  {name}")
    for reason, names in left_out.items():
        print(f"not run: {len(names)} tests: {reason}")
    failed = len(result.failed_tests) + interrupted
    print(f"{title}: {result.passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    if options.results:
        options.results.write_text(json.dumps({
            "passed": result.passed, "failed": failed, "failed_tests": sorted(result.failed_tests),
            "skipped": [f"{test.id()}: {reason}" for test, reason in result.skipped], "left_out": left_out,
        }))
    return 1 if failed or not (result.passed or result.skipped or options.filter) else 0


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--filter", default="", metavar="PATTERN", help="only tests whose id matches")
    parser.add_argument("--seconds", type=float, default=60, help="that one test may take on a quiet machine (default: 60)")
    parser.add_argument("--full", action="store_true", help="also what takes long, and the long forms of tests")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the counts as JSON")
    return parser


def main():
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    return run(options.folder, options.folder.name, options)


if __name__ == "__main__":
    sys.exit(main())
