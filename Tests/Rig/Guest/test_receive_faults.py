"""Zero-copy receive when something is short, lost, late or refused: every byte arrives or is counted as lost."""

import time

import receiving
import softnic
from receiving import MIB, check_accounts


class FaultCase(receiving.Case):
    def setUp(self):
        super().setUp()
        self.steer(1)

    def checked(self, *options, **more):
        report, truth, sent = self.receive("-q", 1, "--verify", *options, **more)
        check_accounts(self, report, truth, sent)
        self.assertEqual(report["verification"]["checked_bytes"], sent)
        self.assertEqual(report["outcome"]["status"], "completed")
        return report, truth, sent


    def receive_linear(self, *options):
        """Linear bytes once the stream is under way: (status, report, truth, bytes sent)."""
        with receiving.Server("-i", "soft0", "-q", 1, "--idle-timeout", 60, *options) as server:
            softnic.reset_truth()
            with receiving.RawStreams() as streams:
                streams.send(20_000)
                streams.settle()
                with softnic.knob("linear_bytes", 100):
                    streams.send(MIB)
                    streams.settle()
                streams.end()
            return server.finish(), server.report, softnic.truth(), streams.total


class ShortageTests(FaultCase):
    def test_a_tiny_completion_queue_is_armed_again(self):
        report, _, _ = self.checked("--cq-entries", 16)
        self.assertEqual(report.queues[0]["memory"]["completion_entries"], 16)
        self.assertGreater(report.rearms("completion_queue_full"), 0)

    def test_the_smallest_completion_queue(self):
        self.checked("--cq-entries", 1, total=256 << 10)

    def test_a_tiny_area_is_refilled(self):
        """Every buffer comes and goes more than a hundred times: what is not given back is missed."""
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        self.addCleanup(softnic.ethtool, "-K", "soft0", "rx-gro-hw", "on")
        # The window is smaller than the area: otherwise what follows a lost packet may hold every buffer, and the packet
        # that is missing finds none.
        report, _, _ = self.checked("--area-size", "256K", "--rcvbuf", "32K", total=12 * MIB)
        self.assertGreater(report.count("completions"), 100 * 64)
        self.assertGreater(report.count("allocation_failures"), 0, "the driver found no buffer")
        self.assertEqual(report.count("backlog_high_water"), 0)

    def test_a_tiny_area_and_many_streams(self):
        self.checked("--area-size", "1M", flows=16, total=4 * MIB)

    def test_a_refill_ring_smaller_than_the_area_keeps_a_backlog_or_flushes(self):
        report, _, _ = self.checked("--area-size", "1M", "--rq-entries", 8, total=4 * MIB)
        self.assertEqual(report.queues[0]["memory"]["refill_entries"], 8)
        self.assertGreater(report.count("backlog_high_water") + report.count("flushes"), 0)

    def test_a_copy_that_finds_no_buffer(self):
        """The ring has taken all of the area, so what has to be copied finds nothing free: recv() takes it."""
        report, _, _ = self.receive_leaving("--area-size", "1M")
        self.assertGreater(report.rearms("no_buffer"), 0)
        self.assertGreater(report.count("drained_bytes"), 0)

    def test_linear_bytes_in_a_tiny_area_are_read_or_counted_as_lost(self):
        """A packet of which a part is in ordinary memory and a part in the area, while nothing is free to copy into."""
        status, report, truth, sent = self.receive_linear("--area-size", "1M")
        self.assertEqual(report.received + report.lost, sent)
        self.assertEqual(status, 1 if report.lost else 0)
        self.assertGreater(truth["injected_linear_bytes"], 0)
        check_accounts(self, report, truth, None)

    def test_the_pool_gives_nothing_now_and_then(self):
        before = softnic.queue_statistics()["rx", 1]["rx_alloc_fail"]
        with softnic.knob("pool_fail_every", 10):
            self.checked()
        self.assertGreater(softnic.queue_statistics()["rx", 1]["rx_alloc_fail"], before)

    def test_the_pool_gives_nothing_for_a_while(self):
        """The driver's ring loses a buffer with each frame, and is filled again afterwards."""
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        self.addCleanup(softnic.ethtool, "-K", "soft0", "rx-gro-hw", "on")
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server, receiving.RawStreams() as streams:
            softnic.reset_truth()
            streams.send(1000)
            streams.settle()
            # Not before: a ring that is empty from the start loses every frame, one failure for each.
            with softnic.knob("pool_fail_next", 40):
                streams.send(MIB)
                streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        check_accounts(self, report, truth, streams.total)
        self.assertEqual((truth["injected_pool_failures"], truth.uring_copied), (40, 0))

    def test_without_a_device_tiny_area_and_queue(self):
        with receiving.Server("--mode", "zc-copy", "--verify", "--area-size", "64K", "--cq-entries", 16) as server:
            softnic.reset_truth()
            sent = receiving.send_raw(2 * MIB, flows=4)
            self.assertEqual(server.finish(), 0, server.output)
            check_accounts(self, server.report, softnic.truth(), sent)
            self.assertGreater(server.report.count("flushes"), 0)


class StrictTests(FaultCase):
    """An area that nothing can be copied into."""

    def test_bytes_of_ordinary_pages_are_drained(self):
        report, truth, _ = self.receive_leaving("--area", "dmabuf")
        self.assertEqual(truth.uring_copied, 0)
        self.assertGreater(report.rearms("no_buffer"), 0)
        self.assertEqual(report.count("drained_bytes"), truth["soft0_page_bytes"])
        self.assertEqual(report.zero_copied, (truth["soft0_zero_copy_bytes"],) * 2)
        self.assertEqual(report.copied, (truth["soft0_page_bytes"],) * 2)

    def test_linear_bytes_are_lost_and_the_run_fails(self):
        """recv() refuses such a packet as a whole, and RECV_ZC cannot copy its beginning."""
        status, report, truth, sent = self.receive_linear("--area", "dmabuf")
        self.assertEqual(report.received + report.lost, sent)
        self.assertGreater(report.lost, 0)
        self.assertEqual((status, report["outcome"]["status"]), (1, "failed"))
        self.assertIn("could not be read", report["outcome"]["reason"])
        self.assertEqual(truth.uring_copied, 0)
        # Given up in steps that double: at most twice what had to be, and once what cannot be told from it.
        self.assertLessEqual(report.lost, 3 * truth["injected_linear_bytes"] + 4096)


class WireTests(FaultCase):
    def test_lost_and_overtaken_packets(self):
        with softnic.knob("drop_every", 17), softnic.knob("reorder_every", 7):
            self.checked()
        self.assertGreater(softnic.truth()["injected_drops"], 0)

    def test_the_link_goes_and_comes_back(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server:
            with receiving.RawStreams(2) as streams:
                streams.send_to_all(MIB // 4)
                softnic.set_knob("link_flap_ms", 200)
                streams.send_to_all(MIB // 4)
                streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            self.assertEqual(server.report.received, streams.total)
        self.assertEqual(softnic.truth()["injected_link_flaps"], 1)

    def test_the_interface_goes_down_and_comes_back(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server:
            with receiving.RawStreams() as streams:
                streams.send(MIB // 4)
                softnic.batch("link set soft0 down", "link set soft0 up", "addr replace fd09::1/64 dev soft0 nodad")
                streams.send(MIB // 4)
                streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            self.assertEqual(server.report.received, streams.total)

    def test_a_client_that_resets_does_not_keep_buffers(self):
        """Twice what the area holds, in tests one after the other, each reset with data under way."""
        with receiving.Server("-i", "soft0", "-q", 1, "--area-size", "1M", once=False) as server:
            for number in range(1, 5):
                with receiving.RawStreams() as streams:
                    streams.send(1000)
                    streams.settle()
                    # Before its first bytes are read it is no test yet, and its end none either.
                    softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
                    streams.send(MIB // 2)
                    # With data under way, unlike RawStreams.reset().
                    streams.sockets[0].setsockopt(
                        receiving.socket.SOL_SOCKET, receiving.socket.SO_LINGER, receiving.struct.pack("ii", 1, 0))
                softnic.wait_until(lambda: len(server.reports()) == number, what="the test's end")
                self.assertEqual(server.reports()[-1]["outcome"]["status"], "failed")
                self.assertIn("reset", server.reports()[-1]["outcome"]["reason"])
            sent = receiving.send_raw(2 * MIB)
            softnic.wait_until(lambda: len(server.reports()) == 5, what="the last test's end")
            self.assertEqual((server.reports()[-1].received, server.reports()[-1]["outcome"]["status"]),
                             (sent, "completed"))


class StrangerTests(FaultCase):
    """Who sends something else over a queue of ours is turned away there too, and keeps nothing of the area."""

    STRANGERS = (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"POST /a/long/path/" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 507)

    def test_requests_over_a_ring_are_refused_and_counted(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--area-size", "1M", "--verify") as server:
            for _ in range(3):
                for request in self.STRANGERS:
                    with softnic.connect(receiving.PORT, receiving.socket.AF_INET) as stranger:
                        stranger.sendall(request)
                        try:
                            self.assertEqual(stranger.recv(1), b"")
                        except ConnectionResetError:
                            pass
            sent = receiving.send_raw(2 * MIB)
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
        self.assertEqual((report.received, report["outcome"]["status"]), (sent, "completed"))
        self.assertIn("connections were refused since the report before: 6 began as an HTTP request, 3 began as a TLS hello",
                      report["notes"])


class LifeTests(FaultCase):
    def test_killed_while_the_socket_holds_every_buffer_then_started_again(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--area-size", "1M") as server, receiving.RawStreams() as streams:
            streams.send(64 << 10)
            server.process.send_signal(receiving.signal.SIGSTOP)
            # The area is used up, and what comes is dropped: nobody takes anything.
            stuck = receiving.Sender(self.send_until_stuck, streams)
            stuck.finish()
            self.assertGreater(softnic.queue_statistics()["rx", 1]["rx_alloc_fail"], 0)
            server.process.kill()
            server.process.wait()
            # It waits for the queue for 5 s, and does not start without.
            with receiving.Server("-i", "soft0", "-q", 1, "--mode", "zc", "--verify") as second:
                softnic.reset_truth()
                sent = receiving.send_raw(2 * MIB)
                self.assertEqual(second.finish(), 0, second.output)
                self.assertEqual((second.report.received, second.report.zero_copied[1]), (sent, sent))

    def send_until_stuck(self, streams):
        streams.sockets[0].settimeout(1)
        try:
            streams.sockets[0].sendall(bytes(16 * MIB))
        except TimeoutError:
            pass

    def test_a_queue_that_is_held_is_waited_for(self):
        with softnic.hold(1, seconds=1):
            with receiving.Server("-i", "soft0", "-q", 1, "--mode", "zc", "--verify") as server:
                sent = receiving.send_raw(MIB)
                self.assertEqual(server.finish(), 0, server.output)
                self.assertEqual(server.report.received, sent)

    def test_a_queue_that_stays_held_is_refused_after_five_seconds(self):
        started = time.monotonic()
        with softnic.hold(1), receiving.Server("-i", "soft0", "-q", 1, "--mode", "zc", wait=False) as server:
            self.assertEqual(server.finish(), 1)
            self.assertIn("EEXIST", server.output)
            self.assertIn("queue 1 of soft0", server.output)
        self.assertGreaterEqual(time.monotonic() - started, 5)

    def test_a_queue_that_does_not_start_is_refused(self):
        softnic.set_knob("fail_queue_start", 1)
        with receiving.Server("-i", "soft0", "-q", 1, "--mode", "zc", wait=False) as server:
            self.assertEqual(server.finish(), 1)
            self.assertIn("EIO", server.output)
        self.assertEqual(softnic.get_knob("fail_queue_start"), 0)
        self.assertFalse(softnic.is_bound(1))

    def test_refused_in_auto_mode_it_receives_by_copy(self):
        softnic.set_knob("fail_queue_start", 1)
        report, _, sent = self.receive_by_copy()
        self.assertEqual(report.received, sent)
        self.assertEqual(report["settings"]["mode"], "epoll")
        self.assertIn("EIO", report["settings"]["mode_reason"])

    def receive_by_copy(self):
        with receiving.Server("-i", "soft0", "-q", 1, "--verify") as server:
            sent = receiving.send_raw(MIB)
            self.assertEqual(server.finish(), 0, server.output)
            return server.report, softnic.truth(), sent

    def test_one_of_three_queues_refused_frees_the_others(self):
        with softnic.hold(3), receiving.Server("-i", "soft0", "-q", "1,2,3", "--mode", "zc", wait=False) as server:
            self.assertEqual(server.finish(), 1)
            self.assertIn("queue 3 of soft0", server.output)
            softnic.wait_until(lambda: not (softnic.is_bound(1) or softnic.is_bound(2)), what="unbinding")
