"""A server that changes modes for its clients (`--allow-compare`): where their bytes really went, and what stays behind."""

import os
import re
import signal
import socket
import unittest.mock
from pathlib import Path

import iperf_peer
import lease
import receiving
import softnic
from receiving import PORT
from server_lease import ServerLeaseCase

COPYING = ("epoll", "uring", "mmap", "discard")
SIZE = 300_000
# What the conversation beside a stream has on its queue at most: the cookie, and what came before its rule.
BESIDE = receiving.conversation(1)
HELD = "the mode cannot be changed: queue 1 of soft0 is still held"
NAMES = ("io_uring", "eventpoll", "eventfd", "socket")


class Client(iperf_peer.Client):
    """In the peer's namespace, as a zcrx-bench client."""

    def __init__(self):
        super().__init__(PORT)

    def connection(self):
        made = softnic.connect(PORT)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def offer_test(self, count=1, size=SIZE, **extras):
        return self.connect().offer(
            iperf_peer.parameters(parallel=count, num=size * count, zcrx_bench={"version": "0", **extras}))

    def begin(self, count=1, size=SIZE, **extras):
        """A test whose bytes are all sent."""
        self.offer_test(count, size, **extras).open_streams(count).start()
        for stream in self.streams:
            stream.sendall(b"\xa5" * size)
        return self


class ComparingCase(ServerLeaseCase):
    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())

    def comparing(self, *options, queues="1", **how):
        return self.server("-q", queues, "--allow-compare", *options, once=False, **how)

    def ask(self, count=1, size=SIZE, look=lambda: None, **extras):
        """A whole test; (report, what the server told beside it, ground truth)."""
        softnic.reset_truth()
        with Client() as client:
            client.begin(count, size, **extras)
            look()
            told = client.finish([size] * count, zcrx_bench={"totals": []})["zcrx_bench"]
        report = receiving.Report(told["report"])
        self.assertEqual(report["outcome"]["status"], "completed", report)
        self.assertEqual(report.received, count * size)
        return report, told, softnic.truth()

    def check(self, mode, queue=1, **extras):
        """A test in a mode, held against what device and probe saw; its report."""
        bound = []
        report, _, truth = self.ask(look=lambda: bound.append(softnic.is_bound(queue)), mode=mode, **extras)
        self.assertEqual(report["settings"]["mode"], mode)
        self.assertEqual(bound, [mode == "zc"], "whether the queue was io_uring's")
        came_in = sum(truth.of_queues(kind).get(queue, 0) for kind in ("zero_copy_bytes", "page_bytes", "linear_bytes"))
        self.assertGreater(came_in, SIZE - BESIDE, f"{mode}: on queue {queue}: {truth}")
        self.assertEqual([(one["placement"]["queue"], one["placement"]["is_ours"]) for one in report["streams"]],
                         [(queue, True)])
        self.assertEqual(report["environment"]["interface"]["tcp_data_split"], "on")
        if mode == "zc":
            self.assertGreater(truth["soft0_zero_copy_bytes"], SIZE // 2)
            receiving.check_accounts(self, report, truth, SIZE, BESIDE)
        else:
            self.assertEqual(truth["soft0_zero_copy_bytes"], 0)
            self.assertEqual(truth.uring_copied, SIZE if mode == "zc-copy" else 0)
        return report


class ModesTests(ComparingCase):
    def test_each_mode_on_the_same_queue_and_cpu(self):
        workers = {}
        with self.comparing() as server:
            for mode in ("zc", "epoll", "zc-copy", "zc", *COPYING[1:], "zc-copy", "zc"):
                with self.subTest(mode):
                    report = self.check(mode)
                    workers[mode] = [(one["worker"], one["cpu"]) for one in report["placement"]["workers"]]
                self.assertEqual(softnic.rule_locations(), [])
            self.assertEqual(len({str(one) for one in workers.values()}), 1, workers)
            self.end(server)
        self.assertPutBack()

    def test_without_steering_they_come_in_elsewhere(self):
        """What the test before looks at can be otherwise."""
        with self.comparing("--steer", "none") as server:
            for mode in ("zc", "epoll"):
                with self.subTest(mode), self.assertRaises(AssertionError):
                    self.check(mode)
            self.end(server)
        self.assertPutBack()

    def test_several_queues_have_the_same_flows(self):
        found = {}
        with self.comparing(queues="1,2") as server:
            for mode in ("epoll", "zc", "zc-copy", "epoll"):
                # One stream, so that the next one's turn is at the other queue.
                self.ask(mode=mode)
                report, _, truth = self.ask(count=2, mode=mode)
                self.assertLessEqual({1, 2}, truth.queues)
                found[mode] = sorted((one["placement"]["queue"], cpu) for one in report["streams"]
                                     for cpu in [self.cpu_of(report, one["id"])])
            self.end(server)
        self.assertEqual(len({str(one) for one in found.values()}), 1, found)
        self.assertEqual([queue for queue, _ in found["zc"]], [1, 2])
        self.assertPutBack()

    def cpu_of(self, report, stream):
        return next(worker["cpu"] for worker in report["workers"] if stream in worker["streams"])

    def test_one_rule_for_the_port(self):
        """The control connection, too, comes in on a queue that is bound and unbound under it."""
        with self.comparing("--steer", "port") as server:
            for mode in ("zc", "epoll", "zc", "zc-copy", "zc", "discard", "zc"):
                with self.subTest(mode):
                    bound = []
                    report, _, truth = self.ask(look=lambda: bound.append(softnic.is_bound(1)), mode=mode)
                    self.assertEqual((report["settings"]["mode"], bound), (mode, [mode == "zc"]))
                    self.assertEqual(truth.queues, {1})
                    self.assertEqual(truth["soft0_zero_copy_bytes"] > SIZE // 2, mode == "zc")
            self.end(server)
        self.assertPutBack()

    def test_who_asks_for_nothing_has_zero_copy(self):
        with self.comparing() as server:
            for number, send in enumerate((receiving.send_iperf3, receiving.send_raw, receiving.send_ours)):
                self.check("epoll")
                softnic.reset_truth()
                send(SIZE)
                softnic.wait_until(lambda: len(server.reports()) == 2 * (number + 1), what="the report")
                self.assertEqual(server.reports()[-1]["settings"]["mode"], "zc")
                self.assertGreater(softnic.truth()["soft0_zero_copy_bytes"], 0)
            self.check("discard")
            report, told, _ = self.ask(asks_for_modes=True, mode="epoll")
            self.assertEqual(report["settings"]["mode"], "zc")
            self.assertEqual(told["modes"], {mode: {} for mode in ("zc", "zc-copy", *COPYING)})
            self.end(server)
        self.assertPutBack()


class OlderKernelTests(ComparingCase):
    """Rings without a device came with Linux 7.1."""

    def test_the_bound_queue_stands_in(self):
        with unittest.mock.patch.dict(os.environ, ZCRX_BENCH_WITHOUT_NODEV="1"), self.comparing() as server:
            label = "the bound queue, flow steered away"
            self.assertEqual(self.ask(asks_for_modes=True)[1]["modes"]["zc-copy"], {"label": label})
            for mode in ("zc", "epoll", "zc"):
                self.check(mode)
                bound = []
                report, _, truth = self.ask(look=lambda: bound.append(softnic.is_bound(1)), mode="zc-copy")
                self.assertEqual((report["settings"]["mode"], report["settings"]["mode_reason"]), ("zc-copy", label))
                self.assertEqual((bound, truth["soft0_zero_copy_bytes"]), ([True], 0))
                self.assertNotIn(1, truth.queues)
                self.assertGreater(truth.uring_copied, SIZE - BESIDE)
                self.assertEqual(report.zero_copied[0], 0)
            self.end(server)
        self.assertPutBack()

    def test_not_where_streams_are_not_steered_one_by_one(self):
        with unittest.mock.patch.dict(os.environ, ZCRX_BENCH_WITHOUT_NODEV="1"), \
                self.comparing("--steer", "port") as server:
            self.assertIn("--steer flow", self.ask(asks_for_modes=True)[1]["modes"]["zc-copy"]["unavailable"])
            self.end(server)
        self.assertPutBack()


class WishesTests(ComparingCase):
    def refusal(self, **extras):
        with Client() as client:
            client.offer_test(**extras)
            self.assertEqual(client.refusal(), (iperf_peer.SERVER_ERROR, 13))
        return self.ask(asks_for_modes=True)[1]["last_refusal"]

    def test_buffers_of_one_test(self):
        def buffers(**wish):
            return self.check("zc", **wish).queues[0]["memory"]["buffer_bytes"]

        with receiving.huge_pages(16), self.comparing("--hugepages") as server:
            self.assertEqual([buffers(), buffers(rx_buf_len=16384), buffers()], [4096, 16384, 4096])
            # No driver has pages of a gigabyte.
            reason = self.refusal(mode="zc", rx_buf_len=1 << 30)
            self.assertTrue(reason)
            self.check("zc")
            self.assertIn("no zero-copy memory", self.refusal(mode="epoll", rx_buf_len=4096))
            self.check("epoll")
            self.end(server)
        self.assertPutBack()

    def test_placement_of_one_test(self):
        with self.comparing() as server:
            places = {}
            for mode in ("zc", "epoll", "zc-copy"):
                report = self.check(mode, placement="other")
                self.assertEqual(report["placement"]["wish"], "other")
                places[mode] = [(one.get("cpu"), one["reason"]) for one in report["placement"]["workers"]]
            self.assertEqual(len({str(one) for one in places.values()}), 1, places)
            self.assertEqual(self.ask()[0]["placement"]["wish"], "auto")
            self.end(server)
        self.assertPutBack()

    def test_a_queue_that_somebody_took_meanwhile(self):
        """Going back fails, is said, and works once the queue is free."""
        with self.comparing() as server:
            self.check("epoll")
            with softnic.hold(1):
                self.assertRaises(iperf_peer.Unexpected, self.ask)
                softnic.wait_until(lambda: HELD in server.output, what=HELD)
                # In another mode the stream's bytes would lie in the holder's memory.
                with Client() as client:
                    client.offer_test(mode="discard")
                    self.assertEqual(client.refusal(), (iperf_peer.SERVER_ERROR, 13))
                self.assertRaises(iperf_peer.Unexpected, self.ask)
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
            self.check("zc")
            self.end(server)
        self.assertPutBack()


class LifeTests(ComparingCase):
    def resources(self, server):
        """What the process has: descriptors by kind, threads, pinned and mapped memory."""
        process = Path("/proc", str(server.process.pid))
        links = [os.readlink(path) for path in (process / "fd").iterdir()]
        status = process.joinpath("status").read_text()
        areas = sum(line.startswith("Size:") and int(line.split()[1]) >= 16384
                    for line in (process / "smaps").read_text().splitlines())
        return {
            **{name: sum(name in link for link in links) for name in NAMES}, "descriptors": len(links), "areas": areas,
            "threads": re.search(r"^Threads:\s+(\d+)", status, re.MULTILINE)[1],
            "pinned": re.search(r"^VmPin:\s+(\d+)", status, re.MULTILINE)[1]}

    def rest(self, server):
        """What a server has that has just had a test in its own mode."""
        self.check("zc")
        self.idle()
        return self.resources(server)

    def assertRests(self, server, before):
        """The kernel lets go of a closed ring's memory a little later."""
        now = [self.rest(server)]

        def is_as_before():
            softnic.let_go()
            now.append(self.resources(server))
            return now[-1] == before

        try:
            softnic.wait_until(is_as_before)
        except AssertionError:
            self.assertEqual(now[-1], before)

    def idle(self):
        """Until nothing is left of the client but what the kernel keeps for a while (TIME_WAIT)."""
        softnic.wait_until(
            lambda: {state for state, _ in receiving.sockets_of_port()} <= {"0A", "06"}, what="the client's end")

    def test_nothing_stays_behind(self):
        with self.comparing() as server:
            before = self.resources(server)
            self.assertEqual((before["io_uring"], before["areas"] > 0, before["pinned"]), (1, True, "16384"), before)
            for _ in range(2):
                for mode in ("epoll", "zc-copy", "discard", "zc", "zc-copy"):
                    self.check(mode)
                self.assertRests(server, before)
            self.end(server)
        self.assertPutBack()

    def test_clients_that_die_in_the_middle(self):
        with self.comparing() as server:
            before = self.resources(server)
            for mode in ("epoll", "zc-copy", "zc"):
                with Client() as client:
                    client.offer_test(mode=mode)
                    iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
                self.idle()
                with Client() as client:
                    client.begin(mode=mode)
                self.idle()
            self.assertRests(server, before)
            self.assertEqual(softnic.rule_locations(), [])
            self.end(server)
        self.assertPutBack()

    def test_signals_in_other_modes(self):
        for mode in ("epoll", "zc-copy", None):
            with self.subTest(mode), self.comparing() as server:
                with Client() as client:
                    if mode:
                        client.begin(mode=mode)
                    else:
                        # Told to end while it changes, or just after.
                        client.offer_test(mode="discard")
                    server.process.send_signal(signal.SIGTERM)
                    self.assertIn(server.finish(), (0, 1), server.output)
            lease.wait_for_guardians()
            self.assertPutBack()
