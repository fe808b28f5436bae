"""The static executable resolves names: the linker's remark about getaddrinfo is why this is tested."""

import os
import tempfile
from pathlib import Path

from harness import EXECUTABLE, HostCase, needs_namespaces
from name_server import NameServer
from process import run


@needs_namespaces
class NameTests(HostCase):
    def setUp(self):
        for path in ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"):
            if not os.path.exists(path):
                self.skipTest(f"there is no {path} to cover")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.0.1 by-file.test\n")
        (self.folder / "nsswitch.conf").write_text("hosts: files dns\n")
        self.server = self.serve()

    def by_name(self, name, *options):
        """Runs our client in a mount namespace where /etc says what the test wrote."""
        covers = "; ".join(f"mount --bind {self.folder}/{file} $(realpath /etc/{file})"
                           for file in ("resolv.conf", "hosts", "nsswitch.conf"))
        script = f'set -e; {covers}; exec "$0" "$@"'
        return run("unshare", "--mount", "sh", "-c", script, EXECUTABLE, "client", name, "-p", self.server.port, "-n",
                   "1M", *options)

    def test_localhost(self):
        self.ended(self.by_name("localhost"))
        self.ended(self.by_name("localhost", "-4"))
        self.ended(self.by_name("localhost", "-6"))

    def test_a_name_from_the_hosts_file(self):
        self.ended(self.by_name("by-file.test"))

    def test_a_name_from_a_name_server(self):
        with NameServer({"by-dns.test": "127.0.0.1"}) as names:
            self.ended(self.by_name("by-dns.test"))
        self.assertIn("by-dns.test", names.asked)

    def test_a_name_nobody_knows(self):
        with NameServer({}) as names:
            finished = self.ended(self.by_name("nobody.test"), 1)
        self.assertIn("nobody.test", names.asked)
        self.assertIn("nobody.test", finished.stderr)

    def test_a_name_server_that_does_not_answer(self):
        finished = self.ended(self.by_name("by-dns.test"), 1)
        self.assertIn("by-dns.test", finished.stderr)

    def test_a_name_without_an_address_of_the_family_asked_for(self):
        with NameServer({"by-dns.test": "127.0.0.1"}):
            finished = self.ended(self.by_name("by-dns.test", "-6"), 1)
        self.assertIn("by-dns.test", finished.stderr)
