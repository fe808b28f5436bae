"""When a guest is given up: by the processor time of a boot, and by how long a command prints nothing."""

import subprocess
import sys
import time
import unittest
import unittest.mock

import machine
import guest
from failure import GuestHung, GuestNotUp

BUSY, IDLE = "while True: pass", "import time; time.sleep(1000)"


class LimitTests(machine.FolderCase):
    def watched(self, script, seconds=1):
        """A guest in whose place a script of Python runs."""
        watched = guest.Guest(None, self.folder, seconds)
        watched.process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(watched.end)
        return watched

    def test_a_boot_that_spins_is_ended_by_its_processor_time(self):
        with unittest.mock.patch.object(guest, "BOOT_PROCESSOR_SECONDS", 0.3), self.assertRaises(GuestNotUp) as ended:
            self.watched(BUSY).watch()
        self.assertRegex(str(ended.exception), r"was not up after [0-9]+ s of processor time")

    def test_a_boot_that_gets_no_processor_is_waited_for(self):
        waiting = self.watched(IDLE)
        with unittest.mock.patch.object(guest, "BOOT_PROCESSOR_SECONDS", 0.3):
            self.assertLess(guest.processor_seconds(waiting.process.pid), 0.3)
            waiting.check_time()

    def test_what_runs_below_counts(self):
        # Ends with its parent: the emulator is ended by the kernel in the same way.
        script = ("import ctypes, subprocess, sys; subprocess.run([sys.executable, '-c', "
                  f"{BUSY!r}], preexec_fn=lambda: ctypes.CDLL(None).prctl(1, 9))")
        with unittest.mock.patch.object(guest, "BOOT_PROCESSOR_SECONDS", 0.5), self.assertRaises(GuestNotUp):
            parent = self.watched(script)
            parent.watch()

    def test_a_command_that_prints_nothing_is_ended(self):
        (self.folder / "result").write_text("BOOTED 7.3.4 1.0\n")
        with unittest.mock.patch.object(guest, "say"), self.assertRaises(GuestHung) as ended:
            self.watched(IDLE, 0.3).watch()
        self.assertIn("printed nothing for 0.3 s", str(ended.exception))

    def test_one_that_goes_on_printing_is_not(self):
        (self.folder / "result").write_text("BOOTED 7.3.4 1.0\n")
        script = "import time\nfor number in range(8): print('.', end='', flush=True); time.sleep(0.5)"
        began = time.monotonic()
        with unittest.mock.patch.object(guest, "say"), unittest.mock.patch.object(guest.sys, "stdout"):
            self.watched(script, 2).watch()
        self.assertGreater(time.monotonic() - began, 3)


if __name__ == "__main__":
    unittest.main()
