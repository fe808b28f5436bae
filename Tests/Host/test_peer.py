"""The Python peer speaks the protocol as stock iperf3 does: what the other tests conclude from it rests on this."""

import iperf_peer
from harness import HostCase
from process import until


class PeerTests(HostCase):
    def test_the_peer_drives_a_stock_server(self):
        for streams in (1, 3):
            # iperf3 closes its listener after each test and opens another one: a second test may be refused.
            server = self.serve_iperf3()
            with iperf_peer.Client(server.port) as client:
                client.running(streams)
                for stream in client.streams:
                    stream.sendall(b"\xa5" * 200_000)
                # iperf3 drops what it has not read when the test ends.
                until(lambda: client.all_acknowledged() and not server.unread(server.port), what="iperf3 has read it all")
                theirs = client.finish([200_000] * streams)
            self.assertEqual([stream["bytes"] for stream in theirs["streams"]], [200_000] * streams)
            self.assertEqual([stream["id"] for stream in theirs["streams"]], [1, 3, 4][:streams])

    def test_the_peer_serves_a_stock_client(self):
        with iperf_peer.Server() as server:
            document = self.document(self.iperf3(server.port, "-n", "5M", "-P", "3", "-J"))
            self.assertEqual(self.assert_exact(document), sum(server.byte_counts))
        self.assertIsNone(server.error)

    def test_the_peer_serves_itself(self):
        with iperf_peer.Server() as server:
            theirs = iperf_peer.Client(server.port).run(2, 100_000)
        self.assertIsNone(server.error)
        self.assertEqual([stream["bytes"] for stream in theirs["streams"]], [100_000] * 2)

    def test_a_wrong_cookie_is_noticed(self):
        with iperf_peer.Server(timeout=2) as server, iperf_peer.Client(server.port, timeout=2) as client:
            client.connect().offer()
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            client.open_stream(cookie=iperf_peer.new_cookie())
            with self.assertRaises(iperf_peer.Unexpected):
                client.start()
        self.assertIsInstance(server.error, iperf_peer.Unexpected)
