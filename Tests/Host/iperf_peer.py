"""iperf3's control protocol in Python, written from the protocol alone: the independent peer of the host tests.

Every step is a method of its own, so that a test can leave one out, repeat it, delay it or send something else instead.
"""

import fcntl
import json
import random
import socket
import struct
import termios
import threading

from patience import Limit

COOKIE_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"

TEST_START, TEST_RUNNING, TEST_END = 1, 2, 4
PARAM_EXCHANGE, CREATE_STREAMS = 9, 10
SERVER_TERMINATE, CLIENT_TERMINATE = 11, 12
EXCHANGE_RESULTS, DISPLAY_RESULTS, IPERF_DONE = 13, 14, 16
ACCESS_DENIED, SERVER_ERROR = -1, -2


class Unexpected(Exception):
    """The other side did something else than the protocol says."""


def new_cookie():
    return "".join(random.choices(COOKIE_ALPHABET, k=36)).encode() + b"\0"


def stream_id(index):
    """iperf3 numbers streams 1, 3, 4, 5, …"""
    return 1 if index == 0 else index + 2


def frame(value):
    text = json.dumps(value).encode()
    return struct.pack("!I", len(text)) + text


def receive_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise Unexpected(f"end of file after {len(data)} of {count} bytes")
        data += part
    return data


def receive_state(connection):
    return struct.unpack("b", receive_exactly(connection, 1))[0]


def receive_json(connection):
    (length,) = struct.unpack("!I", receive_exactly(connection, 4))
    if length > 64 << 20:
        raise Unexpected(f"a frame of {length} bytes")
    return json.loads(receive_exactly(connection, length))


def send_state(connection, state):
    connection.sendall(struct.pack("b", state))


def expect(connection, state):
    got = receive_state(connection)
    if got == SERVER_ERROR:
        raise Unexpected(f"SERVER_ERROR {struct.unpack('!ii', receive_exactly(connection, 8))}, not state {state}")
    if got != state:
        raise Unexpected(f"state {got}, not {state}")


def reset(connection):
    """Closes with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def parameters(**changes):
    """What iperf 3.12 sends, with changes; a change to None removes a key."""
    values = {
        "tcp": True, "omit": 0, "time": 0, "num": 1, "blockcount": 0, "parallel": 1, "len": 131072,
        "pacing_timer": 1000, "client_version": "3.12"
    }
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def results(byte_counts, **changes):
    values = {
        "cpu_util_total": 1.5, "cpu_util_user": 0.5, "cpu_util_system": 1.0, "sender_has_retransmits": 1,
        "congestion_used": "reno",
        "streams": [
            {"id": stream_id(index), "bytes": count, "retransmits": 0, "jitter": 0, "errors": 0, "packets": 0,
             "start_time": 0, "end_time": 0.5}
            for index, count in enumerate(byte_counts)
        ],
    }
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


class Client:
    """A client that takes one step at a time; `run` takes all of them."""

    PHASES = ("connected", "parameters", "streams", "running", "end", "results")

    def __init__(self, port, host="127.0.0.1", timeout=60):
        self.address, self.timeout = (host, port), timeout
        self.cookie = new_cookie()
        self.control = None
        self.streams = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in [*self.streams, self.control]:
            if connection:
                connection.close()

    def connection(self):
        made = socket.create_connection(self.address, self.timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def connect(self):
        self.control = self.connection()
        self.control.sendall(self.cookie)
        return self

    def offer(self, values=None):
        expect(self.control, PARAM_EXCHANGE)
        self.control.sendall(frame(parameters() if values is None else values))
        return self

    def open_stream(self, cookie=None):
        stream = self.connection()
        stream.sendall(cookie or self.cookie)
        self.streams.append(stream)
        return stream

    def open_streams(self, count=1):
        expect(self.control, CREATE_STREAMS)
        for _ in range(count):
            self.open_stream()
        return self

    def all_acknowledged(self):
        """Whether the other side's kernel has every byte of every stream."""
        return not any(struct.unpack("i", fcntl.ioctl(stream, termios.TIOCOUTQ, bytes(4)))[0] for stream in self.streams)

    def start(self):
        expect(self.control, TEST_START)
        expect(self.control, TEST_RUNNING)
        return self

    def running(self, count=1, **changes):
        """Everything up to the running test."""
        return self.connect().offer(parameters(parallel=count, **changes)).open_streams(count).start()

    def reach(self, phase, count=1, size=1000):
        """Goes on until a phase has begun; from "running" on, `size` bytes were sent on each stream."""
        self.connect()
        if phase == "connected":
            return self
        self.offer(parameters(parallel=count, num=count * size))
        if phase == "parameters":
            return self
        self.open_streams(count)
        if phase == "streams":
            return self
        self.start()
        for stream in self.streams:
            stream.sendall(b"\xa5" * size)
        if phase == "running":
            return self
        send_state(self.control, TEST_END)
        expect(self.control, EXCHANGE_RESULTS)
        if phase == "end":
            return self
        self.control.sendall(frame(results([size] * count)))
        assert phase == "results", phase
        return self

    def finish(self, byte_counts, **changes):
        """Everything after the last byte; returns the server's results."""
        send_state(self.control, TEST_END)
        expect(self.control, EXCHANGE_RESULTS)
        self.control.sendall(frame(results(byte_counts, **changes)))
        theirs = receive_json(self.control)
        expect(self.control, DISPLAY_RESULTS)
        send_state(self.control, IPERF_DONE)
        return theirs

    def run(self, count=1, size=100_000, **changes):
        """A whole test that sends `size` bytes on each stream; returns the server's results."""
        with self:
            self.running(count, num=size * count, **changes)
            for stream in self.streams:
                stream.sendall(b"\xa5" * size)
            return self.finish([size] * count)

    def refusal(self):
        """Reads until the server says why not; returns (state, error number or None)."""
        while True:
            state = receive_state(self.control)
            if state == SERVER_ERROR:
                return state, struct.unpack("!ii", receive_exactly(self.control, 8))[0]
            if state < 0 or state == SERVER_TERMINATE:
                return state, None


class Server(threading.Thread):
    """Serves one test in a thread and counts what arrives.

    `fault` maps a phase (one of `PHASES`) to a function of (server, control connection) that is called instead of
    sending that phase's message; the test goes on after it unless it raises.
    """

    PHASES = ("parameters", "streams", "start", "running", "exchange", "results", "display")
    seconds_for_the_last = 10
    queue = 128

    def __init__(self, fault=None, host="127.0.0.1", timeout=60, changes=None):
        super().__init__(daemon=True)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family, backlog=self.queue)
        self.listener.settimeout(timeout)
        self.timeout = timeout
        self.port = self.listener.getsockname()[1]
        self.fault = fault or {}
        self.changes = changes or {}
        self.streams = []
        self.byte_counts = []
        self.control = self.parameters = self.client_results = self.error = None
        self.done = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        # Unlike close, shutdown wakes a thread that waits in accept or recv.
        for waiting in [self.listener, self.control, *self.streams]:
            if waiting:
                try:
                    waiting.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # not connected any more
        self.join(self.timeout)
        self.listener.close()

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(self.timeout)
        return connection, receive_exactly(connection, 37)

    def run(self):
        try:
            self.control, cookie = self.accept()
            with self.control as control:
                self.serve(control, cookie)
        except (OSError, Unexpected, ValueError) as problem:
            self.error = problem
        finally:
            for stream in self.streams:
                stream.close()

    def say(self, phase, control, state):
        if phase in self.fault:
            self.fault[phase](self, control)
        else:
            send_state(control, state)

    def serve(self, control, cookie):
        self.say("parameters", control, PARAM_EXCHANGE)
        self.parameters = receive_json(control)
        self.say("streams", control, CREATE_STREAMS)
        for _ in range(self.parameters["parallel"]):
            stream, theirs = self.accept()
            self.streams.append(stream)
            if theirs != cookie:
                raise Unexpected("a data connection with another cookie")
        self.byte_counts = [0] * len(self.streams)
        readers = [
            threading.Thread(target=self.drain, args=(index, stream), daemon=True)
            for index, stream in enumerate(self.streams)
        ]
        for reader in readers:
            reader.start()
        self.say("start", control, TEST_START)
        self.say("running", control, TEST_RUNNING)
        expect(control, TEST_END)
        self.say("exchange", control, EXCHANGE_RESULTS)
        self.client_results = receive_json(control)
        # The client has told how much it sent: wait for the last of it.
        said = sum(stream["bytes"] for stream in self.client_results["streams"])
        limit = Limit(self.seconds_for_the_last)
        while sum(self.byte_counts) < said and not self.done.wait(0.01) and not limit.is_over():
            pass
        if "results" in self.fault:
            self.fault["results"](self, control)
        else:
            control.sendall(frame(results(self.byte_counts, sender_has_retransmits=-1, **self.changes)))
        self.say("display", control, DISPLAY_RESULTS)
        expect(control, IPERF_DONE)

    def drain(self, index, stream):
        buffer = bytearray(1 << 18)
        try:
            while count := stream.recv_into(buffer):
                self.byte_counts[index] += count
        except OSError:
            return


def silence(server, control):
    """A fault: say nothing until the test is over."""
    server.done.wait(server.timeout)
    raise Unexpected("stayed silent as told")


def hang_up(server, control):
    """A fault: close the control connection and every stream."""
    control.close()
    raise Unexpected("hung up as told")


def tear_down(server, control):
    """A fault: reset every connection."""
    for connection in [control, *server.streams]:
        reset(connection)
    server.streams.clear()
    raise Unexpected("reset as told")


def send_bytes(data):
    """A fault: send these bytes instead."""
    return lambda server, control: control.sendall(data)
