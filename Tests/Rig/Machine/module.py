"""The software NIC, built by the kernel's own makefiles with the prefix's compiler."""

import os
import re
import shutil
import subprocess

import cache
import prefix as prefixes
from failure import BuildFailure

NAME = "softnic.ko"
BUILD_SECONDS = 300
MAKEFILES = ("Kbuild", "Makefile")
WARNING = re.compile(r"^\S+\.[chS]:\d+(?::\d+)?: warning:.*|^WARNING: modpost:.*", re.MULTILINE)


def is_there(sources):
    return any((sources / name).is_file() for name in MAKEFILES)


def key(sources, built_with):
    """What decides about the module: prose beside its sources does not."""
    files = [path for path in sources.rglob("*") if path.name in MAKEFILES or path.suffix in (".c", ".h", ".S")]
    return cache.fingerprint(built_with, *(part for path in sorted(files)
                                           for part in (str(path.relative_to(sources)), path.read_bytes())))


def build(sources, prefix, kernel_folder, kernel, target):
    """Builds into the folder target: the module, without debugging information, and what the compiler said."""
    with cache.made(target) as folder:
        work = folder / "work"
        shutil.copytree(sources, work, ignore=shutil.ignore_patterns("*.o", "*.ko", "*.cmd", ".*"))
        make = ["make", f"-j{os.cpu_count() or 1}", "-C", f"/usr/src/linux-headers-{kernel.release}", "M=/mnt",
                "modules"]
        try:
            done = subprocess.run(prefixes.command(prefix, work, kernel_folder, make), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                  timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired:
            raise BuildFailure(f"the software NIC was not built within {BUILD_SECONDS} s") from None
        problems = WARNING.findall(done.stdout)
        if done.returncode or problems or not (work / NAME).is_file():
            told = problems if problems and not done.returncode else done.stdout.strip().splitlines()[-25:]
            story = "\n".join(f"  {line}" for line in told)
            raise BuildFailure(f"the software NIC does not build cleanly for {kernel.version}:\n{story}")
        strip = ["strip", "--strip-debug", "-o", f"/mnt/stripped-{NAME}", f"/mnt/{NAME}"]
        stripped = subprocess.run(prefixes.command(prefix, work, None, strip), capture_output=True, text=True)
        if stripped.returncode:
            raise BuildFailure(f"the module cannot be stripped: {stripped.stderr}")
        (work / f"stripped-{NAME}").rename(folder / NAME)
        (folder / "build.log").write_text(done.stdout)
        shutil.rmtree(work)
