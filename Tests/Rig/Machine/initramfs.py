"""The guest's files as archives in cpio's "newc" format, which the kernel unpacks at boot, one after the other.

Two archives make a guest: programs, which change with the packages, and what changes with the project. Writing the
format ourselves takes neither cpio nor root, not even for device nodes.
"""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import cache
import elf
from failure import BuildFailure

FOLDERS = ("bin", "dev", "etc", "lib/rig", "proc", "rig", "root", "run/netns", "sys", "tmp")
PROGRAMS = {
    # Not busybox's shell: that one would take its own `ip` before iproute2's.
    "/bin/busybox": "usr/bin/busybox", "/bin/sh": "usr/bin/dash", "/bin/ip": "usr/bin/ip",
    "/bin/ethtool": "usr/sbin/ethtool", "/bin/iperf3": "usr/bin/iperf3", "/bin/python3": "usr/bin/python3",
}
# What the C library opens by name when a thread is cancelled, which iperf3 does at the end of every test.
LIBRARIES_BY_NAME = ("usr/lib/x86_64-linux-gnu/libgcc_s.so.1",)
TEXTS = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost guest\n::1 localhost\n",
    "/etc/nsswitch.conf": "hosts: files\n",
    # For the interactive shell, which is busybox's, because dash cannot edit a line.
    "/etc/profile": "alias ip=/bin/ip\nPS1='guest:\\w# '\n",
}
# Sources, since the compiled modules do without them, and what would bring large libraries along.
PYTHON_LEFT_OUT = (
    "*.py", "__pycache__", "config-*", "curses", "dbm", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "sqlite3",
    "test", "tkinter", "turtle.pyc", "turtledemo", "venv", "_codecs_cn.*", "_codecs_hk.*", "_codecs_iso2022.*",
    "_codecs_jp.*", "_codecs_kr.*", "_codecs_tw.*", "_curses*", "_dbm.*", "_gdbm.*", "_hashlib.*", "_sqlite3.*",
    "_ssl.*", "_test*", "_tkinter.*", "_xxtest*", "readline.*", "xxlimited*")


class Writer:
    """One archive. Entries carry no time and no owner but root, so that equal content gives equal archives."""

    def __init__(self, file):
        self.file, self.number, self.seen = file, 0, set()

    def entry(self, path, mode, data=b"", device=(0, 0)):
        name = path.lstrip("/").encode() + b"\0"
        self.number += 1
        fields = (self.number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self.file.write(head + bytes(-len(head) % 4))
        self.file.write(data)
        self.file.write(bytes(-len(data) % 4))

    def folder(self, path):
        parts = path.strip("/").split("/")
        for count in range(1, len(parts) + 1):
            name = "/".join(parts[:count])
            if name and name not in self.seen:
                self.seen.add(name)
                self.entry(name, stat.S_IFDIR | 0o755)

    def add(self, path, data, mode=0o644):
        self.folder(os.path.dirname(path))
        if path not in self.seen:
            self.seen.add(path)
            self.entry(path, stat.S_IFREG | mode, data)

    def add_file(self, path, source):
        executable = os.access(source, os.X_OK)
        self.add(path, Path(source).read_bytes(), 0o755 if executable else 0o644)

    def add_tree(self, path, folder, left_out=("__pycache__",)):
        skip = shutil.ignore_patterns(*left_out)
        for parent, folders, files in os.walk(folder):
            ignored = skip(parent, folders + files)
            folders[:] = sorted(set(folders) - ignored)
            for name in sorted(set(files) - ignored):
                source = Path(parent, name)
                # A link that leads out of the tree is one of Debian's to a file of another package.
                if source.exists():
                    self.add_file(f"{path}/{source.relative_to(folder)}", source)

    def close(self):
        self.entry("TRAILER!!!", 0)


def python_library(root):
    folders = sorted((root / "usr/lib").glob("python3.[0-9]*"))
    if len(folders) != 1:
        raise BuildFailure(f"the prefix holds {len(folders)} Python libraries instead of one")
    return folders[0]


def write_programs(target, root):
    """What comes from packages: programs, the libraries they need and Python's standard library."""
    with cache.made(target) as pending, pending.open("wb") as file:
        archive = Writer(file)
        for name in FOLDERS:
            archive.folder(name)
        archive.entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        archive.entry("dev/null", stat.S_IFCHR | 0o666, device=(1, 3))
        for path, text in TEXTS.items():
            archive.add(path, text.encode())
        library = python_library(root)
        loaded = []
        archive.add_tree(f"/usr/lib/{library.name}", library, PYTHON_LEFT_OUT)
        for name in LIBRARIES_BY_NAME:
            archive.add_file(f"/{name.removeprefix('usr/')}", (root / name).resolve())
            loaded.append(root / name)
        loaded += [root / name.lstrip("/") for name in archive.seen if name.endswith(".so")]
        programs = {path: (root / source).resolve() for path, source in PROGRAMS.items()}
        for path, source in {**programs, **elf.libraries(root, [*programs.values(), *loaded])}.items():
            archive.add_file(path, source)
        applets = subprocess.run([programs["/bin/busybox"], "--list"], capture_output=True, text=True, check=True)
        for applet in applets.stdout.split():
            if f"/bin/{applet}" not in archive.seen:
                archive.entry(f"/bin/{applet}", stat.S_IFLNK | 0o777, b"busybox")
        archive.close()


def write_guest(file, base, files, trees, texts):
    """The archive of a run: the programs' archive, then the project's files, {path in the guest: where from}."""
    with base.open("rb") as programs:
        shutil.copyfileobj(programs, file, 1 << 20)
    archive = Writer(file)
    for path, text in texts.items():
        archive.add(path, text.encode())
    for path, folder in trees.items():
        archive.add_tree(path, folder)
    for path, source in files.items():
        archive.add_file(path, source)
    archive.close()
