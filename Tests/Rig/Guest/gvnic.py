"""The gVNIC for the guest's tests (`scripts/rig run --nic gve`): the real driver, and the line to the device's model.

softnic.py is the fixture of tests that run on either NIC. Its two interfaces are called soft0 and soft1 here too: soft0 is
the model's NIC 0, in the first network namespace, soft1 its NIC 1, in a namespace named `peer`.
"""

import functools
import os
import re
import select
import shlex
import subprocess
import time
from pathlib import Path

from patience import Limit

NIC = Path("/rig/nic")
MODEL_WORDS = Path("/rig/model")
DRIVER = "/lib/rig/gve.ko"
ADDRESSES = ("0000:00:02.0", "0000:00:03.0")
NAMES = ("soft0", "soft1")
TRACING = Path("/sys/kernel/tracing")
PROBE = "rig_copied"
# What zcrx-bench has the kernel copy to see that its own probe counts (CopyTrace.checkBytes).
CHECK_BYTES = 997
# What the driver of Linux 7.3 calls its admin commands (gve_adminq.h).
CREATE_TX, CREATE_RX, DESTROY_TX, DESTROY_RX, CONFIGURE_RSS, FLOW_RULE = 5, 6, 7, 8, 0xa, 0xff
EXHAUSTED = 0xfffffffc


def is_here():
    return NIC.exists() and NIC.read_text().strip() == "gve"


def model_words():
    """The options that the model was started with."""
    return shlex.split(MODEL_WORDS.read_text())


# The model

@functools.cache
def port():
    """The device that leads to the model's control socket; it can be open once only."""
    for path in Path("/sys/class/virtio-ports").iterdir():
        if (path / "name").read_text().strip() == "model":
            return os.open(f"/dev/{path.name}", os.O_RDWR | os.O_CLOEXEC)
    raise AssertionError("there is no line to the gVNIC's model")


def ask(request, seconds=30):
    """What the model answers, line by line; fails when it refuses."""
    os.write(port(), f"{request}\n".encode())
    text, limit = b"", Limit(seconds)
    while not re.search(rb"(?:\A|\n)(?:ok|error: [^\n]*)\n\Z", text):
        if limit.is_over():
            raise AssertionError(f"the model does not answer {request!r}: {text!r}")
        if select.select([port()], [], [], 1)[0]:
            text += os.read(port(), 4096)
    lines = text.decode().splitlines()
    if lines[-1] != "ok":
        raise AssertionError(f"the model refuses {request!r}: {lines[-1]}")
    return lines[:-1]


def account(nic=0):
    """What the model wrote where: {name: value}, of its queues {("rx", queue, name): value}, and of the driver's admin
    commands {("command", opcode, "count"): value}."""
    return numbers(ask(f"account {nic}"))


def numbers(lines):
    found = {}
    for _, *what, value in (line.split() for line in lines):
        found[what[0] if len(what) == 1 else (what[0], int(what[1]), what[2])] = int(value)
    return found


def heal():
    for nic in (0, 1):
        ask(f"heal {nic}")


# The driver

def is_loaded():
    return Path("/sys/module/gve").exists()


def name_at(address):
    """The name of the interface of a PCI device, in this namespace; None while there is none."""
    names = [path.name for path in Path(f"/sys/bus/pci/devices/{address}/net").glob("*")]
    return names[0] if names else None


def wait_until(condition, what, seconds=30):
    limit = Limit(seconds)
    while not condition():
        if limit.is_over():
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def run(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"{words}: status {done.returncode}: {done.stderr}")
    return done.stdout


def load():
    """Loads the driver and gives the two interfaces their names."""
    if not is_loaded():
        run("insmod", DRIVER)
    wait_until(lambda: all(map(name_at, ADDRESSES)), "probing")
    for address, name in zip(ADDRESSES, NAMES):
        if name_at(address) != name:
            run("ip", "link", "set", name_at(address), "name", name)


def unload():
    if is_loaded():
        run("rmmod", "gve")


def use_all_queues(queues):
    """The device begins with fewer than it can have."""
    run("ethtool", "-L", NAMES[0], "rx", queues, "tx", queues)


def has_carrier(name=NAMES[0]):
    return Path(f"/sys/class/net/{name}/carrier").read_text().strip() == "1"


def interrupt(queue):
    """The number of a receive queue's interrupt, from /proc/interrupts: the driver's own name for it."""
    rows = Path("/proc/interrupts").read_text().splitlines()
    block = receive_block(queue)
    for row in rows:
        if row.endswith(f"gve-ntfy-blk{block}@pci:{ADDRESSES[0]}"):
            return int(row.partition(":")[0])
    raise AssertionError(f"queue {queue} has no interrupt")


def receive_block(queue):
    return numbers(ask("state 0"))[("rx", queue, "block")]


def deliveries(number):
    """How often an interrupt came, over all CPUs."""
    for row in Path("/proc/interrupts").read_text().splitlines():
        if row.strip().startswith(f"{number}:"):
            return sum(int(word) for word in row.split()[1:1 + os.cpu_count()])
    return 0


def affinity(number):
    """(the CPUs an interrupt may go to, those the kernel says that it goes to)"""
    return tuple(Path(f"/proc/irq/{number}/{name}").read_text().strip()
                 for name in ("smp_affinity_list", "effective_affinity_list"))


def carrier_changes(name=NAMES[0]):
    return int(Path(f"/sys/class/net/{name}/carrier_changes").read_text())


# Ground truth

class Truth:
    """What came where, by the model's account, and what io_uring copied, by a probe of the kernel: the same names as the
    software NIC's. The model does not know whose memory a buffer is: a queue that io_uring has writes into its area."""

    bound = ()

    @classmethod
    def reset(cls, bound):
        cls.bound = set(bound)
        if not (TRACING / "events/kprobes" / PROBE).exists():
            start_probe()
        (TRACING / "trace").write_text("\n")
        ask("clear 0")

    @classmethod
    def read(cls, bound):
        found = account()
        bound = cls.bound | set(bound)
        truth = {"uring_copy_probe": "active", "uring_copy_missed": missed(), "uring_copy_bytes": copied()}
        totals = {"zero_copy": 0, "page": 0, "linear": 0}
        for (kind, queue, name), value in [item for item in found.items() if isinstance(item[0], tuple)]:
            if (kind, name) == ("rx", "frames"):
                truth[f"soft0_rx{queue}_frames"] = value
            if (kind, name) != ("rx", "tcp_payload_bytes"):
                continue
            split = found.get(("rx", queue, "tcp_split_bytes"), 0)
            where = "zero_copy" if queue in bound else "page"
            for name, bytes_ in ((where, split), ("linear", value - split)):
                truth[f"soft0_rx{queue}_{name}_bytes"] = bytes_
                totals[name] += bytes_
        return truth | {f"soft0_{name}_bytes": value for name, value in totals.items()}


def start_probe():
    """io_zcrx_copy_chunk returns the bytes that it copied."""
    if not (TRACING / "kprobe_events").exists():
        run("mount", "-t", "tracefs", "tracefs", TRACING)
    (TRACING / "buffer_size_kb").write_text("8192\n")
    (TRACING / "kprobe_events").write_text(f"r64:kprobes/{PROBE} io_zcrx_copy_chunk bytes=$retval:s64\n")
    (TRACING / "events/kprobes" / PROBE / "enable").write_text("1\n")


def copied():
    found = map(int, re.findall(r"bytes=(-?\d+)", (TRACING / "trace").read_text()))
    return sum(bytes_ for bytes_ in found if bytes_ > 0 and bytes_ != CHECK_BYTES)


def missed():
    """Calls that the probe had no room for, and events that the buffer had none for."""
    profile = re.search(rf"^ *{PROBE} +\d+ +(\d+)$", (TRACING / "kprobe_profile").read_text(), re.MULTILINE)
    entries = re.search(r"entries-in-buffer/entries-written: (\d+)/(\d+)", (TRACING / "trace").read_text())
    return (int(profile[1]) if profile else 0) + (int(entries[2]) - int(entries[1]) if entries else 0)
