"""Which shared libraries a program needs, read from the files themselves: what runs in the guest need not run here."""

import struct

LOAD, DYNAMIC, INTERPRETER = 1, 2, 3
NEEDED, STRING_TABLE = 1, 5


class NotELF(ValueError):
    pass


def needs(data):
    """(interpreter or None, names of needed libraries) of a 64-bit little-endian ELF file."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise NotELF("no 64-bit little-endian ELF file")
    offset, = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    segments = [struct.unpack_from("<IIQQQQQQ", data, offset + size * index) for index in range(count)]

    def text(at):
        return data[at:data.index(b"\0", at)].decode()

    def file_offset(address):
        for kind, _, start, virtual, _, length, _, _ in segments:
            if kind == LOAD and virtual <= address < virtual + length:
                return start + address - virtual
        raise NotELF(f"no segment holds the address {address:#x}")

    interpreter = next((text(segment[2]) for segment in segments if segment[0] == INTERPRETER), None)
    entries = [struct.unpack_from("<qQ", data, at) for segment in segments if segment[0] == DYNAMIC
               for at in range(segment[2], segment[2] + segment[5], 16)]
    strings = next((file_offset(value) for tag, value in entries if tag == STRING_TABLE), 0)
    return interpreter, [text(strings + value) for tag, value in entries if tag == NEEDED]


def libraries(root, programs, folders=("usr/lib/x86_64-linux-gnu", "usr/lib", "usr/lib64")):
    """{path in the guest: file} of everything the programs below root need to start."""
    found, waiting = {}, list(programs)
    while waiting:
        interpreter, names = needs(waiting.pop().read_bytes())
        places = [(name, [root / folder / name for folder in folders]) for name in names]
        if interpreter:
            places.append((interpreter, [root / interpreter.lstrip("/")]))
        for name, candidates in places:
            file = next((path for path in candidates if path.is_file()), None)
            if file is None:
                raise FileNotFoundError(f"{name} is not in {root}")
            path = name if name.startswith("/") else f"/lib/x86_64-linux-gnu/{name}"
            if path not in found:
                found[path] = file.resolve()
                waiting.append(file)
    return found
