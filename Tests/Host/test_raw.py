"""Raw streams: whatever does not begin with a cookie is received and measured until end of file."""

import socket
import subprocess
import threading
import time

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, ServerCase, needs
from process import until

COOKIE_TEXT = b"abcdefghijklmnopqrstuvwxyz234567abcd"


class RawTests(ServerCase):
    def send(self, *parts, pause=0):
        with socket.create_connection((LOOPBACK, self.port), 60) as connection:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(60)
            self.assertEqual(connection.recv(1), b"", "the server closes after end of file")

    def received(self, action, streams=1):
        """The bytes the server's reports say it received because of `action()`."""
        reports = self.reports_after(action)
        for report in reports:
            self.assertEqual(report["zcrx_bench"]["kind"], "raw")
            self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "completed", report["zcrx_bench"]["outcome"])
        return sum(report["end"]["sum_received"]["bytes"] for report in reports)

    def test_one_byte(self):
        self.assertEqual(self.received(lambda: self.send(b"x")), 1)

    def test_one_byte_that_may_begin_a_cookie(self):
        self.assertEqual(self.received(lambda: self.send(b"a")), 1)

    def test_36_bytes_of_cookie_like_text(self):
        self.assertEqual(self.received(lambda: self.send(COOKIE_TEXT)), 36)

    def test_37_bytes_of_cookie_like_text_without_nul(self):
        self.assertEqual(self.received(lambda: self.send(COOKIE_TEXT + b"a")), 37)

    def test_cookie_like_text_that_goes_on_after_a_pause(self):
        self.assertEqual(self.received(lambda: self.send(b"abcdef", b"234567", b"!!" * 1000, pause=0.2)), 2012)

    def test_nothing_at_all(self):
        before = len(self.reports())
        self.send()
        self.assert_survived()
        for report in self.reports()[before:-1]:
            self.assertEqual(report["end"]["sum_received"]["bytes"], 0)

    def test_a_large_transfer_to_the_byte(self):
        block, count = b"q" * (1 << 20), 300
        self.assertEqual(self.received(lambda: self.send(*[block] * count, b"tail")), count * len(block) + 4)

    def test_small_writes(self):
        self.assertEqual(self.received(lambda: self.send(*[b"z" * 100] * 2000)), 200_000)

    @needs("nc")
    def test_netcat(self):
        data = b"zero copy\n" * 100_000

        def netcat():
            subprocess.run(["nc", "-N", LOOPBACK, str(self.port)], input=data, check=True)

        self.assertEqual(self.received(netcat), len(data))

    @needs("nc")
    def test_netcat_with_our_pattern(self):
        def netcat():
            subprocess.run(f"{EXECUTABLE} pattern -n 20M | nc -N {LOOPBACK} {self.port}", shell=True, check=True)

        self.assertEqual(self.received(netcat), 20 << 20)

    def test_several_at_once(self):
        sizes = [1_000_000 * (index + 1) for index in range(5)]
        senders = [threading.Thread(target=self.send, args=(b"p" * size,)) for size in sizes]

        def all_of_them():
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            # One report or several, as they began and ended.
            until(lambda: sum(one["end"]["sum_received"]["bytes"] for one in self.reports()[before:]) >= sum(sizes),
                  what="the reports of all streams")

        before = len(self.reports())
        self.assertEqual(self.received(all_of_them), sum(sizes))

    def test_ipv6(self):
        def send():
            with socket.create_connection(("::1", self.port), 60) as connection:
                connection.sendall(b"six" * 1000)

        self.assertEqual(self.received(send), 3000)

    def test_a_reset_is_reported(self):
        def send():
            connection = socket.create_connection((LOOPBACK, self.port), 60)
            connection.sendall(b"r" * 50_000)
            self.all_is_read()
            iperf_peer.reset(connection)

        report = self.reports_after(send)[-1]
        self.assertNotEqual(report["zcrx_bench"]["outcome"]["status"], "completed")
        self.assertEqual(report["end"]["sum_received"]["bytes"], 50_000)

    def test_raw_is_refused_while_a_test_runs(self):
        with iperf_peer.Client(self.port) as client:
            client.running(num=200_000)
            client.streams[0].sendall(b"1" * 100_000)
            with socket.create_connection((LOOPBACK, self.port), 60) as raw:
                raw.sendall(b"not a cookie at all\n")
                try:
                    self.assertIn(raw.recv(10), (b"", b"\xff"))
                except ConnectionResetError:
                    pass
            client.streams[0].sendall(b"2" * 100_000)
            theirs = client.finish([200_000])
        self.assertEqual(theirs["streams"][0]["bytes"], 200_000)

    def test_a_test_is_refused_while_raw_streams_run(self):
        with socket.create_connection((LOOPBACK, self.port), 60) as raw:
            raw.sendall(b"raw " * 1000)
            self.all_is_read()
            finished = self.ended(self.iperf3(self.port, "-n", "1M"), 1)
            self.assertRegex(finished.stderr, r"(?i)busy|access denied")
            raw.sendall(b"raw " * 1000)
            reports = self.reports_after(lambda: raw.shutdown(socket.SHUT_WR))
        self.assertEqual(reports[-1]["end"]["sum_received"]["bytes"], 8000)
