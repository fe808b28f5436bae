"""A name server that knows a few names: enough of DNS (RFC 1035) to see whether an executable resolves names."""

import socket
import struct
import threading

A, AAAA = 1, 28
NO_SUCH_NAME = 3


class NameServer(threading.Thread):
    """Answers on 127.0.0.1:53 of the current network namespace; `addresses` maps names to IPv4 addresses."""

    def __init__(self, addresses):
        super().__init__(daemon=True)
        self.addresses = {name.lower(): socket.inet_aton(address) for name, address in addresses.items()}
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.socket.settimeout(0.2)
        self.stopping = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()
        self.socket.close()

    def run(self):
        while not self.stopping.is_set():
            try:
                query, peer = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            self.socket.sendto(self.answer(query), peer)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack_from("!H", query, at + 1)[0]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        self.asked.append(name)
        address = self.addresses.get(name)
        records = b""
        if address and kind == A:
            records = struct.pack("!HHHIH", 0xC00C, A, 1, 60, 4) + address
        flags = 0x8180 | (0 if address else NO_SUCH_NAME)
        return query[:2] + struct.pack("!HHHHH", flags, 1, 1 if records else 0, 0, 0) + question + records
