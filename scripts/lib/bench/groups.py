"""What is compared with what: like with like, and the first of each group is what the others are held against."""

import re
from dataclasses import dataclass

from process import run

from .tools import Iperf, Kperf, Neper


@dataclass
class Group:
    name: str
    question: str
    pairs: list


def offered(executable, command, option):
    """The values that `--option` of our tool takes, by its own help."""
    text = " ".join(run(executable, command, "--help").stdout.split())
    found = re.search(rf"--{option} <[^>]*>(.*?)\(values: ([^;)]*)", text)
    return [value.strip() for value in found[2].split(",")] if found else []


def receivers(tools):
    """One sender, a stock `iperf3 -c`, into each receiver."""
    ours = [mode for mode in ("epoll", "uring") if mode in tools.modes]
    return Group("receivers", "the same stock iperf3 sender into different receivers", [
        Iperf("iperf3 -s", [tools.iperf3, "-s"], [tools.iperf3]),
        *(Iperf(f"ours --mode {mode}", [tools.ours, "server", "--mode", mode], [tools.iperf3]) for mode in ours)])


def senders(tools):
    """Each sender into one receiver, a stock `iperf3 -s`."""
    stock = [tools.iperf3, "-s"]
    ours = [method for method in ("write", "sendfile", "splice", "uring", "msg-zerocopy", "uring-zc")
            if method in tools.methods]
    return Group("senders", "different senders into the same stock iperf3 -s", [
        Iperf("iperf3 -c -Z", stock, [tools.iperf3, "-Z"]),
        Iperf("iperf3 -c", stock, [tools.iperf3]),
        *(Iperf(f"ours --send {method}", stock, [tools.ours, "client", "--send", method]) for method in ours),
        Iperf("ours, default", stock, [tools.ours, "client"])])


def copying(tools):
    """Each tool to itself, every byte copied into user memory."""
    pairs = [Iperf("iperf3 -Z", [tools.iperf3, "-s"], [tools.iperf3, "-Z"]),
             Iperf("iperf3", [tools.iperf3, "-s"], [tools.iperf3])]
    if new := tools.peers.get("iperf3"):
        pairs += [Iperf("newer iperf3 -Z", [new, "-s"], [new, "-Z"]), Iperf("newer iperf3", [new, "-s"], [new])]
    if path := tools.peers.get("neper"):
        pairs.append(Neper("neper", path, []))
    if path := tools.peers.get("kperf"):
        pairs.append(Kperf("kperf", path, ["--validate", "no"]))
    pairs += [Iperf(f"ours {mode}", [tools.ours, "server", "--mode", mode], [tools.ours, "client"])
              for mode in ("epoll", "uring") if mode in tools.modes]
    return Group("copy", "each tool to itself, every byte copied into user memory", pairs)


def discarding(tools):
    """Each tool to itself, bytes dropped by the kernel."""
    pairs = []
    if path := tools.peers.get("neper"):
        pairs.append(Neper("neper --skip-rx-copy", path, ["--skip-rx-copy"]))
    if new := tools.peers.get("iperf3"):
        pairs.append(Iperf("newer iperf3 -Z --skip-rx-copy", [new, "-s"], [new, "-Z", "--skip-rx-copy"]))
    if path := tools.peers.get("kperf"):
        pairs.append(Kperf("kperf --msg-trunc", path, ["--validate", "no", "--msg-trunc"]))
    pairs.append(Iperf("ours discard", [tools.ours, "server", "--mode", "discard"], [tools.ours, "client"]))
    return Group("discard", "each tool to itself, bytes dropped by the kernel", pairs)


def control(tools):
    """The same twice: what differs here is noise."""
    return Group("control", "iperf3 against itself", [
        Iperf("iperf3", [tools.iperf3, "-s"], [tools.iperf3]), Iperf("iperf3 again", [tools.iperf3, "-s"], [tools.iperf3])])


ALL = {group.__name__: group for group in (receivers, senders, copying, discarding)}
