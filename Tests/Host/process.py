"""Child processes with time limits: started, watched through /proc, ended by their own pid."""

import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from patience import Limit

# What a program or a condition may take on a quiet machine before a test gives it up; see patience.py.
SECONDS = 40


class Overdue(AssertionError):
    """Something did not happen in time."""


def until(condition, seconds=SECONDS, step=0.01, what="condition"):
    """Waits until `condition()` is true and returns its value; Overdue after `seconds`, more on a busy machine."""
    limit = Limit(seconds)
    while True:
        if value := condition():
            return value
        if limit.is_over():
            raise Overdue(f"{what() if callable(what) else what}: not within {seconds} s")
        time.sleep(step)


def sent_bytes(device):
    """What has been sent over an interface of the tests' own network namespace so far."""
    (line,) = [line for line in Path("/proc/net/dev").read_text().splitlines() if line.strip().startswith(f"{device}:")]
    return int(line.partition(":")[2].split()[8])


@dataclass
class Finished:
    """What a program that ended by itself left behind."""

    command: list
    status: int
    stdout: str
    stderr: str
    seconds: float

    def __str__(self):
        return (f"{' '.join(map(str, self.command))}\nexit status {self.status} after {self.seconds:.2f} s\n"
                f"--- standard output\n{self.stdout[-6000:]}\n--- standard error\n{self.stderr[-4000:]}")


class Program:
    """A running child whose output goes to files, so that no full pipe can stop it."""

    def __init__(self, *command, stdin=subprocess.DEVNULL, stdout=None, env=None, cwd=None):
        self.command = [str(part) for part in command]
        self.files = [tempfile.TemporaryFile(), tempfile.TemporaryFile()]
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, stdin=stdin, stdout=self.files[0] if stdout is None else stdout, stderr=self.files[1],
            env=None if env is None else {**os.environ, **env}, cwd=cwd)
        self.pid = self.process.pid

    def _text(self, file):
        return os.pread(file.fileno(), 64 << 20, 0).decode(errors="replace")

    @property
    def stdout(self):
        return self._text(self.files[0])

    @property
    def stderr(self):
        return self._text(self.files[1])

    @property
    def running(self):
        return self.process.poll() is None

    def finished(self, seconds=SECONDS):
        """Waits for the end; a program that is overdue is killed and fails the test."""
        limit = Limit(seconds)
        while True:
            try:
                return self.result(self.process.wait(0.2))
            except subprocess.TimeoutExpired:
                if not limit.is_over():
                    continue
            self.process.kill()
            self.process.wait()
            raise Overdue(f"killed after {seconds} s: {self.result(None)}")

    def result(self, status):
        return Finished(self.command, status, self.stdout, self.stderr, time.monotonic() - self.started)

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=SECONDS):
        """Ends it with a signal and returns what it left."""
        if self.running:
            self.send(number)
        return self.finished(seconds)

    def kill(self):
        """For cleanup: ends it whatever it does."""
        if self.running:
            self.process.kill()
        self.process.wait()
        for file in self.files:
            file.close()

    def says(self, pattern, seconds=SECONDS):
        """Waits until the output (either kind) matches; returns the match."""

        def look():
            found = re.search(pattern, self.stdout + self.stderr, re.MULTILINE)
            if not found and not self.running:
                raise Overdue(f"it ended without saying {pattern!r}: {self.result(self.process.returncode)}")
            return found

        return until(look, seconds, what=lambda: f"{pattern!r} in the output of {self.result(None)}")

    # What the kernel knows about it.

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    @property
    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def memory(self, name="VmRSS"):
        """Bytes: VmRSS is now, VmHWM the highest so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1024

    def processor_ticks(self):
        """User and system clock ticks (1/100 s) of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def listens(self, port):
        """Whether a socket in its network namespace listens on a TCP port (it need not be its own)."""
        return any(state == "0A" for state, _ in self._sockets(port))

    def unread(self, port):
        """Bytes that have come in at a local TCP port of its network namespace and that nobody has read yet."""
        return sum(waiting for state, waiting in self._sockets(port) if state != "0A")

    def _sockets(self, port):
        """State and receive queue of each of its network namespace's sockets with a local port."""
        for family in ("tcp", "tcp6"):
            try:
                table = Path(f"/proc/{self.pid}/net/{family}").read_text()
            except OSError:
                return  # it has ended meanwhile
            for line in table.splitlines()[1:]:
                _, local, _, state, queues = line.split()[:5]
                if int(local.rsplit(":", 1)[1], 16) == port:
                    yield state, int(queues.split(":")[1], 16)


def run(*command, seconds=SECONDS, **options):
    """Runs a program to its end, within a time limit."""
    program = Program(*command, **options)
    try:
        return program.finished(seconds)
    finally:
        program.kill()
