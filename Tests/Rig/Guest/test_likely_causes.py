"""Likely causes, each against the ground truth: named where it is true, and silent where it is not."""

import os
import signal
import socket

import lease
import receiving
import softnic
from receiving import MIB, PORT, Server, RawStreams

IPV6_DSTOPTS = 59
# Destination options of 8 bytes: a next header that the kernel fills in, no more than that, and padding.
DESTINATION_OPTIONS = bytes([0, 0, 1, 4, 0, 0, 0, 0])


def causes(report):
    """The first words of each, and all of it."""
    return {sentence.partition(":")[0]: sentence for sentence in report["zero_copy"]["likely_causes"]}


class ByHandTests(receiving.Case):
    """Steering is the user's."""

    def setUp(self):
        super().setUp()
        self.spread(1)
        self.enterContext(receiving.patience())

    def without_hardware_gro(self):
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        self.addCleanup(softnic.ethtool, "-K", "soft0", "rx-gro-hw", "on")

    def test_messages_of_one_byte(self):
        self.steer(1)
        with Server("-i", "soft0", "-q", 1, "--verify") as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.sockets[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(300):
                streams.send(1)
                streams.settle()
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.assertEqual((truth["soft0_linear_bytes"], truth["soft0_page_bytes"], truth.uring_copied), (0, 0, 0))
        self.assertGreater(report.queues[0]["completions"], 200, "short ones")
        self.assertEqual(causes(report), {})

    def injected(self, length):
        """A stream whose packets leave so many bytes of payload in the linear area once it is under way."""
        self.steer(1)
        self.without_hardware_gro()
        with Server("-i", "soft0", "-q", 1, "--verify") as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.send(1000)
            streams.settle()
            with softnic.knob("linear_bytes", length):
                streams.send(MIB)
                streams.settle()
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.assertEqual(truth["soft0_linear_bytes"] > 0, length > 0)
        self.assertEqual((truth["soft0_page_bytes"], truth.queues), (0, {1}))
        return causes(report), truth

    def test_the_beginning_of_each_packet_stays_in_the_linear_area(self):
        self.assertEqual(self.injected(0)[0], {})
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        found, _ = self.injected(64)
        self.assertEqual(list(found), ["payload in the linear area"])
        self.assertNotIn("hds-thresh", found["payload in the linear area"], "it is 0 already")

    def test_a_split_that_the_hardware_does_not_apply(self):
        found, truth = self.injected(1000)
        self.assertGreater(truth.uring_copied, MIB // 2)
        self.assertIn("did not apply it", found["header split"])
        self.assertNotIn("wrong queue", found)

    def test_ipv6_is_advised_its_own_rule(self):
        report, truth, _ = self.receive("-q", 1, family=6)
        self.assertEqual(truth.queues, {0})
        self.assertEqual(list(causes(report)), ["wrong queue"])
        self.assertIn(f"ethtool -N soft0 flow-type tcp6 dst-port {PORT} action 1", causes(report)["wrong queue"])
        self.assertNotIn("tcp4", causes(report)["wrong queue"])

    def test_only_the_last_packet_comes_in_elsewhere(self):
        self.steer(1)
        with Server("-i", "soft0", "-q", 1) as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB)
            streams.settle()
            softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
            for location in softnic.rule_locations():
                softnic.delete_rule(location)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.assertFalse(report["streams"][0]["placement"]["is_ours"])
        self.assertEqual((truth.queues, truth.uring_copied), ({1}, 0))
        self.assertEqual(causes(report), {})

    def test_a_full_area_is_named_and_a_dma_buf_is_none(self):
        self.steer(1)
        for options, expected in ((["--area-size", "1M"], True), (["--area", "dmabuf"], False)):
            with self.subTest(options):
                report, _, _ = self.receive_leaving(*options)
                self.assertGreater(report.rearms("no_buffer"), 0)
                self.assertIn("wrong queue", causes(report))
                self.assertEqual("area exhausted" in causes(report), expected, causes(report))
                softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
                self.steer(1)

    def send_from_here(self, address, family=socket.AF_INET):
        """A stream of 256 KiB that never leaves the first namespace."""
        with socket.create_connection((address, PORT), timeout=20) as one:
            one.sendall(bytes(256 << 10))
            one.shutdown(socket.SHUT_WR)
            while one.recv(4096):
                pass

    def test_a_peer_on_this_host_comes_over_lo(self):
        for address in ("10.9.0.1", "fd09::1"):
            with self.subTest(address), Server("-i", "soft0", "-q", 1) as server:
                softnic.reset_truth()
                self.send_from_here(address)
                self.assertEqual(server.finish(), 0, server.output)
                self.assertEqual(softnic.truth().queues, set())
                self.assertEqual(list(causes(server.report)), ["same host"])
                self.assertTrue(any("over lo" in note for note in server.report["notes"]), server.report["notes"])
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")


class SteeredTests(lease.LeaseCase):
    """Each stream has a rule of the server's."""

    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())

    def server(self, *options):
        return Server("-i", "soft0", "-q", 1, *options, prepares=True)

    def test_bytes_that_come_before_the_rule(self):
        with self.server("--verify") as server, RawStreams() as streams:
            softnic.reset_truth()
            # As much as fits while the server sees nothing; the rest finds the rule.
            os.kill(server.process.pid, signal.SIGSTOP)
            streams.send(40_000)
            streams.settle()
            os.kill(server.process.pid, signal.SIGCONT)
            softnic.wait_until(lambda: softnic.rule_locations(), 20, "the stream's rule")
            streams.send(160_000)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.assertEqual((truth["soft0_linear_bytes"], truth["soft0_page_bytes"]), (0, 40_000))
        self.assertEqual(list(causes(report)), ["before the rule"])
        # recv() took the first to find out what the stream is.
        self.assertIn(f"up to {40_000 - receiving.COOKIE} bytes", causes(report)["before the rule"])

    def test_nothing_to_explain(self):
        for family in (4, 6):
            with self.subTest(family), self.server() as server:
                softnic.reset_truth()
                receiving.send_ours(MIB, family=family)
                self.assertEqual(server.finish(), 0, server.output)
                self.assertEqual(softnic.truth().uring_copied, 0)
                self.assertEqual(causes(server.report), {})

    def test_a_rule_that_works_late(self):
        with self.server("--verify") as server, RawStreams() as streams:
            softnic.reset_truth()
            with softnic.knob("misdirect_frames", 30):
                streams.send(4000)
                softnic.wait_until(lambda: softnic.rule_locations(), 20, "the stream's rule")
            for _ in range(40):
                # One frame each.
                streams.send(4000)
                streams.settle()
            streams.send(400_000)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.assertGreater(truth.uring_copied, streams.total // 10)
        self.assertGreater(truth["soft0_zero_copy_bytes"], 400_000)
        self.assertTrue(report["streams"][0]["placement"]["is_ours"])
        self.assertEqual(list(causes(report)), ["wrong queue"])
        self.assertIn("on other queues", causes(report)["wrong queue"])
        self.assertNotIn("ethtool -N", causes(report)["wrong queue"])

    def test_a_rule_that_does_not_work(self):
        with self.server() as server:
            softnic.reset_truth()
            with softnic.knob("misdirect_frames", 1_000_000):
                receiving.send_ours(MIB)
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
        self.assertEqual(list(causes(report)), ["wrong queue"])
        self.assertIn("the NIC did not apply it", causes(report)["wrong queue"])
        self.assertNotIn("ethtool -N", causes(report)["wrong queue"])

    def test_extension_headers(self):
        with self.server() as server:
            softnic.reset_truth()
            with softnic.in_peer(), socket.socket(socket.AF_INET6) as one:
                one.settimeout(20)
                one.setsockopt(socket.IPPROTO_IPV6, IPV6_DSTOPTS, DESTINATION_OPTIONS)
                one.connect((softnic.ADDRESSES[socket.AF_INET6][0], PORT))
                one.sendall(bytes(256 << 10))
                one.shutdown(socket.SHUT_WR)
                one.recv(1)
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.assertEqual(truth["soft0_zero_copy_bytes"], 0)
        self.assertEqual(list(causes(report)), ["IPv6 extension headers"])
