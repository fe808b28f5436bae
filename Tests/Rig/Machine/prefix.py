"""A private Debian trixie to run compiler and emulator in: packages unpacked side by side, never installed."""

import functools
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cache
from failure import BuildFailure, NotPossibleHere

# What builds the module (kbuild's tools want libelf), what runs the guest, and what runs in it.
TOOLS = ("gcc-14", "binutils", "make", "dash", "coreutils", "sed", "grep", "gawk", "libelf1t64", "qemu-system-x86",
         "busybox-static", "iproute2", "ethtool", "iperf3", "python3-minimal", "libpython3-stdlib")
LEFT_OUT = ("./usr/share/doc", "./usr/share/man", "./usr/share/locale", "./usr/share/info", "./usr/share/lintian")
PYTHON_NOT_COMPILED = "idlelib|lib2to3|pydoc_data|tkinter|turtledemo|ensurepip|python3/"

# $1 the prefix, $2 the folder to appear as /mnt, $3 the kernel's folder or nothing; then the command.
# In a container /proc may be masked in places, and the kernel then refuses a new one to a user namespace.
ENTER = """set -eu
root=$1 work=$2 kernel=$3; shift 3
mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$work" "$root/mnt"
if [ -n "$kernel" ]; then
  mount --bind "$kernel/usr/src" "$root/usr/src"
  for tools in "$kernel"/usr/lib/linux-kbuild-*; do
    mkdir -p "$root/usr/lib/${tools##*/}"
    mount --bind "$tools" "$root/usr/lib/${tools##*/}"
  done
fi
cd /
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/tmp LC_ALL=C TMPDIR=/tmp "$@"
"""


def recipe():
    """A hash of how folders are made here, this file itself."""
    return cache.fingerprint(Path(__file__).read_bytes())


@functools.cache
def namespace():
    """The command that gives what follows mounts and processes of its own; all of it ends with its first process, and
    that one with whoever started it. Root may lack the right to mount (in a container) and still have this one."""
    if os.uname().machine != "x86_64":
        raise NotPossibleHere(f"the rig's tools are for x86-64; this machine is {os.uname().machine}")
    ways = [["unshare", *user, "--mount", "--pid", "--fork", "--kill-child"]
            for user in ([], ["--user", "--map-root-user"])]
    errors = []
    for way in ways if os.geteuid() == 0 else ways[1:]:
        command = ["setpriv", "--pdeathsig", "KILL", *way]
        try:
            done = subprocess.run([*command, "true"], capture_output=True, text=True, timeout=20)
        except FileNotFoundError as missing:
            raise NotPossibleHere(f"{missing.filename} is missing (util-linux)") from None
        if done.returncode == 0:
            return command
        errors.append(done.stderr.strip())
    raise NotPossibleHere("this machine refuses the namespaces that compiler and emulator run in (run it as root, or "
                          f"allow user namespaces): {'; '.join(errors)}")


def unpack(files, root, without=()):
    """Unpacks packages without their maintainer scripts, two at a time: unpacking is decompression."""

    def one(file):
        # A pipe of two programs, because dpkg-deb's own --extract would replace the links of the merged /usr.
        source = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        done = subprocess.run(
            ["tar", "-x", "-C", root, "--keep-directory-symlink", "--no-same-owner", "--delay-directory-restore",
             *(f"--exclude={path}" for path in (*LEFT_OUT, *without))],
            stdin=source.stdout, capture_output=True, text=True)
        source.stdout.close()
        errors = source.stderr.read().decode(errors="replace")
        if source.wait() or done.returncode:
            raise BuildFailure(f"{Path(file).name} cannot be unpacked: {errors}{done.stderr}")

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        list(pool.map(one, files))


def make_prefix(target, files):
    with cache.made(target) as root:
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / "usr" / name).mkdir(parents=True)
            (root / name).symlink_to(f"usr/{name}")
        unpack(files, root)
        for name in ("dev", "proc", "tmp", "mnt", "usr/src"):
            (root / name).mkdir(exist_ok=True)
        # What the maintainer scripts would have done and the kernel's makefiles rely on.
        (root / "usr/bin/awk").symlink_to("gawk")
        # Compiling Python's library here takes a second; the emulated guest would take six for every boot.
        compile_all = ["python3", "-m", "compileall", "-q", "-b", "-j0", "--invalidation-mode", "unchecked-hash",
                       "-x", PYTHON_NOT_COMPILED, "/usr/lib"]
        done = subprocess.run(command(root, root / "tmp", None, compile_all), capture_output=True, text=True)
        if done.returncode:
            raise BuildFailure(f"Python's library cannot be compiled: {done.stdout}{done.stderr}")


def make_kernel(target, kernel, files):
    """The kernel's image, and for a kernel with headers what a module is built with."""
    images, others = [], []
    for file in files:
        (images if file.name.startswith(f"{kernel.image}_") else others).append(file)
    with cache.made(target) as root:
        for name in ("usr/src", "usr/lib"):
            (root / name).mkdir(parents=True)
        # The older packages hold every module as well, for which the guest has no use.
        unpack(images, root, without=("*.ko", "*.ko.xz"))
        unpack(others, root)
        # Without it no type information is made for the module, which takes a tool the prefix lacks.
        (root / f"usr/src/linux-headers-{kernel.release}" / "vmlinux").unlink(missing_ok=True)
        found = [*root.glob("boot/vmlinuz*"), *root.glob("usr/lib/modules/*/vmlinuz*")]
        if len(found) != 1:
            raise BuildFailure(f"{kernel.image} holds {len(found)} kernels instead of one")
        found[0].rename(root / "vmlinuz")


def command(prefix, work, kernel, words):
    """The command line that runs words in the prefix, with the folder work as /mnt."""
    return [*namespace(), "sh", "-c", ENTER, "sh", str(prefix), str(work), str(kernel or ""), *map(str, words)]
