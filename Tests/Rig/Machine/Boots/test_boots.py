"""Boots that must not pass: each is a way in which a run could look well and is not. Real boots, a few seconds each."""

import os
import signal
import subprocess
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from patience import Limit

RIG = Path(__file__).resolve().parents[4] / "scripts" / "rig"
# Runs after the warning has reached the console, which is slower than the guest.
SETTLE = "sleep 0.5"
NOT_POSSIBLE = 77
# The model ends at this line, as if it had crashed.
MODEL_DIES = """for port in /sys/class/virtio-ports/*; do
    [ "$(cat "$port/name")" = model ] && echo die 0 >"/dev/${port##*/}"; done; sleep 60"""


def rig(*words):
    """It has limits of its own, and each test has one."""
    return subprocess.run([RIG, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def shell(script, *options):
    return rig("run", *options, "--", "sh", "-c", script)


def killed(number, *options):
    """Sends the signal once the command runs; returns the rig's status, what ran below it, and what is left of that."""
    process = subprocess.Popen([RIG, "run", *options, "--", "sh", "-c", "echo up; sleep 1000"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    try:
        if not process.stdout.readline():
            return process.wait(), [], []
        below = descendants(process.pid)
        process.send_signal(number)
        process.communicate()
        # Nobody waits for the guest of a killed rig; it ends at once, but not before this line.
        limit = Limit(20)
        while (left := [name for child, name in below if name_of(child) == name]) and not limit.is_over():
            time.sleep(0.02)
        return process.returncode, [name for _, name in below], left
    finally:
        process.kill()
        process.wait()


class BootTests(unittest.TestCase):
    """The boots of all tests are under way from the start, as many at a time as make use of the processors."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.sent, cls.back = cls.folder / "sent file", cls.folder / "back"
        cls.sent.write_bytes(bytes(range(256)) * 400)
        pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1)
        cls.addClassCleanup(pool.shutdown, cancel_futures=True)
        cls.boots = {name: pool.submit(shell, *words) for name, words in {
            "well": ("echo to stdout; echo to stderr >&2; cp 'sent file' /tmp/copy; exit 3", "--add", str(cls.sent),
                     "--fetch", f"/tmp/copy={cls.back}", "--logs", folder.name),
            # Longer than its limit in all, and never silent for so long, however busy this machine is.
            "talks": ("for i in $(seq 16); do sleep 1; echo $i; done", "--timeout", "12"),
            "hangs": ("echo before; sleep 1000", "--timeout", "3"),
            "panics": ("echo c >/proc/sysrq-trigger; sleep 60",),
            "warns": (f"echo 'WARNING: CPU: 0 PID: 1 at net/core/example.c' >/dev/kmsg; {SETTLE}; exit 0",),
            "leaves": ("poweroff -f",),
        }.items()}
        cls.boots["interrupted"] = pool.submit(killed, signal.SIGINT)
        cls.boots["killed"] = pool.submit(killed, signal.SIGKILL)
        cls.boots["killed with gVNICs"] = pool.submit(killed, signal.SIGKILL, "--nic", "gve")
        cls.boots["without its model"] = pool.submit(shell, MODEL_DIES, "--nic", "gve")

    def ended(self, boot, status):
        done = self.boots[boot].result()
        self.assertEqual(done.returncode, status, f"\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def test_the_commands_status_its_output_and_its_files_come_back(self):
        done = self.ended("well", 3)
        self.assertEqual(done.stdout, "to stdout\nto stderr\n")
        self.assertEqual(self.back.read_bytes(), self.sent.read_bytes())
        self.assertIn("Linux version", (self.folder / "kernel").read_text())
        self.assertIn("-cloud-amd64, up after", done.stderr)

    def test_a_guest_that_hangs_is_ended_and_named(self):
        done = self.ended("hangs", 71)
        self.assertIn("the guest hangs: the command printed nothing for 3 s", done.stderr)
        self.assertEqual(done.stdout, "before\n")

    def test_a_guest_that_goes_on_talking_may_take_longer_than_it_may_be_silent(self):
        self.assertEqual(self.ended("talks", 0).stdout, "".join(f"{i}\n" for i in range(1, 17)))

    def test_a_panic_is_a_failure_with_the_end_of_the_console(self):
        done = self.ended("panics", 72)
        self.assertIn("the guest's kernel panicked: Kernel panic - not syncing: sysrq triggered crash", done.stderr)
        self.assertIn("console.log", done.stderr)

    def test_a_warning_of_the_kernel_fails_a_command_that_succeeded(self):
        done = self.ended("warns", 73)
        self.assertIn("WARNING: CPU: 0 PID: 1 at net/core/example.c", done.stderr)

    def test_a_guest_that_powers_off_without_reporting_is_a_failure(self):
        done = self.ended("leaves", 72)
        self.assertIn("without the command's exit status", done.stderr)

    def check_killed(self, boot, status):
        returned, below, left = self.boots[boot].result()
        self.assertTrue(any("qemu" in name for name in below), below)
        self.assertEqual((returned, left), (status, []))

    def test_an_interrupt_ends_the_guest_and_leaves_nothing_behind(self):
        self.check_killed("interrupted", 130)

    def test_even_a_killed_rig_leaves_no_guest_behind(self):
        self.check_killed("killed", -signal.SIGKILL)

    def test_a_killed_rig_leaves_no_model_of_the_gvnic_behind(self):
        returned, below, _ = self.boots["killed with gVNICs"].result()
        if returned == NOT_POSSIBLE:
            self.skipTest("QEMU 11 cannot be had here")
        self.assertIn("gvnic-model", below)
        self.check_killed("killed with gVNICs", -signal.SIGKILL)

    def test_a_guest_whose_model_dies_is_a_failure(self):
        if self.boots["without its model"].result().returncode == NOT_POSSIBLE:
            self.skipTest("QEMU 11 cannot be had here")
        self.ended("without its model", 72)


def name_of(number):
    """The name of a process, or None when there is none, or only what its parent has not collected yet."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        return None if state in "ZX" else Path(f"/proc/{number}/comm").read_text().strip()
    except OSError:
        return None


def descendants(number):
    """(process id, name) of everything below a process."""
    found = []
    for task in os.listdir(f"/proc/{number}/task"):
        for child in Path(f"/proc/{number}/task/{task}/children").read_text().split():
            found += [(int(child), name_of(child)), *descendants(int(child))]
    return found
