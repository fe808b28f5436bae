"""The stages of scripts/test --full that run unit and host tests with a sanitizer built in."""

import os
import tempfile
from pathlib import Path

from running import ROOT, run
from stage import count_unit_tests, suite

SUPPRESSIONS = {kind: ROOT / "Tests" / f"{kind}-sanitizer.supp" for kind in ("thread", "address")}
# Of targets in which threads meet. The others compute with one thread and a million random inputs, for hours.
WITH_THREADS = "BenchmarkTests|LinuxTests|UringTests"
# Of targets that hand memory to the kernel, or read what it has written.
WITH_POINTERS = WITH_THREADS + "|NetworkInterfaceTests|TraceTests|MeteringTests"
# Host tests in which the program talks with a peer. Most others run one command that reads its arguments or a file.
WITH_PEERS = (r"^test_(bad_clients|bad_servers|compare|compare_server|demo|disturbances|interrupts|metering|modes|ours|placement|raw"
              r"|reports|resources|send_paths|silence|stock_client|stock_server|two_machines|unread)\.")


def sanitized(stage, options, kind, variable, flags, unit_tests=""):
    """Builds with a sanitizer, dynamically and for debugging, in a folder of its own; runs the tests; reads its reports.

    `unit_tests`: a pattern; those that it does not match are left out.
    """
    folder = ROOT / f".build-{kind}"
    build = ["swift", "build", "--build-tests", f"--sanitize={kind}", "--scratch-path", folder]
    status, output = run(build)
    if not stage.check(status == 0, f"it ended with status {status}"):
        return
    with tempfile.TemporaryDirectory(prefix=f"{kind}-sanitizer-") as reports:
        # For programs that run as nobody too.
        os.chmod(reports, 0o777)

        def environment(tests):
            # Whatever a process's own status was: what a sanitizer has found it writes into a file.
            return {variable: f"log_path={reports}/{tests}:{flags}", "ZCRX_BENCH_SANITIZER": kind}

        count_unit_tests(stage, options, folder, environment("unit"), unit_tests)
        command = ["/usr/bin/python3", "Tests/Host/run.py", "--seconds", "300",
                   "--executable", folder / "debug" / "zcrx-bench"]
        if not options.filter:
            command += ["--filter", WITH_PEERS]
            stage.left_out["they do not talk with a peer"] = ["the host tests of all files but " + WITH_PEERS]
        suite(stage, f"host tests with the {kind} sanitizer", command, options, folder / "host-tests.json",
              environment("host"))
        found = sorted(Path(reports).iterdir())
        for report in found[:5]:
            stage.notes.append(report.read_text(errors="replace")[:3000])
        stage.check(not found, f"the sanitizer has made {len(found)} reports")


def thread_sanitizer(stage, options):
    sanitized(stage, options, "thread", "TSAN_OPTIONS", f"suppressions={SUPPRESSIONS['thread']}:history_size=4", WITH_THREADS)
    stage.left_out["one thread alone has no races"] = ["the unit tests of all targets but " + WITH_THREADS]


def address_sanitizer(stage, options):
    # What the runtime keeps until the end is no leak.
    flags = f"suppressions={SUPPRESSIONS['address']}:detect_leaks=0:quarantine_size_mb=16"
    sanitized(stage, options, "address", "ASAN_OPTIONS", flags, WITH_POINTERS)
    stage.left_out["memory that the language itself looks after"] = ["the unit tests of all targets but " + WITH_POINTERS]


STAGES = {"thread sanitizer": thread_sanitizer, "address sanitizer": address_sanitizer}
