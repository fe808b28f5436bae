"""Runs a command to which the kernel refuses one system call: without_call.py NUMBER ERRNO COMMAND…

A seccomp filter (seccomp(2)), as container runtimes have it.
"""

import ctypes
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD_NUMBER, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
# The same on every architecture (asm-generic/unistd.h).
IO_URING_SETUP = 425


def refuse(number, errno):
    program = b"".join(struct.pack("HBBI", *step) for step in (
        (LOAD_NUMBER, 0, 0, 0), (JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | errno), (RETURN, 0, 0, ALLOW)))
    steps = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of steps, and where they are.
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    refuse(int(sys.argv[1]), int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
