"""Runs a command whose bpf(2) and perf_event_open(2) calls another process looks at first (seccomp(2), user notification):

    supervised.py no-kprobe-multi COMMAND…   a kernel without CONFIG_FPROBE
    supervised.py NUMBER COMMAND…            kill -9 at that call, the first is 0
"""

import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys

# x86-64, as the guest is.
BPF, PERF_EVENT_OPEN, SECCOMP = 321, 298, 317
BPF_LINK_CREATE, BPF_TRACE_KPROBE_MULTI = 28, 42
SET_MODE_FILTER, NEW_LISTENER = 1, 1 << 3
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
RECEIVE, SEND, GO_ON = 0xC0502100, 0xC0182101, 1
libc = ctypes.CDLL(None, use_errno=True)


def listen():
    """From here on this process waits in these calls until whoever reads the descriptor answers."""
    program = b"".join(struct.pack("HBBI", *step) for step in (
        (LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 2, 0, BPF), (JUMP_IF_EQUAL, 1, 0, PERF_EVENT_OPEN), (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, NOTIFY)))
    steps = ctypes.create_string_buffer(program, len(program))
    listener = libc.syscall(SECCOMP, SET_MODE_FILTER, NEW_LISTENER,
                            struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(steps)))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def makes_kprobe_multi(process, number, arguments):
    if number != BPF or arguments[0] != BPF_LINK_CREATE:
        return False
    with open(f"/proc/{process}/mem", "rb", 0) as memory:
        # Behind two descriptors: link_create.attach_type of union bpf_attr.
        memory.seek(arguments[1] + 8)
        return struct.unpack("I", memory.read(4))[0] == BPF_TRACE_KPROBE_MULTI


def supervise(listener, what, target):
    calls = 0
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        if any(events & select.POLLHUP for _, events in poll.poll()):
            return
        call = bytearray(80)
        try:
            fcntl.ioctl(listener, RECEIVE, call)
        except OSError:
            continue  # whoever called is gone
        identifier, process, _, number, _, _, *arguments = struct.unpack("QIIiIQ6Q", call)
        refusal = 0
        if what == "no-kprobe-multi":
            refusal = -errno.EOPNOTSUPP if makes_kprobe_multi(process, number, arguments) else 0
        elif calls == int(what):
            os.kill(target, signal.SIGKILL)
            return
        calls += 1
        try:
            fcntl.ioctl(listener, SEND, bytearray(struct.pack("QqiI", identifier, 0, refusal, 0 if refusal else GO_ON)))
        except OSError:
            pass


def main():
    ours, theirs = socket.socketpair()
    target = os.getpid()
    if os.fork():
        listener = listen()
        socket.send_fds(theirs, [b"x"], [listener])
        os.closerange(3, 64)
        os.execvp(sys.argv[2], sys.argv[2:])
    theirs.close()
    _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
    try:
        supervise(listener, sys.argv[1], target)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
