"""Generic netlink for the guest's tests: requests with nested attributes, replies, and the kernel's own words."""

import os
import socket
import struct

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE, GENL_ID_CTRL = 2, 3, 16
CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 3, 1, 2
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GENERIC, NETLINK_ROUTE = 270, 10, 11, 16, 0
NLMSGERR_ATTR_MSG = 1
NESTED = 0x8000


class NetlinkError(OSError):
    """A refusal; `message` is the text that the kernel sent along, or empty."""

    def __init__(self, number, message):
        super().__init__(number, f"{os.strerror(number)}: {message}" if message else os.strerror(number))
        self.message = message


def attribute(kind, value):
    """One attribute: an int as u32, bytes as they are, a str with its NUL, a dict or list of pairs as a nest."""
    if isinstance(value, (dict, list)):
        kind, value = kind | NESTED, attributes(value)
    elif isinstance(value, int):
        value = struct.pack("=I", value)
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)


def attributes(values):
    pairs = values.items() if isinstance(values, dict) else values
    return b"".join(attribute(kind, value) for kind, value in pairs)


def parse(data):
    """The attributes of one level: kind → bytes."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def number(data):
    """A "uint" attribute has 4 or 8 bytes; others have 1 or 2."""
    return int.from_bytes(data, "little")


class Exchange:
    """A netlink socket of the calling thread's network namespace."""

    def __init__(self, protocol):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.settimeout(10)
        self.sequence = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()

    def exchange(self, kind, body, flags=NLM_F_ACK):
        """The bodies of every reply message."""
        self.sequence += 1
        header = struct.pack("=IHHII", len(body) + 16, kind, NLM_F_REQUEST | flags, self.sequence, 0)
        self.socket.send(header + body)
        replies = []
        while True:
            data = self.socket.recv(1 << 17)
            while data:
                length, kind, _, _, _ = struct.unpack_from("=IHHII", data)
                message, data = data[16:length], data[(length + 3) & ~3:]
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    self.check(message, kind)
                    return replies
                replies.append(message)

    @staticmethod
    def check(message, kind):
        error = struct.unpack_from("=i", message)[0] if len(message) >= 4 else 0
        if error:
            found = parse(message[20:] if kind == NLMSG_ERROR else message[4:])
            text = found.get(NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode()
            raise NetlinkError(-error, text)


class Routes(Exchange):
    """The routing family, which also sets interfaces."""

    def __init__(self):
        super().__init__(NETLINK_ROUTE)

    def request(self, command, body):
        return self.exchange(command, body)


class Family(Exchange):
    """A generic netlink family, resolved by name."""

    def __init__(self, name, version=1):
        super().__init__(NETLINK_GENERIC)
        self.version, self.family = 1, GENL_ID_CTRL
        reply = self.request(CTRL_CMD_GETFAMILY, {CTRL_ATTR_FAMILY_NAME: name})[0]
        self.family, self.version = number(reply[CTRL_ATTR_FAMILY_ID]), version

    def request(self, command, values=(), dump=False):
        """The attributes of every reply message."""
        body = struct.pack("=BBH", command, self.version, 0) + attributes(values)
        return [parse(reply[4:]) for reply in self.exchange(self.family, body, NLM_F_DUMP if dump else NLM_F_ACK)]
