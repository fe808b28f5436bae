"""Network namespaces without names: each lives as long as the process that holds it, so nothing can be left behind."""

import itertools
import json

from process import Program, run, until

_numbers = itertools.count()


class Namespace:
    """A second machine: a network namespace joined to the tests' own by a veth pair.

    The tests' end is 10.N.0.1 and fd00:N::1, the far end `address4` and `address6`.
    """

    def __init__(self, mtu=1500):
        number = next(_numbers)
        self.holder = Program("unshare", "--net", "sleep", "infinity")
        self.prefix = ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net")
        self.near, self.far = f"near{number}", f"far{number}"
        self.near4, self.address4 = f"10.{number}.0.1", f"10.{number}.0.2"
        self.near6, self.address6 = f"fd00:{number:x}::1", f"fd00:{number:x}::2"
        try:
            until(lambda: self._is_separate(), what="the namespace exists")
            self._ip("link", "add", self.near, "mtu", mtu, "type", "veth", "peer", "name", self.far, "mtu", mtu,
                     "netns", self.holder.pid)
            for prefix, device, four, six in (
                    ((), self.near, self.near4, self.near6), (self.prefix, self.far, self.address4, self.address6)):
                self._ip("addr", "add", f"{four}/24", "dev", device, prefix=prefix)
                self._ip("addr", "add", f"{six}/64", "dev", device, "nodad", prefix=prefix)
                self._ip("link", "set", device, "up", prefix=prefix)
            self._ip("link", "set", "lo", "up", prefix=self.prefix)
            # Both ends are up a moment after the second was set up; who reads the state meanwhile finds it changing.
            for prefix, device in (((), self.near), (self.prefix, self.far)):
                until(lambda: " state UP " in run(*prefix, "ip", "-o", "link", "show", "dev", device).stdout,
                      what=f"{device} is up")
        except BaseException:
            self.close()
            raise

    def _is_separate(self):
        def inode(pid):
            return run("readlink", f"/proc/{pid}/ns/net").stdout

        return inode(self.holder.pid) != inode("self")

    def _ip(self, *arguments, prefix=()):
        finished = run(*prefix, "ip", *arguments)
        if finished.status:
            raise AssertionError(f"cannot set up the namespace: {finished}")

    def sent(self):
        """Bytes that went to the far end."""
        links = json.loads(run("ip", "-s", "-j", "link", "show", "dev", self.near).stdout)
        return links[0]["stats64"]["tx"]["bytes"]

    def set_mtu(self, mtu):
        """At both ends."""
        self._ip("link", "set", self.near, "mtu", mtu)
        self._ip("link", "set", self.far, "mtu", mtu, prefix=self.prefix)

    def cut(self):
        """Takes the link down: packets vanish, no connection is closed."""
        self._ip("link", "set", self.near, "down")

    def close(self):
        """Takes the veth pair away and ends the holder.

        Left to the kernel, the pair would stay as long as the namespace, and that as long as a socket in it still
        tries to deliver what its dead owner sent: minutes, after `cut`.
        """
        run("ip", "link", "del", self.near)
        self.holder.kill()
