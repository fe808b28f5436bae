"""The NIC of the guest's tests: loading it, its ground truth, traffic over it, and the software NIC's knobs.

soft0 is in the first network namespace, where queues can be bound; soft1 is in a namespace named `peer`. In a guest with
gVNICs these are the names of the two NICs of the model, driven by the real gve, for every class that says `gve = True`; a
class whose `gve` is a sentence is for the software NIC alone, and the sentence says why.
"""

import array
import contextlib
import ctypes
import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import threading
import time
import unittest
from pathlib import Path

import gvnic
import netlink
from patience import Limit

# What may last before a test gives it up: of a condition, and of a socket that nothing comes from.
SECONDS, PATIENCE = 20, 120
MODULE = "/lib/rig/softnic.ko"
DEBUG = Path("/sys/kernel/debug/softnic")
PERSONALITIES = {
    "generic": "softnic", "bnxt": "bnxt_en", "gve": "gve", "mlx5": "mlx5_core", "fbnic": "fbnic"}
ADDRESSES = {socket.AF_INET: ("10.9.0.1", "10.9.0.2"), socket.AF_INET6: ("fd09::1", "fd09::2")}
PROBE = "/bin/rig-probe"
HUGE_PAGES = Path("/proc/sys/vm/nr_hugepages")

# of the families "ethtool" and "netdev", Linux 7.3
FEATURES_GET, RINGS_GET, RINGS_SET, CHANNELS_GET, RSS_GET, RSS_SET = 11, 15, 16, 17, 38, 48
RINGS_SPLIT, RINGS_HDS_THRESH, RINGS_HDS_THRESH_MAX = 11, 17, 18
RSS_CONTEXT, RSS_INDIR, RSS_KEY, RSS_START_CONTEXT = 2, 4, 5, 7
QUEUE_GET, NAPI_GET, QSTATS_GET, PAGE_POOL_GET = 10, 11, 12, 5
SIOCETHTOOL, RULE_COUNT, RULE_LIST, RULE_DELETE, RULE_INSERT = 0x8946, 0x2e, 0x30, 0x31, 0x32
RTM_SETLINK, IFLA_XDP, IFLA_XDP_FD, IFLA_XDP_FLAGS, XDP_DRIVER_MODE = 19, 43, 1, 3, 4
SYS_BPF, BPF_PROG_LOAD, XDP_PROGRAM, XDP_HAS_FRAGS = 321, 5, 6, 1 << 5
SPLIT_AUTO, SPLIT_OFF, SPLIT_ON = 0, 1, 2
SPLIT_NAMES = ("auto", "off", "on")
QSTAT_NAMES = {8: "rx_packets", 9: "rx_bytes", 10: "tx_packets", 11: "tx_bytes", 12: "rx_alloc_fail",
               13: "rx_hw_drops", 14: "rx_hw_drop_overruns", 19: "rx_hw_gro_packets",
               21: "rx_hw_gro_wire_packets"}


class CommandFailed(AssertionError):
    def __init__(self, done):
        super().__init__(f"{' '.join(map(str, done.args))}: status {done.returncode}: {done.stderr.strip()}")
        self.text = done.stderr


def run(*command):
    """What a command prints; CommandFailed, with its standard error, when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(done)
    return done.stdout


def ethtool(*arguments):
    return run("ethtool", *arguments)


# Loading

def is_loaded():
    return gvnic.is_loaded() if gvnic.is_here() else Path("/sys/module/softnic").exists()


def load(personality="generic", queues=8, addresses=True):
    """Loads the module anew and, with addresses, brings the pair up."""
    Case.loaded = None
    unload()
    if gvnic.is_here():
        gvnic.load()
        if addresses:
            bring_up()
            gvnic.use_all_queues(queues)
            wait_until(gvnic.has_carrier, 20, "carrier")
        return
    run("insmod", MODULE, f"personality={personality}", f"queues={queues}")
    if addresses:
        bring_up()


def unload():
    if gvnic.is_here():
        gvnic.unload()
    elif is_loaded():
        # A ring's end is worked off after its process has gone; one that comes after the interface makes the kernel warn.
        wait_until(lambda: not bound_queues(), what="the end of every ring")
        run("rmmod", "softnic")


def batch(*lines, namespace=()):
    """Several `ip` commands in one process: a start costs tens of milliseconds under emulation."""
    done = subprocess.run(["ip", *namespace, "-batch", "-"], input="\n".join(lines), capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(done)


def bring_up():
    first = [] if Path("/run/netns/peer").exists() else ["netns add peer"]
    batch(*first, "link set soft1 netns peer", "addr add 10.9.0.1/24 dev soft0",
          "addr add fd09::1/64 dev soft0 nodad", "link set soft0 up")
    batch("addr add 10.9.0.2/24 dev soft1", "addr add fd09::2/64 dev soft1 nodad", "link set soft1 up",
          namespace=("-n", "peer"))


# Knobs and ground truth

def set_knob(name, value):
    if gvnic.is_here():
        raise unittest.SkipTest(f"{name} is a knob of the software NIC")
    (DEBUG / "faults" / name).write_text(f"{value}\n")


def get_knob(name):
    return int((DEBUG / "faults" / name).read_text())


@contextlib.contextmanager
def knob(name, value):
    """Sets a knob for the block, and back to 0 after it."""
    set_knob(name, value)
    try:
        yield
    finally:
        set_knob(name, 0)


class Truth(dict):
    """The lines of the ground truth: numbers as int, the rest as text."""

    @property
    def uring_copied(self):
        """Bytes that io_uring copied. Fails where that cannot be known, or was not seen completely."""
        if self["uring_copy_probe"] != "active":
            raise AssertionError(f"no ground truth: {self['uring_copy_probe']}")
        if self["uring_copy_missed"]:
            raise AssertionError(f"{self['uring_copy_missed']} copies were missed by the probe")
        return self["uring_copy_bytes"]

    def of_queues(self, what):
        """What each receive queue of soft0 has of it, for those that have any."""
        lines = ((name.removeprefix("soft0_rx").partition("_"), value)
                 for name, value in self.items() if name.startswith("soft0_rx"))
        return {int(queue): value for (queue, _, kind), value in lines if kind == what and value}

    @property
    def queues(self):
        """The receive queues of soft0 that TCP payload came to. (Frames of neighbour discovery may be anywhere.)"""
        return set().union(*map(self.of_queues, ("zero_copy_bytes", "page_bytes", "linear_bytes")))


def bound_queues():
    return filter(is_bound, range(Case.loaded[1] if Case.loaded else 0))


def truth():
    if gvnic.is_here():
        return Truth(gvnic.Truth.read(bound_queues()))
    lines = (line.partition(" ") for line in (DEBUG / "truth").read_text().splitlines())
    return Truth((name, int(value) if value.isdigit() else value) for name, _, value in lines)


def reset_truth():
    if gvnic.is_here():
        gvnic.Truth.reset(bound_queues())
        return
    (DEBUG / "truth").write_text("0\n")


# Settings

def device_index():
    return socket.if_nametoindex("soft0")


def rings(**settings):
    """Sets split= and hds_thresh= over netlink (trixie's ethtool knows no hds-thresh)."""
    kinds = {"split": RINGS_SPLIT, "hds_thresh": RINGS_HDS_THRESH}
    values = {1: {1: device_index()}}
    for name, value in settings.items():
        values[kinds[name]] = bytes([value]) if name == "split" else value
    with netlink.Family("ethtool") as family:
        family.request(RINGS_SET, values)


def split_state():
    """(split as reported, hds-thresh or None, its maximum or None)"""
    with netlink.Family("ethtool") as family:
        reply = family.request(RINGS_GET, {1: {1: device_index()}})[0]
    values = [reply.get(kind) for kind in (RINGS_SPLIT, RINGS_HDS_THRESH, RINGS_HDS_THRESH_MAX)]
    return tuple(None if value is None else netlink.number(value) for value in values)


def prepare():
    """What zero-copy receive asks of the device: split on and, where there is one, no threshold."""
    if gvnic.is_here():
        ethtool("-K", "soft0", "ntuple", "on")
    _, threshold, _ = split_state()
    rings(split=SPLIT_ON) if threshold is None else rings(split=SPLIT_ON, hds_thresh=0)


def set_channels(count):
    """So many queues in use, in the way that the driver has them."""
    words = ("rx", count, "tx", count) if gvnic.is_here() else ("combined", count)
    ethtool("-L", "soft0", *words)


def add_rule(*words):
    """Adds a flow rule by ethtool's words; its location."""
    text = ethtool("-N", "soft0", *words)
    return int(text.rsplit(None, 1)[1]) if "ID" in text else None


def rule_command(command, location=0, rules=0):
    """Runs SIOCETHTOOL on a struct ethtool_rxnfc with room for some locations; the bytes that the kernel left."""
    data = array.array("B", bytes(192 + 4 * rules))
    struct.pack_into("=I", data, 0, command)
    struct.pack_into("=I", data, 16 + 160, location)
    if rules:
        struct.pack_into("=I", data, 184, rules)
    return ethtool_ioctl(data)


def ethtool_ioctl(data):
    request = struct.pack("16sQ16x", b"soft0", data.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)
    return data


def delete_rule(location):
    rule_command(RULE_DELETE, location)


def rule_locations():
    count = struct.unpack_from("=I", rule_command(RULE_COUNT), 184)[0]
    return list(struct.unpack_from(f"={count}I", rule_command(RULE_LIST, rules=count), 188)) if count else []


def contexts():
    """The RSS contexts but 0: {number: table}"""
    with netlink.Family("ethtool") as family:
        replies = family.request(RSS_GET, {1: {1: device_index()}, RSS_START_CONTEXT: 1}, dump=True)
    tables = {netlink.number(reply[RSS_CONTEXT]): reply[RSS_INDIR] for reply in replies}
    return {number: list(struct.unpack(f"={len(table) // 4}I", table)) for number, table in tables.items()}


# Source ports follow one another: with some keys they all have the same hash but for bits that do not count.
SPREADING_KEY = ":".join(["6d"] * 40)


def spread_ports(case):
    """Until the end of the test, ports that follow one another reach every queue: the device's own key is a random one."""
    key = re.search(r"^RSS hash key:\n(\S+)$", ethtool("-x", "soft0"), re.MULTILINE)[1]
    ethtool("-X", "soft0", "hkey", SPREADING_KEY)
    case.addCleanup(ethtool, "-X", "soft0", "hkey", key)


def reset_table():
    """The indirection table back to the driver's own, and not the user's any more."""
    with netlink.Family("ethtool") as family:
        family.request(RSS_SET, {1: {1: device_index()}, RSS_INDIR: b""})


def statistics():
    """ethtool -S"""
    lines = (line.rpartition(":") for line in ethtool("-S", "soft0").splitlines()[1:])
    return {name.strip(): int(value) for name, _, value in lines}


def netdev(command, values, dump=True):
    with netlink.Family("netdev") as family:
        return family.request(command, values, dump=dump)


def queue_statistics():
    """Per-queue statistics: {("rx", 1): {"rx_packets": …}}"""
    found = {}
    for reply in netdev(QSTATS_GET, [(1, device_index()), (4, 1)]):
        kind = "tx" if netlink.number(reply[2]) else "rx"
        found[kind, netlink.number(reply[3])] = {
            QSTAT_NAMES.get(key, key): netlink.number(value) for key, value in reply.items() if key > 4}
    return found


def queue_facts(queue, kind=0):
    return netdev(QUEUE_GET, {2: device_index(), 3: kind, 1: queue}, dump=False)[0]


def bound_queues():
    """Receive queues of soft0 that io_uring has; none where there is no soft0."""
    if "soft0" not in os.listdir("/sys/class/net"):
        return set()
    found = netdev(QUEUE_GET, {2: device_index()})
    return {netlink.number(facts[1]) for facts in found if 6 in facts and netlink.number(facts[3]) == 0}


def is_bound(queue):
    """Whether io_uring has the queue."""
    return 6 in queue_facts(queue)


# Express data path

def pass_program(frags=False):
    """A descriptor of a loaded XDP program that passes every frame; there is no such call in Python."""
    libc = ctypes.CDLL(None, use_errno=True)
    # r0 = XDP_PASS; exit
    instructions = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xb7, 0, 0, 2, 0x95, 0, 0, 0))
    license_text = ctypes.create_string_buffer(b"GPL")
    attributes = ctypes.create_string_buffer(struct.pack(
        "=IIQQIIQII", XDP_PROGRAM, 2, ctypes.addressof(instructions), ctypes.addressof(license_text), 0, 0, 0, 0,
        XDP_HAS_FRAGS if frags else 0), 128)
    descriptor = libc.syscall(SYS_BPF, BPF_PROG_LOAD, attributes, 128)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "loading an XDP program")
    return descriptor


def attach(program):
    """Attaches an XDP program to soft0 in driver mode; -1 takes it off."""
    link = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, device_index(), 0, 0)
    nest = {IFLA_XDP_FD: struct.pack("=i", program), IFLA_XDP_FLAGS: XDP_DRIVER_MODE}
    with netlink.Routes() as routes:
        routes.request(RTM_SETLINK, link + netlink.attributes({IFLA_XDP: nest}))


# Traffic

def in_peer():
    """The calling thread in the peer's namespace; sockets made there stay there."""
    return inside("/run/netns/peer")


@contextlib.contextmanager
def inside(path):
    """The calling thread in another network namespace."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.setns(there, os.CLONE_NEWNET)
        yield
    finally:
        os.setns(here, os.CLONE_NEWNET)
        os.close(here)
        os.close(there)


def connect(port, family=socket.AF_INET, source_port=0, timeout=PATIENCE):
    """A socket in the peer's namespace, connected to soft0's address."""
    receiver, sender = ADDRESSES[family]
    with in_peer():
        return socket.create_connection((receiver, port), timeout=timeout, source_address=(sender, source_port))


@contextlib.contextmanager
def connection(port=9999, family=socket.AF_INET, source_port=0):
    """(receiving socket, sending socket) of a connection from the peer to soft0."""
    with socket.create_server((ADDRESSES[family][0], port), family=family) as listener:
        sender = connect(port, family, source_port)
        receiver, _ = listener.accept()
        receiver.settimeout(PATIENCE)
    with sender, receiver:
        yield receiver, sender


def pattern(length):
    """Bytes that differ from those of any other place nearby."""
    block = b"".join(index.to_bytes(4, "little") for index in range(16384))
    return (block * (length // len(block) + 1))[:length]


def transfer(receiver, sender, length=100_000):
    """Sends a pattern and receives it; fails when a byte is wrong or missing."""
    data, received = pattern(length), bytearray()

    def send():
        sender.sendall(data)

    thread = threading.Thread(target=send)
    thread.start()
    while len(received) < length:
        piece = receiver.recv(1 << 20)
        if not piece:
            break
        received += piece
    thread.join()
    if received != data:
        raise AssertionError(f"{len(received)} bytes came, and they are not the {length} that were sent")


def send(port=9999, length=100_000, **options):
    """One connection from the peer, a transfer over it; what the ground truth has of it."""
    with connection(port, **options) as (receiver, sender):
        reset_truth()
        transfer(receiver, sender, length)
    return truth()


# The probe

def probe(*arguments):
    """Runs rig-probe; (exit status, the JSON objects that it printed)."""
    done = subprocess.run([PROBE, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode == 77:
        raise unittest.SkipTest(f"rig-probe cannot do that here: {done.stdout.strip()}")
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def refusal(*arguments):
    """The errno's name with which binding is refused, or None when it is not."""
    done = subprocess.run([PROBE, "bind", *map(str, arguments)], capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[-1].get("refused") if lines else f"status {done.returncode}: {done.stderr}"


class Background:
    """rig-probe in the background, ready when it has printed its first line."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROBE, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.first = json.loads(self.process.stdout.readline() or "{}")

    def __enter__(self):
        return self

    def finish(self):
        """(exit status, last line)"""
        rest = self.process.communicate()[0].splitlines()
        return self.process.returncode, json.loads(rest[-1]) if rest else self.first

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def hold(queue, *arguments, seconds=3000):
    """A queue that stays bound until the block ends."""
    return Background("bind", "-i", "soft0", "-q", queue, "--hold", seconds, *arguments)


def receive(*options, mib=2, port=9999, queue=1):
    """The probe's account of a transfer of its pattern with a bound queue, every byte of it verified."""
    options = ("receive", "-i", "soft0", "-q", queue, "-p", port, "--mib", mib, "--verify", *options)
    with Background(*options) as probe_process:
        if not probe_process.first.get("ready"):
            raise AssertionError(f"the probe is not ready: {probe_process.first}")
        sender = ["ip", "netns", "exec", "peer", PROBE, "send", "10.9.0.1", "-p", str(port), "--mib", str(mib)]
        sent = subprocess.run(sender, capture_output=True, text=True)
        status, account = probe_process.finish()
    if status or sent.returncode:
        raise AssertionError(f"{account}, sender: {sent.stdout}{sent.stderr}")
    return account


def let_go():
    """Makes every processor free the packets it has put aside for later.

    Each keeps a list that only its next received packet empties; what is on it holds the memory of a queue that was
    closed long ago.
    """
    processors = os.sched_getaffinity(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("127.0.0.1", 0))
        for processor in processors:
            os.sched_setaffinity(0, {processor})
            here.sendto(b"any", here.getsockname())
    os.sched_setaffinity(0, processors)


def wait_until(condition, seconds=SECONDS, what="it"):
    """AssertionError when it does not come true; a limit is longer here than it says (patience.py)."""
    limit = Limit(seconds)
    while not condition():
        if limit.is_over():
            raise AssertionError(f"{what() if callable(what) else what} did not happen within {seconds} s")
        time.sleep(0.005)


def reserve_huge_pages(count):
    """The kernel reserves what it finds in one piece at that moment: memory in pieces is put together, and asked again."""

    def are_there():
        HUGE_PAGES.write_text(f"{count}\n")
        if int(HUGE_PAGES.read_text()) >= count:
            return True
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
        Path("/proc/sys/vm/compact_memory").write_text("1\n")
        return False

    wait_until(are_there, what=f"reserving {count} huge pages")


def settings():
    """Everything that tests change and must put back, as the kernel tells it."""
    header = {1: {1: device_index()}}
    names = {"channels": CHANNELS_GET, "rings": RINGS_GET, "receive-side scaling": RSS_GET, "features": FEATURES_GET}
    with netlink.Family("ethtool") as family:
        replies = {name: family.request(command, header)[0] for name, command in names.items()}
    # without the header, whose interface index is another after each loading
    found = {name: {kind: value for kind, value in reply.items() if kind != 1} for name, reply in replies.items()}
    found["rules"], found["contexts"] = rule_locations(), contexts()
    if not gvnic.is_here():
        found["knobs"] = {path.name: path.read_text() for path in (DEBUG / "faults").iterdir()}
    flags = Path("/sys/class/net/soft0/flags").read_text(), Path("/sys/class/net/soft0/mtu").read_text()
    return found | {"flags and MTU": flags}


def soft_only(reason):
    """Of a class for both NICs, a test that the real driver cannot show."""
    return unittest.skipIf(gvnic.is_here(), reason)


class Case(unittest.TestCase):
    """Tests that share one loading of the module. A class that leaves other settings than it found fails."""

    personality = "generic"
    queues = 8
    # Whether its tests run on the real gve too; otherwise why not.
    gve = "not made for the gVNIC: it counts on the software NIC's personality, knobs or ground truth"
    loaded = None

    @classmethod
    def setUpClass(cls):
        if gvnic.is_here() and cls.gve is not True:
            raise unittest.SkipTest(cls.gve)
        wanted = cls.personality, cls.queues
        # Loading takes most of a second under emulation, so what the class before has left clean is used again.
        if Case.loaded != wanted or not is_loaded():
            Case.loaded = None
            load(*wanted)
        cls.found = settings()
        Case.loaded = wanted

    @classmethod
    def tearDownClass(cls):
        left = settings()
        changed = [name for name in left if left[name] != cls.found[name]]
        if changed:
            Case.loaded = None
            raise AssertionError(f"{cls.__name__} leaves changed: {', '.join(changed)}")

    def assertRefused(self, text, *command):
        """The command fails, and what it says has the text in it."""
        with self.assertRaises(CommandFailed) as refused:
            run(*command)
        self.assertIn(text, refused.exception.text)


class PreparedCase(Case):
    """A device prepared for zero-copy receive by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        prepare()

    @classmethod
    def tearDownClass(cls):
        if gvnic.is_here():
            ethtool("-K", "soft0", "ntuple", "off")
        # gve takes "auto" as: leave it as it is.
        rings(split=SPLIT_OFF if gvnic.is_here() else SPLIT_AUTO)
        super().tearDownClass()
