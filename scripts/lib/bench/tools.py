"""Sender and receiver of each tool, pinned to a CPU each; every pair gives one measured run.

CPU seconds are those of the process with all its threads and the children it waited for (wait4(2)). Softirq time that
the kernel spends outside of them is charged to nobody, for all tools alike; how busy the two CPUs were says the rest.
"""

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from harness import free_port
from process import Program, until

from . import noise

RECEIVER_CPU, SENDER_CPU = 0, 1
GIB = 1 << 30


class Failed(Exception):
    """A run that gave no figures."""


@dataclass
class Setting:
    """Where and how a pair runs: what the tools of one comparison have in common."""

    network: str
    # The receiver's address, and the sender's own.
    host: str
    near: str
    # Runs a command on the receiver's side.
    prefix: tuple = ()
    block: str = "128K"
    flows: int = 1
    seconds: int = 2
    congestion: str = "reno"

    @property
    def block_bytes(self):
        return int(self.block[:-1]) << {"K": 10, "M": 20}[self.block[-1]]


def start(cpu, command, prefix=()):
    return Program(*prefix, "taskset", "-c", cpu, *command)


def charged(program, seconds):
    """Waits for the end of a program: its CPU seconds."""
    deadline = time.monotonic() + seconds
    while True:
        # Only wait4 tells the CPU time of an ended process to the microsecond.
        pid, status, usage = os.wait4(program.pid, os.WNOHANG)
        if pid:
            program.process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
        if time.monotonic() > deadline:
            raise Failed(f"not over after {seconds} s: {program.result(None)}")
        time.sleep(0.005)


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def check(program):
    if program.process.returncode:
        raise Failed(str(program.result(program.process.returncode)))


def listening(program, *ports):
    until(lambda: not program.running or all(map(program.listens, ports)),
          what=lambda: f"it listens: {program.result(None)}")
    if not program.running:
        raise Failed(str(program.finished()))


def figures(received, seconds, receiving, sending, before, after):
    return {"gbps": received * 8 / seconds / 1e9, "bytes": received,
            "rx_cpu": receiving / received * GIB, "tx_cpu": sending / received * GIB,
            "rx_busy": after.busy(before, RECEIVER_CPU), "tx_busy": after.busy(before, SENDER_CPU)}


@dataclass
class Iperf:
    """Any two tools that speak iperf3's protocol."""

    label: str
    receiver: list
    sender: list

    def _client(self, setting):
        program, *options = self.sender
        return [program, *options, setting.host] if options[:1] == ["client"] else [program, "-c", setting.host, *options]

    def measure(self, setting):
        port = free_port()
        receiver = start(RECEIVER_CPU, [*self.receiver, "-p", port, "-1"], setting.prefix)
        sender = None
        try:
            listening(receiver, port)
            before = noise.Ticks()
            sender = start(SENDER_CPU, [
                *self._client(setting), "-p", port, "-t", setting.seconds, "-l", setting.block,
                "-P", setting.flows, "-C", setting.congestion, "-J"])
            sending = charged(sender, setting.seconds + 20)
            after = noise.Ticks()
            check(sender)
            receiving = charged(receiver, 20)
            check(receiver)
            got = json.loads(sender.stdout)["end"]["sum_received"]
            return figures(got["bytes"], got["seconds"], receiving, sending, before, after)
        finally:
            for program in (receiver, sender):
                if program:
                    program.kill()


@dataclass
class Neper:
    """neper's tcp_stream. It counts what was received itself, by the slope of its samples."""

    label: str
    executable: str
    options: list

    def measure(self, setting):
        control, port = free_port(), free_port()
        common = ["--nolog", "-C", control, "-P", port, "-F", setting.flows, "-B", setting.block_bytes]
        receiver = start(RECEIVER_CPU, [self.executable, *common, *self.options], setting.prefix)
        sender = None
        try:
            listening(receiver, control)
            before = noise.Ticks()
            sender = start(SENDER_CPU, [self.executable, *common, "-c", "-H", setting.host, "-l", setting.seconds,
                                        f"--congestion-control={setting.congestion}"])
            sending = charged(sender, setting.seconds + 20)
            after = noise.Ticks()
            check(sender)
            receiving = charged(receiver, 20)
            check(receiver)
            rate = float(re.search(r"^remote_throughput=(\d+)", sender.stdout, re.MULTILINE)[1])
            if not rate:
                raise Failed(f"no rate: {sender.result(0)}")
            return figures(rate / 8 * setting.seconds, setting.seconds, receiving, sending, before, after)
        finally:
            for program in (receiver, sender):
                if program:
                    program.kill()


@dataclass
class Kperf:
    """kperf: two of its servers, and a client that only directs them."""

    label: str
    folder: str
    options: list

    def measure(self, setting):
        ports = free_port(), free_port()
        receiver = start(RECEIVER_CPU, self._server(ports[1]), setting.prefix)
        sender = start(SENDER_CPU, self._server(ports[0]))
        director = None
        try:
            listening(receiver, ports[1])
            listening(sender, ports[0])
            before = noise.Ticks()
            director = Program(
                f"{self.folder}/client", "--src", setting.near, "--dst", setting.host, "--src-svc", ports[0],
                "--dst-svc", ports[1], "-t", setting.seconds, "-n", setting.flows, "--write-size", setting.block_bytes,
                "--read-size", setting.block_bytes, "--tcp-cc", setting.congestion, *self.options,
                "--cpu-src-wrk", SENDER_CPU, "--cpu-dst-wrk", RECEIVER_CPU, "--out-csv", "--out-hdr")
            charged(director, setting.seconds + 20)
            after = noise.Ticks()
            check(director)
            names, values = (line.split(",") for line in director.stdout.strip().splitlines()[-2:])
            rate = float(dict(zip(names, values))["rx"])
            for program in (receiver, sender):
                # Sessions are children, and what they cost counts once their server has waited for them.
                until(lambda: not children(program.pid), what="kperf's sessions end")
                program.process.terminate()
            receiving, sending = charged(receiver, 5), charged(sender, 5)
            return figures(rate * 1e9 / 8 * setting.seconds, setting.seconds, receiving, sending, before, after)
        finally:
            for program in (receiver, sender, director):
                if program:
                    program.kill()

    def _server(self, port):
        return [f"{self.folder}/server", "--no-daemon", "-p", port, "--pid-file", f"/tmp/kperf-{port}.pid"]
