"""Kernels without the early-stop fix: RECV_ZC that ran out of something half-way stays armed and silent.

Debian's 7.2.9 is such a kernel: `scripts/rig run --kernel 7.2.9 -- python3 /rig/Guest/run.py --filter stall`.
"""

import os
import re
import signal
import unittest

import receiving
import softnic
from suite import is_full

FIRST, BURST = 1000, 200 << 10


def has_early_stop_fix():
    """As kernel_version.py on the host has it, where the evidence is."""
    return tuple(map(int, re.match(r"(\d+)\.(\d+)\.(\d+)", os.uname().release).groups())) >= (7, 2, 10)


class StallTests(unittest.TestCase):
    """A burst that is there as a whole when RECV_ZC, armed and waiting, is woken up.

    Then comes nothing that would wake it once more: the stream stays open until all of it was read.
    """

    rounds = 10 if has_early_stop_fix() and not is_full() else 100

    def setUp(self):
        # Without a device; that of the software NIC is only the way there.
        if not softnic.is_loaded():
            softnic.load()

    def run_rounds(self, *options):
        with receiving.Server("--mode", "zc-copy", "-n", FIRST + BURST, "--verify", "--rcvbuf", "1M", *options,
                              once=False) as server:
            for number in range(1, self.rounds + 1):
                with receiving.RawStreams() as streams:
                    streams.send(FIRST)
                    streams.settle()
                    softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
                    server.process.send_signal(signal.SIGSTOP)
                    streams.send(BURST)
                    streams.settle()
                    server.process.send_signal(signal.SIGCONT)
                    softnic.wait_until(lambda: len(server.reports()) == number, what=f"the end of round {number}")
            reports = server.reports()
        for report in reports:
            self.assertEqual(report["outcome"], {"status": "completed"})
            self.assertEqual(report.received, FIRST + BURST)
            self.assertEqual(report["verification"]["checked_bytes"], FIRST + BURST)
            self.assertEqual(report.zero_copied, (0, 0))
        cured = sum(report.count("stalls_cured") for report in reports)
        print(f"        {cured} stalls cured in {len(reports)} rounds, armed again by the watchdog "
              f"{sum(report.rearms('watchdog') for report in reports)} times; by copy from some byte on: "
              f"{sum('by copy from' in note for report in reports for note in report['notes'])}", flush=True)
        return cured

    def check(self, *options):
        cured = self.run_rounds(*options)
        if has_early_stop_fix():
            self.assertEqual(cured, 0)
        else:
            self.assertGreater(cured, 0, "this kernel did not stall, so the watchdog was not tested")

    def test_a_full_completion_queue(self):
        self.check("--cq-entries", "8")

    def test_an_exhausted_area(self):
        self.check("--area-size", "64K")
