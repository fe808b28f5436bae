"""Stops one thread of a program, as a scheduler that gives it no CPU would, with ptrace(2)."""

import contextlib
import ctypes
import os
from pathlib import Path

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace request {request:#x}: {os.strerror(number)}")


def named(pid, name):
    """The thread of that name; None while there is none."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if (task / "comm").read_text().strip() == name:
                return int(task.name)
    return None


def waits_for_a_thread(pid):
    """Whether the main thread waits for another to end (futex(2))."""
    return Path(f"/proc/{pid}/task/{pid}/syscall").read_text().split()[0] == {"x86_64": "202"}.get(os.uname().machine, "98")


@contextlib.contextmanager
def stopped(thread):
    """The thread stands still inside. All of it on one thread of ours: that one is the tracer."""
    ptrace(PTRACE_SEIZE, thread)
    try:
        ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        ptrace(PTRACE_DETACH, thread)
