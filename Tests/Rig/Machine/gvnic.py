"""A gVNIC for the guest: an emulator that takes devices from another process, the model that is this process, and the
kernel's own packaged driver gve.ko."""

import lzma
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cache
import prefix as prefixes
from failure import BuildFailure, NotPossibleHere
from packages import last_lines

# The first QEMU with vfio-user devices is 11; trixie has 10.
SUITE = "trixie-backports"
EMULATOR = ("qemu-system-x86", "qemu-system-common", "qemu-system-data", "seabios")
# The model is a program, which the compiler of the prefix alone (for kernel modules) cannot make.
LIBRARY = ("libc6-dev",)
DRIVER = "gve.ko"
MODEL, FUZZ = "gvnic-model", "gvnic-fuzz"
COMPILER = "gcc-14"
# To be counted up when make_prefix does something else.
RECIPE = 1
# A second of work, on a machine that does nothing else.
BUILD_SECONDS = 600
SOURCES = Path(__file__).resolve().parents[1] / "GVNIC"
# Leaks are what the end of a process is for; and as the first process of a namespace it cannot look for them.
SANITIZER_OPTIONS = "ASAN_OPTIONS=detect_leaks=0:abort_on_error=1"


@dataclass(frozen=True)
class Gvnic:
    prefix: Path
    model: Path
    driver: Path
    sanitized: bool = False


def recipe(prefix):
    return cache.fingerprint(prefix.name, packages(), RECIPE)


def packages():
    return [*(f"{name}/{SUITE}" for name in EMULATOR), *LIBRARY]


def check_offer(rows):
    """Raises where the mirror has no QEMU 11, from the (package, suite) rows of its lists."""
    if (EMULATOR[0], SUITE) not in set(rows):
        raise NotPossibleHere(f"the gVNIC needs QEMU 11 ({EMULATOR[0]} of {SUITE}), which this machine's mirror does not "
                              "offer; `--nic soft` does without it")


def make_prefix(target, base, files):
    """The rig's prefix once more, as links to the same files, with QEMU 11 unpacked over it: tar replaces a file rather
    than write into it, so that the other prefix stays as it is."""
    with cache.made(target) as root:
        shutil.copytree(base, root, symlinks=True, copy_function=os.link)
        prefixes.unpack(files, root)
        words = ["qemu-system-x86_64", "-device", "help"]
        done = subprocess.run(prefixes.command(root, root / "tmp", None, words), capture_output=True, text=True)
        if "vfio-user-pci" not in done.stdout:
            raise NotPossibleHere(f"the mirror's {EMULATOR[0]} of {SUITE} has no vfio-user-pci, which the gVNIC needs: "
                                  f"{done.stderr.strip()[-300:]}")


def driver_package(rows, kernel):
    """What holds the kernel's modules: a package of their own, with older kernels the image."""
    name = f"linux-modules-{kernel.release}"
    return f"{name if (name, kernel.suite) in set(rows) else kernel.image}/{kernel.suite}"


def extract_driver(target, package, kernel):
    """The module, as it is packaged but for its compression."""
    source = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
    done = subprocess.run(["tar", "-xO", "--wildcards", f"*/drivers/net/ethernet/google/gve/{DRIVER}*"],
                          stdin=source.stdout, capture_output=True)
    source.stdout.close()
    source.wait()
    if done.returncode or not done.stdout:
        raise NotPossibleHere(f"{package.name} of kernel {kernel.version} holds no {DRIVER}")
    with cache.made(target) as folder:
        folder.mkdir()
        packed = done.stdout.startswith(b"\xfd7zXZ\0")
        (folder / DRIVER).write_bytes(lzma.decompress(done.stdout) if packed else done.stdout)


def is_source(path):
    return path.name == "Makefile" or path.suffix in (".c", ".h")


def model_key(prefix, what, sanitized, sources=SOURCES):
    """What decides about the program: prose beside its sources does not."""
    files = sorted(path for path in sources.iterdir() if is_source(path))
    return cache.fingerprint(prefix.name, what, sanitized, *(part for path in files
                                                             for part in (path.name, path.read_bytes())))


def build(target, prefix, what, sanitized, sources=SOURCES):
    """Builds the model, or the program that attacks it, into the folder target."""
    with cache.made(target) as folder:
        folder.mkdir()
        for path in sources.iterdir():
            if is_source(path):
                shutil.copy(path, folder)
        make = ["make", "-s", f"CC={COMPILER}", *(["SANITIZE=1"] if sanitized else []), "-C", "/mnt", what]
        try:
            done = subprocess.run(prefixes.command(prefix, folder, None, make), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                  timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired:
            raise BuildFailure(f"{what} was not built within {BUILD_SECONDS} s") from None
        if done.returncode or not (folder / what).is_file():
            raise BuildFailure(f"{what} does not build cleanly:\n{last_lines(done.stdout, 25)}")


def command(words, machine, sanitized=False):
    """The model's command line, whose child the machine is: it listens before the machine looks for it, sees its end,
    and as the first process of their namespace takes the machine with it."""
    environment = [SANITIZER_OPTIONS] if sanitized else []
    return [*environment, f"/mnt/{MODEL}", *words, "--control", "/mnt/control", "--log", "/mnt/model.log",
            *sockets(), "--", *machine]


def sockets():
    return [f"/mnt/gve{number}" for number in (0, 1)]


def devices():
    """What the emulator needs: the two devices, and a line to the model's control socket for the guest."""
    words = ["-chardev", "socket,id=model,path=/mnt/control", "-device", "virtserialport,chardev=model,name=model"]
    for number, path in enumerate(sockets()):
        words += ["-device", '{"driver":"vfio-user-pci","id":"gve%d","socket":{"type":"unix","path":"%s"}}'
                  % (number, path)]
    return words
