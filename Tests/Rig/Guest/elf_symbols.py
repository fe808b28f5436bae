"""Addresses of functions in an executable, for those who step through it."""

import struct
from pathlib import Path

SYMBOLS, FUNCTION = 2, 2


def function(executable, part):
    """The address of the one function whose name has this part (ELF of 64 bits, little-endian, not stripped)."""
    data = Path(executable).read_bytes()
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3a)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, table + size * index) for index in range(count)]
    found = set()
    for _, kind, _, _, start, length, link, *_ in sections:
        if kind != SYMBOLS:
            continue
        begin, end = sections[link][4], sections[link][4] + sections[link][5]
        # The names lie one behind the other, so that looking for the part is quicker than reading every symbol's.
        names = data[begin:end]
        at = names.find(part)
        wanted = set()
        while at >= 0:
            wanted.add(names.rfind(b"\0", 0, at) + 1)
            at = names.find(part, at + 1)
        for name, info, _, _, value, _ in struct.iter_unpack("<IBBHQQ", data[start:start + length]):
            if name in wanted and info & 15 == FUNCTION:
                found.add(value)
    if len(found) != 1:
        raise AssertionError(f"{executable} has {len(found)} functions with {part.decode()} in their names")
    return found.pop()
