"""Namespaces for a whole program: nothing it starts outlives it, and its network is its own.

When the program ends, however it ends, the kernel ends every process it started and takes the namespaces with them.
"""

import os
import subprocess
import sys

# Set for the program inside: "root" when it is root outside too, "user" within a user namespace.
MARK = "ZCRX_BENCH_ISOLATED"


def _command():
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return command if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", *command[1:]]


def enter():
    """Runs this program again inside; returns there, and also where the kernel refuses (see `kind`)."""
    if kind():
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    command = _command()
    try:
        allowed = subprocess.run([*command, "true"], capture_output=True, timeout=300).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        allowed = False
    if allowed:
        os.environ[MARK] = "root" if os.geteuid() == 0 else "user"
        os.execvp(command[0], [*command, sys.executable, *sys.argv])


def kind():
    """How this program is isolated: "root", "user", or None."""
    return os.environ.get(MARK)
