"""The guest itself: what every other test in here relies on."""

import os
import re
import shutil
import socket
import subprocess
import unittest
from pathlib import Path

TROUBLE = re.compile(r"WARNING:|BUG:|Oops|Call Trace|general protection|KASAN")
PROGRAMS = ("busybox", "ip", "ethtool", "iperf3", "nc", "python3", "zcrx-bench", "insmod", "rmmod", "dmesg")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class GuestTests(unittest.TestCase):
    def test_the_programs_are_there(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertIsNotNone(shutil.which(program))

    def test_ip_is_iproute2s_and_not_busyboxes(self):
        self.assertIn("iproute2", output("/bin/sh", "-c", "ip -V"))

    def test_the_executable_runs(self):
        self.assertRegex(output("zcrx-bench", "--version"), r"^zcrx-bench \d")

    def test_the_kernel_has_not_complained(self):
        self.assertEqual([line for line in output("dmesg").splitlines() if TROUBLE.search(line)], [])

    def test_the_kernel_is_the_one_that_was_asked_for(self):
        self.assertRegex(os.uname().release, r"^\d+\.\d+.*-cloud-amd64$")
        self.assertEqual(os.geteuid(), 0)

    def test_the_usual_file_systems_are_mounted(self):
        mounted = {line.split()[1]: line.split()[2] for line in Path("/proc/mounts").read_text().splitlines()}
        for path, kind in {"/proc": "proc", "/sys": "sysfs", "/dev": "devtmpfs", "/tmp": "tmpfs", "/run": "tmpfs",
                           "/sys/kernel/debug": "debugfs"}.items():
            with self.subTest(path):
                self.assertEqual(mounted.get(path), kind)

    def test_the_loopback_interface_carries_both_families(self):
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with self.subTest(address), socket.create_server((address, 0), family=family) as server:
                with socket.create_connection(server.getsockname()[:2]) as client:
                    client.sendall(b"x")
                    with server.accept()[0] as peer:
                        self.assertEqual(peer.recv(10), b"x")

    def test_a_network_namespace_can_be_made(self):
        output("ip", "netns", "add", "rig-test")
        self.addCleanup(output, "ip", "netns", "delete", "rig-test")
        self.assertIn("lo", output("ip", "netns", "exec", "rig-test", "ip", "link"))


class ExecutableTests(unittest.TestCase):
    def test_a_stock_client_measures_against_our_server(self):
        """The tool works on this kernel at all; how fast means nothing in an emulated machine."""
        server = subprocess.Popen(["zcrx-bench", "server", "-1", "-p", "5201"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        try:
            report = ""
            for _ in range(50):
                client = subprocess.run(["iperf3", "-c", "127.0.0.1", "-n", "4M", "-J"], capture_output=True,
                                        text=True)
                report = client.stdout
                if "Connection refused" not in report:
                    break
            self.assertEqual(client.returncode, 0, report + client.stderr)
            said, _ = server.communicate()
            self.assertEqual(server.returncode, 0, said)
        finally:
            server.kill()
            server.wait()
