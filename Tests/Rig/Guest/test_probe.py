"""The zero-copy queue of the Uring target, driven by rig-probe: every kind of memory and ring, with and without a device.

Data is verified by the probe: each byte is compared with the pattern.
"""

import contextlib
import signal
import subprocess
import unittest
from pathlib import Path

import softnic
import test_softnic_zero_copy

MIB = 1 << 20
HUGE_PAGES = Path("/proc/sys/vm/nr_hugepages")
DEFERRED = Path("/proc/sys/net/core/skb_defer_max")


@contextlib.contextmanager
def huge_pages(count):
    """So many free huge pages, which come back soon after the queue is unbound.

    Packets whose freeing a CPU has put off keep their area's pages pinned, however long the queue has been unbound.
    """

    def are_free():
        HUGE_PAGES.write_text(f"{count}\n")
        return f"HugePages_Free: {count:8}\n" in Path("/proc/meminfo").read_text()

    deferred = DEFERRED.read_text()
    DEFERRED.write_text("0\n")
    try:
        softnic.wait_until(are_free, what="reserving huge pages")
        yield
    finally:
        DEFERRED.write_text(deferred)
        HUGE_PAGES.write_text("0\n")


class CapabilityTests(unittest.TestCase):
    def test_this_kernel_has_everything(self):
        status, (answer,) = softnic.probe("capability")
        self.assertEqual(status, 0)
        missing = [name for name, value in answer.items() if isinstance(value, dict) and not value["present"]]
        self.assertEqual(missing, [] if answer["kernel_release"] >= "7.3" else ["add_area"])


class NoDeviceTests(unittest.TestCase):
    """Without a device the kernel copies everything, and says so; all else is as with one."""

    def receive(self, *options, mib=4, flows=1, status=0, host="127.0.0.1"):
        command = ("receive", "--nodev", "-p", 9998, "--flows", flows, "--mib", mib * flows, "--verify", *options)
        with softnic.Background(*command) as probe:
            self.assertTrue(probe.first.get("ready"), probe.first)
            softnic.probe("send", host, "-p", 9998, "--mib", mib, "--flows", flows)
            ended, account = probe.finish()
        self.assertEqual(ended, status, account)
        account["registration"] = probe.first
        return account

    def test_all_is_copied_and_counted(self):
        account = self.receive("--expect-copied", "all")
        self.assertEqual(account["copy_bytes"], 4 * MIB)
        self.assertEqual(account["refill"]["returned"], account["cqes"])
        self.assertGreater(account["events"]["copied"], 0)
        self.assertGreater(account["flushes"], 0)

    def test_over_ipv6(self):
        self.receive("--expect-copied", "all", mib=1, host="::1")

    def test_an_unmet_expectation_fails(self):
        account = self.receive("--expect-copied", "none", mib=1, status=1)
        self.assertIn("copying", account["problems"][0])

    def test_other_bytes_fail(self):
        with softnic.Background("receive", "--nodev", "-p", 9998, "--verify") as probe:
            subprocess.run(["nc", "127.0.0.1", "9998"], input=b"no pattern" * 100, check=True)
            status, account = probe.finish()
        self.assertEqual((status, account["bytes"]), (1, 1000))
        self.assertGreater(account["bad_bytes"], 900)

    def test_missing_bytes_fail(self):
        with softnic.Background("receive", "--nodev", "-p", 9998, "--mib", 2, "--verify") as probe:
            softnic.probe("send", "127.0.0.1", "-p", 9998, "--mib", 1)
            status, account = probe.finish()
        self.assertEqual((status, account["bytes"], account["bad_bytes"]), (1, MIB, 0))

    def test_several_flows(self):
        account = self.receive("--expect-copied", "all", mib=1, flows=8)
        self.assertEqual(account["flow_bytes"], [MIB] * 8)

    def test_a_mixed_ring(self):
        # A data completion takes two of these 256 slots, so that many lie at the end.
        self.receive("--mixed", "--cq-entries", 256, "--expect-copied", "all")

    def test_the_kernels_region(self):
        self.assertEqual(self.receive("--kernel-region")["registration"]["region"], "kernel")

    def test_without_events_nothing_is_counted(self):
        account = self.receive("--no-events", mib=1)
        self.assertIsNone(account["copy_bytes"])
        self.assertEqual(account["events"], {"allocation_failed": 0, "copied": 0})

    def test_a_tiny_completion_ring(self):
        account = self.receive("--cq-entries", 16)
        self.assertGreater(account["rearms"]["completions_full"], 0)

    def test_a_tiny_refill_ring_lets_returns_wait(self):
        account = self.receive("--rq-entries", 2)
        self.assertEqual(account["registration"]["rq_entries"], 2)
        self.assertLessEqual(account["refill"]["occupancy_high_water"], 2)
        self.assertGreater(account["refill"]["backlog_high_water"], 0)

    def test_a_tiny_area(self):
        account = self.receive("--area-size", 64 << 10)
        self.assertEqual(account["registration"]["area_size"], 64 << 10)
        self.assertGreater(account["rearms"]["buffers_exhausted"], 0)

    def test_held_buffers_come_back(self):
        account = self.receive("--area-size", MIB, "--hold-buffers", 256)
        self.assertGreater(account["rearms"]["buffers_exhausted"], 0)
        self.assertEqual(account["refill"]["returned"], account["cqes"])

    def test_huge_pages(self):
        with huge_pages(8):
            self.assertEqual(self.receive("--area", "huge")["registration"]["area_size"], 16 * MIB)

    def test_missing_huge_pages_are_the_areas_refusal(self):
        status, (answer,) = softnic.probe("bind", "--nodev", "--area", "huge")
        self.assertEqual((status, answer["refused"], answer["step"]), (1, "ENOMEM", "area"))

    def test_another_buffer_length_is_dropped_and_its_reason_kept(self):
        status, (answer,) = softnic.probe("bind", "--nodev", "--rx-buf-len", 16384)
        self.assertEqual(status, 0)
        self.assertEqual(answer["rx_buf_len"], 4096)
        self.assertEqual([field["field"] for field in answer["dropped"]], ["bufferLength"])
        self.assertTrue(answer["events"])

    def test_arguments_the_kernel_refuses(self):
        status, (answer,) = softnic.probe("bind", "--nodev", "--rq-entries", 0)
        self.assertEqual((status, answer["refused"], answer["step"]), (1, "EINVAL", "registration"))


class DeviceTests(test_softnic_zero_copy.ZeroCopyCase):
    """Queue 1 of the software NIC, with data split and a rule: zero-copy by the kernel's count and in truth."""

    def assertZeroCopy(self, account, mib=2):
        truth = softnic.truth()
        self.assertEqual((account["bytes"], account["bad_bytes"], account["copy_bytes"]), (mib * MIB, 0, 0))
        self.assertEqual(truth.uring_copied, 0)
        # More where a segment came twice.
        self.assertGreaterEqual(truth["soft0_zero_copy_bytes"], mib * MIB)

    def receive_zero_copy(self, *options, mib=2):
        account = self.receive("--expect-copied", "none", *options, mib=mib)
        self.assertZeroCopy(account, mib)
        return account

    def test_every_byte_is_right_and_none_copied(self):
        account = self.receive_zero_copy(mib=16)
        self.assertEqual(account["refill"]["returned"], account["cqes"])
        self.assertGreater(account["napi_ids"][0], 0)
        self.assertEqual(account["stalls_cured"], 0)

    def test_a_mixed_ring(self):
        self.receive_zero_copy("--mixed", "--cq-entries", 1024)

    def test_the_kernels_region(self):
        self.receive_zero_copy("--kernel-region")

    def test_huge_pages(self):
        with huge_pages(8):
            self.receive_zero_copy("--area", "huge")

    def test_large_buffers_prove_most_of_it(self):
        with huge_pages(8):
            account = self.receive_zero_copy("--area", "huge", "--rx-buf-len", 65536)
        self.assertGreater(account["proven_zero_copy_bytes"], MIB)

    def test_a_dma_buf(self):
        self.receive_zero_copy("--area", "dmabuf")

    def test_a_dma_buf_takes_no_copies(self):
        with softnic.knob("linear_bytes", 100):
            self.refuse_to_copy()

    def refuse_to_copy(self):
        options = ("receive", "-i", "soft0", "-q", 1, "-p", 9999, "--area", "dmabuf", "--timeout", 4)
        with softnic.Background(*options) as probe:
            with softnic.connect(9999) as sender:
                sender.sendall(bytes(5000))
                status, account = probe.finish()
        self.assertEqual((status, account["bytes"]), (1, 0))
        self.assertGreater(account["rearms"]["buffers_exhausted"], 0)

    def test_a_tiny_completion_ring(self):
        # Whether the queue is ever full is up to the scheduler.
        seen = (self.receive_zero_copy("--cq-entries", 16)["rearms"]["completions_full"] for _ in range(20))
        self.assertTrue(any(seen))

    def test_cancelling_loses_nothing(self):
        """What a stalled receive is cured with."""
        account = self.receive_zero_copy("--cancel-every", 100_000, mib=4)
        self.assertGreater(account["rearms"]["after_cancel"], 0)

    def test_a_tiny_refill_ring(self):
        account = self.receive_zero_copy("--rq-entries", 16, mib=4)
        self.assertGreater(account["refill"]["backlog_high_water"], 0)

    def test_held_buffers_come_back_when_the_driver_runs_out(self):
        account = self.receive("--area-size", 4 * MIB, "--hold-buffers", 1024, mib=8)
        self.assertGreater(account["events"]["allocation_failed"], 0)
        self.assertEqual(account["refill"]["returned"], account["cqes"])

    def test_a_tiny_area(self):
        self.assertEqual(self.receive("--area-size", MIB, mib=4)["bytes"], 4 * MIB)

    def test_another_queues_flow_is_copied(self):
        """Queue 2 is bound, the rule leads to queue 1. The kernel's own count may miss some bytes, see docs."""
        account = self.receive("--unsteered", "--expect-copied", "any", queue=2)
        self.assertEqual(softnic.truth().uring_copied, 2 * MIB)
        self.assertLessEqual(account["copy_bytes"], 2 * MIB)
        self.assertGreater(account["copy_bytes"], 2 * MIB * 0.9)

    def test_a_killed_holder_frees_the_queue(self):
        options = ("receive", "-i", "soft0", "-q", 1, "-p", 9999, "--kill-self-at", MIB, "--hold-buffers", 100_000)
        with softnic.Background(*options) as probe:
            self.assertTrue(probe.first.get("ready"), probe.first)
            with softnic.connect(9999) as sender, contextlib.suppress(OSError):
                sender.sendall(bytes(8 * MIB))
            self.assertEqual(probe.process.wait(), -signal.SIGKILL)
        status, (bound,) = softnic.probe("bind", "-i", "soft0", "-q", 1)
        self.assertEqual((status, bound["bound"]), (0, True))

    def test_binding_again_and_again(self):
        status, lines = softnic.probe("bind", "-i", "soft0", "-q", 1, "--count", 10)
        self.assertEqual((status, [line["round"] for line in lines]), (0, list(range(1, 11))))

    def test_a_bound_queue_is_another_rings(self):
        with softnic.hold(1):
            self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1, "--unbinding-seconds", 0), "EEXIST")
