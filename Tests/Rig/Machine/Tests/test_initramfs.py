import io
import random
import stat
import struct
from pathlib import Path

import machine
import elf
import initramfs


def read_newc(data):
    """A second reader of the format, from its description alone: {name: (mode, device, content)} of every archive."""
    entries, at, order = {}, 0, []
    while at < len(data):
        if not data[at]:
            at += 1
            continue
        fields = [int(data[at + 6 + 8 * index:at + 14 + 8 * index], 16) for index in range(13)]
        if data[at:at + 6] != b"070701":
            raise ValueError(f"no entry at {at}")
        _, mode, _, _, _, _, size, _, _, major, minor, length, _ = fields
        name = data[at + 110:at + 110 + length - 1].decode()
        start = (at + 110 + length + 3) & ~3
        if data[at + 110 + length - 1]:
            raise ValueError(f"the name at {at} does not end with NUL")
        entries[name] = (mode, (major, minor), data[start:start + size])
        order.append(name)
        at = (start + size + 3) & ~3
    return entries, order


class ArchiveTests(machine.FolderCase):
    def archive(self):
        file = io.BytesIO()
        writer = initramfs.Writer(file)
        return file, writer

    def sample(self):
        file, writer = self.archive()
        random_bytes = random.Random(1).randbytes
        self.contents = {f"/a{'b' * length}/deep/file{length}": random_bytes(length) for length in range(9)}
        for path, data in self.contents.items():
            writer.add(path, data)
        writer.entry("dev-console", stat.S_IFCHR | 0o600, device=(5, 1))
        writer.entry("link", stat.S_IFLNK | 0o777, b"busybox")
        writer.close()
        return file.getvalue()

    def test_a_second_reader_finds_everything(self):
        entries, order = read_newc(self.sample())
        for path, data in self.contents.items():
            self.assertEqual(entries[path.strip("/")], (stat.S_IFREG | 0o644, (0, 0), data))
        self.assertEqual(entries["dev-console"][:2], (stat.S_IFCHR | 0o600, (5, 1)))
        self.assertEqual(entries["link"][2], b"busybox")
        self.assertEqual(order[-1], "TRAILER!!!")
        self.assertEqual(len(order), len(set(order)), "no name twice")

    def test_folders_come_before_what_is_in_them(self):
        entries, order = read_newc(self.sample())
        for name in order:
            parent = str(Path(name).parent)
            if parent != ".":
                self.assertLess(order.index(parent), order.index(name))
                self.assertTrue(stat.S_ISDIR(entries[parent][0]))

    def test_equal_content_gives_equal_archives(self):
        self.assertEqual(self.sample(), self.sample())

    def test_trees_and_executables(self):
        tree = self.folder / "tree"
        (tree / "sub" / "__pycache__").mkdir(parents=True)
        (tree / "sub" / "__pycache__" / "x.pyc").write_text("x")
        (tree / "sub" / "plain").write_text("plain")
        (tree / "program").write_text("#!/bin/sh\n")
        (tree / "program").chmod(0o755)
        (tree / "dangling").symlink_to("/nonexistent/file")
        file, writer = self.archive()
        writer.add_tree("/t", tree)
        entries, order = read_newc(file.getvalue())
        self.assertEqual(sorted(order), ["t", "t/program", "t/sub", "t/sub/plain"])
        self.assertEqual(entries["t/program"][0], stat.S_IFREG | 0o755)

    def test_a_run_is_the_programs_and_then_its_own_files(self):
        base, file = self.folder / "base", io.BytesIO()
        base.write_bytes(self.sample())
        (self.folder / "init").write_text("init")
        initramfs.write_guest(file, base, {"/init": self.folder / "init"}, {}, {"/rig/command": "true\n"})
        entries, order = read_newc(file.getvalue())
        self.assertEqual(order.count("TRAILER!!!"), 2)
        self.assertEqual(entries["rig/command"][2], b"true\n")
        self.assertEqual(entries["init"][2], b"init")


class LibraryTests(machine.FolderCase):
    def object_file(self, path, needed=(), interpreter=None):
        """A constructed ELF file: headers, one loaded segment over all of it, strings, dynamic entries."""
        strings, names = b"\0", []
        for name in needed:
            names.append(len(strings))
            strings += name.encode() + b"\0"
        text = (interpreter or "").encode() + b"\0"
        count = 3 if interpreter else 2
        strings_at = 64 + 56 * count + len(text)
        dynamic_at = strings_at + len(strings)
        dynamic = b"".join(struct.pack("<qQ", 1, at) for at in names)
        dynamic += struct.pack("<qQqQ", 5, 0x1000 + strings_at, 0, 0)
        size = dynamic_at + len(dynamic)
        segments = [(1, 5, 0, 0x1000, 0x1000, size, size, 4096),
                    (2, 6, dynamic_at, 0x1000 + dynamic_at, 0, len(dynamic), len(dynamic), 8)]
        if interpreter:
            segments.append((3, 4, 64 + 56 * count, 0x1000 + 64 + 56 * count, 0, len(text), len(text), 1))
        head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
            "<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
        table = b"".join(struct.pack("<IIQQQQQQ", *segment) for segment in segments)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head + table + text + strings + dynamic)

    def test_libraries_of_libraries_and_the_interpreter(self):
        folder = self.folder / "usr/lib/x86_64-linux-gnu"
        self.object_file(self.folder / "usr/bin/program", ["libone.so.1", "libc.so.6"], "/lib64/ld.so")
        self.object_file(folder / "libone-1.2.so", ["libtwo.so"])
        (folder / "libone.so.1").symlink_to("libone-1.2.so")
        self.object_file(folder / "libtwo.so", ["libone.so.1"])
        self.object_file(folder / "libc.so.6")
        self.object_file(self.folder / "lib64/ld.so")
        found = elf.libraries(self.folder, [self.folder / "usr/bin/program"])
        self.assertEqual(sorted(found), ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libone.so.1",
                                         "/lib/x86_64-linux-gnu/libtwo.so", "/lib64/ld.so"])
        self.assertEqual(found["/lib/x86_64-linux-gnu/libone.so.1"].name, "libone-1.2.so")

    def test_a_missing_library_is_named(self):
        self.object_file(self.folder / "program", ["libnowhere.so.1"])
        with self.assertRaisesRegex(FileNotFoundError, "libnowhere"):
            elf.libraries(self.folder, [self.folder / "program"])

    def test_a_real_program(self):
        interpreter, names = elf.needs(Path("/usr/bin/tar").resolve().read_bytes())
        self.assertIn("ld-linux", interpreter)
        self.assertIn("libc.so.6", names)

    def test_what_is_no_program(self):
        for data in (b"", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + bytes(60)):
            with self.assertRaises(elf.NotELF):
                elf.needs(data)
