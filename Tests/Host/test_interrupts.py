"""SIGINT and SIGTERM on either side: a partial report, valid JSON, exit status 1; an idle server ends with 0."""

import signal
import socket

from harness import EXECUTABLE, LOOPBACK, HostCase
from process import until

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class InterruptTests(HostCase):
    def our_client(self, port, *options):
        return self.start_sending(EXECUTABLE, "client", LOOPBACK, "-p", port, "-t", "30", *options)

    def assert_partial(self, document, account):
        report = document["zcrx_bench"]
        self.assertEqual(report["outcome"]["status"], "partial")
        self.assertTrue(report["outcome"]["reason"])
        self.assertTrue(document["error"])
        self.assertGreater(report[account]["bytes"], 0)

    def test_the_client_is_interrupted(self):
        for number in SIGNALS:
            for command in (None, ("iperf3", "-s")):
                with self.subTest(signal=number.name, server="stock" if command else "ours"):
                    server = self.serve(**({"command": command} if command else {}))
                    client = self.our_client(server.port, "-J", "-P", "2")
                    document = self.document(client.stop(number), 1)
                    self.assert_partial(document, "sent")
                    self.assertIn(number.name, document["zcrx_bench"]["outcome"]["reason"])
                    if not command:
                        server.says("PARTIAL|partial")
                        self.ended(self.iperf3(server.port, "-n", "1M"))

    def test_the_client_is_interrupted_in_text(self):
        server = self.serve()
        client = self.our_client(server.port)
        finished = self.ended(client.stop(signal.SIGINT), 1)
        self.assertRegex(finished.stdout, r"PARTIAL")
        self.assertIn("SIGINT", finished.stdout)
        self.assertIn("Total bytes", finished.stdout)

    def test_the_server_is_interrupted(self):
        for number in SIGNALS:
            for stock in (True, False):
                with self.subTest(signal=number.name, client="stock" if stock else "ours"):
                    server = self.serve("-J")
                    if stock:
                        client = self.start_sending("iperf3", "-c", LOOPBACK, "-p", server.port, "-t", "30")
                    else:
                        client = self.our_client(server.port, "-J")
                    self.assert_partial(self.document(server.stop(number), 1), "received")
                    finished = client.finished()
                    if stock:
                        self.assertRegex(finished.stderr, r"the server has terminated|interrupt")
                    else:
                        self.assert_partial(self.document(finished, 1), "sent")

    def test_the_server_is_interrupted_while_it_receives_a_raw_stream(self):
        server = self.serve("-J")
        with socket.create_connection((LOOPBACK, server.port), 5) as raw:
            raw.sendall(b"raw" * 1000)
            until(lambda: not server.unread(server.port), what="the server reads")
            document = self.document(server.stop(signal.SIGTERM), 1)
        self.assert_partial(document, "received")
        self.assertEqual(document["end"]["sum_received"]["bytes"], 3000)

    def test_an_idle_server_ends_well(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                self.ended(self.serve().stop(number), 0)

    def test_a_server_that_served_and_is_idle_again_ends_well(self):
        server = self.serve()
        self.ended(self.iperf3(server.port, "-n", "1M"))
        self.ended(server.stop(signal.SIGTERM), 0)

    def test_a_one_off_server_that_served_nobody_did_not_do_its_work(self):
        self.ended(self.serve("-1").stop(signal.SIGTERM), 1)

    def test_a_second_signal_does_not_spoil_the_report(self):
        server = self.serve()
        client = self.our_client(server.port, "-J")
        client.send(signal.SIGINT)
        client.send(signal.SIGTERM)
        finished = client.finished()
        self.assertEqual(finished.status, 1, finished)
        self.assert_partial(self.document(finished, 1), "sent")
