"""A raw sender whose payload arrives in whole pages: MSG_ZEROCOPY from page-aligned memory."""

import mmap
import select
import socket

SO_ZEROCOPY, MSG_ZEROCOPY, MSG_ERRQUEUE = 60, 0x4000000, 0x2000
BLOCK = 1 << 16


def send_in_pages(address, blocks):
    """Sends `blocks` blocks of 64 KiB and closes; returns the bytes sent."""
    with mmap.mmap(-1, BLOCK) as memory, socket.create_connection(address, 10) as connection:
        memory.write(b"page" * (BLOCK // 4))
        connection.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        view = memoryview(memory)
        for _ in range(blocks):
            sent = 0
            while sent < BLOCK:
                try:
                    sent += connection.send(view[sent:], MSG_ZEROCOPY)
                except BlockingIOError:
                    # No memory for another notification: take the ones there are.
                    select.select([], [], [connection], 1)
                    connection.recvmsg(0, 512, MSG_ERRQUEUE)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(10)
        if connection.recv(1) != b"":
            raise AssertionError("the server sent something")
        view.release()
    return blocks * BLOCK
