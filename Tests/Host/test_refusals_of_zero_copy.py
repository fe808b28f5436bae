"""Zero-copy receive on interfaces that cannot, and for users who may not: what is said, and with which status.

The running kernel may have zero-copy receive or not, so that each text has an alternative.
"""

from harness import EXECUTABLE, NOBODY, HostCase, needs_namespaces, needs_root
from process import run

NOT_SUPPORTED = 77
# What kernels without io_uring, or without zero-copy receive in it, are refused for.
NO_KERNEL = r"no zero-copy receive: |cannot create the io_uring"


class ZeroCopyRefusalTests(HostCase):
    def refused(self, pattern, *options, statuses=(NOT_SUPPORTED,), prefix=()):
        """The server does not start, and says why in one line."""
        finished = run(*prefix, EXECUTABLE, "server", "-p", "0", "-1", *options)
        self.assertIn(finished.status, statuses, finished)
        lines = [line for line in finished.stderr.splitlines() if ": error: " in line]
        self.assertEqual(len(lines), 1, finished)
        self.assertRegex(lines[0], f"{pattern}|{NO_KERNEL}")
        self.assertEqual(finished.stdout, "")
        return finished

    def reason_on(self, interface):
        """`auto` falls back in one line, and then receives."""
        server = self.serve("-i", interface, "-1")
        (line,) = [line for line in server.stdout.splitlines() if line.startswith("Reason: ")]
        self.assertRegex(line, rf"(driver \w+ has no zero-copy receive|no CAP_NET_ADMIN|{NO_KERNEL}).*"
                               r"; receiving with epoll instead$")
        self.ended(self.client(server.port, "-n", "1M"))
        self.ended(server.finished())

    @needs_root
    def test_loopback(self):
        self.refused(r"cannot bind queue 0 of lo .*EOPNOTSUPP .*driver lo has no zero-copy receive",
                     "--mode", "zc", "-i", "lo")

    def test_loopback_with_auto(self):
        self.reason_on("lo")

    @needs_root
    @needs_namespaces
    def test_a_veth_pair(self):
        self.ended(run("ip", "link", "add", "veth7", "type", "veth", "peer", "name", "veth8"))
        self.addCleanup(run, "ip", "link", "del", "veth7")
        self.ended(run("ip", "link", "set", "veth7", "up"))
        self.refused(r"EOPNOTSUPP .*driver veth has no zero-copy receive", "--mode", "zc", "-i", "veth7")
        self.reason_on("veth7")

    @needs_root
    def test_nobody(self):
        self.refused(r"EPERM .*no CAP_NET_ADMIN — run as root", "--mode", "zc", "-i", "lo", statuses=(1, NOT_SUPPORTED),
                     prefix=NOBODY)

    @needs_root
    def test_root_of_a_user_namespace(self):
        self.refused(r"EPERM .*only in a user namespace of its own.*outside the container", "--mode", "zc", "-i", "lo",
                     statuses=(1, NOT_SUPPORTED), prefix=("unshare", "--user", "--map-root-user"))

    @needs_root
    def test_without_a_device(self):
        """Where the kernel can, nothing is refused, and the server serves."""
        finished = run("timeout", "--preserve-status", "-s", "INT", "3", EXECUTABLE, "server", "-p", "0",
                       "--mode", "zc-copy", "--area-size", "1M")
        if finished.status != 0:
            self.assertEqual(finished.status, NOT_SUPPORTED, finished)
            self.assertRegex(finished.stderr, rf"cannot receive without a device|{NO_KERNEL}")

    def test_an_area_beyond_all_memory(self):
        self.refused(r"to be pinned, and the machine has \d+ MiB left|EPERM", "--mode", "zc", "-i", "lo", "--area-size",
                     "1T", statuses=(1, NOT_SUPPORTED))

    def test_what_does_not_exist_is_a_usage_error(self):
        for options in (("-i", "nosuch0"), ("-i", "lo", "-q", "7"), ("-i", "lo", "-q", "x")):
            for mode in ((), ("--mode", "zc")):
                with self.subTest(options=options, mode=mode):
                    self.refused("nosuch0|queue", *mode, *options, statuses=(64,))
