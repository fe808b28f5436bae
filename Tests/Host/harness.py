"""What the host tests share: the tool, servers that are looked after, checks on what iperf3 and the tool say."""

import json
import os
import shutil
import socket
import time
import unittest

import isolation
from process import SECONDS, Overdue, Program, run, sent_bytes, until
from suite import SANITIZER

EXECUTABLE = os.environ.get("ZCRX_BENCH", "zcrx-bench")
LOOPBACK = "127.0.0.1"
# Runs a program as nobody, where the tests are root.
NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
# An idle server may use 25 MiB; what malloc keeps after a test of 128 streams comes on top.
RESIDENT_LIMIT = (480 if SANITIZER else 160) << 20
# The thread sanitizer starts a program, once, that names the functions of what it then holds no race.
SYMBOLIZER_DESCRIPTORS = 4 if SANITIZER == "thread" else 0

needs_namespaces = unittest.skipUnless(
    isolation.kind(), "needs network namespaces, which the kernel refuses to this user")
needs_root = unittest.skipUnless(isolation.kind() == "root", "needs root outside of any user namespace")


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


def free_port():
    """A TCP port nobody uses, in either family."""
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::", 0))
        return probe.getsockname()[1]


def documents(text):
    """The whole JSON documents of a text, one after the other; a last one that is still being written is left out."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return found
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            if text.endswith("\n}\n"):
                raise
            return found
        found.append(value)


def start_server(*options, port=None, prefix=(), command=(EXECUTABLE, "server"), **where):
    """Starts `zcrx-bench server` (or another server) and waits until it listens."""
    port = port or free_port()
    server = Program(*prefix, *command, "-p", port, *options, **where)
    server.port = port
    try:
        until(lambda: not server.running or server.listens(port), what="the server listens")
        if not server.running:
            raise Overdue(f"the server ended: {server.finished()}")
    except BaseException:
        server.kill()
        raise
    return server


class HostCase(unittest.TestCase):
    """Starts programs and ends them with the test, whatever happens."""

    def start(self, *command, **options):
        program = Program(*command, **options)
        self.addCleanup(program.kill)
        return program

    def start_sending(self, *command, **options):
        """Starts a client over loopback; it is in the midst of its test when this returns."""
        before = sent_bytes("lo")
        program = self.start(*command, **options)
        until(lambda: sent_bytes("lo") > before + (4 << 20) or not program.running, what="the client sends")
        return program

    def serve(self, *options, **where):
        server = start_server(*options, **where)
        self.addCleanup(server.kill)
        return server

    def serve_iperf3(self, *options, **where):
        return self.serve(*options, command=("iperf3", "-s"), **where)

    def client(self, port, *options, host=LOOPBACK, seconds=SECONDS):
        """Runs `zcrx-bench client` to its end."""
        return run(EXECUTABLE, "client", host, "-p", port, *options, seconds=seconds)

    def iperf3(self, port, *options, host=LOOPBACK, seconds=SECONDS):
        """Runs a stock `iperf3 -c` to its end."""
        return run("iperf3", "-c", host, "-p", port, *options, seconds=seconds)

    def ended(self, finished, status=0):
        self.assertEqual(finished.status, status, f"\n{finished}")
        return finished

    def document(self, finished, status=0):
        """The one JSON document a program printed."""
        self.ended(finished, status)
        try:
            found = documents(finished.stdout)
        except ValueError as problem:
            self.fail(f"not JSON ({problem}): {finished}")
        self.assertEqual(len(found), 1, f"documents in\n{finished}")
        return found[0]

    def assert_exact(self, document):
        """Sent and received agree to the byte, in total and for each stream."""
        end = document["end"]
        sent, received = end["sum_sent"]["bytes"], end["sum_received"]["bytes"]
        self.assertGreater(sent, 0)
        self.assertEqual(sent, received)
        for stream in end["streams"]:
            self.assertEqual(stream["sender"]["bytes"], stream["receiver"]["bytes"])
        self.assertEqual(sum(stream["sender"]["bytes"] for stream in end["streams"]), sent)
        return sent


class ServerCase(HostCase):
    """One server for all tests of a class; each test must leave it as idle as it found it."""

    server_options = ("-J",)

    @classmethod
    def setUpClass(cls):
        cls.server = start_server(*cls.server_options)
        cls.addClassCleanup(cls.server.kill)
        cls.port = cls.server.port
        # The first test may load what stays loaded (name service, thread stacks): what is idle is seen after it.
        run("iperf3", "-c", LOOPBACK, "-p", cls.port, "-n", "100K")
        cls.idle_descriptors, cls.idle_threads = cls.what_stays(cls.server)

    @staticmethod
    def what_stays(server):
        """(descriptors, threads) once the server's last test is over: for half a second neither of them falls."""
        least, since = (server.descriptors, server.threads), time.monotonic()
        while time.monotonic() - since < 0.5:
            now = server.descriptors, server.threads
            if now[0] < least[0] or now[1] < least[1]:
                least, since = now, time.monotonic()
            time.sleep(0.02)
        return least

    def tearDown(self):
        self.assert_survived()

    def assert_survived(self):
        """The server still serves a stock iperf3, and nothing of this test stayed in it."""
        server, attempts, title = self.server, [], f"after {self.id()} {time.monotonic()}"

        def served():
            attempts.append(self.iperf3(self.port, "-n", "100K", "-T", title))
            return attempts[-1].status == 0

        def idle():
            return server.descriptors <= self.idle_descriptors + SYMBOLIZER_DESCRIPTORS and server.threads <= self.idle_threads

        self.assertTrue(server.running, f"the server ended: {server.result(server.process.poll())}")
        until(served, step=0.1, what=lambda: f"a stock iperf3 is served: {attempts[-1]}\n{server.result(None)}")
        until(idle, step=0.05, what=lambda: (
            f"{server.descriptors} descriptors and {server.threads} threads become the "
            f"{self.idle_descriptors} and {self.idle_threads} of an idle server"))
        self.assertLess(server.memory(), RESIDENT_LIMIT)
        # The last report may still be on its way into the file; the next test counts reports.
        if "-J" in self.server_options:
            until(lambda: title in server.stdout, what=lambda: f"the report of '{title}': {server.result(None)}")
        written = None
        while written != server.stdout:
            written = server.stdout
            time.sleep(0.02)

    def all_is_read(self):
        """Waits until the server has read all that has come to it."""
        until(lambda: not self.server.unread(self.port), what="the server reads")

    def reports(self):
        """Every document the server printed so far."""
        return documents(self.server.stdout)

    def reports_after(self, action, count=1, seconds=SECONDS):
        """The documents the server printed because of `action()`: at least `count` of them."""
        before = len(self.reports())
        action()
        until(lambda: len(self.reports()) >= before + count, seconds, 0.05,
              what=lambda: f"{count} more reports after the first {before}: {self.server.result(None)}")
        return self.reports()[before:]

    def both(self, client):
        """The document of `client()`, which returns a finished program, and the server's of the same test."""
        finished = []
        reports = self.reports_after(lambda: finished.append(client()))
        document = self.document(finished[0])
        self.assertEqual(len(reports), 1, "one report a test")
        return document, reports[0]
