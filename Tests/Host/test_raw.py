"""Raw streams: whatever does not begin with a cookie is received and measured until end of file."""

import json
import socket
import subprocess
import threading
import time

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, documents, needs
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

    def test_many_tiny_streams_make_a_small_document(self):
        """Each is in the sums, and not each is described."""
        with socket.create_connection((LOOPBACK, self.port), 10) as first:
            first.sendall(b"X" * 100_000)
            total = 100_000
            for _ in range(600):
                self.send(b"y" * 7)
                total += 7
            report = self.reports_after(first.close)[-1]
        text = json.dumps(report)
        ours = report["zcrx_bench"]
        self.assertEqual(report["end"]["sum_received"]["bytes"], total)
        self.assertEqual(len(ours["streams"]), 256)
        self.assertEqual(ours["unlisted_streams"], {"count": 345, "bytes": 345 * 7})
        self.assertEqual(sum(interval["sum"]["bytes"] for interval in report["intervals"]), total)
        self.assertLess(len(text), 1 << 20)


class ForeignProtocolTests(ServerCase):
    """What browsers, scanners and health checks send is no raw stream."""

    REQUESTS = (
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"HEAD /x HTTP/1.0\r\n\r\n", b"POST /a/long/path/" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT h:443 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 507,
    )

    def refused(self, request, pieces=1):
        with socket.create_connection((LOOPBACK, self.port), 10) as connection:
            for index in range(pieces):
                connection.sendall(request[index:index + 1] if index < pieces - 1 else request[index:])
                time.sleep(0.01 if pieces > 1 else 0)
            connection.settimeout(5)
            try:
                self.assertEqual(connection.recv(1), b"", "it is closed without a word")
            except ConnectionResetError:
                pass

    def test_requests_are_refused_and_counted(self):
        before = len(self.reports())
        for request in self.REQUESTS:
            self.refused(request)
        self.refused(self.REQUESTS[0], pieces=5)
        self.refused(self.REQUESTS[-1], pieces=6)
        self.assertEqual(len(self.reports()), before, "no test, no document")
        report = self.reports_after(lambda: self.iperf3(self.port, "-n", "100K"))[-1]
        self.assertEqual(report["zcrx_bench"]["kind"], "iperf3")
        self.assertIn("connections were refused since the report before: 7 began as an HTTP request, 2 began as a TLS hello",
                      report["zcrx_bench"]["notes"])
        again = self.reports_after(lambda: self.iperf3(self.port, "-n", "100K"))[-1]
        self.assertFalse([note for note in again["zcrx_bench"]["notes"] if "refused" in note], "counted once")

    def test_what_resembles_one_is_received(self):
        for text in (b"GETTING / started", b"GET started", b"GET ", b"P", b"\x16\x03", b"\x16\x03\x01\x02\x00\x02"):
            def send():
                with socket.create_connection((LOOPBACK, self.port), 10) as connection:
                    connection.sendall(text)
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(1)

            with self.subTest(text):
                self.assertEqual(self.reports_after(send)[-1]["end"]["sum_received"]["bytes"], len(text))


class OneTestTests(HostCase):
    def test_a_stranger_does_not_use_up_the_one_test(self):
        server = self.serve("-1", "-J")
        with socket.create_connection((LOOPBACK, server.port), 5) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            stranger.settimeout(5)
            self.assertEqual(stranger.recv(1), b"")
        self.assert_exact(self.document(self.client(server.port, "-n", "1M", "-J")))
        self.assertEqual(self.document(server.finished(10))["zcrx_bench"]["kind"], "iperf3")

    def test_a_raw_stream_does(self):
        server = self.serve("-1", "-J")
        with socket.create_connection((LOOPBACK, server.port), 5) as sender:
            sender.sendall(b"hello")
        self.assertEqual(self.document(server.finished(10))["end"]["sum_received"]["bytes"], 5)

    def test_no_raw_refuses_all(self):
        server = self.serve("-1", "-J", "--no-raw", "--idle-timeout", "1")
        for text in (b"hello", b"abc", b"\x00" * 100_000):
            with socket.create_connection((LOOPBACK, server.port), 5) as sender:
                try:
                    sender.sendall(text)
                    sender.shutdown(socket.SHUT_WR)
                    sender.settimeout(5)
                    self.assertEqual(sender.recv(1), b"")
                except (ConnectionResetError, BrokenPipeError):
                    pass
        self.assert_exact(self.document(self.client(server.port, "-n", "1M", "-J")))
        notes = self.document(server.finished(10))["zcrx_bench"]["notes"]
        self.assertIn("connections were refused since the report before: 3 raw streams (--no-raw)", notes)

    def test_a_dripping_stranger_does_not_hold_the_server(self):
        server = self.serve("-J", "--idle-timeout", "1")
        with socket.create_connection((LOOPBACK, server.port), 5) as stranger:
            stranger.sendall(b"X")
            until(lambda: server.unread(server.port) == 0, what="the byte is read")
            served = threading.Event()

            def drip():
                try:
                    while not served.wait(0.1):
                        stranger.sendall(b"x")
                except OSError:
                    pass  # given up, as it should be

            dripping = threading.Thread(target=drip)
            dripping.start()
            try:
                until(lambda: self.client(server.port, "-n", "1M").status == 0, 20, 0.1, "a client is served")
            finally:
                served.set()
                dripping.join()
        report = documents(server.stdout)[0]
        self.assertEqual(report["zcrx_bench"]["kind"], "raw")
        self.assertRegex(report["error"], r"no more than \d+ bytes? arrived")
