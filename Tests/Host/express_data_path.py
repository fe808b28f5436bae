"""XDP programs that pass every packet, for tests: attached with bpf(2) alone, gone with this process."""

import ctypes
import os
import platform
import socket
import struct

# bpf(2): its number, commands and constants (linux/bpf.h).
_NUMBERS = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _LINK_CREATE = 5, 28
_TYPE_XDP, _ATTACH_XDP = 6, 37
_GENERIC, _DRIVER = 1 << 1, 1 << 2
_HAS_FRAGMENTS = 1 << 5
# r0 = XDP_PASS; exit.
_PASS = struct.pack("<BBhi", 0xB7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)


class Attached:
    """A program on an interface; `with` takes it off again. With `fragments` it takes packets in several buffers, without
    which the kernel lets it and header splitting not be together."""

    def __init__(self, interface, driver_mode=False, fragments=False):
        code, licence = ctypes.create_string_buffer(_PASS), ctypes.create_string_buffer(b"GPL")
        self._program = _bpf(_PROG_LOAD, struct.pack(
            "<IIQQIIQII", _TYPE_XDP, len(_PASS) // 8, ctypes.addressof(code), ctypes.addressof(licence), 0, 0, 0, 0,
            _HAS_FRAGMENTS if fragments else 0))
        try:
            self._link = _bpf(_LINK_CREATE, struct.pack(
                "<IIII", self._program, socket.if_nametoindex(interface), _ATTACH_XDP,
                _DRIVER if driver_mode else _GENERIC))
        except OSError:
            os.close(self._program)
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._link)
        os.close(self._program)


def _bpf(command, attributes):
    if platform.machine() not in _NUMBERS:
        raise OSError(f"the number of bpf(2) on {platform.machine()} is not known here")
    library = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = library.syscall(_NUMBERS[platform.machine()], command, buffer, len(buffer))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf: {os.strerror(ctypes.get_errno())}")
    return result
