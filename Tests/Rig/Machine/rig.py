#!/usr/bin/env python3
"""A Linux 7.x kernel with an emulated NIC, in an emulated machine: no root file system, nothing installed."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path

import cache
import gvnic as gvnics
import initramfs
import kernel_version
import module
import prefix as prefixes
from cache import say, step
from failure import BuildFailure, GuestNotUp, RigFailure, Usage
from guest import BOOTS, PORTS, Guest
from preparation import FOLDER, ROOT, Preparation

HERE = Path(__file__).resolve().parent
GUEST_TESTS = HERE.parent / "Guest"
EXECUTABLES = ("zcrx-bench", "rig-probe")
LOGS = ("console.log", "kernel", "emulator.log", "model.log", "result")
BOOTED = ("vmlinuz", "initrd", "files", gvnics.MODEL, "gve0", "gve1", "control")
SOFT, GVE, BOTH = NICS = ("soft", "gve", "both")
EPILOGUE = """\
exit status: that of COMMAND, or of the rig itself, which then says why on standard error:
  64  wrong command line, or no such kernel          72  the guest panicked, or ended without reporting
  69  mirror, package or download                    73  the guest's kernel printed a warning, BUG, Oops or trace
  70  a build, the emulator or a file failed         74  the newest kernel lacks the early-stop fix
  71  the guest hung: not up, or silent              77  this machine refuses the namespaces the rig needs
Everything made or downloaded lies in .build/rig; see docs/test-rig.md."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(Usage.status, f"{self.format_usage()}{self.prog}: error: {message}\n")


class Interrupted(Exception):
    pass


def interrupt(number, frame):
    raise Interrupted(number)


def pair(text):
    left, _, right = text.partition("=")
    return left, right


def build():
    """Brings the project's executables up to date."""
    text = 'source "$0/scripts/lib/prepare.sh"; prepare_build; build_for_rig'
    if subprocess.run(["bash", "-euo", "pipefail", "-c", text, ROOT], stdin=subprocess.DEVNULL).returncode:
        raise BuildFailure("the project's executables could not be built; above is why")


def executables():
    """{path in the guest: file}: the very files of the release build, not stripped."""
    folder = ROOT / ".build" / "release"
    return {f"/bin/{name}": folder / name for name in EXECUTABLES if (folder / name).exists()}


def run_folder():
    """A folder for this run, named by the process. What a killed run has left is large, and nobody wants it."""
    runs = FOLDER / "runs"
    for name in BOOTED:
        for left in runs.glob(f"*/{name}"):
            if not Path(f"/proc/{left.parent.name}").exists():
                left.unlink(missing_ok=True)
    folder = runs / str(os.getpid())
    cache.remove(folder)
    folder.mkdir(parents=True)
    return folder


def lay_out(folder, prepared, options, nic):
    """What the guest boots: the kernel, and its files in one archive."""
    files = {"/init": HERE / "init", "/rig/Guest/suite.py": ROOT / "Tests" / "suite.py",
             "/rig/Guest/patience.py": ROOT / "Tests" / "patience.py",
             "/rig/Guest/iperf_peer.py": ROOT / "Tests" / "Host" / "iperf_peer.py", **executables()}
    if prepared.module:
        files[f"/lib/rig/{module.NAME}"] = prepared.module
    for source, target in options.add:
        files[target or f"/root/{Path(source).name}"] = Path(source)
    if nic == GVE:
        files[f"/lib/rig/{gvnics.DRIVER}"] = prepared.gvnic.driver
        shutil.copy(prepared.gvnic.model, folder / gvnics.MODEL)
    texts = {"/rig/command": shlex.join(options.command) + "\n", "/rig/nic": f"{nic}\n",
             "/rig/model": f"{options.model}\n"}
    if options.fetch:
        texts["/rig/fetch"] = "".join(f"{path}\n" for path, _ in options.fetch)
    if options.action == "shell":
        texts["/rig/interactive"] = ""
    shutil.copyfile(prepared.kernel_folder / "vmlinuz", folder / "vmlinuz")
    with (folder / "initrd").open("wb") as file:
        initramfs.write_guest(file, prepared.programs, files, {"/rig/Guest": GUEST_TESTS}, texts)


def boot_guest(new_guest, folder):
    """(the guest, its command's status); one that did not come up is booted again, and that is said."""
    for left in reversed(range(BOOTS)):
        machine = new_guest()
        try:
            return machine, machine.run()
        except GuestNotUp as failure:
            if not left:
                raise
            say(f"{failure}\nrig: no command had run: booting once more")
            for name in (*PORTS, "console.log", "model.log"):
                (folder / name).unlink(missing_ok=True)


def boot(prepared, options, nic):
    """One boot; with --nic both, what it leaves goes by the name of its NIC."""
    mine = f".{nic}" if options.nic == BOTH else ""
    folder = run_folder()
    interactive = options.action == "shell"
    terminal = termios.tcgetattr(0) if interactive and os.isatty(0) else None
    try:
        with step("guest's files") as note:
            lay_out(folder, prepared, options, nic)
            note(f"{(folder / 'initrd').stat().st_size / 1e6:.0f} MB")
        with step("guest" if nic == SOFT else "guest with gVNICs"):
            gvnic = prepared.gvnic if nic == GVE else None
            machine, status = boot_guest(lambda: Guest(prepared.prefix, folder, options.timeout, interactive, gvnic,
                                                       shlex.split(options.model)), folder)
        missing = machine.fetched({path: f"{file}{mine}" for path, file in options.fetch})
        if missing:
            say(f"not fetched, because the guest does not have it: {', '.join(missing)}")
        return status
    except RigFailure as failure:
        console = folder / "console.log"
        where = f"\n(all of it: {console.relative_to(ROOT)})" if console.exists() else ""
        raise type(failure)(f"{failure}{where}") from None
    finally:
        if terminal:
            termios.tcsetattr(0, termios.TCSADRAIN, terminal)
        for name in BOOTED:
            (folder / name).unlink(missing_ok=True)
        if options.logs:
            logs = options.logs / nic if mine else options.logs
            logs.mkdir(parents=True, exist_ok=True)
            for name in LOGS:
                if (folder / name).exists():
                    shutil.copy(folder / name, logs)
        cache.keep_newest(FOLDER / "runs", 20)


def boot_all(prepared, options):
    """The command's exit status; of --nic both the first that is not 0."""
    nics = (SOFT, GVE) if options.nic == BOTH else (options.nic,)
    statuses = []
    for nic in nics:
        try:
            statuses.append(boot(prepared, options, nic))
        except RigFailure as failure:
            if nic == nics[-1]:
                raise
            say(f"error: {failure}")
            statuses.append(failure.status)
    return next((status for status in statuses if status), 0)


def fuzz(preparation, options):
    """The model of the gVNIC against a hostile driver; the exit status of the program."""
    with step("prepared"):
        prefix, program = preparation.fuzz()
    words = [gvnics.SANITIZER_OPTIONS, f"/mnt/{program.name}", str(options.rounds), str(options.seed)]
    return subprocess.run(prefixes.command(prefix, program.parent, None, words), stdin=subprocess.DEVNULL).returncode


def list_kernels(preparation):
    with cache.locked(FOLDER):
        offered = preparation.offered(kernel_version.SUITES, refresh=True)
    print(f"{'kernel':20}{'suite':18}{'headers':10}{'software NIC':14}early-stop fix")
    for kernel in offered:
        print(f"{kernel.version:20}{kernel.suite:18}{'yes' if kernel.headers else 'no':10}"
              f"{'yes' if kernel.builds_module else 'no':14}"
              f"{'yes' if kernel_version.has_early_stop_fix(kernel.version) else 'no'}")


def arguments():
    parser = Parser(prog="scripts/rig", description=__doc__, epilog=EPILOGUE,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    kernel = argparse.ArgumentParser(add_help=False)
    kernel.add_argument("--kernel", default="", metavar="VERSION",
                        help="another packaged kernel: 7.2.12+deb13, or the newest of 7.2")
    files = argparse.ArgumentParser(add_help=False)
    files.add_argument("--add", type=pair, action="append", default=[], metavar="FILE[=GUESTPATH]",
                       help="put a file into the guest (default: /root/NAME)")
    files.add_argument("--fetch", type=pair, action="append", default=[], metavar="GUESTPATH=FILE",
                       help="copy a file out of the guest when COMMAND has ended")
    files.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the guest's console and kernel log there")
    nics = argparse.ArgumentParser(add_help=False)
    nics.add_argument("--nic", choices=NICS, default=SOFT,
                      help="soft: the software NIC (default); gve: two gVNICs and the packaged driver gve; both: one "
                           "after the other")
    nics.add_argument("--model", default="", metavar="WORDS", help="options of the gVNIC's model (Tests/Rig/GVNIC)")
    nics.add_argument("--sanitize", action="store_true", help="the model built with ASan and UBSan")
    up = actions.add_parser("up", parents=[kernel, nics], help="download and build all that a boot needs",
                            description="Downloads and builds all that a boot needs; what is up to date stays.")
    up.add_argument("--refresh", action="store_true", help="fetch the package lists anew: is there a newer kernel?")
    run = actions.add_parser("run", parents=[kernel, nics, files], help="boot, run a command in the guest, power off",
                             description="Boots, runs a command in the guest as root, and ends with its exit status.",
                             epilog=EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_argument("--timeout", type=float, default=600, metavar="S",
                     help="seconds for which the command may print nothing, once the guest is up (default: 600)")
    run.add_argument("command", nargs="+", metavar="COMMAND", help="after `--`; for shell syntax: sh -c '…'")
    actions.add_parser("shell", parents=[kernel, nics, files], help="boot, and a shell on this terminal; `exit` ends it")
    actions.add_parser("kernels", help="list the kernels the mirror offers")
    attack = actions.add_parser("fuzz", help="attack the gVNIC's model, built with ASan and UBSan; no boot")
    attack.add_argument("--rounds", type=int, default=500, metavar="N", help="of 2000 actions each (default: 500)")
    attack.add_argument("--seed", type=int, default=1, metavar="N", help="of the first round (default: 1)")
    options = parser.parse_args(namespace=argparse.Namespace(timeout=0, refresh=False, command=["true"]))
    try:
        shlex.split(getattr(options, "model", ""))
    except ValueError as problem:
        parser.error(f"--model: {problem}")
    if any(not target for _, target in getattr(options, "fetch", ())):
        parser.error("--fetch wants GUESTPATH=FILE")
    for source, _ in getattr(options, "add", ()):
        if not Path(source).is_file():
            parser.error(f"there is no file {source} to add")
    return options


def main():
    options = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        preparation = Preparation()
        if options.action == "kernels":
            list_kernels(preparation)
            return 0
        if options.action == "fuzz":
            return fuzz(preparation, options)
        if options.action != "up":
            build()
        with step("prepared"):
            prepared = preparation.prepare(options.kernel, options.refresh, options.nic != SOFT, options.sanitize)
        return 0 if options.action == "up" else boot_all(prepared, options)
    except RigFailure as failure:
        say(f"error: {failure}")
        return failure.status
    except OSError as error:
        say(f"error: {error}")
        return RigFailure.status
    except Interrupted as signal_number:
        say("interrupted")
        return 128 + signal_number.args[0]


if __name__ == "__main__":
    sys.exit(main())
