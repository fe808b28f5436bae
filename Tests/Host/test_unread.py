"""What was sent and never read or never checked: no test may end with 0 as if it were whole."""

import subprocess
import threading
import unittest

import iperf_peer
import stopped_thread
from harness import EXECUTABLE, HostCase
from iperf_peer import Client
from process import until
from test_modes import io_uring_works


class StarvedWorkerTests(HostCase):
    """A worker that gets no CPU from before the first byte until the server gives up waiting for it."""

    SENT = 50_000

    def starved(self, mode, *options, claim=SENT):
        server = self.serve("-1", "-J", "--mode", mode, "-l", "4096", *options)
        with Client(server.port) as client:
            client.running(num=self.SENT)
            thread = until(lambda: stopped_thread.named(server.pid, "receive-0"), what="the worker runs")
            with stopped_thread.stopped(thread):
                client.streams[0].sendall(b"\xa5" * self.SENT)
                until(client.all_acknowledged, what="all of it lies in the server's socket")
                results = []
                ending = threading.Thread(target=lambda: results.append(client.finish([claim])))
                ending.start()
                until(lambda: stopped_thread.waits_for_a_thread(server.pid), what="the server stops its worker")
            ending.join(10)
        report = self.document(server.finished(), status=1)
        return report["zcrx_bench"], results[0]

    def test_what_lies_unread_is_told_and_the_test_is_partial(self):
        for mode in ("epoll", "discard", "mmap"):
            with self.subTest(mode=mode):
                report, told = self.starved(mode)
                stream = report["streams"][0]
                self.assertGreater(stream["unread_bytes"], 0)
                self.assertEqual(stream["received"]["bytes"] + stream["unread_bytes"], self.SENT)
                self.assertEqual(report["outcome"]["status"], "partial")
                self.assertIn(f"{stream['unread_bytes']} bytes lay in the sockets", report["outcome"]["reason"])
                self.assertEqual(told["streams"][0]["bytes"], stream["received"]["bytes"])
                # The figures and what is said of them are those of the worker's last word.
                self.assertIn(
                    f"stream 1: the client counts {self.SENT} bytes as sent, {stream['received']['bytes']} arrived, "
                    f"{stream['unread_bytes']} lay unread in the socket", report["notes"])

    @unittest.skipUnless(io_uring_works(), "io_uring is switched off or forbidden")
    def test_what_a_ring_brings_at_its_end_is_in_the_figures_and_in_the_note(self):
        """io_uring takes what it can on the way out: bytes after the server had stopped waiting."""
        report, _ = self.starved("uring", claim=self.SENT + 1)
        stream = report["streams"][0]
        received, unread = stream["received"]["bytes"], stream.get("unread_bytes", 0)
        self.assertEqual(received + unread, self.SENT)
        note = next(note for note in report["notes"] if note.startswith("stream 1: the client counts"))
        self.assertIn(f"counts {self.SENT + 1} bytes as sent, {received} arrived", note)


class UncheckedTests(HostCase):
    PATTERN = subprocess.run([EXECUTABLE, "pattern", "-n", "100000"], capture_output=True).stdout

    def verified(self, claims, *options):
        """The server's report of a test whose client sent 100,000 bytes of the pattern and claims others."""
        server = self.serve("-1", "-J", "--verify", "--idle-timeout", "1", *options)
        count = len(claims)
        extras = {"version": "0", "pattern": True, "verify": True}
        with Client(server.port) as client:
            client.running(count, num=100_000, zcrx_bench=extras)
            for stream in client.streams:
                stream.sendall(self.PATTERN)
            totals = [{"id": iperf_peer.stream_id(index), "bytes": claim} for index, claim in enumerate(claims)]
            client.finish(claims, zcrx_bench={"totals": totals})
        return server

    def test_bytes_that_the_sender_counts_and_nobody_checked_are_no_success(self):
        for claims in ([100_001], [(1 << 64) - 1] * 2):
            with self.subTest(claims=claims):
                report = self.document(self.verified(claims).finished(), status=1)["zcrx_bench"]
                self.assertEqual(report["outcome"]["status"], "partial")
                self.assertIn("that the sender counts were never checked", report["outcome"]["reason"])
                self.assertEqual(report["verification"]["checked_bytes"], 100_000 * len(claims))
                self.assertEqual("sent" in report, len(claims) == 1)

    def test_all_of_them_checked_is_one(self):
        report = self.document(self.verified([100_000, 100_000]).finished())["zcrx_bench"]
        self.assertEqual(report["outcome"]["status"], "completed")
        self.assertEqual(report["verification"]["checked_bytes"], 200_000)

    def test_our_client_hears_of_it(self):
        """A server that says all was well and has checked less than was sent."""

        server = self.serve("-1", "-J", "--verify")
        self.ended(self.client(server.port, "--verify", "-n", "1M"))
        report = self.document(server.finished())["zcrx_bench"]
        for missing, status in ((0, 0), (1, 1)):
            report["verification"]["checked_bytes"] = (1 << 20) - missing
            with self.subTest(missing=missing), iperf_peer.Server(changes={"zcrx_bench": {"report": report}}) as peer:
                finished = self.client(peer.port, "--verify", "-n", "1M", "-J")
                outcome = self.document(finished, status)["zcrx_bench"]["outcome"]
            self.assertEqual(outcome["status"], ("completed", "partial")[status])
            if missing:
                self.assertIn("1 byte that the sender counts were never checked", outcome["reason"])
