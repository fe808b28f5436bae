import unittest

import machine  # noqa: F401
import console
from failure import GuestDied, KernelComplained

BOOTED = "BOOTED 7.3.4+deb13-cloud-amd64 2.21\n"

# Constructed after the forms that lib/panic.c, lib/bug.c, mm/kasan/report.c, arch/x86/kernel and net/core/dev.c print.
TROUBLE = (
    "[    3.1] WARNING: CPU: 1 PID: 71 at io_uring/zcrx.c:611 io_zcrx_scrub+0x8f/0xa0",
    "[    3.1] WARNING: io_uring/zcrx.c:611 at io_zcrx_scrub+0x8f/0xa0, CPU#1: rig-probe/71",
    "[    3.1] BUG: kernel NULL pointer dereference, address: 0000000000000008",
    "[    3.1] watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [rig-probe:71]",
    "[    3.1] BUG: unable to handle page fault for address: ffffc900001f8000",
    "[    3.1] Oops: 0002 [#1] PREEMPT SMP NOPTI",
    "[    3.1] Oops: general protection fault, probably for non-canonical address 0xdead000000000122: 0000 [#1]",
    "[    3.1] Call Trace:",
    "[    3.1] BUG: KASAN: slab-use-after-free in page_pool_put_netmem+0x1c/0x70",
    "[    3.1] KASAN: null-ptr-deref in range [0x0000000000000008-0x000000000000000f]",
    "[   13.1] unregister_netdevice: waiting for soft0 to become free. Usage count = 2",
)
# Lines of recorded boots, and of this rig's own kernel log.
HARMLESS = """\
[    0.000000] Linux version 7.3.4+deb13-cloud-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14)
[    0.044000] tsc: Unable to calibrate against PIT
[    0.666359] mtrr: your CPUs had inconsistent fixed MTRR settings
[    2.100000] softnic: loading out-of-tree module taints kernel.
[    2.100001] softnic: module verification failed: signature and/or required key missing - tainting kernel
[    2.200000] soft0: warning about nothing; debug: a call trace would look different
"""


class KernelLogTests(unittest.TestCase):
    def test_every_kind_of_trouble_is_found(self):
        for line in TROUBLE:
            with self.subTest(line), self.assertRaises(KernelComplained) as raised:
                console.check_log(HARMLESS + line + "\nand what follows it\n")
            self.assertIn(line, str(raised.exception))
            self.assertIn("and what follows it", str(raised.exception))

    def test_trouble_in_any_of_the_logs_counts(self):
        for logs in ((TROUBLE[0], HARMLESS), (HARMLESS, TROUBLE[0])):
            with self.assertRaises(KernelComplained):
                console.check_log(*logs)

    def test_harmless_lines_are_left_alone(self):
        console.check_log(HARMLESS, "")

    def test_the_end_of_a_log_is_printable(self):
        self.assertEqual(console.tail("a\x1b[2J\r\nb\n\n", 5), "  | a\n  | b")
        self.assertEqual(console.tail("\n".join(map(str, range(100))), 2), "  | 98\n  | 99")
        self.assertEqual(console.tail(""), "  | (nothing)")


class ExitTests(unittest.TestCase):
    def test_the_status_is_in_the_last_line(self):
        for status in (0, 1, 3, 77, 255):
            self.assertEqual(console.exit_status(f"{BOOTED}EXIT {status}\n", ""), status)

    def test_anything_else_is_no_status(self):
        for said in ("", "EXIT 0\n", BOOTED, BOOTED + "EXIT \n", BOOTED + "EXIT 0", BOOTED + "EXIT 256\n",
                     BOOTED + "EXIT 0\nmore\n", BOOTED + "EXIT -1\n", BOOTED + "EXIT 0x0\n", BOOTED + "XEXIT 0\n",
                     "garbled" + BOOTED + "EXIT 0\n", BOOTED + "EXIT 0\n\n"):
            with self.subTest(said), self.assertRaises(GuestDied):
                console.exit_status(said, HARMLESS)

    def test_what_is_said_about_it(self):
        for said, log, words in (
                (BOOTED, "x\n[ 3.0] Kernel panic - not syncing: Fatal exception\n", "panicked: Kernel panic - not s"),
                ("", HARMLESS, "before it had booted"), (BOOTED + "EXI", HARMLESS, "its last line is .*EXI")):
            with self.assertRaisesRegex(GuestDied, words) as raised:
                console.exit_status(said, log)
            self.assertIn("  | ", str(raised.exception))

    def test_the_boot_message(self):
        self.assertEqual(console.booted(BOOTED), ("7.3.4+deb13-cloud-amd64", 2.21))
        self.assertIsNone(console.booted(BOOTED[:-2]))
