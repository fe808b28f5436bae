"""iperf3 from 3.16 on, which sends in threads: what its account lacks, and that nothing else is different."""

import debian13
import iperf_peer
from harness import LOOPBACK, HostCase, ServerCase
from process import run


class NewerClientTests(ServerCase):
    @classmethod
    def setUpClass(cls):
        cls.newer = debian13.iperf3()
        super().setUpClass()

    def measured(self, *options):
        """The client's document and our report; ours never has less, and at most a block a stream more."""
        document, report = self.both(
            lambda: run(*self.newer, "-c", LOOPBACK, "-p", self.port, "-J", *options, seconds=20))
        self.assertIn("3.18", document["start"]["version"])
        block = report["start"]["test_start"]["blksize"]
        ours = report["zcrx_bench"]
        self.assertEqual(ours["outcome"], {"status": "completed"})
        surplus = 0
        for stream in ours["streams"]:
            self.assertNotIn("unread_bytes", stream)
            more = stream["received"]["bytes"] - stream["sent"]["bytes"]
            self.assertIn(more, range(block + 1))
            surplus += more
        notes = [note for note in ours["notes"] if "iperf3 3.18 counts" in note]
        self.assertEqual(len(notes), 1 if surplus else 0, ours["notes"])
        if surplus:
            self.assertIn(f"iperf3 3.18 counts {surplus} byte", notes[0])
            self.assertIn("the receiver's is whole", notes[0])
        # The client prints what we told it.
        self.assertEqual(document["end"]["sum_received"]["bytes"], report["end"]["sum_received"]["bytes"])
        return surplus

    def test_for_a_time(self):
        for options in (("-P", "4"), ("-P", "2", "-l", "1M"), ("-l", "4K"), ("-Z",), ("-b", "50M")):
            with self.subTest(options=options):
                self.measured("-t", "1", *options)

    def test_for_bytes_and_blocks(self):
        for options in (("-n", "20M"), ("-n", "20M", "-P", "4"), ("-k", "30")):
            with self.subTest(options=options):
                self.measured(*options)

    def test_omitted_seconds(self):
        document, report = self.both(
            lambda: run(*self.newer, "-c", LOOPBACK, "-p", self.port, "-J", "-t", "1", "-O", "1", seconds=20))
        self.assertEqual(report["zcrx_bench"]["outcome"], {"status": "completed"})
        self.assertGreater(document["end"]["sum_received"]["bytes"], 0)

    def test_ways_that_are_not_ours_are_refused(self):
        for option in ("-R", "--bidir", "-u"):
            with self.subTest(option=option):
                finished = run(*self.newer, "-c", LOOPBACK, "-p", self.port, "-t", "1", option, seconds=20)
                self.assertNotEqual(finished.status, 0)


class NewerServerTests(HostCase):
    def test_our_client_to_it(self):
        server = self.serve(command=(*debian13.iperf3(), "-s"))
        document = self.document(self.client(server.port, "-J", "-n", "20M", "-P", "4"))
        # It stops reading when the test ends, as every iperf3 does.
        self.assertGreaterEqual(document["end"]["sum_sent"]["bytes"], 20 << 20)
        self.assertLessEqual(document["end"]["sum_received"]["bytes"], document["end"]["sum_sent"]["bytes"])
        self.assertGreater(document["end"]["sum_received"]["bytes"], 0)


class UndercountTests(ServerCase):
    """The same account by a client that can be made to lack a known number of bytes."""

    SENT = 100_000

    def report(self, claim, **parameters):
        def lead():
            with iperf_peer.Client(self.port) as client:
                client.running(num=self.SENT, **parameters)
                client.streams[0].sendall(b"u" * self.SENT)
                client.finish([claim])

        return self.reports_after(lead)[0]["zcrx_bench"]

    def test_whose_account_it_is(self):
        for version in ("3.16", "3.18", "3.21+"):
            report = self.report(self.SENT - 1000, client_version=version)
            self.assertEqual(report["outcome"], {"status": "completed"})
            self.assertEqual(report["received"]["bytes"], self.SENT)
            self.assertEqual(report["sent"]["bytes"], self.SENT - 1000)
            self.assertIn(f"iperf3 {version} counts 1000 bytes fewer as sent than arrived, on 1 stream: its account lacks "
                          "the block that a stream was writing at the end (iperf3 3.16 and later); the receiver's is whole",
                          report["notes"])

    def test_older_versions_and_more_than_a_block_have_no_such_excuse(self):
        for version, length, missing in (("3.12", 131072, 1000), ("3.18", 4096, 4097)):
            report = self.report(self.SENT - missing, client_version=version, len=length)
            self.assertEqual(report["received"]["bytes"], self.SENT)
            self.assertIn(f"stream 1: the client counts {self.SENT - missing} bytes as sent, {self.SENT} arrived",
                          report["notes"])

    def test_members_that_only_newer_versions_send(self):
        """Constructed from the source of 3.20 and 3.21 (iperf_api.c, send_parameters); no such program was run."""
        report = self.report(self.SENT, client_version="3.21", udp_counters_64bit=1, repeating_payload=1,
                             dont_fragment=1, skip_rx_copy=1, fqrate=0)
        self.assertEqual(report["outcome"], {"status": "completed"})
        self.assertEqual(report["received"]["bytes"], self.SENT)
