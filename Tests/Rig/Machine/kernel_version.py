"""Debian's packaged cloud kernels: which there are, how they are ordered, which one a run boots."""

import re
from dataclasses import dataclass

from failure import KernelRefused, Usage

# In this order; the first that has what was asked for is taken.
SUITES = ("trixie-backports", "trixie", "forky", "sid")
# The tools of the prefix are trixie's: headers of later suites want a later compiler and C library.
BUILD_SUITES = ("trixie-backports", "trixie")
# The driver interfaces the software NIC is written for.
MODULE_SINCE = (7, 2)
# Where the kernel itself is: older packages hold it together with all modules, newer ones alone, and a version that
# has not been signed yet exists unsigned only. The later in this list, the better.
IMAGES = ("image", "binary", "binary-unsigned")
NAME = re.compile(r"linux-(image|binary|binary-unsigned|headers)-(\d[^-]*)-cloud-amd64")


def numbers(version):
    """(7, 3, 4) of 7.3.4+deb13."""
    return tuple(map(int, re.match(r"\d+(?:\.\d+)*", version)[0].split(".")))


def order(version):
    return numbers(version), version


def has_early_stop_fix(version):
    """Without it a multishot RECV_ZC that the kernel stopped for want of a resource may stay armed and silent.

    Debian's changelog names it for 7.2.10; 7.3.4's source has it. It was not found in 7.1 and older of Debian.
    """
    return numbers(version) >= (7, 2, 10)


@dataclass(frozen=True)
class Kernel:
    version: str
    suite: str
    image: str
    headers: bool

    @property
    def release(self):
        """What uname says."""
        return f"{self.version}-cloud-amd64"

    @property
    def builds_module(self):
        return self.headers and self.suite in BUILD_SUITES and numbers(self.version) >= MODULE_SINCE

    @property
    def packages(self):
        names = [self.image]
        if self.builds_module:
            names += [f"linux-headers-{self.release}", f"linux-headers-{self.version}-common",
                      f"linux-kbuild-{self.version}"]
        return [f"{name}/{self.suite}" for name in names]


def kernels(rows):
    """The kernels in (package, suite) rows, newest first."""
    found = {}
    for package, suite in rows:
        match = NAME.fullmatch(package)
        if match:
            found.setdefault((match[2], suite), set()).add(match[1])
    offered = []
    for (version, suite), kinds in found.items():
        images = [kind for kind in IMAGES if kind in kinds]
        if images:
            offered.append(Kernel(version, suite, f"linux-{images[-1]}-{version}-cloud-amd64", "headers" in kinds))
    return sorted(offered, key=lambda kernel: (order(kernel.version), -SUITES.index(kernel.suite)), reverse=True)


def matches(kernel, wanted):
    return kernel.version == wanted or re.match(re.escape(wanted) + "[.+]", kernel.version)


def newest(offered):
    """The kernel of a default run: the newest the module can be built for; one without the fix is refused."""
    able = [kernel for kernel in offered if kernel.builds_module]
    if not able:
        raise Usage("the mirror offers no cloud kernel with headers that trixie's tools can use")
    if not has_early_stop_fix(able[0].version):
        raise KernelRefused(
            f"kernel {able[0].version}, the newest with headers, lacks the early-stop fix (7.2.10 and newer have it): "
            f"a zero-copy receive may stall there. `scripts/rig run --kernel {able[0].version}` boots it all the same")
    return able[0]


def chosen(offered, wanted):
    """The kernel of `--kernel wanted`: of the first suite that has such a version the newest, headers preferred."""
    for suite in SUITES:
        found = [kernel for kernel in offered if kernel.suite == suite and matches(kernel, wanted)]
        if found:
            return max(found, key=lambda kernel: (kernel.builds_module, order(kernel.version)))
    raise Usage(f"no suite offers a cloud kernel {wanted}; `scripts/rig kernels` lists what there is")


def remarks(kernel):
    """What a user of this kernel must know."""
    if not has_early_stop_fix(kernel.version):
        yield "it lacks the early-stop fix of 7.2.10: a zero-copy receive may stall"
    if kernel.builds_module:
        return
    if numbers(kernel.version) < MODULE_SINCE:
        reason = "it is older than 7.2"
    elif kernel.headers:
        reason = f"its headers need {kernel.suite}'s compiler"
    else:
        reason = "its headers are not in the archive"
    yield f"{reason}: no software NIC, so at most zero-copy receive without a device, which begins with 7.1"
