"""Runs a program whose io_uring calls are refused, as container runtimes and hardened kernels do."""

import ctypes
import errno
import os
import struct
import sys

IO_URING_SETUP = 425
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD_WORD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000


def forbid_io_uring(error):
    """Has io_uring_setup(2) answer `error` in this process and its children (seccomp(2))."""
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in (
        (LOAD_WORD, 0, 0, 0), (JUMP_EQUAL, 0, 1, IO_URING_SETUP), (RETURN, 0, 0, FAIL | error), (RETURN, 0, 0, ALLOW)))
    code = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    forbid_io_uring(getattr(errno, sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
