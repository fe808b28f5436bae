"""Exactly which bytes the kernel copied, against what the NIC wrote where; never against io_zcrx_copy_chunk itself, which the
program counts at."""

import receiving
import softnic
from receiving import MIB, RawStreams, Server


class ExactTests(receiving.Case):
    """Raw streams, none of whose packets comes twice."""

    gve = True

    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())

    def check(self, report, truth, sent, method="fexit"):
        """What did not come into the area was copied, by the kernel or by recv()."""
        self.assertEqual(report["zero_copy"]["tracing"]["refusals"] == [], method == "fexit")
        self.assertEqual((report["zero_copy"]["tracing"]["method"], report["zero_copy"]["tracing"].get("problem")), (method, None))
        self.assertTrue(report["zero_copy"]["tracing"]["exact"])
        self.assertEqual(report.received, sent)
        written = receiving.exact_truth(self, truth, sent)
        self.assertEqual((report.zero_copied, report.copied), ((written, written), (sent - written, sent - written)))
        self.assertIn("exact: what the kernel copied", report["copy_account"]["method"])
        return written

    def check_streams(self, report, truth):
        """Each stream's own figures are exact too, and add up."""
        for kind in ("zero_copied", "copied"):
            bounds = [stream["copy_account"][kind] for stream in report["streams"]]
            self.assertTrue(all(one["at_least"] == one["at_most"] for one in bounds), bounds)
            self.assertEqual(sum(one["at_least"] for one in bounds), report["copy_account"][kind]["at_least"])

    def test_nothing_is_copied(self):
        self.steer(1)
        report, truth, sent = self.receive("-q", 1)
        self.assertEqual(self.check(report, truth, sent), sent)
        self.assertEqual(report["zero_copy"]["likely_causes"], [])
        self.assertEqual(report.count("copy_events"), 0)
        self.check_streams(report, truth)

    def test_everything_is_copied(self):
        self.spread(1)
        report, truth, sent = self.receive("-q", 1)
        self.assertEqual(self.check(report, truth, sent), 0)
        self.check_streams(report, truth)

    def test_half_of_it_is_copied(self):
        self.spread(1)
        self.steer(1)
        with Server("-i", "soft0", "-q", 1, "--interval", "0.2") as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB)
            streams.settle()
            for location in softnic.rule_locations():
                softnic.delete_rule(location)
            streams.send(MIB)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        written = self.check(report, truth, streams.total)
        self.assertTrue(0 < written < streams.total)
        intervals = [one["zero_copied"] for one in report["intervals"]]
        self.assertTrue(all(one["at_least"] == one["at_most"] for one in intervals), intervals)
        self.assertEqual(sum(one["at_least"] for one in intervals), written)

    def test_streams_of_one_ring_are_told_apart(self):
        """One stream has a rule, the other none."""
        self.spread(1)
        with Server("-i", "soft0", "-q", 1, "--verify") as server, RawStreams(2) as streams:
            softnic.reset_truth()
            port = streams.sockets[1].getsockname()[1]
            location = softnic.add_rule("flow-type", "tcp4", "src-port", port, "action", 1)
            self.addCleanup(self.remove_rule, location)
            streams.send_to_all(MIB)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.check(report, truth, streams.total)
        self.check_streams(report, truth)
        shares = sorted(stream["copy_account"]["zero_copied"]["at_least"] for stream in report["streams"])
        self.assertEqual(shares, [0, MIB])

    @softnic.soft_only("the model leaves no payload with the headers of a split packet")
    def test_linear_bytes(self):
        self.steer(1)
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        self.addCleanup(softnic.ethtool, "-K", "soft0", "rx-gro-hw", "on")
        for length in (1, 64, 1000):
            with self.subTest(length), softnic.knob("linear_bytes", length):
                report, truth, sent = self.receive("-q", 1, "--verify", total=MIB)
                self.assertEqual(self.check(report, truth, sent), sent - truth["soft0_linear_bytes"])
                self.assertGreater(truth["soft0_linear_bytes"], 0)
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def test_several_rings(self):
        self.spread(1, 1, 1)
        report, truth, sent = self.receive("-q", "1,2", flows=6, total=6 * MIB)
        self.check(report, truth, sent)
        self.check_streams(report, truth)

    def test_a_stock_client_whose_control_connection_is_copied_too(self):
        self.steer(1)
        report, truth, _ = self.receive("-q", 1, sender=receiving.send_iperf3, flows=4)
        self.assertEqual((report.copied, report.zero_copied), ((0, 0), (report.received, report.received)))
        self.assertTrue(report["zero_copy"]["tracing"]["exact"])

    def test_omitted_seconds(self):
        self.steer(1)
        with Server("-i", "soft0", "-q", 1) as server:
            receiving.in_peer(receiving.SERVER, "client", receiving.address(), "-p", receiving.PORT, "-t", 2, "-O", 1,
                              "-b", "8M", "--interval", 0)
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
        self.assertEqual((report.copied, report.zero_copied), ((0, 0), (report.received, report.received)))

    def test_it_can_be_left_out(self):
        self.steer(1)
        report, truth, sent = self.receive("-q", 1, "--no-trace")
        self.assertNotIn("tracing", report["zero_copy"])
        self.assertIn("at most: received less", report["copy_account"]["method"])
