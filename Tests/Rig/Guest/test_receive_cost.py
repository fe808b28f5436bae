"""What receiving costs the thread that does it, counted: the server beside the C program of Tests/Reference.

Counts of instructions and system calls, not times. The emulated processor has no counters, so the thread is stepped
through. Before each of its waits it stands still until a piece has come whole: both programs find the same at each wait,
and the counts are the same in every run.
"""

import contextlib
import ctypes
import os
import struct
from pathlib import Path

import elf_symbols
import receiving
import softnic
from receiving import MIB

# Bytes found at each wait: {piece: how many times the instructions of the C program the server may need for a MiB}. What
# it does once for a wait and the C program does not (consistent counters for whoever reports, the kernel's count of
# copies, the watchdog's turn) weighs the more the less a wait finds (docs/performance.md).
LIMITS = {64 << 10: 1.2, 256 << 10: 1.1}
# The same of system calls.
CALLS_LIMIT = 1.1
TURNS = 2
# Of the thread that receives and of what steps through it: from processor to processor each step would take ten times as
# long.
CPU = 0
# The server's look at streams that bring nothing, and at the clock for its sake: twenty times a second, whatever comes.
# Stepped through it would be due at every wait.
WATCHDOG = b"12ZeroCopyLoopV10lookInTime"
# Default size of receive buffers: a piece must fit into what a sender may send unread.
RECEIVE_MEMORY = Path("/proc/sys/net/ipv4/tcp_rmem")


@contextlib.contextmanager
def large_receive_buffers():
    before = RECEIVE_MEMORY.read_text()
    least, _, most = before.split()
    RECEIVE_MEMORY.write_text(f"{least} {4 * MIB} {most}\n")
    try:
        yield
    finally:
        RECEIVE_MEMORY.write_text(before)


def thread_named(process, name):
    for folder in Path(f"/proc/{process}/task").iterdir():
        if (folder / "comm").read_text().strip() == name:
            return int(folder.name)
    raise AssertionError(f"process {process} has no thread {name}")


def completions(process):
    """How many completions the process's one ring has had."""
    for file in Path(f"/proc/{process}/fdinfo").iterdir():
        for line in file.read_text().splitlines():
            if line.startswith("CqTail:"):
                return int(line.split()[1])
    raise AssertionError(f"process {process} has no ring that tells of itself")


class Counter(softnic.Background):
    """Steps through a thread, wait by wait."""

    def __init__(self, thread, left_out):
        super().__init__("count", "--thread", thread, "--leave-out", left_out)
        os.sched_setaffinity(self.process.pid, {CPU})
        if "waiting" not in self.first:
            raise AssertionError(self.first)

    def turn(self):
        """The next wait and what follows it, up to the one after that."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        self.process.stdin = None
        status, counts = self.finish()
        if status:
            raise AssertionError(counts)
        return counts


class Calls:
    """System calls of a thread from here on, counted by the kernel's own tracepoint."""

    TRACEPOINT, PERF_EVENT_OPEN, SIZE = 2, 298, 112

    def __init__(self, thread):
        number = int(Path("/sys/kernel/debug/tracing/events/raw_syscalls/sys_enter/id").read_text())
        attributes = struct.pack("=IIQ", self.TRACEPOINT, self.SIZE, number).ljust(self.SIZE, b"\0")
        libc = ctypes.CDLL(None, use_errno=True)
        self.descriptor = libc.syscall(self.PERF_EVENT_OPEN, attributes, thread, -1, -1, 0)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "counting system calls")

    def end(self):
        count, = struct.unpack("=Q", os.read(self.descriptor, 8))
        os.close(self.descriptor)
        return count


class Program:
    """A receiver: which thread of it receives, and what of it is left out."""

    def __init__(self, process, thread, left_out):
        self.process, self.thread, self.left_out = process, thread, left_out

    def count(self, streams, piece):
        """Counts of some turns, each of which finds a piece."""
        with Counter(self.thread, self.left_out) as counter:
            before = completions(self.process)
            for _ in range(TURNS):
                streams.send(piece)
                streams.settle()
                counter.turn()
            counts = counter.end()
            counts["completions"] = completions(self.process) - before
        if counts["turns"] != TURNS or counts["completions"] < TURNS * piece // 4096:
            raise AssertionError(f"not a piece a turn: {counts}")
        return counts

    def counts(self, pieces):
        with receiving.patience(), receiving.RawStreams() as streams:
            # By now the server knows the stream for one, and the sender's window is open.
            for _ in range(4):
                streams.send(MIB // 4)
                streams.settle()
            calls, before = Calls(self.thread), completions(self.process)
            streams.send(4 * MIB)
            streams.settle()
            softnic.wait_until(lambda: receiving.unread() == 0, what="reading")
            self.by_itself = (completions(self.process) - before) / calls.end()
            counts = {piece: self.count(streams, piece) for piece in pieces}
            streams.end()
        return counts


class CostTests(receiving.Case):
    queues = 4

    def setUp(self):
        super().setUp()
        self.steer(1)
        self.enterContext(large_receive_buffers())

    def server(self, *options, pieces=tuple(LIMITS)):
        """(counts of the server, its queue's memory)"""
        with receiving.Server("-i", "soft0", "-q", 1, "-A", CPU, *options) as server:
            watchdog = elf_symbols.function("/bin/zcrx-bench", WATCHDOG)
            program = Program(server.process.pid, thread_named(server.process.pid, "zero-copy-0"), watchdog)
            counts = program.counts(pieces)
            self.assertEqual(server.finish(), 0, server.output)
            [queue] = server.report.queues
        print(f"        the server by itself: {program.by_itself:.1f} completions a system call", flush=True)
        return counts, queue["memory"]

    def reference(self, memory):
        """Counts of the C program, with an area and rings like the server's."""
        options = ("--area-size", memory["area_bytes"], "--rx-buf-len", memory["buffer_bytes"],
                   "--rq-entries", memory["refill_entries"], "--cq-entries", memory["completion_entries"])
        with softnic.Background("reference", "-i", "soft0", "-q", 1, "-p", receiving.PORT, *options) as background:
            self.assertTrue(background.first.get("ready"), background.first)
            os.sched_setaffinity(background.process.pid, {CPU})
            program = Program(background.process.pid, background.process.pid, 0)
            counts = program.counts(LIMITS)
            status, account = background.finish()
        self.assertEqual((status, account.get("rearms")), (0, 0), account)
        print(f"        the C program by itself: {program.by_itself:.1f} completions a system call", flush=True)
        return counts

    def test_against_the_c_program(self):
        ours, memory = self.server()
        theirs = self.reference(memory)
        for piece, limit in LIMITS.items():
            our, their = ours[piece], theirs[piece]
            self.assertEqual(our["completions"], their["completions"], "they did not find the same")
            mib = TURNS * piece / MIB
            print(f"        {our['completions'] / TURNS:.0f} completions a wait: "
                  f"{our['instructions'] / mib:.0f} instructions and {our['calls'] / mib:.1f} system calls a MiB, "
                  f"in C {their['instructions'] / mib:.0f} and {their['calls'] / mib:.1f}: "
                  f"{our['instructions'] / their['instructions']:.3f} times (limit {limit}) and "
                  f"{our['calls'] / their['calls']:.3f} times (limit {CALLS_LIMIT})", flush=True)
            self.assertGreater(their["instructions"], 20 * their["completions"], "the C program was not stepped through")
            self.assertLessEqual(our["instructions"], limit * their["instructions"])
            self.assertLessEqual(our["calls"], CALLS_LIMIT * their["calls"])

    def test_the_probe_of_copies_costs_nothing_while_nothing_is_copied(self):
        """A look at a counter in memory that the kernel shares, once a wait."""
        piece = max(LIMITS)
        plain, traced = (self.server(*options, pieces=[piece])[0][piece] for options in (["--no-trace"], []))
        more = (traced["instructions"] - plain["instructions"]) / TURNS
        print(f"        {more:.0f} instructions more a wait, of {plain['instructions'] / TURNS:.0f}", flush=True)
        self.assertEqual((traced["completions"], traced["calls"]), (plain["completions"], plain["calls"]))
        self.assertLessEqual(more, 100)

    def test_more_work_would_be_seen(self):
        piece = min(LIMITS)
        plain, verifying = (self.server(*options, pieces=[piece])[0][piece] for options in ((), ("--verify",)))
        self.assertGreater(verifying["instructions"], 2 * plain["instructions"])
