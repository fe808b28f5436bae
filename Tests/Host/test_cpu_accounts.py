"""CPU accounts that cannot be right, and quotas: unknown or named, and never what a gate passes on."""

import os
import tempfile
import unittest
from pathlib import Path

from harness import HostCase, needs_root

MASK = 'mount --bind "$1" /proc/stat; shift; exec "$@"'
CPUS = os.cpu_count() or 1


def stat(ticks):
    """A /proc/stat in which every CPU shows the same."""
    return "".join(f"cpu{name} {ticks}\n" for name in ("", *range(CPUS)))


@needs_root
class FakeAccountTests(HostCase):
    def report(self, text, *options, status=0):
        """The report of a server that sees this /proc/stat; None masks it."""
        path = "/dev/null"
        if text is not None:
            path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "stat"
            path.write_text(text)
        server = self.serve("-1", "-J", *options, prefix=("unshare", "--mount", "sh", "-euc", MASK, "sh", path))
        self.ended(self.client(server.port, "-t", "1"))
        return self.document(server.finished(), status)["zcrx_bench"]

    def test_an_account_that_cannot_be_right_is_unknown_and_meets_no_gate(self):
        gates = ("--require", "cpu.machine<=1000000s/GiB", "--require", "cpu.softirq<=1000000s/GiB")
        for text, reason in ((stat("100 0 100 1000 0 5 5 0 0 0"), "stood still"),
                             (stat("100 0 100 18446744073709551600 0 5 5 0 0 0"), "more than a machine can have counted"),
                             (None, "has no line for all CPUs")):
            with self.subTest(reason=reason):
                report = self.report(text, *gates, status=2)
                self.assertNotIn("machine", report["processor"])
                self.assertIn(reason, report["processor"]["machine_unknown"])
                self.assertFalse([cpu for cpu in report["cpus"] if "time" in cpu])
                unknown = {entry["kind"]: entry["reason"] for entry in report["disturbances"]["unknown"]}
                self.assertIn(reason, unknown["load"])
                self.assertNotEqual(report["derived"]["limit"]["verdict"], "receiver_cpu")


def quota_group():
    """(the folder of a new group with a quota of a twentieth of a CPU); None where there is no such thing."""
    name = f"zcrx-bench-test-{os.getpid()}"
    for mount, files in (("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": "20000", "cpu.cfs_quota_us": "1000"}),
                         ("/sys/fs/cgroup", {"cpu.max": "1000 20000"})):
        group = Path(mount, name)
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            for file, text in files.items():
                (group / file).write_text(text)
            return group
        except OSError:
            group.rmdir()
    return None


@needs_root
class QuotaTests(HostCase):
    def test_a_quota_that_held_the_process_back_is_named(self):
        group = quota_group()
        if not group:
            raise unittest.SkipTest("no group with a CPU quota can be made here")
        self.addCleanup(group.rmdir)
        server = self.serve("-1", "-J", "--require", "disturbances==0",
                            prefix=("sh", "-euc", 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"', "sh", group))
        self.ended(self.client(server.port, "-t", "2"))
        report = self.document(server.finished(60), status=2)["zcrx_bench"]
        throttled = report["processor"]["throttled"]
        self.assertEqual(throttled["cgroup"], f"/{group.name}")
        self.assertGreater(throttled["nr_throttled"], 0)
        self.assertGreater(throttled["throttled_seconds"], 0.1)
        sentences = [seen["sentence"] for seen in report["disturbances"]["seen"] if seen["kind"] == "pause"]
        self.assertTrue([text for text in sentences if f"the CPU quota of cgroup /{group.name} held" in text], sentences)
