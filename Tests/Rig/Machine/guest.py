"""One boot: the emulator is started, watched and ended."""

import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

import console
import gvnic as gvnics
import prefix as prefixes
from cache import say
from failure import GuestDied, GuestHung, GuestNotUp, RigFailure, Usage

# Seconds of processor time: a boot takes 5, however long it lasts on a busy machine. One that waits for ever uses none.
BOOT_PROCESSOR_SECONDS, BOOT_SECONDS = 60, 900
# Of some hundred boots one stopped in the kernel's first second, spinning, under QEMU's software emulation: nothing of
# ours had run by then, and the next boot is another draw.
BOOTS = 2
# At loglevel 5 warnings reach the serial console while they happen, also from a guest that never gets to report.
# On a host with a load of 30 the kernel sees no tick in the moment in which it tests its timer, and panics; and its
# watchdogs take for a lockup what is a processor that did not get to run for 20 s.
KERNEL_LINE = ("console=ttyS0 panic=-1 oops=panic loglevel=5 "
               "no_timer_check watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=300")
PORTS = ("result", "kernel", "files")
MEMORY = "2G"
# Memory that the gVNIC's model can map, which is another process.
SHARED = ["-M", "q35,memory-backend=ram", "-object", f"memory-backend-memfd,id=ram,size={MEMORY},share=on"]


def processor_seconds(number):
    """Seconds of processor time that a process and everything below it have used."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        below = [child for task in Path(f"/proc/{number}/task").iterdir()
                 for child in (task / "children").read_text().split()]
    except OSError:
        return 0  # it has ended
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") + sum(map(processor_seconds, below))


def emulator(interactive, gvnic=False):
    words = ["qemu-system-x86_64", *(SHARED if gvnic else ["-M", "q35"]), "-accel", "tcg,thread=multi", "-cpu", "max",
             "-smp", "2", "-m", MEMORY, "-display", "none", "-no-reboot", "-nodefaults", "-kernel", "/mnt/vmlinuz",
             "-initrd", "/mnt/initrd", "-append", KERNEL_LINE, "-device", "virtio-serial-pci"]
    for name in PORTS:
        words += ["-chardev", f"file,id={name},path=/mnt/{name}", "-device",
                  f"virtserialport,chardev={name},name={name}"]
    if interactive:
        # Ctrl-C belongs to the guest's shell.
        words += ["-chardev", "stdio,id=terminal,signal=off,logfile=/mnt/console.log", "-serial", "chardev:terminal"]
    else:
        words += ["-serial", "file:/mnt/console.log", "-chardev", "stdio,id=output,signal=off",
                  "-device", "virtserialport,chardev=output,name=output"]
    return [*words, *(gvnics.devices() if gvnic else [])]


class Guest:
    """A run has a folder of its own, which holds what it boots and everything that comes back.

    `seconds`: how long the command may print nothing.
    """

    def __init__(self, prefix, folder, seconds, interactive=False, gvnic=None, model=()):
        self.prefix, self.folder, self.seconds = gvnic.prefix if gvnic else prefix, folder, seconds
        self.interactive, self.gvnic, self.model = interactive, gvnic, model
        self.process, self.deadline, self.up = None, time.monotonic() + BOOT_SECONDS, None

    def text(self, name):
        path = self.folder / name
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def run(self):
        """Boots, runs the command, passes its output on, returns its exit status; raises when there is none."""
        words = emulator(self.interactive, bool(self.gvnic))
        if self.gvnic:
            words = gvnics.command(self.model, words, self.gvnic.sanitized)
        words = prefixes.command(self.prefix, self.folder, None, words)
        with (self.folder / "emulator.log").open("wb") as errors:
            self.process = subprocess.Popen(
                # The emulator's standard streams are one device: at the end of its input the guest could not write.
                words, stdin=None if self.interactive else subprocess.PIPE,
                stdout=None if self.interactive else subprocess.PIPE, stderr=errors,
                # In the foreground of its terminal a shell must stay in our process group.
                start_new_session=not self.interactive)
        try:
            self.watch()
        finally:
            self.end()
        errors = self.text("emulator.log").strip()
        if self.process.returncode and not self.text("console.log"):
            if self.gvnic and self.process.returncode == Usage.status:
                raise Usage(f"--model {' '.join(self.model)}: {errors}")
            raise RigFailure(f"the emulator did not start:\n{console.tail(errors)}")
        log = self.text("console.log")
        try:
            status = console.exit_status(self.text("result"), log)
        except GuestDied as failure:
            if errors:
                raise GuestDied(f"{failure}\nthe emulator said:\n{console.tail(errors, 60)}") from None
            raise
        console.check_log(log, self.text("kernel"))
        return status

    def watch(self):
        if self.interactive:
            self.process.wait()
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                if selector.select(timeout=0.1):
                    data = os.read(self.process.stdout.fileno(), 1 << 16)
                    if not data:
                        break
                    sys.stdout.buffer.write(data)
                    sys.stdout.buffer.flush()
                    if self.up:
                        self.deadline = time.monotonic() + self.seconds
                self.check_time()
        self.process.wait(300)

    def check_time(self):
        if not self.up:
            self.up = console.booted(self.text("result"))
            if self.up:
                say(f"guest: {self.up[0]}, up after {self.up[1]:.1f} s of its own time")
                self.deadline = time.monotonic() + self.seconds
        used = 0 if self.up else processor_seconds(self.process.pid)
        if time.monotonic() > self.deadline or used > BOOT_PROCESSOR_SECONDS:
            tail = console.tail(self.text("console.log"))
            if not self.up:
                raise GuestNotUp(f"the guest hangs: it was not up after {used:.0f} s of processor time\n{tail}")
            raise GuestHung(f"the guest hangs: the command printed nothing for {self.seconds:g} s\n{tail}")

    def end(self):
        """Ends the emulator if it runs still: with its first process the whole process namespace goes."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            # The emulator ends a moment after its parent; then nobody holds the pipe any more.
            while self.process.stdout and self.process.stdout.read(1 << 16):
                pass
        for stream in (self.process.stdin, self.process.stdout) if self.process else ():
            if stream:
                stream.close()

    def fetched(self, wanted):
        """Copies what came back from the guest: {path in the guest: file here}; returns what did not come."""
        missing = dict(wanted)
        path = self.folder / "files"
        with path.open("rb") as files:
            while head := files.readline():
                size, _, name = head.decode().rstrip("\n").partition(" ")
                data = files.read(int(size))
                if len(data) == int(size) and name in missing:
                    Path(missing.pop(name)).write_bytes(data)
        return sorted(missing)
