"""Exactly which bytes the kernel copied, against what the NIC wrote where; never against io_zcrx_copy_chunk itself, which the
program counts at."""

import contextlib
import random
import re
import resource
import signal
import subprocess
from pathlib import Path

import receiving
import softnic
from receiving import MIB, PORT, RawStreams, Server
from suite import only_in_full

TYPES = "/sys/kernel/btf/vmlinux"
FUNCTIONS = Path("/sys/kernel/tracing/enabled_functions")
SWITCH = Path("/proc/sys/kernel/ftrace_enabled")
PARANOIA = Path("/proc/sys/kernel/perf_event_paranoid")


class ExactTests(receiving.Case):
    """Raw streams, none of whose packets comes twice."""

    gve = True

    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())

    def check(self, report, truth, sent, method="fexit"):
        """What did not come into the area was copied, by the kernel or by recv()."""
        self.assertEqual(report["zero_copy"]["tracing"]["refusals"] == [], method == "fexit")
        self.assertEqual((report["zero_copy"]["tracing"]["method"], report["zero_copy"]["tracing"].get("problem")), (method, None))
        self.assertTrue(report["zero_copy"]["tracing"]["exact"])
        self.assertEqual(report.received, sent)
        written = receiving.exact_truth(self, truth, sent)
        self.assertEqual((report.zero_copied, report.copied), ((written, written), (sent - written, sent - written)))
        self.assertIn("exact: what the kernel copied", report["copy_account"]["method"])
        return written

    def check_streams(self, report, truth):
        """Each stream's own figures are exact too, and add up."""
        for kind in ("zero_copied", "copied"):
            bounds = [stream["copy_account"][kind] for stream in report["streams"]]
            self.assertTrue(all(one["at_least"] == one["at_most"] for one in bounds), bounds)
            self.assertEqual(sum(one["at_least"] for one in bounds), report["copy_account"][kind]["at_least"])

    def test_nothing_is_copied(self):
        self.steer(1)
        report, truth, sent = self.receive("-q", 1)
        self.assertEqual(self.check(report, truth, sent), sent)
        self.assertEqual(report["zero_copy"]["likely_causes"], [])
        self.assertEqual(sum(queue.get("copy_events", 0) for queue in report.queues), 0)
        self.check_streams(report, truth)

    def test_everything_is_copied(self):
        self.spread(1)
        report, truth, sent = self.receive("-q", 1)
        self.assertEqual(self.check(report, truth, sent), 0)
        self.check_streams(report, truth)

    def test_half_of_it_is_copied(self):
        self.spread(1)
        self.steer(1)
        with Server("-i", "soft0", "-q", 1, "--interval", "0.2") as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB)
            streams.settle()
            for location in softnic.rule_locations():
                softnic.delete_rule(location)
            streams.send(MIB)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        written = self.check(report, truth, streams.total)
        self.assertTrue(0 < written < streams.total)
        intervals = [one["zero_copied"] for one in report["intervals"]]
        self.assertTrue(all(one["at_least"] == one["at_most"] for one in intervals), intervals)
        self.assertEqual(sum(one["at_least"] for one in intervals), written)

    def test_streams_of_one_ring_are_told_apart(self):
        """One stream has a rule, the other none."""
        self.spread(1)
        with Server("-i", "soft0", "-q", 1, "--verify") as server, RawStreams(2) as streams:
            softnic.reset_truth()
            port = streams.sockets[1].getsockname()[1]
            location = softnic.add_rule("flow-type", "tcp4", "src-port", port, "action", 1)
            self.addCleanup(self.remove_rule, location)
            streams.send_to_all(MIB)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        self.check(report, truth, streams.total)
        self.check_streams(report, truth)
        shares = sorted(stream["copy_account"]["zero_copied"]["at_least"] for stream in report["streams"])
        self.assertEqual(shares, [0, MIB])

    @softnic.soft_only("the model leaves no payload with the headers of a split packet")
    def test_linear_bytes(self):
        self.steer(1)
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        self.addCleanup(softnic.ethtool, "-K", "soft0", "rx-gro-hw", "on")
        for length in (1, 64, 1000):
            with self.subTest(length), softnic.knob("linear_bytes", length):
                report, truth, sent = self.receive("-q", 1, "--verify", total=MIB)
                self.assertEqual(self.check(report, truth, sent), sent - truth["soft0_linear_bytes"])
                self.assertGreater(truth["soft0_linear_bytes"], 0)
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def test_several_rings(self):
        self.spread(1, 1, 1)
        report, truth, sent = self.receive("-q", "1,2", flows=6, total=6 * MIB)
        self.check(report, truth, sent)
        self.check_streams(report, truth)

    def test_a_stock_client_whose_control_connection_is_copied_too(self):
        self.steer(1)
        report, truth, _ = self.receive("-q", 1, sender=receiving.send_iperf3, flows=4)
        self.assertEqual((report.copied, report.zero_copied), ((0, 0), (report.received, report.received)))
        self.assertTrue(report["zero_copy"]["tracing"]["exact"])

    def test_omitted_seconds(self):
        self.steer(1)
        with Server("-i", "soft0", "-q", 1) as server:
            receiving.in_peer(receiving.SERVER, "client", receiving.address(), "-p", receiving.PORT, "-t", 2, "-O", 1,
                              "-b", "8M", "--interval", 0)
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
        self.assertEqual((report.copied, report.zero_copied), ((0, 0), (report.received, report.received)))

    def test_no_buffer_is_left_to_try_the_probe_with(self):
        """Ring and page pool hold the whole area. Then it is not known that the probe counts."""
        self.steer(1)
        report, truth, sent = self.receive("-q", 1, "--area-size", "4M" if softnic.gvnic.is_here() else "1M")
        tracing = report["zero_copy"]["tracing"]
        self.assertFalse(tracing["exact"])
        self.assertIn("no buffer of the area was free", tracing["problem"])
        self.assertIn("; not exact: ", report["copy_account"]["method"])
        receiving.check_accounts(self, report, truth, sent)

    def test_it_can_be_left_out(self):
        self.steer(1)
        report, truth, sent = self.receive("-q", 1, "--no-trace")
        self.assertNotIn("tracing", report["zero_copy"])
        self.assertIn("at least: offsets and sizes of completions", report["copy_account"]["method"])


class ManyCombinationsTests(receiving.Case):
    """Random combinations of what may make the kernel copy. Where a packet came twice, bounds are all that can be checked."""

    gve = True

    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())
        self.addCleanup(softnic.reset_table)
        self.addCleanup(receiving.set_mtu, int(Path("/sys/class/net/soft0/mtu").read_text()))
        if not softnic.gvnic.is_here():
            softnic.reserve_huge_pages(16)
            self.addCleanup(softnic.HUGE_PAGES.write_text, "0\n")

    def run_one(self, seed):
        choose = random.Random(seed)
        queues = choose.choice(["1", "1,2", "2,3"])
        flows = choose.choice([1, 2, 5])
        # Ring and page pool of a gve hold 4.5 MiB, those of the software NIC 1.5: the smallest area runs out.
        sizes = ["5M", "8M", "16M"] if softnic.gvnic.is_here() else ["2M", "4M", "16M", "long buffers"]
        size = choose.choice(sizes)
        area = ["--hugepages", "--area-size", "16M", "--rx-buf-len", "16K"] if size == "long buffers" else ["--area-size", size]
        options = [*area, "--cqe", choose.choice(["wide", "mixed"])]
        if choose.random() < 0.5:
            options.append("--verify")
        receiving.set_mtu(choose.choice([1500, 1280, 3000]))
        receiving.spread([choose.choice([0, 1, 1]) for _ in range(3)] + [1])
        knobs = {}
        if not softnic.gvnic.is_here():
            knobs = {"linear_bytes": choose.choice([0, 0, 1, 100, 1000]), "drop_every": choose.choice([0, 0, 0, 199]),
                     "payload_offset": choose.choice([0, 0, 64])}
        # More than what a cookie has, or the streams would wait for each other's end to be identified.
        total = choose.choice([100, 40_000, 400_000, MIB])
        changes = choose.choice([0, 0, 1, 2])
        resets = flows > 1 and choose.random() < 0.2
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Server("-i", "soft0", "-q", queues, *options))
            softnic.reset_truth()
            for name, value in knobs.items():
                stack.enter_context(softnic.knob(name, value))
            streams = stack.enter_context(RawStreams(flows))
            for change in range(changes + 1):
                streams.send_to_all(total)
                streams.settle()
                if change < changes:
                    for location in softnic.rule_locations():
                        softnic.delete_rule(location)
                    queue = choose.choice([0, int(queues[0]), int(queues[-1])])
                    softnic.add_rule("flow-type", "tcp4", "dst-port", PORT, "action", queue)
            if resets:
                streams.reset()
            streams.end()
            status = server.finish()
            report, truth, output = server.report, softnic.truth(), server.output
        for location in softnic.rule_locations():
            softnic.delete_rule(location)
        self.assertEqual(status, int(resets or report.lost > 0), output)
        self.check(report, truth, streams.total, size == sizes[0])
        softnic.wait_until(lambda: not softnic.bound_queues(), what="unbinding")

    def check(self, report, truth, sent, may_run_out):
        tracing = report["zero_copy"]["tracing"]
        (least, most), copied = report.zero_copied, report.copied
        self.assertEqual(report.received + report.lost, sent)
        if may_run_out and (report.lost or "no buffer of the area was free" in tracing.get("problem", "")):
            # No buffer to copy into for the rest of a packet, or for the probe's trial: bounds are left, and they hold.
            if receiving.payload(truth) == sent:
                self.assertLessEqual(least, truth["soft0_zero_copy_bytes"])
                self.assertGreaterEqual(most + report.lost, truth["soft0_zero_copy_bytes"])
            return
        self.assertEqual(report.lost, 0)
        self.assertTrue(tracing["exact"], tracing)
        self.assertEqual((least, copied), (most, (sent - most, sent - most)))
        for stream in report["streams"]:
            bounds = stream["copy_account"]["zero_copied"]
            self.assertEqual(bounds["at_least"], bounds["at_most"])
        self.assertEqual(sum(stream["copy_account"]["zero_copied"]["at_least"] for stream in report["streams"]), least)
        if receiving.payload(truth) == sent:
            self.assertEqual(least, truth["soft0_zero_copy_bytes"])
        else:
            self.assertLessEqual(least, truth["soft0_zero_copy_bytes"])
            self.assertLessEqual(copied[0], truth["soft0_page_bytes"] + truth["soft0_linear_bytes"])

    def run_many(self, seeds):
        for seed in seeds:
            with self.subTest(seed=seed):
                self.run_one(seed)

    def test_twenty(self):
        self.run_many(range(20))


# Two hundred, twenty at a time: a test of all would say nothing for minutes.
for first in range(1000, 1200, 20):
    setattr(ManyCombinationsTests, f"test_twenty_from_{first}", only_in_full("twenty of them are in every run")(
        lambda self, first=first: self.run_many(range(first, first + 20))))


def without_types(*command):
    """A command in a mount namespace of its own in which the kernel's types cannot be read: no fexit."""
    return ["unshare", "--mount", "sh", "-c", f'mount --bind /dev/null {TYPES} && exec "$@"', "sh", *command]


def supervised(what, *command):
    """A command whose bpf(2) and perf_event_open(2) are looked at first."""
    return ["python3", str(Path(__file__).with_name("supervised.py")), str(what), *command]


def without_fprobe(*command):
    """Nor may a program be attached to many functions at once."""
    return supervised("no-kprobe-multi", *without_types(*command))


NET_ADMIN, PERFMON, BPF = 12, 38, 39
# prctl(PR_CAPBSET_DROP): root that executes a program has what the bounding set holds.
DROP = """
import ctypes, os, sys
for number in set(range(64)) - set(map(int, sys.argv[1].split(","))):
    ctypes.CDLL(None).prctl(24, number, 0, 0, 0)
os.execvp(sys.argv[2], sys.argv[2:])
"""
# The child goes with its parent (PR_SET_PDEATHSIG).
NEW_NUMBERS = """
import ctypes, os, sys
os.unshare(os.CLONE_NEWPID | os.CLONE_NEWNS)
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
os.system("mount --make-rprivate / && mount -t proc proc /proc")
os.execvp(sys.argv[1], sys.argv[1:])
"""


def with_capabilities(numbers, *command):
    """Root of whom so much is left."""
    return ["python3", "-c", DROP, ",".join(map(str, numbers)), *command]


def in_process_namespace(*command):
    return ["python3", "-c", NEW_NUMBERS, *command]


class MethodTests(receiving.Case):
    """Each way to count, and none, by what the process may do and the kernel shows."""

    gve = True

    def setUp(self):
        super().setUp()
        self.enterContext(receiving.patience())
        self.spread(1)
        self.steer(1)
        before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_MEMLOCK, before)

    @contextlib.contextmanager
    def server(self, prefix, *options):
        server = Server("-i", "soft0", "-q", 1, "--mode", "zc", *options)
        server.command = prefix(*map(str, server.command))
        with server:
            yield server

    def receive_by(self, prefix, leaves, flows=1):
        """Half of it is copied where the streams leave the queue under way: (report, zero-copied bytes)."""
        with self.server(prefix) as server, RawStreams(flows) as streams:
            softnic.reset_truth()
            streams.send_to_all(MIB // 4)
            streams.settle()
            if leaves:
                for location in softnic.rule_locations():
                    softnic.delete_rule(location)
            streams.send_to_all(MIB // 4)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        written = receiving.exact_truth(self, truth, streams.total)
        self.assertEqual(0 < written < streams.total, leaves)
        return report, written

    def assertExact(self, report, written, method):
        self.assertEqual((report["zero_copy"]["tracing"]["method"], report["zero_copy"]["tracing"]["exact"]), (method, True),
                         report["zero_copy"]["tracing"])
        self.assertEqual(report.zero_copied, (written, written))

    def test_by_thread(self):
        for leaves in (False, True):
            with self.subTest(leaves):
                report, written = self.receive_by(without_types, leaves)
                self.assertExact(report, written, "kprobe-multi")
                self.assertIn("fexit: ", report["zero_copy"]["tracing"]["refusals"][0])
                softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def test_by_thread_through_a_perf_event(self):
        for leaves in (False, True):
            with self.subTest(leaves):
                report, written = self.receive_by(without_fprobe, leaves)
                self.assertExact(report, written, "perf-kprobe")
                self.assertEqual([one.partition(":")[0] for one in report["zero_copy"]["tracing"]["refusals"]], ["fexit", "kprobe-multi"])
                softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
                self.steer(1)

    def test_probes_that_are_disarmed_under_way_and_armed_again(self):
        """One test has bounds, the next is exact again: the probe is tried anew before it."""
        switch = debugging() / "kprobes/enabled"
        self.addCleanup(switch.write_text, "1\n")
        server = Server("-i", "soft0", "-q", 1, "--mode", "zc", once=False)
        server.command = without_fprobe(*map(str, server.command))
        with server:
            for number, disarms in enumerate((True, False)):
                with RawStreams() as streams:
                    streams.send(MIB // 4)
                    streams.settle()
                    if disarms:
                        switch.write_text("0\n")
                    streams.send(MIB // 4)
                    streams.end()
                    softnic.wait_until(lambda: len(server.reports()) > number, what="the report")
                switch.write_text("1\n")
            disarmed, armed = server.reports()
        self.assertEqual((disarmed["zero_copy"]["tracing"]["exact"], armed["zero_copy"]["tracing"]["exact"]), (False, True))
        self.assertIn("kprobes/enabled is 0", disarmed["zero_copy"]["tracing"]["problem"])
        self.assertLess(disarmed.zero_copied[0], disarmed.zero_copied[1])
        self.assertEqual((armed.zero_copied, armed.copied), ((MIB // 2, MIB // 2), (0, 0)))

    def test_they_are_given_up_once_the_probe_is_attached(self):
        bits = 1 << 38 | 1 << 39
        with self.server(lambda *words: list(words)) as server:
            for status in Path(f"/proc/{server.process.pid}/task").glob("*/status"):
                held = next(line for line in status.read_text().splitlines() if line.startswith("CapPrm"))
                self.assertEqual(int(held.split()[1], 16) & bits, 0, status)

    def test_three_capabilities_are_enough(self):
        report, written = self.receive_by(lambda *words: with_capabilities([NET_ADMIN, PERFMON, BPF], *words), True)
        self.assertExact(report, written, "fexit")

    def test_hits_alone(self):
        """No hit: nothing was copied. Any hit: bounds."""
        before = PARANOIA.read_text()
        PARANOIA.write_text("2\n")
        self.addCleanup(PARANOIA.write_text, before)

        def prefix(*words):
            return with_capabilities([NET_ADMIN, PERFMON], *words)

        report, written = self.receive_by(prefix, False)
        self.assertExact(report, written, "perf-hits")
        softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
        self.steer(1)
        report, written = self.receive_by(prefix, True)
        tracing = report["zero_copy"]["tracing"]
        self.assertEqual((tracing["method"], tracing["exact"]), ("perf-hits", False))
        self.assertIn("counts no bytes", tracing["problem"])
        self.assertLessEqual(report.zero_copied[0], written)
        self.assertGreaterEqual(report.zero_copied[1], written)

    def test_without_the_right_to(self):
        report, written = self.receive_by(lambda *words: with_capabilities([NET_ADMIN], *words), False)
        tracing = report["zero_copy"]["tracing"]
        self.assertNotIn("method", tracing)
        self.assertEqual((len(tracing["refusals"]), tracing["exact"]), (4, False))
        self.assertIn("; not exact: no probe could be attached (fexit: ", report["copy_account"]["method"])
        self.assertGreaterEqual(report.zero_copied[1], written)

    def test_in_a_process_namespace(self):
        report, written = self.receive_by(in_process_namespace, True)
        self.assertExact(report, written, "fexit")

    def test_switched_off_under_way(self):
        """The probe stays attached and counts nothing."""
        self.addCleanup(SWITCH.write_text, "1\n")
        for prefix in (without_types, lambda *words: list(words)):
            with self.server(prefix) as server, RawStreams() as streams:
                streams.send(MIB // 4)
                streams.settle()
                try:
                    SWITCH.write_text("0\n")
                except OSError:
                    # This kernel refuses it while a probe needs it.
                    pass
                streams.send(MIB // 4)
                streams.end()
                self.assertEqual(server.finish(), 0, server.output)
                off = SWITCH.read_text().strip() == "0"
                report = server.report
            SWITCH.write_text("1\n")
            tracing = report["zero_copy"]["tracing"]
            self.assertEqual(tracing["exact"], not off, tracing)
            if off:
                self.assertIn("ftrace_enabled", tracing["problem"] + report["copy_account"]["method"])
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    def test_two_servers_do_not_count_each_other(self):
        """Their requests have the same user_data. One's stream leaves its queue, so that its ring copies; the other's stays."""
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", PORT - 1, "action", 2)
        with self.server(lambda *words: list(words)) as clean, RawStreams() as streams:
            other = Server("-i", "soft0", "-q", 2, "-p", PORT - 1, wait=False)
            with other:
                softnic.wait_until(lambda: "listening" in other.output, what="the other server")
                softnic.reset_truth()
                streams.send(MIB // 2)
                with RawStreams(port=PORT - 1) as leaving:
                    leaving.send(MIB // 4)
                    leaving.settle()
                    softnic.delete_rule(location)
                    leaving.send(MIB)
                    leaving.end()
                self.assertEqual(other.finish(), 0, other.output)
                left = other.report
            streams.end()
            self.assertEqual(clean.finish(), 0, clean.output)
            stayed = clean.report
        self.assertGreater(left.count("traced_copied_bytes"), MIB // 2)
        self.assertEqual(left.copied, (MIB, MIB))
        self.assertEqual((stayed.copied, stayed.zero_copied), ((0, 0), (MIB // 2, MIB // 2)))

    def test_nothing_is_left_behind(self):
        """However it ends: the kernel takes probe and program away with the process."""
        before = probes()
        for prefix in (lambda *words: list(words), without_types, without_fprobe):
            with self.server(prefix) as server, RawStreams() as streams:
                streams.send(1000)
                streams.settle()
                self.assertNotEqual(probes(), before, "it is attached")
                server.process.kill()
                server.process.wait()
            softnic.wait_until(lambda: probes() == before, what=lambda: f"the probe's end: {probes()} after {before}")
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

    @only_in_full("killed while it receives in every run")
    def test_killed_at_every_step(self):
        """At each of its bpf(2) and perf_event_open(2) calls."""
        before = probes()
        for inner in (lambda *words: list(words), without_types):
            calls = 0
            while True:
                with self.subTest(inner=inner, call=calls):
                    server = Server("-i", "soft0", "-q", 1, "--mode", "zc", wait=False)
                    server.command = supervised(calls, *inner(*map(str, server.command)))
                    with server:
                        softnic.wait_until(lambda: receiving.listening() or server.process.poll() is not None, what="its end")
                        killed = server.process.poll()
                        self.assertIn(killed, (None, -signal.SIGKILL))
                    softnic.wait_until(lambda: probes() == before, what=lambda: f"the probe's end: {probes()} after {before}")
                    softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")
                if killed is None:
                    break
                calls += 1
            self.assertGreater(calls, 3)


def debugging():
    """The folder of debugfs."""
    folder = Path("/sys/kernel/debug")
    if not (folder / "kprobes").exists():
        subprocess.run(["mount", "-t", "debugfs", "debugfs", folder], check=True)
    return folder


def probes():
    """What is attached to the function, as the kernel lists it: by how many, and how often as a kprobe. The software NIC itself
    has one there."""
    if not FUNCTIONS.exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing"], check=True)
    attached = re.findall(r"^(io_zcrx_copy_chunk\S* \(\d+\))", FUNCTIONS.read_text(), re.MULTILINE)
    return attached, (debugging() / "kprobes/list").read_text().count("io_zcrx_copy_chunk")
