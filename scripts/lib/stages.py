#!/usr/bin/env python3
"""Runs every check and test of the project in order and ends with one line: `N passed, N failed, N skipped`.

Called by scripts/test, which has installed what is needed. A check that is no test (format, warnings, …) counts as one.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
EXECUTABLE = BUILD / "release" / "zcrx-bench"
PROBE = BUILD / "release" / "rig-probe"
# Warnings become errors in our own targets only: SwiftPM compiles dependencies with their warnings suppressed.
STRICT = ["-Xswiftc", "-warnings-as-errors"]
# The same options as build_release in prepare.sh, so that neither undoes the other's work.
STATIC = ["-Xswiftc", "-static-executable"]
# The linker's remark on getaddrinfo, whose use in the static executable is tested instead. The toolchain's and the
# distribution's archives earn the same for dlopen, getpwuid_r, getprotobyname, …, which no source of ours can change.
ACCEPTED_REMARK = re.compile(r"Using 'getaddrinfo' in statically linked|^/\S+/(swift_static/linux|lib/[^/]+)/[^/]+\.a\(")
STAGE_SECONDS = 900
# For the tests in the guest, short and full.
GUEST_SECONDS = {False: 600, True: 1500}
# The newest of Debian's without the early-stop fix.
STALLING_KERNEL, NO_SUCH_KERNEL = "7.2.9", 64
# No package, no build, no namespaces (docs/test-rig.md): then nothing boots.
RIG_IS_IMPOSSIBLE = (69, 70, 74, 77)


@dataclass
class Stage:
    name: str
    passed: int = 0
    failed: int = 0
    skips: list = field(default_factory=list)
    notes: list = field(default_factory=list)
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
        self.check(status == 0 and not warnings, f"it ended with status {status}; warnings: {warnings or 'none'}")


def run(command, seconds=STAGE_SECONDS, show=True):
    """Runs a command with a time limit; returns (exit status, its whole output)."""
    print("+", shlex.join(map(str, command)), flush=True)
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True)
    overdue = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    overdue.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if show:
                print(line, end="", flush=True)
        status = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise
    finally:
        overdue.cancel()
    if status == -signal.SIGKILL:
        lines.append(f"killed after {seconds} s\n")
    if status and not show:
        print("".join(lines), end="", flush=True)
    return status, "".join(lines)


@contextlib.contextmanager
def beside(command, log, seconds=STAGE_SECONDS):
    """Runs a command while the block runs, and shows its output when both have ended. Ends it when the block fails."""
    print("+", shlex.join(map(str, command)), "&", flush=True)
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + seconds
        yield process
        process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        with log.open("a") as output:
            output.write(f"killed after {seconds} s\n")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        print(log.read_text(errors="replace"), end="", flush=True)


def own_warnings(output):
    """The warnings that concern our sources or our package, and not a dependency or how it was fetched."""

    def is_ours(line):
        if line.startswith("warning:"):  # SwiftPM itself speaks, about a package it names first
            return line.startswith(f"warning: '{ROOT.name.lower()}'")
        return "/.build/checkouts/" not in line and not ACCEPTED_REMARK.search(line)

    return [line for line in output.splitlines() if "warning:" in line and is_ours(line)]


def format_lint(stage, options):
    status, _ = run(["swift", "format", "lint", "--strict", "-r", "Sources", "Tests", "Package.swift"], show=False)
    stage.check(status == 0, "run `swift format -i -r Sources Tests Package.swift`")


def shell_lint(stage, options):
    scripts = ["scripts/run", "scripts/test", "scripts/rig", ".ci/run", "Tests/Rig/Machine/init",
               *sorted(str(p) for kind in ("lib/*.sh", "ci/*") for p in ROOT.glob(f"scripts/{kind}"))]
    status, _ = run(["shellcheck", *scripts], show=False)
    stage.check(status == 0, "shellcheck found something")


def debug_build(stage, options):
    status, output = run(["swift", "build", "--build-tests", *STRICT])
    stage.check_build(status, output)
    return status == 0


def unit_tests(stage, options):
    results = BUILD / "unit.xml"
    # Swift Testing writes beside the file it was given, which XCTest would use.
    written = BUILD / "unit-swift-testing.xml"
    written.unlink(missing_ok=True)
    command = ["swift", "test", "--skip-build", *STRICT, "--xunit-output", results]
    status, output = run(command + (["--filter", options.filter] if options.filter else []))
    if not written.exists():
        stage.check(False, "the unit tests left no result: did they crash?")
        return
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ElementTree.parse(written).getroot().iter("testsuite"):
        for key in counts:
            counts[key] += int(suite.get(key, 0))
    stage.failed += counts["failures"] + counts["errors"]
    stage.skips += re.findall(r"^.{0,3} ?(Test .* skipped.*)$", output, re.MULTILINE)[: counts["skipped"]]
    stage.skips += ["(unit test without a reason)"] * (counts["skipped"] - len(stage.skips))
    stage.passed += counts["tests"] - stage.failed - counts["skipped"]
    if status and not stage.failed:
        stage.check(False, f"`swift test` ended with status {status}")


def release_build(stage, options):
    status, output = run(["bash", "-euc", "set -o pipefail; source scripts/lib/prepare.sh; build_for_rig"])
    stage.check_build(status, output)
    if status:
        return False
    for executable in (EXECUTABLE, *([PROBE] if PROBE.exists() else [])):
        headers = subprocess.run(["readelf", "-l", executable], capture_output=True, text=True, check=True).stdout
        stage.check("INTERP" not in headers, f"{executable.name} is not static")
    return True


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
    if status and not counts["failed"]:
        stage.check(False, f"the {what} ended with status {status}")


def suite_command(command, options, results):
    """With the arguments of Tests/suite.py; its results are not those of an earlier run."""
    results.unlink(missing_ok=True)
    return [*command, "--results", results, *(["--filter", options.filter] if options.filter else [])]


def suite(stage, what, command, options, results):
    status, _ = run(suite_command(command, options, results))
    add_counts(stage, results, what, status)


def host_tests(stage, options):
    command = ["/usr/bin/python3", "Tests/Host/run.py", "--executable", EXECUTABLE]
    suite(stage, "host tests", command, options, BUILD / "host-tests.json")


def hot_loop_cost(stage, options):
    """Instructions under callgrind; the same on every run."""
    status, output = run(["bash", "-euc", "set -o pipefail; source scripts/lib/prepare.sh; build_for_cost"])
    stage.check_build(status, output)
    if status == 0:
        command = ["/usr/bin/python3", "Tests/suite.py", "Tests/Reference"]
        suite(stage, "tests of the cost", command, options, BUILD / "cost.json")


def rig_python(stage, options):
    command = ["/usr/bin/python3", "Tests/suite.py", "Tests/Rig/Machine/Tests"]
    suite(stage, "tests of the rig", command, options, BUILD / "rig-python.json")


def kernel_rig(stage, options):
    """The guest's tests, all in one boot, and beside them boots that must fail: a guest leaves a processor unused."""
    logs = BUILD / "rig" / "tests"
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.iterdir():
        old.unlink()
    # First, so that the two do not wait for each other's preparations.
    status, output = run(["scripts/rig", "up"])
    if status:
        stage.check(False, "".join(line for line in output.splitlines() if line.startswith("rig: error:")))
        return
    results = logs / "boots.json"
    boots = suite_command(["/usr/bin/python3", "Tests/suite.py", "--seconds", "200", "Tests/Rig/Machine/Boots"],
                          options, results)
    with beside(boots, logs / "boots.log") as process:
        guest_tests(stage, options, logs)
    add_counts(stage, results, "boots that must fail", process.returncode)
    if options.full:
        stalling_kernel(stage, logs)


def guest_tests(stage, options, logs):
    results = logs / "guest-tests.json"
    runner = ["python3", "/rig/Guest/run.py", "--results", "/tmp/results.json"]
    runner += ["--filter", options.filter] if options.filter else []
    runner += ["--full"] if options.full else []
    seconds = GUEST_SECONDS[options.full]
    status, output = run(["scripts/rig", "run", "--timeout", str(seconds), "--logs", logs,
                          "--fetch", f"/tmp/results.json={results}", "--", *runner], seconds + 300)
    (logs / "output.log").write_text(output)
    add_counts(stage, results, "tests in the guest", status)
    if status:
        stage.notes += [line for line in output.splitlines() if line.startswith("rig: error:")]
        if (logs / "console.log").exists():
            stage.notes.append(f"the guest's console: {logs.relative_to(ROOT)}/console.log")


def stalling_kernel(stage, logs):
    """The watchdog, on a kernel whose RECV_ZC really falls silent: 7.2.10 and newer have the fix."""
    results = logs / "stall-tests.json"
    results.unlink(missing_ok=True)
    runner = ["python3", "/rig/Guest/run.py", "--filter", "test_receive_stall", "--results", "/tmp/results.json"]
    status, output = run(["scripts/rig", "run", "--kernel", STALLING_KERNEL,
                          "--fetch", f"/tmp/results.json={results}", "--", *runner])
    if status in (*RIG_IS_IMPOSSIBLE, NO_SUCH_KERNEL):
        stage.skips.append(f"the stall watchdog on a kernel that stalls: {STALLING_KERNEL} cannot be had: "
                           + "".join(line for line in output.splitlines() if line.startswith("rig: error:")))
    else:
        add_counts(stage, results, "stall tests", status)


def manual(stage, options):
    pages = BUILD / "plugins" / "GenerateManual" / "outputs"
    for old in pages.rglob("*.1"):
        old.unlink()
    status, _ = run(["swift", "package", *STATIC, "generate-manual"], show=False)
    made = list(pages.rglob("zcrx-bench.1"))
    stage.check(status == 0 and len(made) == 1 and ".Sh NAME" in made[0].read_text(), "no manual page was made")


def completions(stage, options):
    for shell in ("bash", "zsh", "fish"):
        status, script = run([EXECUTABLE, "--generate-completion-script", shell], seconds=30, show=False)
        stage.check(status == 0 and "server" in script, f"no completion script for {shell}")
        if shell == "bash":
            file = BUILD / "completion.bash"
            file.write_text(script)
            stage.check(run(["bash", "-n", file], seconds=30)[0] == 0, "bash does not accept its completion script")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-host", action="store_true", help="leave out the host tests")
    parser.add_argument("--no-rig", action="store_true", help="leave out the kernel rig")
    parser.add_argument("--full", action="store_true", help="the long forms of the tests in the kernel rig")
    parser.add_argument("--filter", metavar="PATTERN", help="only tests whose name matches this regular expression")
    options = parser.parse_args()

    stages = []

    def perform(name, function):
        stage = Stage(name)
        stages.append(stage)
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        try:
            return function(stage, options)
        finally:
            stage.seconds = time.monotonic() - started

    if not options.filter:
        perform("format", format_lint)
        perform("scripts", shell_lint)
    if perform("debug build, no warnings", debug_build):
        perform("unit tests", unit_tests)
    if perform("release build, static, no warnings", release_build):
        if not options.filter:
            perform("completion scripts", completions)
            perform("manual page", manual)
        if not options.no_host:
            perform("host tests", host_tests)
        perform("cost of the hot loop", hot_loop_cost)
        perform("rig (python)", rig_python)
        if not options.no_rig:
            perform("kernel rig", kernel_rig)

    print()
    for stage in stages:
        print(f"{'ok' if not stage.failed else 'FAILED':7}{stage.name}: {stage.passed} passed, {stage.failed} failed, "
              f"{len(stage.skips)} skipped ({stage.seconds:.0f} s)")
        for note in stage.notes:
            print(f"         {note}")
        for skip in stage.skips:
            print(f"         skipped: {skip}")
    if options.no_rig:
        print("       kernel rig: left out (--no-rig), so no test of zero-copy receive was run")
    failed = sum(stage.failed for stage in stages)
    print(f"{sum(stage.passed for stage in stages)} passed, {failed} failed, "
          f"{sum(len(stage.skips) for stage in stages)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
