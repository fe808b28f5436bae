"""A stage of scripts/test: what it counts, and how the results of unit tests and of Tests/suite.py are read."""

import json
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

from running import ROOT, run

# The linker's remark on getaddrinfo, whose use in the static executable is tested instead. The toolchain's and the
# distribution's archives earn the same for dlopen, getpwuid_r, getprotobyname, …, which no source of ours can change.
ACCEPTED_REMARK = re.compile(r"Using 'getaddrinfo' in statically linked|^/\S+/(swift_static/linux|lib/[^/]+)/[^/]+\.a\(")

# No unit test matches the pattern (EX_UNAVAILABLE).
NO_UNIT_TEST = 69


@dataclass
class Stage:
    name: str
    passed: int = 0
    failed: int = 0
    skips: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    # What this run leaves out: {reason: names of tests}
    left_out: dict = field(default_factory=dict)
    seconds: float = 0

    def check(self, ok, note=""):
        """Counts one check."""
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            if note:
                self.notes.append(note)
        return ok

    def check_build(self, status, output):
        warnings = own_warnings(output)
        return self.check(status == 0 and not warnings, f"it ended with status {status}; warnings: {warnings or 'none'}")


def own_warnings(output):
    """The warnings that concern our sources or our package, and not a dependency or how it was fetched."""

    def is_ours(line):
        if line.startswith("warning:"):  # SwiftPM itself speaks, about a package it names first
            return line.startswith(f"warning: '{ROOT.name.lower()}'")
        return "/.build/checkouts/" not in line and not ACCEPTED_REMARK.search(line)

    return [line for line in output.splitlines() if "warning:" in line and is_ours(line)]


def count_unit_tests(stage, options, build, environment=None, unit_tests=""):
    """Runs those of a debug build, which are there; `unit_tests`: a pattern.

    Without `swift test`, which would wait for whoever builds beside.
    """
    results = build / "unit.xml"
    results.unlink(missing_ok=True)
    command = [build / "debug" / "zcrx-benchPackageTests.xctest", "--testing-library", "swift-testing",
               "--xunit-output", results]
    pattern = options.filter or unit_tests
    status, _ = run(command + (["--filter", pattern] if pattern else []), environment=environment)
    if options.filter and status == NO_UNIT_TEST:
        return
    try:
        cases = ElementTree.parse(results).getroot().iter("testcase")
    except (FileNotFoundError, ElementTree.ParseError):
        stage.check(False, f"the unit tests ended with status {status} and without a result: did they crash?")
        return
    before = stage.failed
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        if (skipped := case.find("skipped")) is not None:
            stage.skips.append(f"{name}: {skipped.text or 'without a reason'}")
        else:
            stage.check(case.find("failure") is None and case.find("error") is None, name)
    if status != 0 and stage.failed == before:
        stage.check(False, f"the unit tests ended with status {status}")


def add_counts(stage, results, what, status):
    """Adds the counts that Tests/suite.py left; a suite that left none has failed."""
    if not results.exists():
        stage.check(False, f"the {what} left no result")
        return
    counts = json.loads(results.read_text())
    stage.passed += counts["passed"]
    stage.failed += counts["failed"]
    stage.skips += counts["skipped"]
    stage.notes += counts["failed_tests"]
    for reason, names in counts["left_out"].items():
        stage.left_out.setdefault(reason, []).extend(names)
    if status != 0 and not counts["failed"]:
        stage.check(False, f"the {what} ended with status {status}")


def suite_command(command, options, results):
    """With the arguments of Tests/suite.py."""
    return [*command, "--results", results, *(["--filter", options.filter] if options.filter else []),
            *(["--full"] if options.full else [])]


def suite(stage, what, command, options, results, environment=None):
    # What lies there is of an earlier run.
    results.unlink(missing_ok=True)
    status, _ = run(suite_command(command, options, results), environment=environment)
    add_counts(stage, results, what, status)
