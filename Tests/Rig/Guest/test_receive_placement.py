"""Streams whose packets come in on another queue than expected, or on one after the other."""

import signal

import receiving
import softnic
from receiving import MIB, check_accounts


class PlacementTests(receiving.Case):
    gve = True

    def setUp(self):
        super().setUp()
        self.spread(1)
        self.enterContext(receiving.patience())

    def move(self, queue):
        """From here on the port's packets go to this queue."""
        for location in softnic.rule_locations():
            softnic.delete_rule(location)
        if queue:
            self.steer(queue)

    def finish(self, server, streams, status=0):
        streams.end()
        self.assertEqual(server.finish(), status, server.output)
        report, truth = server.report, softnic.truth()
        self.assertEqual(report["verification"]["checked_bytes"], streams.total)
        check_accounts(self, report, truth, streams.total)
        return report, truth

    def test_on_none_of_our_queues_it_is_received_by_copy_and_named(self):
        report, truth, sent = self.receive("-q", 1, "--verify")
        check_accounts(self, report, truth, sent)
        self.assertEqual((report.zero_copied, truth.queues), ((0, 0), {0}))
        self.assertEqual(report["streams"][0]["placement"]["queue"], 0)
        self.assertFalse(report["streams"][0]["placement"]["is_ours"])
        self.assertTrue(any("queue 0" in note and "is copied" in note for note in report["notes"]), report["notes"])
        self.assertTrue(report["zero_copy"]["likely_causes"][0].startswith("wrong queue"))

    def test_our_own_queue_is_named_too(self):
        self.move(2)
        report, truth, _ = self.receive("-q", "1,2", "--verify")
        self.assertEqual(truth.queues, {2})
        self.assertEqual(report["streams"][0]["placement"]["queue"], 2)
        self.assertTrue(report["streams"][0]["placement"]["is_ours"])

    def test_another_of_our_rings_takes_over(self):
        self.move(1)
        with receiving.Server("-i", "soft0", "-q", "1,2,3", "--verify", "--no-trace") as server, \
                receiving.RawStreams(2) as streams:
            softnic.reset_truth()
            for queue in (1, 2, 3, 1):
                self.move(queue)
                streams.send_to_all(MIB // 4)
                streams.settle()
            report, truth = self.finish(server, streams)
        self.assertEqual(truth.queues, {1, 2, 3})
        self.assertEqual(report.zero_copied[1], streams.total)
        self.assertGreaterEqual(report.rearms("other_ring"), 6)
        self.assertIn("less the kernel's count", report["copy_account"]["method"])
        for stream in report["streams"]:
            self.assertIn("the kernel counts by ring", stream["copy_account"]["method"])

    def test_strict_areas_hand_over_too(self):
        self.move(1)
        with receiving.Server("-i", "soft0", "-q", "1,2", "--area", "dmabuf", "--verify") as server, \
                receiving.RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB // 4)
            streams.settle()
            self.move(2)
            streams.send(MIB // 4)
            report, truth = self.finish(server, streams)
        self.assertEqual(report.zero_copied, (streams.total, streams.total))
        self.assertEqual(truth.queues, {1, 2})

    def test_more_moves_than_are_allowed_without_a_byte(self):
        self.move(1)
        with receiving.Server("-i", "soft0", "-q", "1,2", "--verify") as server, receiving.RawStreams() as streams:
            softnic.reset_truth()
            for number in range(40):
                self.move(1 + number % 2)
                streams.send(20_000)
                streams.settle()
                softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
            self.finish(server, streams)

    def test_a_stream_received_by_copy_reaches_our_queue(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server, receiving.RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB // 4)
            streams.settle()
            softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
            self.move(1)
            streams.send(MIB // 2)
            report, truth = self.finish(server, streams)
        self.assertGreaterEqual(truth["soft0_zero_copy_bytes"], MIB // 2)
        self.assertEqual(report.count("drained_bytes") + receiving.COOKIE, MIB // 4)
        self.assertEqual(report.zero_copied[1], MIB // 2)

    def test_a_stream_leaves_our_queue(self):
        self.move(1)
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server, receiving.RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB // 4)
            streams.settle()
            self.move(None)
            streams.send(MIB // 4)
            report, truth = self.finish(server, streams)
        self.assertEqual(truth.queues, {0, 1})
        self.assertEqual(report.zero_copied[1], MIB // 4)

    def test_a_rule_that_works_late(self):
        """Packets go elsewhere for a moment after a rule was added."""
        with softnic.knob("misdirect_ms", 300):
            self.steer(1)
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server, receiving.RawStreams(2) as streams:
            softnic.reset_truth()
            for _ in range(5):
                streams.send_to_all(64 << 10)
                receiving.time.sleep(0.1)
            self.finish(server, streams)

    def test_a_rule_that_leaves_the_first_frames_elsewhere(self):
        with softnic.knob("misdirect_frames", 12):
            self.steer(1)
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server, receiving.RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB // 2)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            check_accounts(self, server.report, softnic.truth(), streams.total)

    def test_streams_of_one_test_on_our_queues_and_on_others(self):
        """The table spreads them over four queues, of which three are ours; the control connection too."""
        self.spread(1, 1, 1, 1)
        report, truth, _ = self.receive("-q", "1-3", sender=receiving.send_iperf3, flows=16)
        check_accounts(self, report, truth, None, receiving.conversation(16))
        copied = 0
        for stream in report["streams"]:
            bounds, bytes_ = stream["copy_account"]["zero_copied"], stream["received"]["bytes"]
            self.assertEqual(stream["placement"]["is_ours"], stream["placement"]["queue"] != 0)
            if not stream["placement"]["is_ours"]:
                copied += bytes_
                self.assertEqual(bounds, {"at_least": 0, "at_most": 0})
        self.assertLessEqual(copied, truth["soft0_page_bytes"])
        self.assertEqual(report.zero_copied[1], report.received - copied)
        self.assertEqual(truth.queues, {0, 1, 2, 3})

    def stop_and_move(self, server, streams, queues):
        """While the server sees nothing, the beginnings of all streams come in on one queue and the rest on others."""
        server.process.send_signal(signal.SIGSTOP)
        for queue in queues:
            self.move(queue)
            streams.send_to_all(20_000)
            streams.settle()
        server.process.send_signal(signal.SIGCONT)

    def test_the_first_bytes_lie_where_the_last_packet_did_not_come(self):
        """What tells the queue is the last packet; the head of the socket is in our memory all the same."""
        for queues, ours in (((1, None), "1"), ((1, 2), "1,2"), ((1, 2, 3), "1,2,3"), ((3, 1, None), "1,2,3")):
            with self.subTest(queues=queues):
                self.move(queues[0])
                with receiving.Server("-i", "soft0", "-q", ours, "--verify") as server, \
                        receiving.RawStreams(3) as streams:
                    softnic.reset_truth()
                    self.stop_and_move(server, streams, queues)
                    self.finish(server, streams)
                self.tearDown()

    def test_the_middle_lies_where_the_last_packet_did_not_come(self):
        for queues, ours in (((1, None), "1"), ((1, 2, 3), "1,2,3"), ((3, 2, None), "1,2,3")):
            with self.subTest(queues=queues):
                self.move(None)
                with receiving.Server("-i", "soft0", "-q", ours, "--verify") as server, \
                        receiving.RawStreams(3) as streams:
                    softnic.reset_truth()
                    streams.send_to_all(50_000)
                    streams.settle()
                    softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
                    self.stop_and_move(server, streams, queues)
                    self.finish(server, streams)
                self.tearDown()

    def test_a_queue_of_somebody_else(self):
        """Nobody can read these bytes. The connection is dropped and named, and the next one is served."""
        self.move(4)
        with softnic.hold(4), receiving.Server("-i", "soft0", "-q", 1, "--verify") as server:
            with receiving.RawStreams() as streams:
                streams.send(10_000)
                softnic.wait_until(lambda: "nor a queue of ours can read" in server.output, what="dropping it")
            self.move(1)
            sent = receiving.send_raw(MIB)
            self.assertEqual(server.finish(), 0, server.output)
            self.assertEqual(server.report.received, sent)
        softnic.wait_until(lambda: not softnic.is_bound(4), what="unbinding")

    def test_a_stream_that_leaves_for_a_queue_of_somebody_else_fails_and_is_named(self):
        self.move(1)
        with softnic.hold(4), receiving.Server("-i", "soft0", "-q", 1) as server, receiving.RawStreams() as streams:
            streams.send(100_000)
            streams.settle()
            softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
            self.move(4)
            streams.send(100_000)
            self.assertEqual(server.finish(), 1)
            self.assertEqual(server.report.received, 100_000)
            notes = server.report["notes"]
            self.assertTrue(any("no queue of ours" in note for note in notes), notes)
        softnic.wait_until(lambda: not softnic.is_bound(4), what="unbinding")
