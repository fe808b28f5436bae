"""The receive paths beside epoll: the same tests for each, with our client, stock iperf3 and raw streams."""

import socket
import sys
import unittest
from pathlib import Path

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase
from page_sender import send_in_pages
from process import run

FORBIDDEN = Path(__file__).with_name("forbidden.py")


def io_uring_works():
    status = run(EXECUTABLE, "server", "--mode", "uring", "-p", "0", "--until-input-ends")
    return status.status == 0


class ModeTests:
    """What every way to receive must do. Derived classes name theirs."""

    mode = None

    def exact(self, finished):
        document, self.report = self.both(finished)
        self.assert_exact(document)
        self.assertEqual(self.report["zcrx_bench"]["settings"]["mode"], self.mode)
        self.assertEqual(self.report["zcrx_bench"]["outcome"]["status"], "completed")
        return document

    def test_streams(self):
        for streams in ("1", "8", "128"):
            with self.subTest(streams=streams):
                self.exact(lambda: self.client(self.port, "-J", "-n", "64M", "-P", streams))

    def test_stock_iperf3(self):
        for options in (("-n", "30M"), ("-t", "1"), ("-n", "30M", "-P", "8"), ("-n", "64M", "-P", "128"),
                        ("-n", "20K", "-l", "1"), ("-n", "10M", "-Z"), ("-n", "5M", "-b", "200M")):
            with self.subTest(options=options):
                self.exact(lambda: self.iperf3(self.port, "-J", *options))

    def test_ipv6(self):
        self.exact(lambda: self.client(self.port, "-J", "-n", "5M", host="::1"))
        self.exact(lambda: self.iperf3(self.port, "-J", "-n", "5M", host="::1"))

    def test_verified(self):
        for options in (("-n", "1"), ("-n", "20M", "-P", "8"), ("-n", "3000001", "-l", "65537"),
                        ("-n", "3M", "-l", "1000"), ("-n", "64M", "-P", "128"), ("-n", "20M", "--send", "sendfile")):
            with self.subTest(options=options):
                document = self.exact(lambda: self.client(self.port, "-J", "--verify", *options))
                self.assertEqual(self.report["zcrx_bench"]["verification"]["checked_bytes"],
                                 document["end"]["sum_sent"]["bytes"])

    def test_omitted_seconds(self):
        _, report = self.both(lambda: self.iperf3(self.port, "-J", "-t", "1", "-O", "1"))
        ours, account = report["zcrx_bench"], report["zcrx_bench"]["copy_account"]
        received = report["end"]["sum_received"]["bytes"]
        self.assertGreater(sum(stream["omitted_bytes"] for stream in ours["streams"]), 0)
        self.assertGreaterEqual(account["copied"]["at_most"] + account["zero_copied"]["at_least"], received)
        self.assertLessEqual(account["copied"]["at_least"] + account["zero_copied"]["at_most"], received)

    def test_account(self):
        self.exact(lambda: self.client(self.port, "-J", "-n", "10M", "-P", "2"))
        account = self.report["zcrx_bench"]["copy_account"]
        for part in ("copied", "zero_copied"):
            self.assertEqual(account[part]["at_least"], account[part]["at_most"])
        self.assertEqual(account["copied"]["at_least"] + account["zero_copied"]["at_least"],
                         self.report["end"]["sum_received"]["bytes"])
        self.assertEqual(account["discarded"], 0)

    def raw(self, send):
        return self.reports_after(send)[-1]

    def test_raw_stream(self):
        def send():
            with socket.create_connection((LOOPBACK, self.port), 60) as connection:
                for size in (1, 70_000, 5, 1 << 20):
                    connection.sendall(b"q" * size)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(60)
                self.assertEqual(connection.recv(1), b"", "the server closes after end of file")

        report = self.raw(send)
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "completed")
        self.assertEqual(report["end"]["sum_received"]["bytes"], 70_006 + (1 << 20))

    def test_a_reset_is_reported(self):
        def send():
            connection = socket.create_connection((LOOPBACK, self.port), 60)
            connection.sendall(b"r" * 50_000)
            self.all_is_read()
            iperf_peer.reset(connection)

        report = self.raw(send)
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "failed")
        self.assertIn("Connection reset", report["zcrx_bench"]["outcome"]["reason"])
        self.assertEqual(report["end"]["sum_received"]["bytes"], 50_000)

    def test_a_stream_that_ends_within_a_test(self):
        with iperf_peer.Client(self.port) as client:
            client.running(num=100_000)
            client.streams[0].sendall(b"1" * 100_000)
            theirs = client.finish([100_000])
        self.assertEqual(theirs["streams"][0]["bytes"], 100_000)


@unittest.skipUnless(io_uring_works(), "io_uring is switched off or forbidden")
class UringTests(ModeTests, ServerCase):
    mode = "uring"
    server_options = ("-J", "--mode", "uring")

    def test_no_buffer_is_lost(self):
        # 16 buffers of 256 bytes run out at every turn.
        server = self.serve("--mode", "uring", "-J", "-1", "-l", "4096", "--workers", "1")
        document = self.document(self.client(server.port, "-J", "-n", "8M", "-P", "16", "--verify"))
        self.assert_exact(document)
        report = self.document(server.finished())["zcrx_bench"]
        self.assertTrue(any("no buffer was free" in note for note in report["notes"]), report["notes"])

    def test_a_limit_of_the_server(self):
        for limit in (("-n", "10M"), ("-t", "1")):
            with self.subTest(limit=limit):
                server = self.serve("--mode", "uring", "-J", "-1", *limit)
                with socket.create_connection((LOOPBACK, server.port), 60) as connection:
                    sent = 0
                    try:
                        while True:
                            sent += connection.send(b"l" * 65_536)
                    except OSError:
                        pass
                report = self.document(server.finished())
                received = report["end"]["sum_received"]["bytes"]
                self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "completed")
                self.assertLessEqual(received, sent)
                self.assertEqual(report["zcrx_bench"]["copy_account"]["copied"]["at_least"], received)


class MappedTests(ModeTests, ServerCase):
    mode = "mmap"
    server_options = ("-J", "--mode", "mmap")

    def test_payload_in_pages_is_mapped(self):
        server = self.serve("--mode", "mmap", "-J", "-1")
        sent = send_in_pages((LOOPBACK, server.port), 400)
        report = self.document(server.finished())["zcrx_bench"]
        account = report["copy_account"]
        self.assertEqual(account["copied"]["at_least"] + account["zero_copied"]["at_least"], sent)
        self.assertGreaterEqual(account["zero_copied"]["at_least"], sent / 2)
        self.assertEqual(account["zero_copied"]["at_least"] % 4096, 0)
        self.assertEqual(sum("were copied" in note for note in report["notes"]), 1)

    def test_nothing_mapped_is_explained(self):
        self.exact(lambda: self.client(self.port, "-J", "-n", "10M", "--send", "write"))
        account = self.report["zcrx_bench"]["copy_account"]
        if account["zero_copied"]["at_most"] == 0:
            self.assertTrue(any("MSG_ZEROCOPY" in note for note in self.report["zcrx_bench"]["notes"]))


class RefusalTests(HostCase):
    def server(self, error, *options):
        return run(sys.executable, FORBIDDEN, error, EXECUTABLE, "server", "-p", "0", "-1", *options)

    def test_uring_by_name_where_io_uring_is_forbidden(self):
        for error, status in (("EPERM", 1), ("ENOSYS", 77)):
            with self.subTest(error=error):
                finished = self.ended(self.server(error, "--mode", "uring"), status)
                self.assertIn("io_uring_setup", finished.stderr)
                self.assertIn("--mode epoll", finished.stderr)
                self.assertEqual(finished.stdout, "")

    def test_the_other_modes_need_none(self):
        for mode in ("auto", "epoll", "mmap"):
            with self.subTest(mode=mode):
                server = self.serve("--mode", mode, "-J", "-1",
                                    command=(sys.executable, FORBIDDEN, "EPERM", EXECUTABLE, "server"))
                self.assert_exact(self.document(self.client(server.port, "-J", "-n", "5M")))
                self.ended(server.finished())
