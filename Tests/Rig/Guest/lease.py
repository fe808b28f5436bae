"""The NIC lease for the guest's tests: `zcrx-bench nic`, what it may change, and who guards it."""

import os
import re
import signal
import subprocess
from pathlib import Path

import softnic

EXECUTABLE = "/bin/zcrx-bench"
JOURNALS = Path("/run/zcrx-bench")
ETHTOOL_TEXTS = ("-l", "-g", "-k", "-n", "-x")


def nic(*arguments, status=0, **environment):
    """(standard output, standard error) of `zcrx-bench nic`, which must end with this status."""
    command = [EXECUTABLE, "nic", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True,
                          env=os.environ | {name: str(value) for name, value in environment.items()})
    if done.returncode != status:
        raise AssertionError(f"{command} {environment}: status {done.returncode}, not {status}: "
                             f"{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def setup(*arguments, queues=3, **more):
    return nic("setup", "-i", "soft0", "-q", queues, *arguments, **more)


def restore(**more):
    return nic("restore", "-i", "soft0", **more)


def plan(*arguments, **more):
    """The commands of a dry run, one for each step."""
    return setup("--dry-run", *arguments, **more)[0].splitlines()


def journals():
    return sorted(path.name for path in JOURNALS.iterdir()) if JOURNALS.exists() else []


def everything():
    """All settings, by netlink and in ethtool's words."""
    return softnic.settings() | {option: softnic.ethtool(option, "soft0") for option in ETHTOOL_TEXTS}


def differences(before, after):
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def guardians():
    """The process ids of all guardians."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"\0nic\0guard\0" in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found


def wait_for_guardians():
    softnic.wait_until(lambda: not guardians(), what="the guardian's end")


def entries(text):
    """The RSS table in what `ethtool -x` prints. The hash key, too, may begin with digits and a colon."""
    rows = re.findall(r"^ *\d+: ((?: *\d+)+)$", text, re.MULTILINE)
    return [int(entry) for row in rows for entry in row.split()]


def table():
    """The entries of the RSS table, as queues."""
    return entries(softnic.ethtool("-x", "soft0"))


def weights():
    found = table()
    return [found.count(queue) for queue in range(max(found) + 1)]


class Held:
    """`nic setup --hold` in the background, ready; killed at the block's end if it still runs."""

    def __init__(self, *arguments, queues=3, interface="soft0"):
        command = [EXECUTABLE, "nic", "setup", "-i", interface, "-q", str(queues), "--hold", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.commands = []
        while (line := self.process.stdout.readline().rstrip("\n")) != "ready":
            if not line:
                raise AssertionError(f"not ready: {self.commands} {self.process.stderr.read()}")
            self.commands.append(line)

    def __enter__(self):
        return self

    def end(self, number=signal.SIGTERM):
        """(exit status, standard output, standard error)"""
        self.process.send_signal(number)
        output, errors = self.process.communicate()
        return self.process.returncode, output, errors

    def kill(self):
        self.end(signal.SIGKILL)

    def __exit__(self, *error):
        self.process.kill()
        self.process.communicate()
        wait_for_guardians()


class LeaseCase(softnic.Case):
    """Every test must leave the settings as it found them, no journal and no guardian."""

    def setUp(self):
        self.before = softnic.settings()

    def assertRestored(self):
        self.assertEqual(differences(self.before, softnic.settings()), {})
        self.assertEqual(journals(), [])
        self.assertEqual(guardians(), [])

    def tearDown(self):
        wait_for_guardians()
        if journals():
            subprocess.run([EXECUTABLE, "nic", "restore", "-i", "soft0"], capture_output=True)
