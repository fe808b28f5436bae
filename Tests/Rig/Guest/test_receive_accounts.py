"""Copied or not: the bounds that the report gives of a run, against what the kernel really did (test_exact has the probe)."""

import receiving
import softnic
from receiving import MIB, check_accounts, exact_truth


class AccountTests(receiving.Case):
    """One stream on one queue, and packets that are split as they should be."""

    gve = True

    def setUp(self):
        super().setUp()
        self.steer(1)
        self.enterContext(receiving.patience())

    def clean(self, *options, **more):
        """A run without a fault and without a probe: (report, truth, bytes sent, zero-copied bytes)."""
        report, truth, sent = self.receive("-q", 1, "--no-trace", *options, **more)
        check_accounts(self, report, truth, sent, 0)
        return report, truth, sent, exact_truth(self, truth, sent)

    def assertNarrow(self, report, sent):
        at_least, at_most = report.zero_copied
        self.assertLessEqual(at_most - at_least, sent / 100, "the bracket is wider than 1 %")

    def without_hardware_gro(self):
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        self.addCleanup(softnic.ethtool, "-K", "soft0", "rx-gro-hw", "on")

    def test_nothing_is_copied(self):
        report, truth, sent, zero_copied = self.clean()
        self.assertEqual((truth.uring_copied, zero_copied, report.zero_copied[1]), (0, sent, sent))
        self.assertEqual((report.count("kernel_copied_bytes"), report.count("copy_events")), (0, 0))
        self.assertEqual(report["zero_copy"]["likely_causes"], [])
        for account in (report["copy_account"], report["streams"][0]["copy_account"]):
            self.assertIn("at most: received less the kernel's count", account["method"])
        queue = report["zero_copy"]["queues"][0]
        classes = queue["completion_sizes"]["classes"]
        self.assertEqual(sum(one["samples"] for one in classes), queue["completion_sizes"]["count"])
        least, most = (sum(one[bound] * one["samples"] for one in classes) for bound in ("at_least", "at_most"))
        self.assertTrue(least <= queue["completed_bytes"] <= most, f"{queue['completed_bytes']} bytes in {classes}")

    def test_an_offset_narrows_the_bracket(self):
        self.without_hardware_gro()
        with softnic.knob("payload_offset", 64):
            report, _, sent, zero_copied = self.clean("--verify")
        self.assertEqual(zero_copied, sent)
        self.assertNarrow(report, sent)

    @softnic.soft_only("gve takes buffers of a page only")
    def test_long_buffers_narrow_the_bracket(self):
        with receiving.huge_pages(8):
            for length in (16384, 65536):
                with self.subTest(length):
                    report, _, sent, _ = self.clean(
                        "--area", "huge", "--area-size", "8M", "--rx-buf-len", length, total=8 * MIB)
                    self.assertNarrow(report, sent)
                    softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def check_injected(self, *options, **more):
        """Linear bytes are copied and proven by nothing, so the lower bound leaves out exactly them."""
        clean, _, sent, _ = self.clean(*options, **more)
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        with softnic.knob("linear_bytes", 100):
            report, truth, sent_again, zero_copied = self.clean(*options, **more)
        self.assertEqual(sent, sent_again)
        injected = truth["injected_linear_bytes"]
        self.assertGreater(injected, 0)
        self.assertEqual((truth.uring_copied, zero_copied), (injected, sent - injected))
        return sent - clean.zero_copied[0], sent - report.zero_copied[0], injected, report

    def test_the_lower_bound_moves_by_what_was_injected(self):
        self.without_hardware_gro()
        with softnic.knob("payload_offset", 64):
            unproven, unproven_then, injected, report = self.check_injected("--verify")
        # The stream's first bytes, which identify it, are in no completion of the test's; then they are linear as well.
        self.assertEqual((unproven, unproven_then), (receiving.COOKIE, injected))
        self.assertEqual(report.received - report.zero_copied[1], report.count("kernel_copied_bytes"))

    def test_a_dma_buf_makes_it_exact(self):
        report, truth, sent, zero_copied = self.clean("--area", "dmabuf", "--verify")
        self.assertEqual(truth.uring_copied, 0)
        self.assertEqual(report.zero_copied, (zero_copied, zero_copied))
        self.assertEqual(report.copied, (0, 0))
        self.assertIn("exact", report["copy_account"]["method"])

    def test_without_a_device_everything_is_copied(self):
        with receiving.Server("--mode", "zc-copy", "--verify") as server:
            softnic.reset_truth()
            sent = receiving.send_raw(2 * MIB)
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        check_accounts(self, report, truth, sent)
        self.assertEqual((report.zero_copied, report.copied), ((0, 0), (sent, sent)))
        self.assertEqual(truth.uring_copied, sent - receiving.COOKIE, "recv() took the first bytes")

    def test_fragments_that_are_copied_are_counted_by_the_kernel(self):
        report, truth, sent = self.receive_leaving()
        self.assertGreater(truth.uring_copied, 0)
        self.assertEqual(report.count("kernel_copied_bytes"), truth.uring_copied)
        self.assertEqual(report.zero_copied[1], exact_truth(self, truth, sent))
        self.assertGreater(report.count("copy_events"), 0)

    def test_the_intervals_bracket_what_the_total_does(self):
        """Each interval's bounds hold for bytes of a moment, so that their sums bracket the truth as well."""
        with receiving.Server("-i", "soft0", "-q", 1, "--interval", "0.1") as server:
            softnic.reset_truth()
            with receiving.RawStreams(4) as streams:
                for _ in range(4):
                    streams.send_to_all(MIB // 8)
                    receiving.time.sleep(0.15)
                streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        check_accounts(self, report, truth, streams.total)
        intervals = report["intervals"]
        self.assertGreater(len(intervals), 3)
        self.assertEqual(sum(stream["bytes"] for one in intervals for stream in one["streams"]), streams.total)
        self.assertLessEqual(sum(one["zero_copied"]["at_least"] for one in intervals), streams.total)
        self.assertGreaterEqual(sum(one["zero_copied"]["at_most"] for one in intervals),
                                exact_truth(self, truth, streams.total))

    def test_a_stock_client_through_the_ring(self):
        """A rule for the port catches the control connection too; its bytes are in no figure of the streams."""
        report, truth, _ = self.receive("-q", 1, sender=receiving.send_iperf3, flows=4)
        check_accounts(self, report, truth, None, receiving.conversation(4))
        self.assertEqual(truth.of_queues("zero_copy_bytes"), {1: receiving.payload(truth)})
        beside = receiving.payload(truth) - report.received
        self.assertTrue(0 < beside < receiving.conversation(4), f"{beside} bytes are no conversation")
        self.assertEqual(report.zero_copied[1], report.received)

    def test_a_raw_stream_of_netcat(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server:
            softnic.reset_truth()
            receiving.in_peer("sh", "-c", f"{receiving.SERVER} pattern -n 2M | nc 10.9.0.1 {receiving.PORT}")
            self.assertEqual(server.finish(), 0, server.output)
            check_accounts(self, server.report, softnic.truth(), 2 * MIB)
            self.assertEqual(server.report["verification"]["checked_bytes"], 2 * MIB)

    def test_our_client_with_omitted_seconds(self):
        with receiving.Server("-i", "soft0", "-q", 1) as server:
            receiving.in_peer(receiving.SERVER, "client", "10.9.0.1", "-p", receiving.PORT, "-t", 2, "-O", 1,
                              "--verify", "-b", "8M", "--interval", 0)
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        omitted = sum(stream["omitted_bytes"] for stream in report["streams"])
        self.assertGreater(omitted, 0)
        at_least, at_most = report.zero_copied
        self.assertLessEqual(at_least, at_most)
        self.assertLessEqual(at_most, report.received)
        self.assertEqual(truth.uring_copied, 0)
        self.assertEqual(at_most, report.received, "all of it was zero-copied")
