"""Clients that break the protocol: after each the server serves the next one and has kept nothing (ServerCase)."""

import os
import resource
import signal
import socket
import struct
import sys
import threading
import time

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, documents
from iperf_peer import Client
from process import until


class BadParameterTests(ServerCase):
    def refused(self, payload):
        """Offers these bytes as the parameters' frame; the server must end the conversation."""
        with Client(self.port) as client:
            client.connect()
            iperf_peer.expect(client.control, iperf_peer.PARAM_EXCHANGE)
            try:
                client.control.sendall(payload)
                state, _ = client.refusal()
                self.assertIn(state, (iperf_peer.SERVER_ERROR, iperf_peer.ACCESS_DENIED, iperf_peer.SERVER_TERMINATE))
            except TimeoutError:
                self.fail("the server did not answer")
            except (iperf_peer.Unexpected, OSError):
                pass  # closing at once is an answer too

    def framed(self, text):
        return struct.pack("!I", len(text)) + text

    def test_over_8_KiB(self):
        self.refused(iperf_peer.frame(iperf_peer.parameters(title="t" * 9000)))

    def test_an_announced_frame_of_4_GiB_is_not_allocated(self):
        self.refused(struct.pack("!I", 0xFFFFFFFF) + b"{" * 100_000)
        self.assertLess(self.server.memory("VmHWM"), 160 << 20)

    def test_an_empty_frame(self):
        self.refused(self.framed(b""))

    def test_not_json(self):
        for text in (b"hello", b"{", b"[1,2", b"{\"tcp\":tru}", b"\0" * 50, b"\xff\xfe{}", b"null", b"[]", b"3"):
            with self.subTest(text=text):
                self.refused(self.framed(text))

    def test_json_that_no_sane_peer_sends(self):
        valid = b'"time":1,"num":0,"parallel":1,"len":131072'
        for name, text in {
            "duplicate keys": b'{"tcp":true,"tcp":false,' + valid + b"}",
            "invalid UTF-8": b'{"tcp":true,"title":"\xc0\xaf",' + valid + b"}",
            "depth": b'{"tcp":true,"title":' + b"[" * 3000 + b"]" * 3000 + b"," + valid + b"}",
            "trailing bytes": b'{"tcp":true,' + valid + b"} {}",
            "a number out of range": b'{"tcp":true,"omit":1e999,' + valid + b"}",
        }.items():
            with self.subTest(name):
                self.refused(self.framed(text))

    def test_wrong_types(self):
        for key in ("parallel", "len", "time", "num", "omit", "MSS", "window", "bandwidth"):
            for value in ("3", {}, [1], True, 1.5):
                with self.subTest(**{key: value}):
                    self.refused(iperf_peer.frame(iperf_peer.parameters(**{key: value})))

    def test_out_of_range(self):
        for changes in (
            {"parallel": 0}, {"parallel": -1}, {"parallel": 129}, {"parallel": 1 << 40}, {"len": 0}, {"len": -1},
            {"len": (1 << 20) + 1}, {"time": -1, "num": 0}, {"time": 86401, "num": 0}, {"omit": -1}, {"omit": 601},
            {"num": -1}, {"MSS": -1}, {"MSS": 1 << 20}, {"window": -1}, {"window": 1 << 40}, {"bandwidth": -1},
            {"num": 18446744073709551616},
        ):
            with self.subTest(**changes):
                self.refused(iperf_peer.frame(iperf_peer.parameters(**changes)))

    def test_a_congestion_control_the_kernel_does_not_have(self):
        self.refused(iperf_peer.frame(iperf_peer.parameters(congestion="x" * 4000)))
        with self.assertRaisesRegex(iperf_peer.Unexpected, "SERVER_ERROR"):
            Client(self.port).run(1, 1000, congestion="nonsense")
        self.server.says("nonsense")

    def test_129_streams_of_a_stock_client(self):
        finished = self.iperf3(self.port, "-P", "129", "-n", "1M")
        self.assertNotEqual(finished.status, 0)


class BadStreamTests(ServerCase):
    def test_a_data_connection_with_a_wrong_cookie_is_denied_and_the_right_one_served(self):
        with Client(self.port) as client:
            client.connect().offer()
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            stranger = client.open_stream(cookie=iperf_peer.new_cookie())
            stranger.settimeout(60)
            self.assertIn(stranger.recv(1), (b"\xff", b""))
            client.streams.remove(stranger)
            stranger.close()
            client.open_stream()
            client.start()
            client.streams[0].sendall(b"g" * 1000)
            self.assertEqual(client.finish([1000])["streams"][0]["bytes"], 1000)

    def test_more_data_connections_than_announced(self):
        with Client(self.port) as client:
            client.running(2, num=4000)
            surplus = client.connection()
            surplus.settimeout(60)
            try:
                surplus.sendall(client.cookie)
                self.assertIn(surplus.recv(1), (b"\xff", b""))
            except ConnectionResetError:
                pass
            surplus.close()
            for stream in client.streams:
                stream.sendall(b"s" * 2000)
            theirs = client.finish([2000, 2000])
            self.assertEqual([stream["bytes"] for stream in theirs["streams"]], [2000, 2000])

    def test_a_second_client_while_busy(self):
        with Client(self.port) as client:
            client.running(num=1000)
            finished = self.ended(self.iperf3(self.port, "-n", "1M"), 1)
            self.assertRegex(finished.stderr, r"(?i)busy|access denied")
            ours = self.ended(self.client(self.port, "-n", "1M"), 1)
            self.assertRegex(ours.stderr, r"(?i)busy")
            client.streams[0].sendall(b"b" * 1000)
            self.assertEqual(client.finish([1000])["streams"][0]["bytes"], 1000)

    def test_a_stream_that_resets_is_named_in_the_report(self):
        def misbehave():
            with Client(self.port) as client:
                client.running(3, num=30_000)
                for stream in client.streams:
                    stream.sendall(b"l" * 10_000)
                self.all_is_read()
                iperf_peer.reset(client.streams.pop(1))
                # The reset is there at once; the server may still be on its way to it when the end is told.
                time.sleep(0.3)
                try:
                    client.finish([10_000] * 3)
                except (iperf_peer.Unexpected, OSError):
                    pass  # whether the others go on is the server's choice

        report = self.reports_after(misbehave)[0]["zcrx_bench"]
        self.assertNotEqual(report["outcome"]["status"], "completed")
        self.assertEqual([bool(stream.get("failure")) for stream in report["streams"]].count(True), 1)
        self.assertEqual(sum(stream["received"]["bytes"] for stream in report["streams"]), 30_000)

    def test_200_silent_connections_do_not_keep_a_good_client_out(self):
        silent = [socket.create_connection((LOOPBACK, self.port), 60) for _ in range(200)]
        try:
            self.assert_exact(self.document(self.iperf3(self.port, "-n", "5M", "-P", "4", "-J")))
            self.assert_exact(self.document(self.client(self.port, "-n", "5M", "-P", "4", "-J")))
        finally:
            for connection in silent:
                connection.close()

    def test_a_peer_that_sends_byte_by_byte_is_served(self):
        with Client(self.port) as client:
            client.control = client.connection()

            def trickle(connection, data):
                for index in range(len(data)):
                    connection.sendall(data[index:index + 1])
                    time.sleep(0.002)

            trickle(client.control, client.cookie)
            iperf_peer.expect(client.control, iperf_peer.PARAM_EXCHANGE)
            trickle(client.control, iperf_peer.frame(iperf_peer.parameters(num=500)))
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            stream = client.connection()
            client.streams.append(stream)
            trickle(stream, client.cookie)
            client.start()
            trickle(stream, b"t" * 500)
            iperf_peer.send_state(client.control, iperf_peer.TEST_END)
            iperf_peer.expect(client.control, iperf_peer.EXCHANGE_RESULTS)
            trickle(client.control, iperf_peer.frame(iperf_peer.results([500])))
            theirs = iperf_peer.receive_json(client.control)
            iperf_peer.expect(client.control, iperf_peer.DISPLAY_RESULTS)
            iperf_peer.send_state(client.control, iperf_peer.IPERF_DONE)
        self.assertEqual(theirs["streams"][0]["bytes"], 500)


class BadControlTests(ServerCase):
    """The control connection ends, or says nonsense, in every phase."""

    def in_every_phase(self, action):
        for phase in Client.PHASES:
            with self.subTest(phase=phase):
                with Client(self.port) as client:
                    client.reach(phase, 2, 50_000)
                    action(client)
                self.assert_survived()

    def test_closed(self):
        self.in_every_phase(lambda client: client.control.close())

    def test_reset(self):
        self.in_every_phase(lambda client: iperf_peer.reset(client.control))

    def test_everything_reset(self):
        def tear_down(client):
            for connection in [client.control, *client.streams]:
                iperf_peer.reset(connection)

        self.in_every_phase(tear_down)

    def test_half_closed(self):
        def half_close(client):
            client.control.shutdown(socket.SHUT_WR)
            self.reads_to_the_end(client.control)

        self.in_every_phase(half_close)

    def reads_to_the_end(self, connection):
        """The server gives the connection up; a silent one runs into the time limit."""
        connection.settimeout(60)
        try:
            while connection.recv(65536):
                pass
        except ConnectionResetError:
            pass

    def test_states_that_do_not_exist_or_do_not_belong_here(self):
        for phase in ("streams", "running"):
            for state in (0, 3, 99, -3, -128, iperf_peer.TEST_START, iperf_peer.PARAM_EXCHANGE,
                          iperf_peer.IPERF_DONE, iperf_peer.DISPLAY_RESULTS):
                with self.subTest(phase=phase, state=state):
                    with Client(self.port) as client:
                        client.reach(phase)
                        iperf_peer.send_state(client.control, state)
                        self.reads_to_the_end(client.control)
                    self.assert_survived()

    def test_the_client_terminates_the_running_test(self):
        def terminate():
            with Client(self.port) as client:
                client.reach("running", 2, 50_000)
                self.all_is_read()
                iperf_peer.send_state(client.control, iperf_peer.CLIENT_TERMINATE)

        report = self.reports_after(terminate)[0]
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "partial")
        self.assertEqual(report["end"]["sum_received"]["bytes"], 100_000)

    def test_results_that_are_none(self):
        for name, payload in {
            "not JSON": iperf_peer.frame(None)[:4] + b"nope",
            "an array": iperf_peer.frame([1, 2]),
            "no streams": iperf_peer.frame({"cpu_util_total": 1}),
            "unknown stream": iperf_peer.frame(iperf_peer.results([1] * 9)),
            "negative": iperf_peer.frame(iperf_peer.results([-1, -1])),
            "an announced 4 GiB": b"\xff\xff\xff\xff" + b"[" * 100_000,
            "64 MiB": struct.pack("!I", 64 << 20) + b" " * (2 << 20),
        }.items():
            with self.subTest(name):
                with Client(self.port) as client:
                    client.reach("end", 2)
                    try:
                        client.control.sendall(payload)
                        client.control.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass  # it was closed already
                    self.reads_to_the_end(client.control)
                self.assert_survived()
        self.assertLess(self.server.memory("VmHWM"), 160 << 20)

    def test_a_client_that_claims_to_have_sent_more_delays_the_end_by_a_second_at_most(self):
        honest = self.seconds_to_finish(50_000)
        for claim in (50_001, 1 << 63, (1 << 64) - 1):
            with self.subTest(claim=claim):
                # As long as an honest one, a second, and as much again for what the machine does besides.
                self.assertLess(self.seconds_to_finish(claim), 3 * honest + 2.5)

    def seconds_to_finish(self, claim):
        with Client(self.port) as client:
            client.running(num=50_000)
            client.streams[0].sendall(b"m" * 50_000)
            started = time.monotonic()
            theirs = client.finish([claim])
            self.assertEqual(theirs["streams"][0]["bytes"], 50_000)
            return time.monotonic() - started


class KilledClientTests(ServerCase):
    def test_a_stock_client_killed_in_the_middle(self):
        def kill():
            client = self.start_sending("iperf3", "-c", LOOPBACK, "-p", self.port, "-t", "30", "-P", "4")
            client.send(signal.SIGKILL)
            client.finished()

        report = self.reports_after(kill)[0]
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "partial")
        self.assertGreater(report["end"]["sum_received"]["bytes"], 0)
        self.assertIn("error", report)

    def test_our_client_killed_in_the_middle(self):
        def kill():
            client = self.start_sending(EXECUTABLE, "client", LOOPBACK, "-p", self.port, "-t", "30", "-P", "4")
            client.send(signal.SIGKILL)
            client.finished()

        report = self.reports_after(kill)[0]
        self.assertEqual(report["zcrx_bench"]["outcome"]["status"], "partial")
        self.assertGreater(report["end"]["sum_received"]["bytes"], 0)

    def test_two_clients_race_for_the_server(self):
        outcomes = []

        def race():
            outcomes.append(self.iperf3(self.port, "-n", "20M").status)

        for _ in range(10):
            racers = [threading.Thread(target=race) for _ in range(4)]
            for racer in racers:
                racer.start()
            for racer in racers:
                racer.join()
        self.assertIn(0, outcomes)
        self.assertLessEqual(set(outcomes), {0, 1})


class LateConnectionTests(ServerCase):
    def test_a_late_data_connection_of_a_dead_test_is_turned_away_at_once(self):
        before = len(self.reports())
        with Client(self.port) as client:
            client.reach("parameters")
            iperf_peer.expect(client.control, iperf_peer.CREATE_STREAMS)
            client.control.close()
            until(lambda: self.server.descriptors <= self.idle_descriptors, what="the test is dead")
            late = client.open_stream()
            late.settimeout(3)
            self.assertEqual(iperf_peer.receive_state(late), iperf_peer.ACCESS_DENIED)
            self.assertEqual(late.recv(1), b"")
        # Free at once: no session waits for what a data connection never says.
        self.ended(self.iperf3(self.port, "-n", "100K", "-T", "the next"))
        until(lambda: any(report.get("title") == "the next" for report in self.reports()), what="the next test's document")
        # Of the dead test there may be one.
        self.assertLessEqual(len(self.reports()) - before, 2)

    def test_the_same_cookie_serves_again_after_a_whole_test(self):
        first = Client(self.port)
        first.run(1, 1000)
        again = Client(self.port)
        again.cookie = first.cookie
        self.assertEqual(again.run(1, 1000)["streams"][0]["bytes"], 1000)


class PortThiefTests(HostCase):
    """A listener that is opened again (-w) leaves no moment in which somebody else can take its port."""

    THIEF = """
import errno, socket, sys, time
port, stolen, end = int(sys.argv[1]), 0, time.monotonic() + 60
print("stealing", flush=True)
while time.monotonic() < end:
    for family, host in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):
        thief = socket.socket(family)
        try:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            thief.bind((host, port))
            thief.listen()
            print("stolen", flush=True)
            time.sleep(60)
        except OSError:
            pass
        finally:
            thief.close()
"""

    def test_nobody_takes_the_port_while_it_is_opened_again(self):
        server = self.serve("-J")
        thief = self.start(sys.executable, "-c", self.THIEF, server.port)
        thief.says("stealing")
        for _ in range(15):
            self.ended(self.iperf3(server.port, "-n", "100K", "-w", "200K"))
        self.assertNotIn("stolen", thief.stdout)
        self.ended(server.stop())
        self.assertEqual(len(documents(server.stdout)), 15)
        # It would have, had there been a moment: the port is free now.
        thief.says("stolen")


class ListenerWithoutDescriptorsTests(HostCase):
    def test_a_listener_that_cannot_be_opened_again_listens_on(self):
        """No descriptor is left for a second socket when the client asks for its buffers."""
        server = self.serve("-J", "--idle-timeout", "5")
        with Client(server.port) as client:
            client.connect()
            iperf_peer.expect(client.control, iperf_peer.PARAM_EXCHANGE)
            before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
            # The lowest free number is the limit: the next descriptor is refused.
            taken = {int(number) for number in os.listdir(f"/proc/{server.pid}/fd")}
            lowest = next(number for number in range(1000) if number not in taken)
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (lowest, before[1]))
            client.control.sendall(iperf_peer.frame(iperf_peer.parameters(window=200_000)))
            self.assertEqual(client.refusal()[0], iperf_peer.SERVER_ERROR)
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
        until(lambda: self.iperf3(server.port, "-n", "100K", "-w", "200K").status == 0, 10, 0.1, "it serves again")
        self.ended(server.stop())
