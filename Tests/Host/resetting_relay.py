"""A port before a server's own that resets one connection, as iperf3 does while it changes its listening socket."""

import contextlib
import socket
import threading

from iperf_peer import receive_exactly, reset


def _copy(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


class ResettingRelay(threading.Thread):
    """Resets the `number`th control connection, counted from 0."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.target, self.doomed = port, number
        # The first connection with a cookie is the control connection.
        self.cookies = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        for one in (self.listener, *self.connections):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.join(10)

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                cookie = receive_exactly(near, 37)
                is_control = cookie not in self.cookies
                self.cookies.add(cookie)
                if is_control and len(self.cookies) == self.doomed + 1:
                    reset(near)
                    continue
                far = socket.create_connection(("127.0.0.1", self.target))
                far.sendall(cookie)
                self.connections += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=_copy, args=pair, daemon=True).start()
