"""What the guest said: traces of a kernel in trouble in its log, and the two lines of the result port."""

import re

from failure import GuestDied, KernelComplained

PANIC = re.compile(r"Kernel panic - not syncing.*")
# The last is what a network device with a leaked reference says, every ten seconds, for ever.
TROUBLE = re.compile(r"^.*(?:WARNING:|BUG:|Oops|Call Trace|general protection|KASAN|"
                     r"unregister_netdevice: waiting for).*$", re.MULTILINE)
BOOTED = re.compile(r"BOOTED (\S+) ([0-9.]+)\n")
EXIT = re.compile(r"(?:\A|\n)EXIT (\d{1,3})\n\Z")


def tail(text, count=30):
    """The end of a log, fit for a terminal."""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text).strip().splitlines()
    return "\n".join(f"  | {line}" for line in lines[-count:]) or "  | (nothing)"


def check_log(*logs):
    """Raises when any of the logs shows a kernel in trouble."""
    for log in logs:
        found = TROUBLE.search(log)
        if found:
            around = log[found.start():].splitlines()[:30]
            raise KernelComplained(f"the guest's kernel complained: {found[0].strip()}\n" + tail("\n".join(around)))


def booted(result):
    """(kernel release, seconds it took inside the guest), or None as long as the guest has not said so."""
    match = BOOTED.match(result)
    return match and (match[1], float(match[2]))


def exit_status(result, log):
    """The command's exit status, which the guest's last line says; the emulator's own status says nothing at all."""
    match = EXIT.search(result)
    if match and booted(result) and int(match[1]) < 256:
        return int(match[1])
    panic = PANIC.search(log)
    if panic:
        problem = f"the guest's kernel panicked: {panic[0].strip()}"
    elif not booted(result):
        problem = "the guest ended before it had booted"
    else:
        problem = f"the guest ended without the command's exit status; its last line is {result[-80:]!r}"
    raise GuestDied(f"{problem}\n{tail(log)}")
