"""`nic setup` and `nic restore` where no driver has what they want: refusals, words, statuses, and nothing changed."""

import os
import re
import tempfile
from pathlib import Path

from harness import EXECUTABLE, NOBODY, HostCase, needs_namespaces, needs_root
from namespace import Namespace
from process import run, until

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

    def test_the_restore_helper_touches_nothing_but_journals_of_ours(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"{}\n")
            file.flush()
            for path in (file.name, os.path.basename(file.name), f"{JOURNALS}/../..{file.name}", JOURNALS):
                with self.subTest(path):
                    self.refused("is no journal of zcrx-bench", 64, "guard", path)
            self.assertEqual(open(file.name, "rb").read(), b"{}\n")

    @needs_root
    def test_the_restore_helper_keeps_one_capability(self):
        pipe, held = os.pipe()
        with open(pipe, "rb") as reading, open(held, "wb") as writing:
            helper = self.start(EXECUTABLE, "nic", "guard", f"{JOURNALS}/1-4294967295.journal", stdin=reading)
            net_admin = 1 << 12

            def privileges():
                lines = open(f"/proc/{helper.pid}/status").read().splitlines()
                facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
                sets = [int(facts[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")]
                return sets, int(facts["CapInh"], 16), int(facts["CapAmb"], 16), facts["NoNewPrivs"]

            until(lambda: privileges() == ([net_admin] * 3, 0, 0, "1"), what=lambda: f"the privileges: {privileges()}")
            self.assertTrue(helper.running, "it waits for its owner's end")
            writing.close()
            self.ended(helper.finished())

    @needs_root
    def test_a_folder_of_journals_that_is_not_roots_alone_is_refused(self):
        """In a mount namespace, where /run is the test's own."""
        near = self.pair().near
        script = ("mount -t tmpfs none /run && mkdir -m 755 /run/zcrx-bench && echo mine > /run/zcrx-bench/x.journal && {change}"
                  " && \"$0\" \"$@\"; status=$?; cat /run/zcrx-bench/x.journal; ls -A /run/zcrx-bench; exit $status")
        for change in ("true", "chmod 700 /run/zcrx-bench && chown 65534 /run/zcrx-bench",
                       "chmod 1777 /run/zcrx-bench"):
            for words in (("setup", "-i", near), ("restore", "-i", near)):
                with self.subTest(change=change, words=words):
                    finished = self.ended(run("unshare", "-m", "sh", "-c", script.format(change=change), EXECUTABLE,
                                              "nic", *words), 1)
                    self.assertIn("cannot use /run/zcrx-bench, which is not root's alone", finished.stderr)
                    self.assertEqual(finished.stdout, "mine\nx.journal\n")
