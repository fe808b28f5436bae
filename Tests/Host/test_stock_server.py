"""Our client against stock `iperf3 -s`."""

import time
from pathlib import Path

from harness import LOOPBACK, HostCase


def largest_buffer(kind):
    """Bytes that the kernel lets a TCP socket's buffer grow to."""
    return int(Path(f"/proc/sys/net/ipv4/tcp_{kind}").read_text().split()[2])


class StockServerTests(HostCase):
    @property
    def port(self):
        """That of a new server: iperf3 closes its listener after each test and opens another one."""
        return self.serve_iperf3().port

    def counted(self, *options, host=LOOPBACK):
        """Runs one test. iperf3 3.12 drops what it has not read when the test ends: it may have received less."""
        document = self.document(self.client(self.port, "-J", *options, host=host))
        self.assertEqual(document["zcrx_bench"]["outcome"]["status"], "completed")
        end = document["end"]
        self.assertGreater(end["sum_received"]["bytes"], 0)
        for stream in end["streams"]:
            lost = stream["sender"]["bytes"] - stream["receiver"]["bytes"]
            self.assertGreaterEqual(lost, 0)
            self.assertLess(lost, sum(map(largest_buffer, ("rmem", "wmem"))), "more than both sockets hold")
        for total, side in (("sum_sent", "sender"), ("sum_received", "receiver")):
            self.assertEqual(sum(stream[side]["bytes"] for stream in end["streams"]), end[total]["bytes"])
        return document

    def test_plain_for_a_time(self):
        began = time.monotonic()
        document = self.counted("-t", "1")
        self.assertTrue(0.9 < document["end"]["sum_received"]["seconds"] < time.monotonic() - began)

    def test_text_output(self):
        finished = self.ended(self.client(self.port, "-n", "20M"))
        for line in ("copy bytes", "ZC bytes", "Total bytes", "Rate"):
            self.assertIn(line, finished.stdout)

    def test_byte_count(self):
        self.assertGreaterEqual(self.counted("-n", "30M")["end"]["sum_sent"]["bytes"], 30 << 20)

    def test_byte_count_that_no_block_divides(self):
        self.assertGreaterEqual(self.counted("-n", "1000001")["end"]["sum_sent"]["bytes"], 1000001)

    def test_8_streams(self):
        self.assertEqual(len(self.counted("-n", "40M", "-P", "8")["end"]["streams"]), 8)

    def test_8_streams_for_a_time(self):
        self.counted("-t", "1", "-P", "8")

    def test_128_streams(self):
        self.assertEqual(len(self.counted("-n", "64M", "-P", "128")["end"]["streams"]), 128)

    def test_omit(self):
        began = time.monotonic()
        document = self.document(self.client(self.port, "-J", "-t", "1", "-O", "1"))
        sent = document["end"]["sum_sent"]
        # Without the omitted second.
        self.assertTrue(0.9 < sent["seconds"] < time.monotonic() - began - 0.9, sent)
        counted = sum(interval["sum"]["bytes"] for interval in document["intervals"] if not interval["sum"]["omitted"])
        self.assertEqual(sent["bytes"], counted)
        self.assertGreater(document["end"]["sum_received"]["bytes"], 0)

    def test_block_lengths(self):
        for length in ("1", "1460", "1M"):
            with self.subTest(length=length):
                self.counted("-l", length, "-n", "20K" if length == "1" else "5M")

    def test_bit_rate(self):
        document = self.counted("-b", "80M", "-t", "1")
        # Never more than was asked for and a block; less where the sender does not get to send.
        self.assertTrue(0.2 < document["end"]["sum_received"]["bits_per_second"] / 80e6 < 1.25)

    def test_server_output(self):
        document = self.counted("-n", "5M", "--get-server-output")
        self.assertTrue(document.get("server_output_text") or document.get("server_output_json"))

    def test_send_paths(self):
        for path in ("write", "sendfile"):
            with self.subTest(path=path):
                document = self.counted("--send", path, "-n", "20M")
                self.assertEqual(document["zcrx_bench"]["settings"]["send"], path)

    def test_congestion_control(self):
        self.assertEqual(self.counted("-C", "reno", "-n", "5M")["end"]["sender_tcp_congestion"], "reno")

    def test_segment_size_and_window(self):
        self.counted("-M", "1000", "-n", "5M")
        self.counted("-w", "256K", "-n", "5M")

    def test_ipv4_and_ipv6(self):
        self.counted("-n", "5M", "-4", host="localhost")
        self.counted("-n", "5M", "-6", host="::1")
        self.counted("-n", "5M", host="::1")

    def test_verify_needs_our_server(self):
        finished = self.ended(self.client(self.port, "--verify", "-n", "5M"), 1)
        self.assertRegex(finished.stdout + finished.stderr, r"(?i)verif")

    def test_a_busy_server_says_so(self):
        port = self.port
        running = self.start("iperf3", "-c", LOOPBACK, "-p", port, "-t", "600", "-b", "10M", "--forceflush")
        running.says(r"connected to")
        finished = self.ended(self.client(port, "-n", "1M"), 1)
        self.assertRegex(finished.stderr, r"(?i)busy|running a test")
        running.stop()
