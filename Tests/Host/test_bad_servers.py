"""Our client against servers that break the protocol, vanish or stay silent: a message, exit status 1, nothing lost."""

import contextlib
import re
import signal
import socket
import struct
import time

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, HostCase, free_port, needs_namespaces
from iperf_peer import Server, hang_up, send_bytes, silence, tear_down
from namespace import Namespace
from process import sent_bytes, until


@contextlib.contextmanager
def full_listener():
    """The port of a listener whose queue is full, which lets further connections wait for ever."""
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.socket())
        full.bind((LOOPBACK, 0))
        full.listen(0)
        for _ in range(4):
            connection = sockets.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        yield full.getsockname()[1]


class BadServerCase(HostCase):
    def fails(self, port, *options, host=LOOPBACK):
        """Exit status 1, and a sentence on standard error or prominent in the report."""
        finished = self.ended(self.client(port, *options, host=host), 1)
        self.assertRegex(finished.stdout + finished.stderr, r"error: .*\w{3,} \w{3,}|\*\*\* (FAILED|PARTIAL): \w+ .*")
        return finished

    def fails_in_json(self, port, *options, host=LOOPBACK):
        document = self.document(self.client(port, "-J", *options, host=host), 1)
        self.assertTrue(document["error"])
        return document


class BadServerTests(BadServerCase):
    def test_nobody_listens(self):
        self.assertRegex(self.fails(free_port()).stderr, r"(?i)refused")
        self.assertRegex(self.fails_in_json(free_port())["error"], r"(?i)refused")

    def test_the_connection_ends_in_every_phase(self):
        for phase in Server.PHASES:
            for fault in (hang_up, tear_down):
                with self.subTest(phase=phase, fault=fault.__name__):
                    with Server({phase: fault}) as server:
                        self.fails(server.port, "-n", "10M")
                    with Server({phase: fault}) as server:
                        document = self.fails_in_json(server.port, "-n", "10M", "-P", "2")
                    if phase in ("results", "display"):
                        self.assertGreater(document["end"]["sum_sent"]["bytes"], 0, "what was measured is kept")

    def test_nonsense_in_every_phase(self):
        for phase in Server.PHASES:
            for nonsense in (b"\x63", b"\x00", b"\x80", b"\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10):
                with self.subTest(phase=phase, nonsense=nonsense):
                    with Server({phase: send_bytes(nonsense)}) as server:
                        self.fails(server.port, "-n", "1M")

    def test_the_servers_refusals_are_explained(self):
        for code, words in ((13, "implement"), (6, "stream"), (114, "param")):
            with self.subTest(code=code):
                refusal = struct.pack("!bii", iperf_peer.SERVER_ERROR, code, 0)
                with Server({"streams": send_bytes(refusal)}) as server:
                    finished = self.fails(server.port, "-n", "1M")
                    self.assertRegex(finished.stdout + finished.stderr, rf"(?i){words}")
        with Server({"parameters": send_bytes(b"\xff")}) as server:
            self.assertRegex(self.fails(server.port).stderr, r"(?i)busy|denied")

    def test_a_refusal_counts_though_a_reset_follows_it(self):
        """A stock server that is busy closes without having read the cookie, which the kernel makes a reset."""

        def deny(server, control):
            control.sendall(b"\xff")
            iperf_peer.reset(control)
            raise iperf_peer.Unexpected("denied as told")

        for _ in range(10):
            with Server({"parameters": deny}) as server:
                self.assertRegex(self.fails(server.port).stderr, r"(?i)busy|denied")

    def test_the_server_terminates_the_running_test(self):
        def terminate(server, control):
            iperf_peer.send_state(control, iperf_peer.TEST_RUNNING)
            time.sleep(0.5)
            iperf_peer.send_state(control, iperf_peer.SERVER_TERMINATE)

        with Server({"running": terminate}) as server:
            document = self.fails_in_json(server.port, "-t", "10")
        self.assertEqual(document["zcrx_bench"]["outcome"]["status"], "partial")
        self.assertGreater(document["zcrx_bench"]["sent"]["bytes"], 0)

    def test_results_that_are_none(self):
        for name, payload in {
            "not JSON": struct.pack("!I", 4) + b"nope",
            "an array": iperf_peer.frame([]),
            "an announced 4 GiB": b"\xff\xff\xff\xff" + b"[" * 100_000,
            "a depth bomb": struct.pack("!I", 200_000) + b"[" * 200_000,
            "unknown streams": iperf_peer.frame(iperf_peer.results([1] * 40)),
            "nothing required": iperf_peer.frame({"streams": []}),
        }.items():
            with self.subTest(name):
                with Server({"results": send_bytes(payload)}) as server:
                    document = self.fails_in_json(server.port, "-n", "1M")
                self.assertGreaterEqual(document["end"]["sum_sent"]["bytes"], 1 << 20)

    def test_control_characters_from_a_server_do_not_reach_the_terminal(self):
        hostile = "\x1b]0;owned\x07\x1b[31mred\x1b[0m"
        with Server(changes={"server_output_text": hostile, "congestion_used": hostile}) as server:
            finished = self.client(server.port, "-n", "1M", "--get-server-output")
        self.assertNotIn("\x1b", finished.stdout + finished.stderr)
        self.assertNotIn("\x07", finished.stdout + finished.stderr)

    def test_what_a_servers_json_holds_is_escaped_wherever_it_is_shown(self):
        hostile = "\x7f\x9b31m\u202egnp\u2028\u2066\x1b]0;owned\x07"
        output = {"start": {"version": hostile, hostile: hostile}, "end": {}, "error": hostile}
        steering = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
        for options in (("--get-server-output",), ("--get-server-output", "-J"), ("--get-server-output", "--json-stream"), ("-V", "--get-server-output")):
            with self.subTest(options):
                with Server(changes={"server_output_json": output}) as server:
                    finished = self.client(server.port, "-n", "1M", *options)
                self.assertIn("\\u202egnp", finished.stdout)
                self.assertIsNone(steering.search(finished.stdout + finished.stderr))
                if "-J" in options:
                    self.assertEqual(self.document(finished)["server_output_json"], output)


class RepeatingServerTests(BadServerCase):
    """Each state has its place once, and no amount of input makes the client deaf to its user or to the clock."""

    STATES = {"parameters": iperf_peer.PARAM_EXCHANGE, "streams": iperf_peer.CREATE_STREAMS,
              "start": iperf_peer.TEST_START, "running": iperf_peer.TEST_RUNNING,
              "exchange": iperf_peer.EXCHANGE_RESULTS}

    def test_a_state_said_twice_ends_the_test(self):
        for phase, state in self.STATES.items():
            with self.subTest(phase=phase):
                with Server({phase: send_bytes(bytes([state, state]))}, timeout=3) as server:
                    finished = self.fails(server.port, "-n", "1M")
                self.assertIn("where it has no place", finished.stdout + finished.stderr)

    def test_a_state_left_out_ends_the_test(self):
        with Server({"start": lambda *_: None}, timeout=3) as server:
            finished = self.fails(server.port, "-n", "1M")
        self.assertIn("where it has no place", finished.stdout + finished.stderr)

    def test_a_flood_of_states(self):
        for state in (iperf_peer.TEST_START, iperf_peer.TEST_RUNNING):
            with self.subTest(state):
                with Server({"start": send_bytes(bytes([state]) * (15 << 20))}, timeout=10) as server:
                    self.fails(server.port, "-t", "60")

    def test_a_signal_is_heard_while_states_flood_in(self):
        def flood(server, control):
            control.settimeout(0.5)
            try:
                while not server.done.is_set():
                    control.sendall(bytes([iperf_peer.TEST_START]) * (1 << 20))
            except OSError:
                pass  # nobody takes any more, or the client is gone
            server.done.wait(10)

        with Server({"start": flood}, timeout=15) as server:
            client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "60")
            until(lambda: server.byte_counts, what="the streams are connected")
            time.sleep(0.5)
            self.assertLess(client.stop(seconds=10).seconds, 15)

    def test_results_as_large_as_they_may_be(self):
        """16 MiB of values, strings and notes: read in time that grows with them and no faster."""
        streams = iperf_peer.results([1 << 20])["streams"]
        for name, ours in {
            "notes": {"report": {"notes": ["n" * 10] * 500_000}},
            "one long text": {"last_refusal": "x" * (15 << 20)},
            "many members": {"many": [{f"k{index}": 1 for index in range(1000)} for _ in range(900)]},
        }.items():
            with self.subTest(name):
                payload = iperf_peer.frame(iperf_peer.results([1 << 20], streams=streams, zcrx_bench=ours))
                self.assertLess(len(payload), 16 << 20)
                with Server({"results": send_bytes(payload)}, timeout=30) as server:
                    finished = self.client(server.port, "-n", "1M", "-J")
                self.assertIn(finished.status, (0, 1))
                self.assertLess(len(finished.stdout), 1 << 20, "what a server tells is bounded")

    def test_a_congestion_controls_name_that_is_none(self):
        for name in ("x" * 16, "x" * (1 << 20), "\x1b[31m", ""):
            with self.subTest(name[:20]):
                with Server(changes={"congestion_used": name}) as server:
                    finished = self.fails(server.port, "-n", "1M")
                self.assertLess(len(finished.stdout + finished.stderr), 20_000)
                self.assertNotIn("\x1b", finished.stdout + finished.stderr)


class VanishingServerTests(HostCase):
    def test_killed_in_the_middle(self):
        for name, command in (("ours", None), ("stock", ("iperf3", "-s"))):
            with self.subTest(name):
                server = self.serve(**({"command": command} if command else {}))
                client = self.start_sending(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "30", "-P", "2", "-J")
                server.send(signal.SIGKILL)
                document = self.document(client.finished(), 1)
                self.assertTrue(document["error"])
                self.assertNotEqual(document["zcrx_bench"]["outcome"]["status"], "completed")
                self.assertGreater(document["zcrx_bench"]["sent"]["bytes"], 0)

    def test_killed_in_the_middle_in_text(self):
        server = self.serve()
        client = self.start_sending(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "30")
        server.send(signal.SIGKILL)
        finished = self.ended(client.finished(), 1)
        self.assertRegex(finished.stdout, r"PARTIAL|FAILED")
        self.assertIn("Total bytes", finished.stdout)

    def test_a_connection_timeout(self):
        with full_listener() as port:
            # The kernel gives a connection up after two minutes: more than a test may take.
            finished = self.client(port, "--connect-timeout", "300", "-n", "1M")
        self.ended(finished, 1)
        self.assertRegex(finished.stderr, r"(?i)timed? ?out|time limit|within")

    def test_the_default_connection_timeout_is_one_a_person_waits_for(self):
        with full_listener() as port:
            finished = self.client(port, "-n", "1M")
        self.ended(finished, 1)
        self.assertRegex(finished.stderr, r"no answer from .* within 10000 ms \(--connect-timeout\)")
        self.assertGreater(finished.seconds, 9)
        self.assertLess(finished.seconds, 60, "the kernel itself gives up after two minutes")


def ask_and_accept_none(server, control):
    """A fault: ask for the streams when the listener's queue is full, and take none of them."""
    with contextlib.ExitStack() as sockets:
        for _ in range(server.queue + 2):
            connection = sockets.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(server.listener.getsockname())
        iperf_peer.send_state(control, iperf_peer.CREATE_STREAMS)
        silence(server, control)


class SilentServerTests(HostCase):
    """The client waits 30 s for an answer: all the silences are waited for at the same time."""

    def start_client(self, port, host=LOOPBACK, seconds=2):
        return self.start(EXECUTABLE, "client", host, "-p", port, "-t", seconds, "-J")

    @needs_namespaces
    def test_every_silence_ends_by_the_clients_own_limit(self):
        clients = {}
        for phase in Server.PHASES:
            server = self.enterContext(Server({phase: silence}, timeout=600))
            clients[phase] = self.start_client(server.port)
        far = Namespace()
        self.addCleanup(far.close)
        server = self.serve("--idle-timeout", "1", "-J", prefix=far.prefix)
        clients["a pulled cable"] = self.start_client(server.port, far.address4, 8)
        until(lambda: sent_bytes(far.near) > 1 << 20, what="the client sends")
        far.cut()
        # The server's limit is one second.
        server.says(r'"partial"')
        self.assertTrue(server.running)
        # All streams have the one step's time, whatever each of them may take by itself.
        slow = self.enterContext(Server({"streams": ask_and_accept_none}, timeout=600))
        streams = self.start(EXECUTABLE, "client", LOOPBACK, "-p", slow.port, "-P", "4", "--connect-timeout", "300000")
        for phase, client in clients.items():
            with self.subTest(phase=phase):
                document = self.document(client.finished(60), 1)
                self.assertTrue(document["error"])
                if phase in ("exchange", "results", "display", "a pulled cable"):
                    self.assertGreater(document["zcrx_bench"]["sent"]["bytes"], 0, "what was measured is kept")
        self.assertIn("the server took too long to accept the streams", self.ended(streams.finished(120), 1).stderr)
