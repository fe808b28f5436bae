"""A guest that does not come up is booted once more, and only once."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

import machine  # noqa: F401
import rig
from failure import GuestHung, GuestNotUp


class Stand:
    """In the place of Guest: each boot does what comes next."""

    def __init__(self, *outcomes):
        self.outcomes, self.boots = list(outcomes), 0

    def __call__(self):
        return self

    def run(self):
        self.boots += 1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class BootAgainTests(unittest.TestCase):
    def boot(self, stand):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.object(rig, "say") as said:
            left = Path(folder, "result")
            left.write_text("of the boot before")
            try:
                return rig.boot_guest(stand, Path(folder))[1], said.call_count, left.exists()
            finally:
                self.said = said.call_count

    def test_the_second_boot_counts_and_nothing_of_the_first_is_left(self):
        stand = Stand(GuestNotUp("not up"), 3)
        self.assertEqual(self.boot(stand), (3, 1, False))
        self.assertEqual(stand.boots, 2)

    def test_a_guest_that_never_comes_up_is_a_failure(self):
        stand = Stand(GuestNotUp("not up"), GuestNotUp("not up either"), 0)
        with self.assertRaises(GuestNotUp):
            self.boot(stand)
        self.assertEqual((stand.boots, GuestNotUp.status), (2, 71))

    def test_a_command_that_hangs_is_not_run_twice(self):
        stand = Stand(GuestHung("the command"), 0)
        with self.assertRaises(GuestHung):
            self.boot(stand)
        self.assertEqual((stand.boots, self.said), (1, 0))


if __name__ == "__main__":
    unittest.main()
