"""`nic setup` and `nic restore` where no driver has what they want: refusals, words, statuses, and nothing changed."""

import os
import re
from pathlib import Path

from harness import EXECUTABLE, NOBODY, HostCase, needs_namespaces, needs_root
from namespace import Namespace
from process import run

JOURNALS = "/run/zcrx-bench"


def nic(*arguments, prefix=()):
    return run(*prefix, EXECUTABLE, "nic", *arguments)


class LeaseTests(HostCase):
    def pair(self):
        namespace = Namespace()
        self.addCleanup(namespace.close)
        return namespace

    def refused(self, text, status, *arguments, prefix=()):
        finished = self.ended(nic(*arguments, prefix=prefix), status)
        self.assertEqual(finished.stdout, "")
        self.assertRegex(finished.stderr, text)
        return finished

    def journals(self):
        return os.listdir(JOURNALS) if os.path.isdir(JOURNALS) else []

    def names(self, journal, interface):
        try:
            return interface in Path(JOURNALS, journal).read_text()
        except FileNotFoundError:
            return False

    def test_an_interface_that_does_not_exist_is_a_usage_error(self):
        for arguments in (("setup",), ("setup", "--dry-run"), ("setup", "-q", "1"), ("restore",)):
            with self.subTest(arguments):
                finished = self.refused("there is no interface 'nonexistent0'", 64, *arguments, "-i", "nonexistent0")
                self.assertIn("lo", finished.stderr)

    def test_wrong_command_lines(self):
        for arguments in (("setup",), ("setup", "-q", "1"), ("setup", "-i", "lo", "-q"), ("restore",),
                          ("setup", "-i", "lo", "-q", "x"), ("setup", "-i", "lo", "--rx-ring", "0"),
                          ("setup", "-i", "lo", "--steer-port", "1"), ("restore", "-i", "lo", "-q", "1")):
            with self.subTest(arguments):
                self.assertEqual(self.ended(nic(*arguments), 64).stdout, "")

    @needs_namespaces
    def test_a_veth_has_nothing_to_prepare(self):
        near = self.pair().near
        before = self.ended(nic("show", "-i", near, "-J")).stdout
        settled = re.compile(r'"rx-(packets|bytes)".*|"value".*|.*statistic.*')
        for options in (("--dry-run",), ("--dry-run", "-q", "0")):
            with self.subTest(options):
                self.refused(rf"error: {near} (has|can have) ", 77, "setup", "-i", near, *options)
        after = self.ended(nic("show", "-i", near, "-J")).stdout
        self.assertEqual(settled.sub("", before), settled.sub("", after))

    @needs_namespaces
    def test_channels_are_counted_before_anything_else(self):
        """veth can have as many queues as it was made with."""
        self.ended(run("ip", "link", "add", "four0", "numrxqueues", "4", "numtxqueues", "4", "type", "veth", "peer",
                       "name", "four1"))
        self.addCleanup(run, "ip", "link", "del", "four0")
        self.refused("four0 is down — ip link set dev four0 up", 1, "setup", "-i", "four0", "-q", "1", "--dry-run")
        self.ended(run("ip", "link", "set", "four0", "up"))
        self.refused("there is no queue 4: four0 can have 4 receive queues", 64, "setup", "-i", "four0", "-q", "4",
                     "--dry-run")
        self.refused("no queue of four0 would be left for other connections", 64, "setup", "-i", "four0", "-q", "0-3",
                     "--dry-run")
        self.refused("four0 has no ", 77, "setup", "-i", "four0", "-q", "1", "--dry-run")

    @needs_root
    def test_a_refused_setup_leaves_no_journal(self):
        near, before = self.pair().near, self.journals()
        self.refused(rf"{near} (has|can have) ", 77, "setup", "-i", near)
        # Others may use their own interfaces meanwhile.
        self.assertEqual([name for name in set(self.journals()) - set(before) if self.names(name, near)], [])

    @needs_root
    def test_nobody_may_not(self):
        near = self.pair().near
        finished = self.ended(nic("setup", "-i", near, prefix=NOBODY), 1)
        self.assertRegex(finished.stderr, "cannot (open|make) /run/zcrx-bench.*Permission denied — run as root")

    @needs_namespaces
    def test_nothing_to_restore(self):
        near = self.pair().near
        finished = self.ended(nic("restore", "-i", near))
        self.assertEqual((finished.stdout, finished.stderr), ("", ""))
