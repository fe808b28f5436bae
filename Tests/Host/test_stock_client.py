"""Stock `iperf3 -c` against our server: every option that concerns a TCP test from client to server."""

import socket
import struct
import time

import iperf_peer
from harness import LOOPBACK, ServerCase


def offered_window(connection):
    """Bytes that the other side lets be sent at the moment (tcpi_snd_wnd)."""
    return struct.unpack_from("=I", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 228)[0]


class StockClientTests(ServerCase):
    def exact(self, *options, host=LOOPBACK):
        """Runs one test; both sides must have counted the same bytes, and our report must say so too."""
        document, self.report = self.both(lambda: self.iperf3(self.port, "-J", *options, host=host))
        sent = self.assert_exact(document)
        self.assertEqual(self.report["end"]["sum_received"]["bytes"], sent)
        self.assertEqual(self.report["zcrx_bench"]["outcome"]["status"], "completed")
        return document

    def test_plain_for_a_time(self):
        began = time.monotonic()
        document = self.exact("-t", "1")
        self.assertTrue(0.9 < document["end"]["sum_received"]["seconds"] < time.monotonic() - began)
        self.assertEqual(self.report["start"]["test_start"]["duration"], 1)

    def test_text_output_ends_well(self):
        finished = self.ended(self.iperf3(self.port, "-n", "10M"))
        self.assertIn("iperf Done.", finished.stdout)
        self.assertRegex(finished.stdout, r"receiver\n")

    def test_one_byte_count(self):
        self.assertGreaterEqual(self.exact("-n", "30M")["end"]["sum_sent"]["bytes"], 30 << 20)

    def test_block_count(self):
        self.assertEqual(self.exact("-k", "50", "-l", "64K")["end"]["sum_sent"]["bytes"], 50 * 65536)

    def test_8_streams(self):
        document = self.exact("-n", "40M", "-P", "8")
        self.assertEqual(len(document["end"]["streams"]), 8)

    def test_8_streams_for_a_time(self):
        self.exact("-t", "1", "-P", "8")

    def test_128_streams(self):
        document = self.exact("-n", "64M", "-P", "128")
        self.assertEqual(len(document["end"]["streams"]), 128)
        self.assertEqual([stream["sender"]["bytes"] for stream in document["end"]["streams"]],
                         [stream["receiver"]["bytes"] for stream in self.report["end"]["streams"]])

    def test_omit(self):
        began = time.monotonic()
        document, report = self.both(lambda: self.iperf3(self.port, "-J", "-t", "1", "-O", "1"))
        # The two sides start to count at different moments: no exact equality here, in no iperf3.
        received = document["end"]["sum_received"]
        # Without the omitted second.
        self.assertTrue(0.5 < received["seconds"] < time.monotonic() - began - 0.5, received)
        counted = sum(interval["sum"]["bytes"] for interval in report["intervals"] if not interval["sum"]["omitted"])
        self.assertEqual(received["bytes"], counted)
        omitted = [interval["sum"]["omitted"] for interval in report["intervals"]]
        self.assertIn(True, omitted)
        self.assertIn(False, omitted)

    def test_block_lengths(self):
        for length in ("1", "1460", "1M"):
            with self.subTest(length=length):
                self.exact("-l", length, "-n", "20K" if length == "1" else "5M")

    def test_bit_rate(self):
        document = self.exact("-b", "80M", "-t", "1")
        # Never more than was asked for and a block; less where the sender does not get to send.
        self.assertTrue(0.2 < document["end"]["sum_received"]["bits_per_second"] / 80e6 < 1.25)

    def test_server_output_as_text(self):
        server = self.serve()
        finished = self.ended(self.iperf3(server.port, "-n", "5M", "--get-server-output"))
        self.assertRegex(finished.stdout, r"(?s)Server output:.*\[ *\d+\].*receiver")

    def test_server_output_as_json(self):
        document = self.exact("-n", "5M", "--get-server-output")
        theirs = document["server_output_json"]
        self.assertEqual(theirs["end"]["sum_received"]["bytes"], document["end"]["sum_sent"]["bytes"])
        self.assertIn("zcrx_bench", theirs)

    def test_sendfile(self):
        self.exact("-Z", "-n", "20M")

    def test_congestion_control(self):
        document = self.exact("-C", "reno", "-n", "5M")
        self.assertEqual(document["end"]["sender_tcp_congestion"], "reno")
        self.assertEqual(self.report["end"]["receiver_tcp_congestion"], "reno")

    def test_segment_size(self):
        self.exact("-M", "1000", "-n", "5M")

    def test_window(self):
        self.exact("-w", "256K", "-n", "5M")

    def test_a_small_window_is_offered_from_the_start(self):
        # Shrunk after accept, the buffer would be smaller than the window on offer, and what comes into it dropped.
        with iperf_peer.Client(self.port) as client:
            client.connect().offer(iperf_peer.parameters(num=1000, window=4096))
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            self.assertLess(offered_window(client.open_stream()), 16384)
        self.assert_survived()
        with iperf_peer.Client(self.port) as client:
            client.connect().offer(iperf_peer.parameters(num=1000))
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            self.assertGreater(offered_window(client.open_stream()), 16384, "not asked for, it is another")
        self.assert_survived()
        self.exact("-w", "4K", "-n", "500K")
        self.exact("-n", "5M")
        buffer = self.report["zcrx_bench"]["streams"][0]["tcp"]["receive_buffer"]
        self.assertGreater(buffer, 65536, "the next test has the kernel's buffers again")

    def test_a_window_the_kernel_does_not_grant_is_refused(self):
        finished = self.iperf3(self.port, "-w", "500M", "-n", "1M")
        self.assertNotEqual(finished.status, 0)
        self.server.says("ask for less")

    def test_no_delay(self):
        self.exact("-N", "-n", "5M")

    def test_ipv4_only_and_ipv6_only(self):
        self.exact("-4", "-n", "5M", host="localhost")
        self.exact("-6", "-n", "5M", host="::1")

    def test_title_and_extra_data(self):
        document = self.exact("-T", "a title", "--extra-data", "more", "-n", "1M")
        for report in (document, self.report):
            self.assertEqual((report["title"], report["extra_data"]), ("a title", "more"))
        self.assertEqual(self.report["zcrx_bench"]["settings"]["title"], "a title")
        without = self.exact("-n", "1M")
        self.assertFalse({"title", "extra_data"} & set(self.report) | {"title", "extra_data"} & set(without))

    def test_a_title_longer_than_a_line_is_refused(self):
        self.reports_after(lambda: self.ended(self.iperf3(self.port, "-T", "t" * 257, "-n", "1M"), 1))
        self.exact("-T", "t" * 256, "-n", "1M")

    def test_our_report_names_what_it_measured(self):
        self.exact("-n", "5M")
        environment = self.report["zcrx_bench"]["environment"]
        for key in ("host", "kernel", "cpu_model", "default_congestion"):
            self.assertTrue(environment[key], key)

    def test_many_tests_one_after_the_other(self):
        for _ in range(50):
            self.ended(self.iperf3(self.port, "-n", "1M"))
