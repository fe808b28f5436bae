"""A ring that fails in the middle: its streams go on by copy, and what went with it is counted as lost."""

import os
import unittest.mock

import lease
import receiving
import softnic
from receiving import MIB, Server

FAILS = {"ZCRX_BENCH_FAIL_RING_AFTER": str(MIB)}


class FailureTests(lease.LeaseCase):
    def server(self, *options, **how):
        with unittest.mock.patch.dict(os.environ, FAILS):
            return Server("-i", "soft0", "--mode", "zc", "-q", 1, *options, prepares=True, **how).__enter__()

    def test_streams_go_on_by_copy(self):
        server = self.server("--verify")
        try:
            with receiving.patience(), receiving.RawStreams() as streams:
                streams.send(64 << 10)
                softnic.wait_until(lambda: softnic.rule_locations(), what="the stream's rule")
                # The bytes that recv() took to identify the stream did not come through the ring; with 64 more than it
                # bears it fails at the last piece, and nothing is left in its memory.
                streams.send(MIB - (64 << 10) + 64)
                streams.settle()
                softnic.wait_until(lambda: not softnic.is_bound(1), what="the end of the ring")
                streams.send(MIB)
                streams.end()
                total = streams.total
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
            self.assertEqual(report.received, total)
            self.assertEqual(report["verification"]["checked_bytes"], total)
            self.assertGreaterEqual(report.copied[0], MIB)
            self.assertTrue(any("cannot go on" in note for note in report["notes"]), report["notes"])
            self.assertTrue(any("by copy from byte" in note for note in report["notes"]), report["notes"])
        finally:
            server.__exit__()
        lease.wait_for_guardians()
        self.assertRestored()

    def test_what_went_with_the_ring_is_lost_and_the_run_fails(self):
        # Whether something lies in the area when the ring fails is a matter of moments: a server that has just read
        # everything loses nothing, and says so.
        self.assertTrue(any(self.lost() for _ in range(10)), "ten rings failed, and none had anything in its area")

    def lost(self):
        """Bytes that a failing ring took along."""
        server = self.server("--verify")
        try:
            try:
                receiving.send_ours(16 * MIB)
            except AssertionError:
                pass  # the client is told
            status = server.finish()
            report = server.report
            lost = sum(stream.get("lost_bytes", 0) for stream in report["streams"])
            print(f"        {lost} bytes lost")
            if lost:
                self.assertEqual((status, report["outcome"]["status"]), (1, "failed"), server.output)
                self.assertLessEqual(report.received + lost, 16 * MIB)
            else:
                self.assertEqual((status, report["outcome"]["status"]), (0, "completed"), server.output)
                self.assertEqual(report.received, 16 * MIB)
            self.assertTrue(any("cannot go on" in note for note in report["notes"]), report["notes"])
        finally:
            server.__exit__()
        lease.wait_for_guardians()
        self.assertRestored()
        return lost

    def test_the_next_test_goes_by_copy(self):
        server = self.server("--verify", once=False)
        try:
            for _ in range(2):
                try:
                    receiving.send_ours(4 * MIB)
                except AssertionError:
                    pass
            receiving.send_ours(MIB)
            self.assertIsNone(server.process.poll())
        finally:
            server.process.terminate()
            server.finish()
            server.__exit__()
        lease.wait_for_guardians()
        self.assertRestored()
