#!/usr/bin/env python3
"""Runs the checks and tests of the project and ends with one line: `N passed, N failed, N skipped`.

Called by scripts/test, which has installed what is needed. A check that is no test (format, warnings, …) counts as one.
"""

import argparse
import subprocess
import sys
import time

import running
import sanitizers
from running import ROOT, Beside, run
from stage import Stage, add_counts, count_unit_tests, suite, suite_command

BUILD = ROOT / ".build"
EXECUTABLE = BUILD / "release" / "zcrx-bench"
PROBE = BUILD / "release" / "rig-probe"
# Warnings become errors in our own targets only: SwiftPM compiles dependencies with their warnings suppressed.
STRICT = ["-Xswiftc", "-warnings-as-errors"]
# The same options as build_release in prepare.sh, so that neither undoes the other's work.
STATIC = ["-Xswiftc", "-static-executable"]
# For which a command in the guest may print nothing: a test of the guest has 60 s, of which each lasts six (Guest/run.py).
GUEST_SILENCE = 400
# The newest of Debian's without the early-stop fix.
STALLING_KERNEL, NO_SUCH_KERNEL = "7.2.9", 64
# On the real driver gve: every test of its own, and of those that both NICs have what a driver's opinions decide about.
GVE_SUBSET = (r"test_gve\.|test_gve_faults\.(Reset|Link)|test_first_light\.FirstLightTests\.test_a_first_run|"
              r"test_waiting\.DeferralTests|test_arrival\.|test_server_lease\.GveTests\.test_(life|kill)|"
              r"test_doctor\.GveTests|test_guest\.GuestTests\.test_the_programs")
# Kernels whose copies are counted exactly, beside the default one on both NICs.
OTHER_KERNELS = (("7.2", "soft"), ("7.2", "gve"), ("6.18", "gve"))
NO_SPLIT = "--header 0"
NOT_POSSIBLE_HERE = 77
FUZZ_ROUNDS = 1000
# No package, no build, no namespaces (docs/test-rig.md): then nothing boots.
RIG_IS_IMPOSSIBLE = (69, 70, 74, 77)


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
    count_unit_tests(stage, options, BUILD)


def release_build(stage, options):
    status, output = run(["bash", "-euc", "set -o pipefail; source scripts/lib/prepare.sh; build_for_rig; build_for_cost"])
    stage.check_build(status, output)
    if status != 0:
        return False
    for executable in (EXECUTABLE, *([PROBE] if PROBE.exists() else [])):
        headers = subprocess.run(["readelf", "-l", executable], capture_output=True, text=True, check=True).stdout
        stage.check("INTERP" not in headers, f"{executable.name} is not static")
    return True


def host_tests(stage, options):
    command = ["/usr/bin/python3", "Tests/Host/run.py", "--executable", EXECUTABLE]
    suite(stage, "host tests", command, options, BUILD / "host-tests.json")


def hot_loop_cost(stage, options):
    """Instructions under callgrind; the same on every run."""
    suite(stage, "tests of the cost", ["/usr/bin/python3", "Tests/suite.py", "Tests/Reference"], options, BUILD / "cost.json")


def rig_python(stage, options):
    command = ["/usr/bin/python3", "Tests/suite.py", "Tests/Rig/Machine/Tests"]
    suite(stage, "tests of the rig", command, options, BUILD / "rig-python.json")


def rig_up(stage, options):
    """Packages, kernel, prefix and module: nothing of it needs our executables."""
    status, output = run(["scripts/rig", "up"])
    return stage.check(status == 0, " ".join(errors(output)))


def run_in_guest(stage, options, name, rig_options=(), runner_options=()):
    """Tests/Rig/Guest/run.py in a boot of its own; (exit status, output). Its logs lie in .build/rig/tests/NAME."""
    logs = BUILD / "rig" / "tests" / name
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.iterdir():
        old.unlink()
    results = logs / "results.json"
    runner = suite_command(["python3", "/rig/Guest/run.py"], options, "/tmp/results.json") + list(runner_options)
    status, output = run(["scripts/rig", "run", "--timeout", str(GUEST_SILENCE), "--logs", logs, *rig_options,
                          "--fetch", f"/tmp/results.json={results}", "--", *runner], GUEST_SILENCE + 200)
    (logs / "output.log").write_text(output)
    if status in (*RIG_IS_IMPOSSIBLE, NO_SUCH_KERNEL) and not results.exists():
        return status, output
    add_counts(stage, results, "tests in the guest", status)
    if status != 0:
        stage.notes += errors(output)
        if (logs / "console.log").exists():
            stage.notes.append(f"the guest's console: {logs.relative_to(ROOT)}/console.log")
    return status, output


def errors(output):
    return [line for line in output.splitlines() if line.startswith("rig: error:")]


def guest_tests(stage, options):
    """All in one boot."""
    status, output = run_in_guest(stage, options, "guest")
    if not stage.passed + stage.failed:
        stage.check(False, f"the rig ended with status {status}: {' '.join(errors(output))}")


def gve_tests(stage, options):
    """On the packaged driver gve and a model of its device: with --full every test that both NICs have."""
    subset = [] if options.full or options.filter else ["--filter", GVE_SUBSET]
    in_gve(stage, options, "gve", [], subset)
    if options.full and not stage.skips and not options.filter:
        in_gve(stage, options, "gve-without-split", ["--model", NO_SPLIT, "--sanitize"], ["--filter", r"test_gve\.WithoutSplit"])
        status, _ = run(["scripts/rig", "fuzz", "--rounds", str(FUZZ_ROUNDS)])
        stage.check(status == 0, "the model of the gVNIC does not stand a hostile driver")


def in_gve(stage, options, name, rig_options, runner_options):
    before = stage.passed + stage.failed
    status, output = run_in_guest(stage, options, name, ["--nic", "gve", *rig_options], ["--seconds", "120", *runner_options])
    if stage.passed + stage.failed > before:
        return
    if status == NOT_POSSIBLE_HERE:
        stage.skips.append(f"the tests on the real driver gve: {' '.join(errors(output))}")
    else:
        stage.check(False, f"the rig ended with status {status}: {' '.join(errors(output))}")


def stalling_kernel(stage, options):
    """The watchdog, on a kernel whose RECV_ZC really falls silent: 7.2.10 and newer have the fix."""
    _, output = run_in_guest(stage, options, "stall", ["--kernel", STALLING_KERNEL], ["--filter", "test_receive_stall"])
    if not stage.passed + stage.failed:
        stage.skips.append(f"the stall watchdog on a kernel that stalls: {STALLING_KERNEL} cannot be had: "
                           f"{' '.join(errors(output))}")


def exact_elsewhere(stage, options):
    """What the probe counts, on other kernels."""
    for kernel, nic in OTHER_KERNELS:
        before = stage.passed + stage.failed
        _, output = run_in_guest(stage, options, f"exact-{kernel}-{nic}", ["--kernel", kernel, "--nic", nic],
                                 ["--seconds", "120", "--filter", r"test_exact\.(Exact|Method)"])
        if stage.passed + stage.failed == before:
            stage.skips.append(f"exact copies on {kernel} with the {nic} NIC: {' '.join(errors(output))}")


def boots(stage, options):
    """Boots that must fail."""
    command = ["/usr/bin/python3", "Tests/suite.py", "--seconds", "200", "Tests/Rig/Machine/Boots"]
    suite(stage, "boots that must fail", command, options, BUILD / "rig" / "boots.json")


def manual(stage, options):
    pages = BUILD / "plugins" / "GenerateManual" / "outputs"
    for old in pages.rglob("*.1"):
        old.unlink()
    status, _ = run(["swift", "package", *STATIC, "generate-manual"], show=False)
    made = list(pages.rglob("zcrx-bench.1"))
    stage.check(status == 0 and len(made) == 1 and ".Sh NAME" in made[0].read_text(), "no manual page was made")


def completions(stage, options):
    for shell in ("bash", "zsh", "fish"):
        status, script = run([EXECUTABLE, "--generate-completion-script", shell], show=False)
        stage.check(status == 0 and "server" in script, f"no completion script for {shell}")
        if shell == "bash":
            file = BUILD / "completion.bash"
            file.write_text(script)
            stage.check(run(["bash", "-n", file])[0] == 0, "bash does not accept its completion script")


class Run:
    """The stages of one run, and what it leaves out."""

    def __init__(self, options):
        self.options, self.stages, self.left_out = options, [], []

    def perform(self, name, function):
        """Runs a stage; returns what its function does."""
        stage = Stage(name)
        self.stages.append(stage)
        running.say(f"\n== {name}\n")
        started = time.monotonic()
        try:
            return function(stage, self.options)
        finally:
            stage.seconds = time.monotonic() - started

    def beside(self, name, function):
        return Beside(self.perform, name, function)

    def leave_out(self, reason, *names):
        self.left_out += [f"{name}: {reason}" for name in names]

    def all(self):
        """Two processors are enough: what waits for others' programs goes beside what computes."""
        options = self.options
        rig = None if options.no_rig else self.beside("kernel rig: packages and module", rig_up)
        if options.filter:
            self.leave_out("--filter", "format", "scripts", "completion scripts", "manual page")
        else:
            self.perform("format", format_lint)
            self.perform("scripts", shell_lint)
        # First what the guest runs, which takes longest.
        built = self.perform("release build, static, no warnings", release_build)
        has_rig = rig and rig.wait()
        guest = Beside(self.in_the_guest) if built and has_rig else None
        units = Beside(self.units)
        if built:
            self.executables(has_rig)
        else:
            self.leave_out("the release build failed", "all tests of the executable", "kernel rig")
        if options.no_rig:
            self.leave_out("--no-rig, so no test of zero-copy receive was run", "kernel rig")
        elif not has_rig:
            self.leave_out("the machine could not be prepared", "kernel rig")
        units.wait()
        if not options.filter:
            self.perform("manual page", manual)
        for name, function in sanitizers.STAGES.items():
            if options.full:
                self.perform(name, function)
            else:
                self.leave_out("only with --full", name)
        if guest:
            guest.wait()

    def units(self):
        if self.perform("debug build, no warnings", debug_build):
            self.perform("unit tests", unit_tests)
        else:
            self.leave_out("the debug build failed", "unit tests")

    def executables(self, has_rig):
        """What runs the release build on this machine."""
        if not self.options.filter:
            self.perform("completion scripts", completions)
        if self.options.no_host:
            self.leave_out("--no-host", "host tests")
        else:
            self.perform("host tests", host_tests)
        self.perform("cost of the hot loop", hot_loop_cost)
        self.perform("rig (python)", rig_python)
        if has_rig:
            self.perform("kernel rig: boots that must fail", boots)

    def in_the_guest(self):
        """One boot after the other."""
        self.perform("kernel rig: tests in the guest", guest_tests)
        self.perform("kernel rig: the real driver gve", gve_tests)
        if self.options.full:
            self.perform("kernel rig: a kernel that stalls", stalling_kernel)
            self.perform("kernel rig: exact copies on other kernels", exact_elsewhere)
        else:
            self.leave_out("only with --full", "kernel rig: a kernel that stalls", "kernel rig: exact copies on other kernels")

    def summary(self):
        """Prints it; whether nothing failed."""
        print()
        for stage in self.stages:
            print(f"{'ok' if not stage.failed else 'FAILED':7}{stage.name}: {stage.passed} passed, {stage.failed} failed, "
                  f"{len(stage.skips)} skipped ({stage.seconds:.0f} s)")
            for note in stage.notes:
                print(f"         {note}")
            for skip in stage.skips:
                print(f"         skipped: {skip}")
            for reason, names in stage.left_out.items():
                print(f"         not run: {len(names)}: {reason}")
                for name in names:
                    print(f"           {name}")
        for line in self.left_out:
            print(f"not run {line}")
        minutes = (time.monotonic() - running.STARTED) / 60
        print(f"{'scripts/test --full' if self.options.full else 'scripts/test'}: {minutes:.1f} minutes")
        failed = sum(stage.failed for stage in self.stages)
        print(f"{sum(stage.passed for stage in self.stages)} passed, {failed} failed, "
              f"{sum(len(stage.skips) for stage in self.stages)} skipped", flush=True)
        return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-host", action="store_true", help="leave out the host tests")
    parser.add_argument("--no-rig", action="store_true", help="leave out the kernel rig")
    parser.add_argument("--full", action="store_true", help="also what takes long: long forms of tests, sanitizers")
    parser.add_argument("--filter", metavar="PATTERN", help="only tests whose name matches this regular expression")
    options = parser.parse_args()
    running.begin(options.full)
    tests = Run(options)
    try:
        tests.all()
    finally:
        running.end_all()
    return 0 if tests.summary() else 1


if __name__ == "__main__":
    sys.exit(main())
