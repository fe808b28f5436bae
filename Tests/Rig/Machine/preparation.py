"""Brings everything a boot needs up to date; each part again only when what it is made of has changed."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import cache
import gvnic as gvnics
import initramfs
import kernel_version
import mirror
import module
import prefix as prefixes
from cache import say, step
from failure import ArchiveFailure, Usage
from kernel_version import Kernel
from packages import Archive

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".build" / "rig"
MODULE_SOURCES = ROOT / "Tests" / "Rig" / "SoftwareNIC"


@dataclass(frozen=True)
class Prepared:
    prefix: Path
    kernel: Kernel
    kernel_folder: Path
    programs: Path
    module: Path | None
    gvnic: gvnics.Gvnic | None = None


def used(path):
    """Marks it as used now, for keep_newest."""
    os.utime(path)
    return path


class Preparation:
    def __init__(self, folder=FOLDER, sources=MODULE_SOURCES, mirrors=None):
        self.folder, self.sources, self.mirrors = folder, sources, mirrors
        self.archives = {}

    def archive(self, suites, refresh=False):
        """The package lists of these suites, from the first of the machine's mirrors that has them."""
        if suites in self.archives:
            return self.archives[suites]
        mirrors = mirror.configured() if self.mirrors is None else self.mirrors
        if not mirrors:
            raise ArchiveFailure("no Debian mirror is configured on this machine (/etc/apt/sources.list and "
                                 "/etc/apt/sources.list.d name none)")
        failures = []
        for candidate in mirrors:
            folder = self.folder / f"apt-{cache.fingerprint(candidate.line(''), suites)}"
            archive = Archive(folder, candidate, suites)
            try:
                if refresh or not (folder / "complete").exists():
                    with step(f"package lists of {', '.join(suites)}"):
                        archive.update()
                    (folder / "complete").touch()
                self.archives[suites] = archive
                return archive
            except ArchiveFailure as failure:
                failures.append(str(failure))
        raise ArchiveFailure("\n".join(failures))

    def offered(self, suites, refresh=False):
        rows = list(self.archive(suites, refresh).rows("linux-"))
        return kernel_version.kernels(rows)

    def _choose(self, wanted, suites):
        offered = self.offered(suites)
        return kernel_version.chosen(offered, wanted) if wanted else kernel_version.newest(offered)

    def kernel(self, wanted, refresh):
        """(kernel, its folder): the one that was chosen for this wish before, unless a fresh look is asked for."""
        memory = self.folder / "chosen.json"
        known = json.loads(memory.read_text()) if memory.exists() else {}
        recipe = prefixes.recipe()
        if wanted in known and known[wanted]["recipe"] == recipe and not refresh:
            folder = self.folder / "kernels" / known[wanted]["folder"]
            if folder.exists():
                return Kernel(**known[wanted]["kernel"]), used(folder)
        suites = kernel_version.BUILD_SUITES
        self.archive(suites, refresh)
        try:
            self._choose(wanted, suites)
        except Usage:
            if not wanted:
                raise
            suites = kernel_version.SUITES
            self.archive(suites, refresh)
        chosen = []

        def command():
            chosen[:] = [self._choose(wanted, suites)]
            return ["download", *chosen[0].packages]

        with step("kernel's packages") as note:
            files = self.archive(suites).fetch(command)
            note(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB")
        kernel = chosen[0]
        folder = self.folder / "kernels" / f"{kernel.release}-{cache.fingerprint([f.name for f in files], recipe)}"
        if not folder.exists():
            with step("kernel unpacked"):
                prefixes.make_kernel(folder, kernel, files)
        cache.keep_newest(used(folder).parent, 6)
        known[wanted] = {"kernel": asdict(kernel), "folder": folder.name, "recipe": recipe}
        with cache.made(memory) as pending:
            pending.write_text(json.dumps(known, indent=1))
        return kernel, folder

    def prefix(self):
        target = self.folder / "prefixes" / prefixes.recipe()
        if not target.exists():
            with step("compiler, emulator and programs") as note:
                files = self.archive(kernel_version.BUILD_SUITES).fetch(lambda: ["install", *prefixes.TOOLS])
                note(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB")
            with step("unpacked"):
                prefixes.make_prefix(target, files)
            cache.keep_newest(target.parent, 1)
        return target

    def programs(self, prefix):
        key = cache.fingerprint(prefix.name, Path(initramfs.__file__).read_bytes())
        target = self.folder / "programs" / f"{key}.cpio"
        if not target.exists():
            with step("the guest's programs") as note:
                initramfs.write_programs(target, prefix)
                note(f"{target.stat().st_size / 1e6:.0f} MB")
            cache.keep_newest(target.parent, 1)
        return target

    def module(self, prefix, kernel, kernel_folder):
        if not kernel.builds_module:
            return None
        if not module.is_there(self.sources):
            say(f"no software NIC: {self.sources.name} holds no {' and no '.join(module.MAKEFILES)}")
            return None
        folder = self.folder / "modules" / module.key(self.sources, [kernel_folder.name, prefix.name])
        if not folder.exists():
            with step("software NIC built"):
                module.build(self.sources, prefix, kernel_folder, kernel, folder)
            cache.keep_newest(folder.parent, 8)
        return used(folder) / module.NAME

    def gvnic_prefix(self, prefix):
        target = self.folder / "gvnic-prefixes" / gvnics.recipe(prefix)
        if not target.exists():
            archive = self.archive(kernel_version.BUILD_SUITES)
            gvnics.check_offer(archive.rows(gvnics.EMULATOR[0]))
            with step("emulator for the gVNIC") as note:
                have = set(archive.fetch(lambda: ["install", *prefixes.TOOLS]))
                files = [file for file in archive.fetch(lambda: ["install", *gvnics.packages()]) if file not in have]
                note(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB")
            with step("unpacked"):
                gvnics.make_prefix(target, prefix, files)
            cache.keep_newest(used(target).parent, 1)
        return target

    def gvnic_driver(self, kernel, kernel_folder):
        """The kernel's own module, of the package that holds its modules."""
        target = self.folder / "drivers" / kernel_folder.name
        if not target.exists():
            build = kernel_version.BUILD_SUITES
            archive = self.archive(build if kernel.suite in build else kernel_version.SUITES)

            def command():
                return ["download", gvnics.driver_package(archive.rows("linux-modules-"), kernel)]

            with step(f"{gvnics.DRIVER} of {kernel.version}"):
                gvnics.extract_driver(target, archive.fetch(command)[0], kernel)
            cache.keep_newest(target.parent, 6)
        return used(target) / gvnics.DRIVER

    def gvnic_program(self, prefix, what, sanitized):
        target = self.folder / "models" / gvnics.model_key(prefix, what, sanitized)
        if not target.exists():
            with step(f"{what} built"):
                gvnics.build(target, prefix, what, sanitized)
            cache.keep_newest(target.parent, 6)
        return used(target) / what

    def gvnic(self, prefix, kernel, kernel_folder, sanitized):
        target = self.gvnic_prefix(prefix)
        return gvnics.Gvnic(target, self.gvnic_program(target, gvnics.MODEL, sanitized),
                            self.gvnic_driver(kernel, kernel_folder), sanitized)

    def fuzz(self):
        """(prefix, the program that attacks the gVNIC's model, built with the sanitizers)"""
        prefixes.namespace()
        with cache.locked(self.folder):
            target = self.gvnic_prefix(self.prefix())
            return target, self.gvnic_program(target, gvnics.FUZZ, True)

    def prepare(self, wanted="", refresh=False, gvnic=False, sanitized=False):
        prefixes.namespace()
        with cache.locked(self.folder):
            kernel, kernel_folder = self.kernel(wanted, refresh)
            say(f"kernel {kernel.version} ({kernel.suite})")
            for remark in kernel_version.remarks(kernel):
                say(f"kernel {kernel.version}: {remark}")
            prefix = self.prefix()
            return Prepared(prefix, kernel, kernel_folder, self.programs(prefix),
                            self.module(prefix, kernel, kernel_folder),
                            self.gvnic(prefix, kernel, kernel_folder, sanitized) if gvnic else None)
