"""Where packets came in, by what kernel and driver tell besides the streams' NAPIs."""

import receiving
import softnic
from receiving import MIB


class ArrivalTests(receiving.Case):
    gve = True

    def setUp(self):
        super().setUp()
        self.spread(1)
        self.enterContext(receiving.patience())

    def contradictions(self, report):
        return [note for note in report["notes"] if "came in elsewhere" in note]

    def test_what_the_device_delivered_is_what_is_told(self):
        self.steer(2)
        report, truth, sent = self.receive("-q", "1,2")
        arrival = report["zero_copy"]["arrival"]
        receiving.check_bound(self, arrival, [1, 2])
        # A raw stream's first packets came before its test began.
        idle, busy = arrival["queues"]
        self.assertLessEqual(busy["packets"], truth["soft0_rx2_frames"])
        self.assertGreater(busy["packets"], truth["soft0_rx2_frames"] // 2)
        self.assertGreater(busy["bytes"], sent // 2)
        self.assertEqual((idle["packets"], idle["bytes"]), (0, 0))
        self.assertLess(arrival["other_bytes"], MIB // 8)
        self.assertEqual(self.contradictions(report), [])

    def test_a_stock_client_on_another_queue(self):
        report, truth, sent = self.receive("-q", "1", sender=receiving.send_iperf3)
        arrival = report["zero_copy"]["arrival"]
        receiving.check_bound(self, arrival, [1])
        self.assertEqual(arrival["queues"][0]["bytes"], 0)
        self.assertGreaterEqual(arrival["other_bytes"], report.received)
        self.assertEqual(self.contradictions(report), [])

    def test_without_a_device_nothing_is_told(self):
        with receiving.Server("--mode", "zc-copy") as server:
            receiving.send_raw(MIB)
            self.assertEqual(server.finish(), 0, server.output)
            self.assertNotIn("arrival", server.report["zero_copy"])

    def test_a_stream_that_was_elsewhere_before_its_last_packet(self):
        locations = receiving.steer(1, families=(4,))
        with receiving.Server("-i", "soft0", "-q", "1,2", "--verify") as server, receiving.RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB)
            streams.settle()
            for location in locations:
                softnic.delete_rule(location)
            self.steer(2)
            streams.send(MIB // 4)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
        self.assertEqual(report["streams"][0]["placement"]["queue"], 2)
        notes = self.contradictions(report)
        self.assertEqual(len(notes), 1, report["notes"])
        self.assertIn("queue 2 counted", notes[0])
        self.assertIn("(queue 1 counted", notes[0])
