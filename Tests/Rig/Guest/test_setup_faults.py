"""What a start must get over: memory of the last server that is still on its way back, a call that fails once."""

import errno

import receiving
import softnic
from receiving import MIB, Server


class MemoryTests(receiving.Case):
    def test_back_to_back_servers_get_the_huge_pages_of_the_last_one(self):
        """Forty pages are enough for one server and not for two."""
        self.steer(1)
        with receiving.patience(), receiving.huge_pages(40):
            for turn in range(4):
                with Server("-i", "soft0", "-q", 1, "--hugepages", "--rx-buf-len", "64K", "--area-size", "64M",
                            "--require", "mode==zc") as server:
                    receiving.send_raw(MIB)
                    self.assertEqual(server.finish(), 0, f"server {turn}: {server.output}")
                    self.assertEqual(server.report["settings"]["mode"], "zc")
                    self.assertEqual(server.report.queues[0]["memory"]["buffer_bytes"], 65536)

    def test_another_mode_than_zc_fails_the_gate(self):
        """Pages that nobody gives back: the pool is too small, and auto receives by copy."""
        with receiving.huge_pages(4):
            with Server("-i", "soft0", "-q", 1, "--hugepages", "--area-size", "64M", "--require", "mode==zc") as server:
                receiving.send_raw(MIB)
                self.assertEqual(server.finish(), 2, server.output)
                self.assertIn("Gate NOT MET: mode==zc (epoll)", server.output)


class OneFailingCallTests(receiving.Case):
    def tearDown(self):
        softnic.set_knob("fail_queue_start", 0)
        softnic.set_knob("queue_start_errno", 0)
        super().tearDown()

    def test_one_refusal_of_the_driver_is_no_kernel_without_events(self):
        self.steer(1)
        softnic.set_knob("queue_start_errno", errno.EINVAL)
        softnic.set_knob("fail_queue_start", 1)
        report, truth, sent = self.receive("-q", 1, "--mode", "zc")
        self.assertEqual(softnic.get_knob("fail_queue_start"), 0, "the fault was there")
        self.assertEqual(report.queues[0].get("refused_options", []), [])
        self.assertIn("kernel_copied_bytes", report.queues[0])
        receiving.check_accounts(self, report, truth, sent)

    def test_a_driver_that_always_refuses_is_not_taken_for_an_old_kernel(self):
        """Its way back fails too where both starts of one registration fail, so that every other start does."""
        softnic.set_knob("queue_start_errno", errno.ENODATA)
        softnic.set_knob("fail_queue_start", 1)
        with Server("-i", "soft0", "-q", 1, "--mode", "zc", wait=False) as server:
            self.assertEqual(server.finish(), 77, server.output)
            self.assertIn("ENODATA", server.output)
            self.assertIn("this kernel's driver does not take a memory provider", server.output)
            self.assertNotIn("Linux 7.2", server.output)
