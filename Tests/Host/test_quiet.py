"""Ten thousand connections that have each sent a byte and gone quiet: what they cost the server."""

import resource
import signal
import socket
import time
import unittest

from harness import LOOPBACK, HostCase
from patience import Limit
from process import until
from suite import not_sanitized
from test_modes import io_uring_works

CONNECTIONS = 10_000
MEMORY_LIMIT = 64 << 20
# Clock ticks (10 ms) of the whole server in a window of so many seconds, once it is quiet.
TICKS, WINDOW = 4, 2
PATIENCE = 30

OPEN_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@not_sanitized("a sanitizer's own thread takes processor time, and its shadow memory")
@unittest.skipUnless(OPEN_FILES >= CONNECTIONS + 100, f"only {OPEN_FILES} open files are allowed")
class QuietTests(HostCase):
    def setUp(self):
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)

    def quiet(self, mode):
        server = self.serve("--mode", mode, "-J", "--workers", "1", "--idle-timeout", "0", "--interval", "0")
        connections = []
        try:
            for _ in range(CONNECTIONS):
                connection = socket.create_connection((LOOPBACK, server.port), 60)
                connections.append(connection)
                # No cookie begins with it: each is a raw stream at once.
                connection.sendall(b"!")
            # On a busy machine some wait for a second try, because the server's queue was full at their first.
            until(lambda: server.descriptors > CONNECTIONS, what=lambda: f"all are accepted, not {server.descriptors}")
            seen, limit = [], Limit(PATIENCE)
            while not seen or seen[-1] > TICKS:
                self.assertFalse(limit.is_over(), f"ticks in windows of {WINDOW} s: {seen}")
                before = server.processor_ticks()
                time.sleep(WINDOW)
                seen.append(server.processor_ticks() - before)
            self.assertLess(server.memory("VmHWM"), MEMORY_LIMIT)
        finally:
            for connection in connections:
                connection.close()

    def test_a_crowd_that_has_spoken_is_heard(self):
        """More at once than may wait unheard (half of the open files): none of them was silent."""
        server = self.serve("--idle-timeout", "0", prefix=("prlimit", "--nofile=200:200"))
        server.send(signal.SIGSTOP)
        crowd = [socket.create_connection((LOOPBACK, server.port), 60) for _ in range(150)]
        for connection in crowd:
            self.addCleanup(connection.close)
            connection.sendall(b"!")
        server.send(signal.SIGCONT)
        until(lambda: server.descriptors > 150, what=lambda: f"all are accepted, not {server.descriptors}")
        self.assertNotIn("to make room", server.stderr)

    def test_epoll(self):
        self.quiet("epoll")

    @unittest.skipUnless(io_uring_works(), "io_uring is switched off or forbidden")
    def test_uring(self):
        self.quiet("uring")
