"""Every way of sending, against our server, a stock one, and peers that do not read or break the connection."""

import errno
import platform
import signal
import sys
import time
from pathlib import Path

import iperf_peer
import without_call
from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, needs_namespaces
from namespace import Namespace
from process import run, until

METHODS = ("write", "sendfile", "splice", "msg-zerocopy", "uring", "uring-zc")
NOTIFIED = ("msg-zerocopy", "uring-zc")
HANDOVER = {"write": "copied", "uring": "copied", "sendfile": "pages", "splice": "pages",
            "msg-zerocopy": "notified", "uring-zc": "notified"}
WITHOUT_CALL = (sys.executable, str(Path(without_call.__file__)))
VMSPLICE = {"x86_64": 278, "aarch64": 75}.get(platform.machine())


class SendPathTests(ServerCase):
    def sent(self, method, *options, host=LOOPBACK):
        document = self.document(self.client(self.port, "-J", "--send", method, *options, host=host))
        self.assert_exact(document)
        report = document["zcrx_bench"]
        self.assertEqual(report["settings"]["requested_send"], method)
        return report

    def test_verified_with_odd_blocks_and_several_streams(self):
        for method in METHODS:
            for options in (("-n", "3000001", "-l", "1000"), ("-n", "7M", "-l", "65537", "-P", "3"),
                            ("-n", "9M", "-l", "1M", "-P", "8"), ("-n", "1"), ("-n", "999", "-l", "1")):
                with self.subTest(method=method, options=options):
                    report = self.sent(method, "--verify", *options)
                    self.assertEqual(report["verification"]["checked_bytes"], report["sent"]["bytes"])
                    if method in NOTIFIED:
                        transmit = report["transmit"]
                        self.assertEqual(
                            sum(transmit[key] for key in ("zero_copied_bytes", "copied_bytes", "unsettled_bytes")),
                            report["sent"]["bytes"])

    def test_what_each_method_tells(self):
        for method in METHODS:
            with self.subTest(method=method):
                report = self.sent(method, "-n", "20M", "-l", "128K")
                transmit = report["transmit"]
                self.assertEqual(report["settings"]["send"], method)
                self.assertEqual(transmit["handover"], HANDOVER[method])
                copied = [note for note in report["notes"] if "zero-copy transmit was copied by the kernel" in note]
                if method in NOTIFIED:
                    # Over loopback the kernel copies whatever was asked for.
                    self.assertGreaterEqual(transmit["notifications"], 160)
                    self.assertEqual(transmit["copied_notifications"], transmit["notifications"])
                    self.assertEqual(transmit["copied_bytes"], 20 << 20)
                    self.assertIn("(loopback)", copied[0])
                else:
                    self.assertEqual(copied, [])
                    self.assertNotIn("notifications", transmit)
                self.assertEqual(transmit.get("copied_bytes"), None if transmit["handover"] == "pages" else 20 << 20)

    def test_for_a_time_with_bytes_in_flight_at_the_end(self):
        for method in METHODS:
            with self.subTest(method=method):
                self.sent(method, "-t", "1", "-P", "2", "--verify")

    def test_128_streams(self):
        for method in METHODS:
            with self.subTest(method=method):
                self.sent(method, "-n", "40M", "-P", "128", "-l", "64K")

    def test_ipv6(self):
        for method in METHODS:
            with self.subTest(method=method):
                self.sent(method, "-n", "10M", "-P", "2", "--verify", host="::1")

    def test_a_rate(self):
        for method in METHODS:
            with self.subTest(method=method):
                report = self.sent(method, "-b", "80M", "-t", "1", "--verify")
                # At most what is due, and the block that was begun.
                self.assertLess(report["sent"]["bytes"], 80e6 / 8 * (report["sent"]["end"] + 0.5))

    def test_the_default_over_loopback_is_splice_and_says_why(self):
        report = self.sent("auto", "-n", "10M")
        self.assertEqual(report["settings"]["send"], "splice")
        self.assertIn("this machine", report["settings"]["send_reason"])
        finished = self.ended(self.client(self.port, "-n", "10M"))
        self.assertIn(f"Sending with splice ({report['settings']['send_reason']})", finished.stdout)

    def test_an_unknown_method_is_refused_with_all_that_there_are(self):
        finished = self.ended(self.client(self.port, "--send", "teleport"), 64)
        for method in ("auto", *METHODS):
            self.assertIn(f"- {method}\n", finished.stderr)
        self.assertIn("sendfile", self.ended(self.client(self.port, "-Z", "--send", "splice"), 64).stderr)


class RefusingKernelTests(ServerCase):
    """What a seccomp filter takes away: named, it is an error before the server is asked; by default, the next is taken."""

    def without(self, number, *options):
        return run(*WITHOUT_CALL, number, errno.EPERM, EXECUTABLE, "client", LOOPBACK, "-p", self.port, *options)

    def test_rings_asked_for_by_name(self):
        before = len(self.reports())
        for method in ("uring", "uring-zc"):
            with self.subTest(method=method):
                finished = self.ended(self.without(without_call.IO_URING_SETUP, "--send", method, "-n", "1M"), 1)
                self.assertRegex(finished.stderr, r"cannot create an io_uring.*seccomp")
        self.assertEqual(len(self.reports()), before, "the server was not asked for a test")

    def test_other_methods_need_no_ring(self):
        for method in ("auto", "write", "sendfile", "splice", "msg-zerocopy"):
            with self.subTest(method=method):
                self.assert_exact(self.document(
                    self.without(without_call.IO_URING_SETUP, "--send", method, "-n", "5M", "-J")))

    def test_without_vmsplice_the_default_is_sendfile_and_says_why(self):
        if VMSPLICE is None:
            self.skipTest("the number of vmsplice is not known on this architecture")
        settings = self.document(self.without(VMSPLICE, "-n", "5M", "-J"))["zcrx_bench"]["settings"]
        self.assertEqual((settings["requested_send"], settings["send"]), ("auto", "sendfile"))
        self.assertIn("not splice: cannot lend pages to a pipe: vmsplice: Operation not permitted",
                      settings["send_reason"])
        self.ended(self.without(VMSPLICE, "--send", "splice", "-n", "1M"), 1)


class StockServerTests(HostCase):
    def test_every_method_into_a_stock_server(self):
        for method in METHODS:
            for options in (("-n", "20M"), ("-n", "20M", "-P", "8"), ("-t", "1")):
                with self.subTest(method=method, options=options):
                    server = self.serve_iperf3()
                    document = self.document(self.client(server.port, "-J", "--send", method, *options))
                    # What iperf3 has not read when the test ends it drops, so no exact equality here.
                    self.assertGreater(document["end"]["sum_received"]["bytes"], 0)
                    self.assertLessEqual(document["end"]["sum_received"]["bytes"], document["end"]["sum_sent"]["bytes"])
                    if options[0] == "-n":
                        self.assertEqual(document["end"]["sum_sent"]["bytes"], 20 << 20)


@needs_namespaces
class VethTests(HostCase):
    def setUp(self):
        self.far = Namespace()
        self.addCleanup(self.far.close)

    def test_every_method_over_both_families(self):
        server = self.serve(prefix=self.far.prefix)
        for method in METHODS:
            for host in (self.far.address4, self.far.address6):
                with self.subTest(method=method, host=host):
                    document = self.document(self.client(
                        server.port, "-J", "-n", "20M", "-P", "3", "-l", "99999", "--verify", "--send", method, host=host))
                    self.assert_exact(document)
                    notes = "\n".join(document["zcrx_bench"]["notes"])
                    self.assertEqual("copied by the kernel (veth" in notes, method in NOTIFIED)

    def test_the_default_is_splice_and_names_the_interface(self):
        server = self.serve(prefix=self.far.prefix)
        document = self.document(self.client(server.port, "-J", "-n", "5M", host=self.far.address4))
        settings = document["zcrx_bench"]["settings"]
        self.assertEqual(settings["send"], "splice")
        self.assertIn("is a veth", settings["send_reason"])

    def test_every_method_into_a_stock_server(self):
        for method in METHODS:
            with self.subTest(method=method):
                server = self.serve_iperf3(prefix=self.far.prefix)
                document = self.document(
                    self.client(server.port, "-J", "-n", "20M", "--send", method, host=self.far.address6))
                self.assertEqual(document["end"]["sum_sent"]["bytes"], 20 << 20)


@needs_namespaces
class NotificationMemoryTests(HostCase):
    """With little memory for notifications (net.core.optmem_max) the kernel answers ENOBUFS, and no byte is lost."""

    LIMIT = Path("/proc/sys/net/core/optmem_max")

    def test_notifications_run_out(self):
        far = Namespace()
        self.addCleanup(far.close)
        server = self.serve(prefix=far.prefix)
        before = self.LIMIT.read_text()
        self.addCleanup(self.LIMIT.write_text, before)
        # With 1 none has room, with 4096 a few, if they come together.
        for limit in ("1", "4096"):
            try:
                self.LIMIT.write_text(limit)
            except OSError as problem:
                self.skipTest(f"net.core.optmem_max cannot be set here: {problem}")
            with self.subTest(limit=limit):
                document = self.document(self.client(
                    server.port, "-J", "-n", "30M", "-l", "4K", "--verify", "--send", "msg-zerocopy", host=far.address4))
                self.assert_exact(document)
                refusals = document["zcrx_bench"]["transmit"]["refusals"]
                self.assertGreaterEqual(refusals, 1 if limit == "1" else 0)


class DeafServer(iperf_peer.Server):
    """Reads nothing of its streams."""

    seconds_for_the_last = 1

    def drain(self, index, stream):
        self.done.wait(self.timeout)


class StalledPeerTests(HostCase):
    def test_the_end_of_the_time_comes_though_the_peer_reads_nothing(self):
        # All at the same time, because they wait and compute nothing.
        servers = {method: self.enterContext(DeafServer()) for method in METHODS}
        clients = {method: self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-J", "-t", "1", "-P", "2",
                                      "--send", method) for method, server in servers.items()}
        for method, client in clients.items():
            with self.subTest(method=method):
                ended = client.finished()
                document = self.document(ended)
                self.assertIsNone(servers[method].error)
                self.assertEqual(document["end"]["sum_received"]["bytes"], 0)
                self.assertGreater(document["end"]["sum_sent"]["bytes"], 0)
                self.assertLess(document["end"]["sum_sent"]["seconds"], ended.seconds)
                transmit = document["zcrx_bench"]["transmit"]
                self.assertGreater(transmit["retries"], 0)
                if method in NOTIFIED:
                    # The peer's kernel acknowledges what its buffer takes; the rest is never told of.
                    self.assertGreater(transmit["unsettled_bytes"], 0)

    def test_an_interrupt_is_obeyed_though_the_peer_reads_nothing(self):
        for method in METHODS:
            with self.subTest(method=method):
                with DeafServer() as server:
                    client = self.start(
                        EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-J", "-t", "30", "--send", method)
                    until(lambda: server.byte_counts, what="the streams are there")
                    time.sleep(0.3)
                    client.send(signal.SIGINT)
                    document = self.document(client.finished(), 1)
                self.assertEqual(document["zcrx_bench"]["outcome"]["status"], "partial")

    def test_streams_that_are_reset(self):
        def reset_streams(server, control):
            iperf_peer.send_state(control, iperf_peer.TEST_RUNNING)
            until(lambda: all(server.byte_counts), what="bytes arrive")
            for stream in server.streams:
                iperf_peer.reset(stream)
            server.streams.clear()

        for method in METHODS:
            with self.subTest(method=method):
                with iperf_peer.Server({"running": reset_streams}) as server:
                    document = self.document(
                        self.client(server.port, "-J", "-t", "10", "-P", "2", "--send", method), 1)
                self.assertRegex(document["error"], r"(?i)reset|broken pipe")
                self.assertGreater(document["zcrx_bench"]["sent"]["bytes"], 0)

