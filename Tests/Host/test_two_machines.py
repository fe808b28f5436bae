"""Two network namespaces joined by a veth pair: what loopback does not show."""

from harness import EXECUTABLE, HostCase, needs_namespaces
from namespace import Namespace
from process import until


@needs_namespaces
class TwoMachineTests(HostCase):
    def setUp(self):
        self.far = Namespace()
        self.addCleanup(self.far.close)

    def test_stock_client_to_our_server_over_ipv4_and_ipv6(self):
        server = self.serve("-J", prefix=self.far.prefix)
        for host in (self.far.address4, self.far.address6):
            for options in (("-t", "1"), ("-n", "50M", "-P", "8"), ("-n", "5M", "-M", "1000")):
                with self.subTest(host=host, options=options):
                    self.assert_exact(self.document(self.iperf3(server.port, "-J", *options, host=host)))

    def test_our_client_to_a_stock_server_over_ipv4_and_ipv6(self):
        for host in (self.far.address4, self.far.address6):
            server = self.serve_iperf3(prefix=self.far.prefix)
            with self.subTest(host=host):
                document = self.document(self.client(server.port, "-J", "-n", "50M", "-P", "8", host=host))
                # What iperf3 has not read when the test ends it drops, so no exact equality here.
                self.assertGreaterEqual(document["end"]["sum_sent"]["bytes"], 50 << 20)
                self.assertGreater(document["end"]["sum_received"]["bytes"], 0)

    def test_ours_verified_over_both_families(self):
        server = self.serve(prefix=self.far.prefix)
        for host in (self.far.address4, self.far.address6):
            with self.subTest(host=host):
                self.assert_exact(self.document(
                    self.client(server.port, "-J", "-n", "20M", "-P", "4", "--verify", host=host)))

    def test_the_segment_size_asked_for_is_the_one_reported(self):
        server = self.serve("-J", prefix=self.far.prefix)
        document = self.document(self.client(server.port, "-J", "-n", "5M", "-M", "1000", host=self.far.address4))
        # TCP timestamps take 12 bytes of each segment.
        self.assertIn(document["zcrx_bench"]["streams"][0]["tcp"]["send_mss"], (988, 1000))

    def test_nobody_is_reachable_behind_a_closed_port(self):
        finished = self.ended(self.client(9, "-n", "1M", host=self.far.address4), 1)
        self.assertRegex(finished.stderr, r"(?i)refused")

    def test_the_mtu_reported_is_that_of_the_end(self):
        server = self.serve("-J", "-1", prefix=self.far.prefix)
        client = self.start(EXECUTABLE, "client", self.far.address4, "-p", server.port, "-t", "2", "-J")
        until(lambda: self.far.sent() > 1 << 20, what="the test runs")
        self.far.set_mtu(9000)
        for program in (client, server):
            interface = self.document(program.finished())["zcrx_bench"]["environment"]["interface"]
            self.assertEqual(interface["mtu"], 9000)
