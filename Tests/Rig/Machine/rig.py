#!/usr/bin/env python3
"""A Linux 7.x kernel with a software NIC, in an emulated machine: no root file system, nothing installed."""

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
import initramfs
import kernel_version
import module
from cache import say, step
from failure import BuildFailure, GuestNotUp, RigFailure, Usage
from guest import BOOTS, PORTS, Guest
from preparation import FOLDER, ROOT, Preparation

HERE = Path(__file__).resolve().parent
GUEST_TESTS = HERE.parent / "Guest"
EXECUTABLES = ("zcrx-bench", "rig-probe")
LOGS = ("console.log", "kernel", "emulator.log", "result")
BOOTED = ("vmlinuz", "initrd", "files")
EPILOGUE = """\
exit status: that of COMMAND, or of the rig itself, which then says why on standard error:
  64  wrong command line, or no such kernel          72  the guest panicked, or ended without reporting
  69  mirror, package or download                    73  the guest's kernel printed a warning, BUG, Oops or trace
  70  a build, the emulator or a file failed         74  the newest kernel lacks the early-stop fix
  71  the guest hung: the time limit passed          77  this machine refuses the namespaces the rig needs
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


def lay_out(folder, prepared, options):
    """What the guest boots: the kernel, and its files in one archive."""
    files = {"/init": HERE / "init", "/rig/Guest/suite.py": ROOT / "Tests" / "suite.py",
             "/rig/Guest/iperf_peer.py": ROOT / "Tests" / "Host" / "iperf_peer.py", **executables()}
    if prepared.module:
        files[f"/lib/rig/{module.NAME}"] = prepared.module
    for source, target in options.add:
        files[target or f"/root/{Path(source).name}"] = Path(source)
    texts = {"/rig/command": shlex.join(options.command) + "\n"}
    if options.fetch:
        texts["/rig/fetch"] = "".join(f"{path}\n" for path, _ in options.fetch)
    if options.action == "shell":
        texts["/rig/interactive"] = ""
    shutil.copyfile(prepared.kernel_folder / "vmlinuz", folder / "vmlinuz")
    with (folder / "initrd").open("wb") as file:
        initramfs.write_guest(file, prepared.programs, files, {"/rig/Guest": GUEST_TESTS}, texts)


def boot_guest(prefix, folder, seconds, interactive):
    """(the guest, its command's status); one that did not come up is booted again, and that is said."""
    for left in reversed(range(BOOTS)):
        machine = Guest(prefix, folder, seconds, interactive)
        try:
            return machine, machine.run()
        except GuestNotUp as failure:
            if not left:
                raise
            say(f"{failure}\nrig: no command had run: booting once more")
            for name in (*PORTS, "console.log"):
                (folder / name).unlink(missing_ok=True)


def boot(prepared, options):
    folder = run_folder()
    interactive = options.action == "shell"
    terminal = termios.tcgetattr(0) if interactive and os.isatty(0) else None
    try:
        with step("guest's files") as note:
            lay_out(folder, prepared, options)
            note(f"{(folder / 'initrd').stat().st_size / 1e6:.0f} MB")
        with step("guest"):
            machine, status = boot_guest(prepared.prefix, folder, options.timeout, interactive)
        missing = machine.fetched(dict(options.fetch))
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
            options.logs.mkdir(parents=True, exist_ok=True)
            for name in LOGS:
                if (folder / name).exists():
                    shutil.copy(folder / name, options.logs)
        cache.keep_newest(FOLDER / "runs", 20)


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
    up = actions.add_parser("up", parents=[kernel], help="download and build all that a boot needs",
                            description="Downloads and builds all that a boot needs; what is up to date stays.")
    up.add_argument("--refresh", action="store_true", help="fetch the package lists anew: is there a newer kernel?")
    run = actions.add_parser("run", parents=[kernel, files], help="boot, run a command in the guest, power off",
                             description="Boots, runs a command in the guest as root, and ends with its exit status.",
                             epilog=EPILOGUE, formatter_class=argparse.RawDescriptionHelpFormatter)
    run.add_argument("--timeout", type=float, default=600, metavar="S",
                     help="seconds the command may take, once the guest is up (default: 600)")
    run.add_argument("command", nargs="+", metavar="COMMAND", help="after `--`; for shell syntax: sh -c '…'")
    actions.add_parser("shell", parents=[kernel, files], help="boot, and a shell on this terminal; `exit` ends it")
    actions.add_parser("kernels", help="list the kernels the mirror offers")
    options = parser.parse_args(namespace=argparse.Namespace(timeout=0, refresh=False, command=["true"]))
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
        if options.action != "up":
            build()
        with step("prepared"):
            prepared = preparation.prepare(options.kernel, options.refresh)
        return 0 if options.action == "up" else boot(prepared, options)
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
