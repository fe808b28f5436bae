"""`zcrx-bench demo` needs nothing: no NIC, no second machine, no privileges."""

from harness import EXECUTABLE, NOBODY, HostCase, needs_namespaces, needs_root
from process import run


class DemoTests(HostCase):
    def shows_every_mode(self, finished):
        self.ended(finished)
        for mode in ("epoll", "discard"):
            self.assertIn(mode, finished.stdout)
        self.assertIn("not received into user memory", finished.stdout)

    @needs_namespaces
    def test_as_root(self):
        before = run("ip", "-o", "link").stdout
        finished = run(EXECUTABLE, "demo", seconds=50)
        self.shows_every_mode(finished)
        self.assertIn("veth", finished.stdout)
        self.assertEqual(run("ip", "-o", "link").stdout, before, "nothing is left behind")
        self.assertEqual(run("ip", "netns").stdout, "")

    @needs_root
    def test_as_nobody(self):
        finished = run(*NOBODY, EXECUTABLE, "demo", seconds=50)
        self.shows_every_mode(finished)
        self.assertIn("loopback", finished.stdout)

    @needs_root
    def test_server_and_client_as_nobody(self):
        server = self.serve("-J", "-1", prefix=NOBODY)
        self.assert_exact(self.document(self.iperf3(server.port, "-n", "5M", "-J")))
        self.document(server.finished())
        server = self.serve()
        client = run(*NOBODY, EXECUTABLE, "client", "127.0.0.1", "-p", server.port, "-n", "5M", "-J")
        self.assert_exact(self.document(client))
