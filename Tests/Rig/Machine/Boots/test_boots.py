"""Boots that must not pass: each is a way in which a run could look well and is not. Real boots, a few seconds each."""

import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

RIG = Path(__file__).resolve().parents[4] / "scripts" / "rig"
# Runs after the warning has reached the console, which is slower than the guest.
SETTLE = "sleep 0.5"


def rig(*words, seconds=50):
    return subprocess.run([RIG, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)


def shell(script, *options):
    return rig("run", *options, "--", "sh", "-c", script)


class BootTests(unittest.TestCase):
    def ended(self, done, status):
        self.assertEqual(done.returncode, status, f"\nstdout: {done.stdout}\nstderr: {done.stderr}")

    def test_the_commands_status_its_output_and_its_files_come_back(self):
        with tempfile.TemporaryDirectory() as folder:
            sent, back = Path(folder, "sent file"), Path(folder, "back")
            sent.write_bytes(bytes(range(256)) * 400)
            done = shell("echo to stdout; echo to stderr >&2; cp 'sent file' /tmp/copy; exit 3",
                         "--add", str(sent), "--fetch", f"/tmp/copy={back}", "--logs", folder)
            self.ended(done, 3)
            self.assertEqual(done.stdout, "to stdout\nto stderr\n")
            self.assertEqual(back.read_bytes(), sent.read_bytes())
            self.assertIn("Linux version", Path(folder, "kernel").read_text())
            self.assertIn("-cloud-amd64, up after", done.stderr)

    def test_a_guest_that_hangs_is_ended_and_named(self):
        started = time.monotonic()
        done = shell("echo before; sleep 1000", "--timeout", "1.5")
        self.ended(done, 71)
        self.assertIn("the guest hangs: the command took longer than 1.5 s", done.stderr)
        self.assertEqual(done.stdout, "before\n")
        self.assertLess(time.monotonic() - started, 40)

    def test_a_panic_is_a_failure_with_the_end_of_the_console(self):
        done = shell("echo c >/proc/sysrq-trigger; sleep 60")
        self.ended(done, 72)
        self.assertIn("the guest's kernel panicked: Kernel panic - not syncing: sysrq triggered crash", done.stderr)
        self.assertIn("console.log", done.stderr)

    def test_a_warning_of_the_kernel_fails_a_command_that_succeeded(self):
        done = shell(f"echo 'WARNING: CPU: 0 PID: 1 at net/core/example.c' >/dev/kmsg; {SETTLE}; exit 0")
        self.ended(done, 73)
        self.assertIn("WARNING: CPU: 0 PID: 1 at net/core/example.c", done.stderr)

    def test_a_guest_that_powers_off_without_reporting_is_a_failure(self):
        done = shell("poweroff -f")
        self.ended(done, 72)
        self.assertIn("without the command's exit status", done.stderr)

    def test_an_interrupt_ends_the_guest_and_leaves_nothing_behind(self):
        process = subprocess.Popen([RIG, "run", "--", "sh", "-c", "echo up; sleep 1000"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            self.assertEqual(process.stdout.readline(), "up\n")
            below = descendants(process.pid)
            self.assertTrue(any("qemu" in name for _, name in below), below)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
            self.assertEqual(process.returncode, 130, errors)
            left = [name for number, name in below if name_of(number) == name]
            self.assertEqual(left, [])
        finally:
            process.kill()
            process.wait()


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
