"""Runs of `zcrx-bench server` with zero-copy receive over the software NIC, and what their reports must agree with."""

import contextlib
import fcntl
import functools
import json
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
from pathlib import Path

import softnic

SERVER = "zcrx-bench"
PORT = 9999
MIB = 1 << 20
COOKIE = 37
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
SIOCSIFMTU = 0x8922


class Server:
    """A server for one test, listening when the block begins; its report afterwards."""

    def __init__(self, *options, once=True, wait=True, prepares=False):
        if "-i" in options and not prepares:
            # The tests have set the interface up by hand.
            options += ("--no-nic-setup",)
        self.folder = tempfile.TemporaryDirectory()
        self.report_file = Path(self.folder.name, "report.json")
        self.output_file = Path(self.folder.name, "output")
        report = ["-1", "--json", self.report_file] if once else ["--json-stream"]
        if "--area-size" not in options and ("-i" in options or "zc-copy" in options):
            # What is computed for real machines is too much for this one and several queues.
            options += ("--area-size", "16M")
        self.command = [SERVER, "server", "-p", PORT, "--interval", "0", *report, *options]
        self.wait = wait

    def __enter__(self):
        with self.output_file.open("w") as output:
            self.process = subprocess.Popen(list(map(str, self.command)), stdout=output, stderr=subprocess.STDOUT)
        if self.wait:
            try:
                self.wait_until_listening()
            except BaseException:
                self.__exit__()
                raise
        return self

    def wait_until_listening(self):
        def listens_or_ended():
            return listening() or self.process.poll() is not None

        softnic.wait_until(listens_or_ended, what="listening")
        if not listening():
            raise AssertionError(f"the server ended with {self.process.returncode}: {self.output}")

    @property
    def output(self):
        return self.output_file.read_text("utf-8", "replace")

    def finish(self):
        """The exit status."""
        return self.process.wait()

    @property
    def report(self):
        return Report(json.loads(self.report_file.read_text())["zcrx_bench"])

    def reports(self):
        """Of a server that goes on: the reports of the tests that have ended."""
        complete = self.output.rpartition("\n")[0].splitlines()
        lines = (json.loads(line) for line in complete if line.startswith('{"event"'))
        return [Report(line["data"]) for line in lines if line["event"] == "zcrx_bench"]

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        if error and error[0]:
            print(f"---- {' '.join(map(str, self.command[1:]))}\n{self.output}----", flush=True)
        self.folder.cleanup()


def sockets_of_port():
    """(state, bytes unread) of every socket of the port, in the first namespace."""
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(name).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f":{PORT:04X}"):
                yield fields[3], int(fields[4].partition(":")[2], 16)


def listening():
    return any(state == "0A" for state, _ in sockets_of_port())


def unread():
    """Bytes that wait in the server's sockets."""
    return sum(count for state, count in sockets_of_port() if state != "0A")


class Report(dict):
    @property
    def queues(self):
        return self["zero_copy"]["queues"]

    def count(self, name):
        """The sum of a counter over all queues."""
        return sum(queue[name] for queue in self.queues)

    def rearms(self, cause):
        return sum(queue["rearms"][cause] for queue in self.queues)

    @property
    def received(self):
        return self["received"]["bytes"]

    @property
    def lost(self):
        return sum(stream.get("lost_bytes", 0) for stream in self["streams"])

    @property
    def zero_copied(self):
        bounds = self["copy_account"]["zero_copied"]
        return bounds["at_least"], bounds["at_most"]

    @property
    def copied(self):
        bounds = self["copy_account"]["copied"]
        return bounds["at_least"], bounds["at_most"]


# Senders

def in_peer(*command):
    """Runs a command in the peer's namespace, which it enters by itself: one process less to start."""
    with softnic.in_peer():
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, errors = process.communicate()
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: status {process.returncode}: {output}{errors}")
    return output


def address(family=4):
    return softnic.ADDRESSES[FAMILIES[family]][0]


class RawStreams:
    """Connections that send the pattern, each from its beginning.

    A raw test is over when no stream is left, so the first stays open until the others have ended: otherwise those that
    come late would be a test of their own.
    """

    def __init__(self, flows=1, family=4, port=PORT):
        # Made before anybody waits for it: the server gives up who stays silent.
        pattern()
        self.sent, self.sockets = [0] * flows, []
        for _ in range(flows):
            self.sockets.append(softnic.connect(port, FAMILIES[family]))

    def __enter__(self):
        return self

    def send(self, length, flow=0):
        at = self.sent[flow]
        self.sockets[flow].sendall(pattern()[at:at + length])
        self.sent[flow] += length

    def send_to_all(self, length, piece=65536):
        """So many bytes over each, in turns."""
        for start in range(0, length, piece):
            for flow in range(len(self.sockets)):
                self.send(min(piece, length - start), flow)

    def settle(self):
        """Waits until all that was sent has been acknowledged: from here on nothing of it is under way."""
        def unacknowledged(one):
            return struct.unpack("i", fcntl.ioctl(one, termios.TIOCOUTQ, bytes(4)))[0]

        softnic.wait_until(lambda: not any(map(unacknowledged, self.sockets)), what="acknowledgement")

    def wait_for_close(self, flow):
        """Until the server has closed the stream, having read it to its end."""
        while self.sockets[flow].recv(4096):
            pass

    def reset(self):
        """Ends the last one so, once all of it was read."""
        self.settle()
        softnic.wait_until(lambda: unread() == 0, what="reading")
        last = self.sockets.pop()
        last.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        last.close()

    def end(self):
        if len(self.sockets) > 1:
            # The first must be known to the server before the others may end.
            self.settle()
            softnic.wait_until(lambda: unread() == 0, what="reading")
        for flow in range(1, len(self.sockets)):
            self.sockets[flow].shutdown(socket.SHUT_WR)
        for flow in range(1, len(self.sockets)):
            self.wait_for_close(flow)
        self.sockets[0].shutdown(socket.SHUT_WR)
        self.wait_for_close(0)

    @property
    def total(self):
        return sum(self.sent)

    def __exit__(self, *error):
        for one in self.sockets:
            one.close()


@functools.cache
def pattern():
    return subprocess.run([SERVER, "pattern", "-n", "16M"], capture_output=True, check=True).stdout


def send_raw(total, flows=1, family=4):
    """The pattern over raw streams; bytes sent."""
    with RawStreams(flows, family) as streams:
        streams.send_to_all(total // flows)
        streams.end()
        return streams.total


def send_ours(total, flows=1, family=4):
    """The pattern with our client, which ends badly when a byte of it arrives wrong; bytes sent."""
    output = in_peer(SERVER, "client", address(family), "-p", PORT, "-n", total, "-P", flows, "--verify", "--interval",
                     0, "-J")
    return json.loads(output)["end"]["sum_sent"]["bytes"]


def send_iperf3(total, flows=1, family=4):
    """A stock iperf3; bytes sent."""
    output = in_peer("iperf3", "-c", address(family), "-p", PORT, "-n", total, "-P", flows, "-J")
    return json.loads(output)["end"]["sum_sent"]["bytes"]


SENDERS = {"raw": send_raw, "ours": send_ours, "iperf3": send_iperf3}


class Sender(threading.Thread):
    """Sends in the background; finish() hands out what it returned or raises what it raised."""

    def __init__(self, function, *arguments, **options):
        super().__init__(daemon=True)
        self.call, self.result, self.error = (function, arguments, options), None, None
        self.start()

    def run(self):
        function, arguments, options = self.call
        try:
            self.result = function(*arguments, **options)
        except BaseException as error:
            self.error = error

    def finish(self):
        self.join()
        if self.error:
            raise self.error
        return self.result


# Accounts

def conversation(streams):
    """More bytes than iperf3's control connection and the cookies of its data connections have, towards the server."""
    return 2000 + 450 * streams


def payload(truth):
    """Bytes of TCP payload that came to soft0, those that came twice included."""
    return sum(truth[f"soft0_{kind}_bytes"] for kind in ("zero_copy", "page", "linear"))


def check_accounts(test, report, truth, sent, conversation=0):
    """Holds the report's account against the ground truth; `sent` None leaves the total to others.

    What io_uring copied is known exactly, but for all that came through its rings. So of the streams' bytes

        zero-copied = received - taken with recv() - copied by io_uring

    where the last may be less by what the conversation beside the streams had, and the one before more by the first
    bytes of raw streams. Where nothing was sent twice, what the device wrote into the area says it once more, without
    anything that the report claims.
    """
    streams = len(report["streams"])
    at_least, at_most = report.zero_copied
    sent = report.received if sent is None else sent
    test.assertEqual(report.received, sent)
    test.assertLessEqual(sent, payload(truth), "more than the device has delivered")
    test.assertEqual(sum(stream["received"]["bytes"] for stream in report["streams"]), sent)
    through_rings = sent - report.count("drained_bytes")
    most = min(through_rings, through_rings - truth.uring_copied + conversation)
    least = max(0, through_rings - truth.uring_copied - COOKIE * streams)
    test.assertLessEqual(at_least, most, "the lower bound is above the truth")
    test.assertGreaterEqual(at_most, least, "the upper bound is below the truth")
    if payload(truth) <= sent + conversation:
        written = truth["soft0_zero_copy_bytes"]
        test.assertLessEqual(at_least, written, "the lower bound is above what the device wrote into the area")
        test.assertGreaterEqual(at_most, written - (payload(truth) - sent), "the upper bound is below that")
    copied_least, copied_most = report.copied
    test.assertEqual((copied_least + at_most, copied_most + at_least), (sent, sent), "copied is the rest")
    test.assertEqual(sum(stream["copy_account"]["zero_copied"]["at_least"] for stream in report["streams"]), at_least)
    for stream in report["streams"]:
        bounds = stream["copy_account"]["zero_copied"]
        test.assertLessEqual(0, bounds["at_least"])
        test.assertLessEqual(bounds["at_least"], bounds["at_most"])
        test.assertLessEqual(bounds["at_most"], stream["received"]["bytes"])


def check_bound(test, arrival, queues):
    """The report tells of these queues that they were io_uring's all the time, and nothing is missing."""
    test.assertEqual([queue["queue"] for queue in arrival["queues"]], queues)
    for queue in arrival["queues"]:
        whether = [queue[name] for name in ("bound_at_begin", "bound_at_end", "pooled_at_begin", "pooled_at_end")]
        test.assertEqual(whether, [True] * 4, queue)
    test.assertEqual(arrival["absent"], [])


def exact_truth(test, truth, sent):
    """Zero-copied bytes of raw streams, none of whose packets came twice."""
    test.assertEqual(payload(truth), sent, "a packet came twice: nothing exact can be said")
    return truth["soft0_zero_copy_bytes"]


# Settings

def set_mtu(bytes_):
    def set_one(name):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFMTU, struct.pack("16si20x", name.encode(), bytes_))

    set_one("soft0")
    with softnic.in_peer():
        set_one("soft1")


@contextlib.contextmanager
def huge_pages(count):
    softnic.reserve_huge_pages(count)
    try:
        yield
    finally:
        softnic.HUGE_PAGES.write_text("0\n")


def spread(weights):
    """Spreads flows over queues by these weights."""
    softnic.ethtool("-X", "soft0", "weight", *weights)


def steer(queue, port=PORT, families=(4, 6)):
    """Rules for a port; their locations."""
    return [softnic.add_rule("flow-type", f"tcp{family}", "dst-port", port, "action", queue) for family in families]


@contextlib.contextmanager
def patience():
    """A sender that sends nothing twice only because the emulated machine is slow to acknowledge."""
    patient = {"tcp_early_retrans": "0", "tcp_rto_min_us": "5000000"}
    before = {}
    with softnic.in_peer():
        for name, value in patient.items():
            path = Path("/proc/sys/net/ipv4", name)
            before[path] = path.read_text()
            path.write_text(value)
    try:
        yield
    finally:
        with softnic.in_peer():
            for path, text in before.items():
                path.write_text(text)


class Case(softnic.PreparedCase):
    """Nobody has bound a queue when a test begins."""

    def setUp(self):
        softnic.reset_truth()

    def tearDown(self):
        softnic.wait_until(lambda: not any(map(softnic.is_bound, range(self.queues))), what="unbinding")

    def steer(self, queue, families=(4,)):
        for location in steer(queue, families=families):
            self.addCleanup(self.remove_rule, location)

    def remove_rule(self, location):
        if location in softnic.rule_locations():
            softnic.delete_rule(location)

    def spread(self, *weights):
        softnic.spread_ports(self)
        spread(weights)
        self.addCleanup(softnic.reset_table)

    def receive_leaving(self, *options):
        """A stream on queue 1 whose second half comes to ordinary memory: (report, truth, bytes sent)."""
        self.spread(1)
        with patience(), Server("-i", "soft0", "-q", 1, "--verify", *options) as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB // 4)
            streams.settle()
            for location in softnic.rule_locations():
                softnic.delete_rule(location)
            streams.send(MIB // 4)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        check_accounts(self, report, truth, streams.total)
        self.assertEqual(report["verification"]["checked_bytes"], streams.total)
        self.assertEqual(truth.queues, {0, 1})
        return report, truth, streams.total

    def receive(self, *options, sender=send_raw, total=2 * MIB, flows=1, family=4, status=0):
        """One test from start to end; (report, truth, bytes sent). `status` is the one the server must end with."""
        with Server("-i", "soft0", *options) as server:
            softnic.reset_truth()
            sent = sender(total, flows, family)
            self.assertEqual(server.finish(), status, server.output)
            return server.report, softnic.truth(), sent
