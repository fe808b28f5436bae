"""What the server costs when nothing happens, and that ten thousand visitors leave nothing behind."""

import selectors
import socket
import tempfile
import time
from pathlib import Path

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, needs
from patience import Limit
from process import run, until
from suite import SANITIZER, not_sanitized

SIZE_LIMIT = 22 << 20


@not_sanitized("its code is larger")
@needs("strip")
class SizeTests(HostCase):
    def test_the_executable_stripped_of_symbols_is_small(self):
        with tempfile.TemporaryDirectory() as folder:
            stripped = Path(folder, "zcrx-bench")
            self.ended(run("strip", "-o", stripped, EXECUTABLE))
            self.assertLess(stripped.stat().st_size, SIZE_LIMIT)


class IdleTests(HostCase):
    def rests(self, server, seconds, ticks=0):
        """The server comes to rest: in so many seconds it uses no more than these clock ticks."""

        def window():
            before = server.processor_ticks()
            time.sleep(seconds)
            used.append(server.processor_ticks() - before)
            return used[-1] <= ticks

        used = []
        until(window, 20, what=lambda: f"clock ticks in windows of {seconds} s: {used}")

    @not_sanitized("its memory is larger")
    def test_memory_and_processor_time(self):
        server = self.serve()
        self.rests(server, 2)
        self.assertLess(server.memory(), 25 << 20)

    @not_sanitized("its memory is larger")
    def test_after_a_test_it_is_as_idle_as_before(self):
        server = self.serve()
        self.ended(self.iperf3(server.port, "-n", "50M", "-P", "4"))
        self.rests(server, 1)
        self.assertLess(server.memory(), 40 << 20)

    def test_an_idle_connection_costs_no_processor_time(self):
        server = self.serve()
        with socket.create_connection((LOOPBACK, server.port), 5), iperf_peer.Client(server.port) as client:
            client.running(num=1000)
            # The sampler wakes once a second.
            self.rests(server, 1, ticks=2)


class ShortConnectionTests(ServerCase):
    server_options = ("-J",)

    def visit(self, count, data, batch=100):
        """`count` connections that each send `data`, close, and wait for the server's close."""
        done = 0
        while done < count:
            selector = selectors.DefaultSelector()
            opened = []
            for _ in range(min(batch, count - done)):
                connection = socket.create_connection((LOOPBACK, self.port), 60)
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                connection.setblocking(False)
                selector.register(connection, selectors.EVENT_READ)
                opened.append(connection)
            waiting, limit = len(opened), Limit(20)
            while waiting and not limit.is_over():
                for key, _ in selector.select(1):
                    try:
                        ended = not key.fileobj.recv(4096)
                    except ConnectionError:
                        ended = True
                    if ended:
                        selector.unregister(key.fileobj)
                        waiting -= 1
            for connection in opened:
                connection.close()
            selector.close()
            self.assertEqual(waiting, 0, "connections the server did not close")
            done += len(opened)

    def test_10_000_short_connections_leave_no_descriptor(self):
        before = self.server.memory()
        self.visit(6000, b"")
        self.visit(2000, b"x")
        self.visit(1000, iperf_peer.new_cookie()[:36])
        self.visit(1000, iperf_peer.new_cookie())
        self.assert_survived()
        # A sanitizer keeps for a while what was freed.
        self.assertLess(self.server.memory() - before, (96 if SANITIZER else 16) << 20)

    def test_300_tests_leave_nothing(self):
        self.iperf3(self.port, "-n", "1M", "-P", "4")
        before = self.server.memory()
        for _ in range(300):
            self.ended(self.iperf3(self.port, "-n", "1M", "-P", "4"))
        self.assertLess(self.server.memory() - before, 16 << 20)
