"""The cost of the hot loops of zero-copy receive and of `uring`: instructions under callgrind, the server's own functions
against C.

Counts, not times: they are the same on every run of one executable.
"""

import re
import shutil
import subprocess
import tempfile
import unittest
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = ROOT / ".build" / "release" / "receive-cost"
# Of zero-copy receive's completions; `uring` has its own loop.
FORMATS = ("wide", "mixed", "uring")
BATCHES = 500
# The Swift loop may take this many times the instructions of the C loop.
LIMIT = 1.1
# Nothing else may run while a batch is received: no allocation, reference count, exclusivity check, lock or C library.
OURS = re.compile(
    r"\$s(9Benchmark14ZeroCopyIntake|5Uring10RefillRing|5Uring15CompletionBatch|12receive_cost9SwiftSide"
    r"|9Benchmark11UringIntake|5Uring18ProvidedBufferRing|12receive_cost14UringSwiftSide)"
    # Once a batch, before the counters of sizes are written where they are.
    r"|swift_isUniquelyReferenced_nonNull_native")
TAKES = {"wide": "ZeroCopyIntakeV4take", "mixed": "ZeroCopyIntakeV4take", "uring": "UringIntakeV4take"}


class Measurement:
    def __init__(self, side, completion_format):
        with tempfile.TemporaryDirectory() as folder:
            # Valgrind 3.19 stops at debugging information of a newer kind than it knows; symbols are enough.
            executable, profile = Path(folder) / "receive-cost", Path(folder) / "profile"
            subprocess.run(["objcopy", "--strip-debug", EXECUTABLE, executable], check=True)
            run = subprocess.run(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}",
                 "--toggle-collect=*measured*Batch*", executable, side, completion_format, str(BATCHES)],
                capture_output=True, text=True)
            if run.returncode:
                raise AssertionError(f"{side}: status {run.returncode}: {run.stderr[-2000:]}")
            self.account = run.stdout.strip()
            self.functions = functions(profile.read_text())
        self.completions = int(re.search(r"completions=(\d+)", self.account)[1])
        self.instructions = int(re.search(r"Collected : (\d+)", run.stderr)[1])

    @property
    def each(self):
        return self.instructions / self.completions


def functions(profile):
    """Those that ran while callgrind counted, and not those they were called from."""
    names = dict(re.findall(r"^c?fn=(\(\d+\)) (\S.*)$", profile, re.MULTILINE))
    found = set()
    for block in re.split(r"^(?=fn=)", profile, flags=re.MULTILINE)[1:]:
        lines = block.splitlines()
        costs = [line for before, line in zip(lines, lines[1:])
                 if re.match(r"[+*\-\d]", line) and not before.startswith("calls=")]
        if any(int(line.split()[-1]) for line in costs):
            found.add(names[re.match(r"fn=(\(\d+\))", lines[0])[1]])
    return found


@cache
def measure(side, completion_format):
    return Measurement(side, completion_format)


@unittest.skipUnless(shutil.which("valgrind"), "valgrind could not be installed")
class CostTests(unittest.TestCase):
    def test_both_count_the_same(self):
        for completion_format in FORMATS:
            swift, c = measure("swift", completion_format), measure("c", completion_format)
            self.assertGreater(swift.completions, (8 if completion_format == "uring" else 60) * BATCHES)
            self.assertEqual(swift.account, c.account)

    def test_instructions_per_completion(self):
        for completion_format in FORMATS:
            swift, c = measure("swift", completion_format).each, measure("c", completion_format).each
            print(f"        {completion_format}: {swift:.1f} instructions per completion, in C {c:.1f}: "
                  f"{swift / c:.3f} times (limit {LIMIT})")
            self.assertLessEqual(swift, LIMIT * c)
            self.assertGreater(c, 20, "the C loop was not measured")

    def test_nothing_but_the_loop_runs(self):
        for completion_format in FORMATS:
            ran = measure("swift", completion_format).functions
            self.assertEqual({name for name in ran if not OURS.match(name)}, set())
            self.assertTrue(any(TAKES[completion_format] in name for name in ran), ran)

    def test_an_allocation_would_be_seen(self):
        for completion_format in ("wide", "uring"):
            wasteful = measure("wasteful", completion_format)
            ran = wasteful.functions
            self.assertTrue(any("malloc" in name for name in ran), ran)
            self.assertTrue(any("swift_allocObject" in name or "swift_release" in name for name in ran), ran)
            self.assertGreater(wasteful.instructions, measure("swift", completion_format).instructions + 50 * BATCHES)
