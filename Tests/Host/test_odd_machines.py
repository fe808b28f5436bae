"""Machines without /proc, without /sys, with little of what a process may have: work, or one sentence and a documented status."""

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase, free_port, needs, needs_namespaces, needs_root
from namespace import Namespace
from process import run
from suite import not_sanitized

FORBIDDEN = Path(__file__).with_name("forbidden.py")


@not_sanitized("it is linked to the libraries of the toolchain")
@needs_root
class WithoutProcTests(HostCase):
    """A folder with nothing but the executable as the root of the file system."""

    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copy(EXECUTABLE, self.root / "zcrx-bench")
        (self.root / "tmp").mkdir()

    def inside(self, *words, **where):
        return run("chroot", self.root, "/zcrx-bench", *words, **where)

    def test_every_command_says_what_it_is_for(self):
        self.assertRegex(self.ended(self.inside("--version")).stdout, r"^zcrx-bench \d")
        commands = re.findall(r"^  ([a-z]+)  ", self.ended(self.inside("--help")).stdout, re.MULTILINE)
        self.assertIn("server", commands)
        for command in commands:
            with self.subTest(command):
                self.assertIn(f"zcrx-bench {command}", self.ended(self.inside(command, "--help")).stdout)

    def test_arguments_are_read_as_they_are_typed(self):
        refused = self.ended(self.inside("client", "--nonsense", "a b", "é"), 64)
        self.assertIn("--nonsense", refused.stderr)
        self.assertEqual(self.inside("pattern", "-n", "8").stdout, run(EXECUTABLE, "pattern", "-n", "8").stdout)

    def test_no_command_aborts(self):
        port = free_port()
        for words in (("doctor",), ("doctor", "-i", "lo"), ("client", LOOPBACK, "-p", port), ("server", "-1", "-p", port, "-t", "1", "--mode", "zc-copy"),
                      ("demo",), ("nic", "show", "-i", "lo"), ("nic", "setup", "-i", "lo"), ("nic", "restore", "-i", "lo"),
                      ("membw", "-t", "1"), ("report", "/none.json"), ("diff", "/a", "/b"), ("client", LOOPBACK, "--compare", "-p", port)):
            with self.subTest(words):
                program = self.start("timeout", "-k", "1", "3", "chroot", self.root, "/zcrx-bench", *words)
                finished = program.finished(15)
                self.assertIn(finished.status, (0, 1, 64, 77, 124), f"\n{finished}")
                self.assertNotIn("Swift runtime", finished.stderr)
                if finished.status in (1, 77) and words[0] not in ("doctor",):
                    self.assertTrue(finished.stderr.startswith("zcrx-bench: "), finished.stderr)

    def test_a_test_goes_to_its_end(self):
        server = self.serve("-1", "-J", command=("chroot", self.root, "/zcrx-bench", "server"))
        sent = self.document(self.inside("client", LOOPBACK, "-p", server.port, "-n", "4M", "-J"))
        self.assertEqual(self.assert_exact(sent), 4 << 20)
        self.assert_exact(self.document(server.finished()))


class WithoutSysTests(HostCase):
    @needs_root
    def test_doctor_asserts_nothing_that_only_sysfs_tells(self):
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys && exec "$0" "$@"')
        finished = run(*hidden, EXECUTABLE, "doctor", "-i", "lo", "-J")
        checks = {check["name"]: check for part in ("kernel", "machine") for check in json.loads(finished.stdout)[part]}
        checks |= {check["name"]: check for check in json.loads(finished.stdout)["interface"]["checks"]}
        for name in ("huge_pages", "numa_node", "iommu"):
            self.assertEqual(checks[name]["state"], "unknown", checks[name])
        self.assertNotRegex(finished.stdout, "is not translated|none of 2 MiB")


class WithoutRingsTests(HostCase):
    def test_one_finding_has_one_status(self):
        """io_uring_setup(2) is refused: what cannot be had is 77 and what is forbidden 1, whoever asks."""
        for error, status in (("ENOSYS", 77), ("EPERM", 1)):
            for words in (("server", "-1", "-p", "0", "--mode", "uring"), ("server", "-1", "-p", "0", "--mode", "zc-copy"),
                          ("server", "-1", "-p", "0", "--mode", "zc", "-i", "lo", "--no-nic-setup"), ("doctor",),
                          ("client", LOOPBACK, "-p", "9", "--send", "uring")):
                if words[0] == "server" and words[-1] == "--no-nic-setup" and (error == "EPERM" or os.geteuid() != 0):
                    continue  # lo's driver, which has no queue to give, is found first.
                with self.subTest(error=error, words=words):
                    finished = self.ended(run(sys.executable, FORBIDDEN, error, EXECUTABLE, *words, seconds=20), status)
                    self.assertNotIn("5.12", finished.stdout + finished.stderr)


class HintTests(HostCase):
    def failed(self, *words, prefix=(), status=1):
        finished = self.ended(run(*prefix, EXECUTABLE, *words, seconds=20), status)
        self.assertEqual(finished.stderr.count("\n"), 1, finished.stderr)
        return finished.stderr

    def test_a_link_local_address_without_its_interface(self):
        said = self.failed("client", "fe80::1", "-p", "9")
        self.assertRegex(said, "fe80::1 port 9.*Invalid argument — a link-local address.*fe80::1%eth0")
        self.assertRegex(self.failed("server", "-B", "fe80::1", "-p", free_port()), "Invalid argument — a link-local address")

    @needs_namespaces
    def test_no_local_port_is_left(self):
        space = Namespace()
        self.addCleanup(space.close)
        self.ended(run(*space.prefix, "sh", "-c", "echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range; ip link set lo up"))
        server = self.serve(prefix=space.prefix)
        said = self.failed("client", LOOPBACK, "-p", server.port, "-P", "8", "-t", "1", prefix=space.prefix)
        self.assertRegex(said, "Cannot assign requested address — .*net.ipv4.ip_local_port_range")

    @needs("prlimit")
    def test_few_open_files_are_found_before_the_server_is_asked(self):
        said = self.failed("client", LOOPBACK, "-p", free_port(), "-P", "30", prefix=("prlimit", "--nofile=20"))
        self.assertRegex(said, r"30 streams take \d+ descriptors, and this process may open \d+ more — .*ulimit -n")
        self.assertNotIn("refused", said)
        self.assertIn("refused", self.failed("client", LOOPBACK, "-p", free_port(), "-P", "4", prefix=("prlimit", "--nofile=40")))

    @needs_root
    @needs("prlimit")
    @needs("iperf3")
    def test_a_stock_client_is_told_of_threads_that_cannot_be_had_and_not_of_buffers(self):
        """The workers begin with the first stream: a user who may have no more processes has none for them."""
        server = self.serve("--workers", "2", prefix=("setpriv", "--reuid", "65531", "--regid", "65531", "--clear-groups",
                                                      "prlimit", "--nproc=1"))
        refused = self.iperf3(server.port, "-n", "1M")
        self.assertNotEqual(refused.status, 0)
        said = refused.stdout + refused.stderr
        self.assertNotIn("buffer", said)
        self.assertIn("unable to create a new stream: Resource temporarily unavailable", said)
        self.assertIn("ulimit -u", server.stderr)


@needs_root
class NameTests(HostCase):
    def test_an_alternative_name_longer_than_15_bytes_names_the_interface(self):
        space = Namespace()
        self.addCleanup(space.close)
        long, short = "a-name-of-more-than-fifteen-bytes", "alt0"
        for name in (long, short):
            self.ended(run("ip", "link", "property", "add", "dev", space.near, "altname", name))
        for name in (long, short):
            with self.subTest(name):
                shown = json.loads(self.ended(run(EXECUTABLE, "nic", "show", "-i", name, "-J")).stdout)
                self.assertEqual(shown["interface"], space.near)
                doctor = json.loads(run(EXECUTABLE, "doctor", "-i", name, "-J").stdout)
                self.assertEqual(doctor["interface"]["name"], space.near)
        missing = "b" * 100
        for name in (missing, "c" * 300):
            refused = self.ended(run(EXECUTABLE, "nic", "show", "-i", name), 64)
            self.assertIn(f"there is no interface '{name[:100]}", refused.stderr)
