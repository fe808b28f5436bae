"""What we do not do is refused in the protocol's own words: iperf3 prints a sensible message and ends."""

import iperf_peer
from harness import ServerCase
from process import run

# iperf_api.h of iperf3: IEUNIMP.
NOT_IMPLEMENTED = 13


class RefusalTests(ServerCase):
    def refused(self, *options):
        finished = self.ended(self.iperf3(self.port, "-t", "1", *options), 1)
        self.assertRegex(finished.stderr, r"iperf3: error - .*(not implemented|unimplemented)", str(finished))
        # With -J iperf3 3.12 ends with status 0 whatever happened; the document has the error.
        finished = self.iperf3(self.port, "-t", "1", "-J", *options)
        document = self.document(finished, finished.status)
        self.assertRegex(document["error"], r"not implemented|unimplemented")

    def test_udp(self):
        self.refused("-u")

    def test_reverse(self):
        self.refused("-R")

    def test_bidirectional(self):
        self.refused("--bidir")

    def test_sctp(self):
        if "SCTP" not in run("iperf3", "--version").stdout:
            self.skipTest("this iperf3 was built without SCTP")
        self.refused("--sctp")

    def test_authentication_and_more_by_their_keys(self):
        for changes in ({"authtoken": "c2VjcmV0"}, {"udp": True, "tcp": None}, {"sctp": True, "tcp": None},
                        {"reverse": True}, {"bidirectional": True}):
            with self.subTest(**changes), iperf_peer.Client(self.port) as client:
                client.connect().offer(iperf_peer.parameters(**changes))
                self.assertEqual(client.refusal(), (iperf_peer.SERVER_ERROR, NOT_IMPLEMENTED))

    def test_the_reason_stands_on_the_server_too(self):
        self.iperf3(self.port, "-u", "-t", "1")
        self.assertRegex(self.server.stderr + self.server.stdout, r"UDP")
