"""The command line: exit statuses, messages, help, and what goes where."""

import json
import os
import shutil
import socket
import tempfile

from harness import EXECUTABLE, LOOPBACK, HostCase, free_port
from process import run, until

USAGE = 64


class UsageTests(HostCase):
    def wrong(self, *arguments):
        finished = self.ended(run(EXECUTABLE, *arguments), USAGE)
        self.assertTrue(finished.stderr.strip(), finished)
        self.assertEqual(finished.stdout, "")
        return finished

    def test_wrong_client_options(self):
        for options in (
            (), ("h", "-P", "0"), ("h", "-P", "129"), ("h", "-P", "x"), ("h", "-p", "70000"), ("h", "-p", "0"),
            ("h", "-n", "1X"), ("h", "-n", "-5"), ("h", "-n", "99999999T"), ("h", "-t", "-1"), ("h", "-t", "86401"),
            ("h", "-O", "61"), ("h", "-l", "0"), ("h", "-l", "2M"), ("h", "-w", "1T"), ("h", "-b", "fast"),
            ("h", "-M", "0"), ("h", "-M", "100000"), ("h", "--send", "pigeon"), ("h", "--no-such-option"),
            ("h", "-4", "-6"), ("h", "--connect-timeout", "x"), ("h", "--connect-timeout", "0"), ("h", "surplus"),
            ("h", "-t", "0", "--compare"),
        ):
            with self.subTest(options=options):
                self.wrong("client", *options)

    def test_wrong_server_options(self):
        for options in (
            ("-p", "65536"), ("-p", "x"), ("--mode", "magic"), ("--workers", "0"), ("--workers", "x"), ("-A", "x"),
            ("-A", "-1"), ("-A", ""), ("--interval", "x"), ("--interval", "-1"), ("--idle-timeout", "-1"), ("-l", "0"),
            ("-l", "x"), ("--rcvbuf", "x"), ("-q", "0"), ("-4", "-6"), ("-t", "x"), ("-n", "x"), ("surplus",),
        ):
            with self.subTest(options=options):
                self.wrong("server", *options)

    def test_options_that_would_be_ignored(self):
        """Each names what it needs, and stands where that is missing."""
        memory = (("--hugepages",), ("--area", "pages"), ("--area-size", "1M"), ("--rx-buf-len", "16K"),
                  ("--rq-entries", "64"), ("--cq-entries", "64"), ("--cqe", "mixed"), ("--refill-memory", "kernel"))
        for options in memory:
            for others in ((), ("--allow-compare", "epoll")):
                with self.subTest(options=options, others=others):
                    self.assertIn("give an interface with -i", self.wrong("server", *options, *others).stderr)
            with self.subTest(options=options, mode="epoll"):
                self.assertIn("no zero-copy memory", self.wrong("server", "--mode", "epoll", *options).stderr)
        # Where a client may choose zc-copy, its memory is laid out so.
        self.serve("--allow-compare", "--area-size", "1M")
        for options, message in (
            (("server", "--mode", "zc", "-i", "lo", "-q", "0", "--workers", "2"), "one for each queue"),
            (("client", "h", "--compare", "epoll", "--interval", "1"), "--interval is of single runs"),
            (("client", "h", "--rounds", "3"), "--compare and --sweep"),
            (("membw", "--calibrate", "--interval", "1"), "--calibrate"),
            (("report", "x", "--csv", "-", "--exclude-disturbed"), "--exclude-disturbed"),
            (("server", "--json", "x", "--junit", "x"), "a file each"),
            (("client", "h", "--json", "x", "--metrics", "x"), "a file each"),
        ):
            with self.subTest(options=options):
                self.assertIn(message, self.wrong(*options).stderr)

    def test_wrong_commands(self):
        self.wrong("serve")
        self.wrong("pattern", "-n", "x")
        self.wrong("nic", "shoe")

    def test_the_message_names_the_option_and_the_value(self):
        message = self.wrong("client", "h", "-P", "129").stderr
        self.assertIn("129", message)
        self.assertIn("128", message)


class HelpTests(HostCase):
    def test_help_of_every_command(self):
        for arguments in (("--help",), ("help",), ("server", "--help"), ("client", "--help"), ("doctor", "--help"),
                          ("demo", "--help"), ("pattern", "--help"), ("membw", "--help"), ("nic", "--help"),
                          ("nic", "show", "--help")):
            with self.subTest(arguments=arguments):
                before = os.times().children_user
                finished = self.ended(run(EXECUTABLE, *arguments))
                self.assertIn("USAGE", finished.stdout)
                self.assertLess(os.times().children_user - before, 1)

    def test_version(self):
        self.assertRegex(self.ended(run(EXECUTABLE, "--version")).stdout, r"\d+\.\d+")

    def test_every_documented_option_is_in_the_help(self):
        server = run(EXECUTABLE, "server", "--help").stdout
        for option in ("--port", "--bind", "--one-off", "--mode", "--workers", "--affinity", "--interval", "--json",
                       "--json-stream", "--verify", "--idle-timeout", "--no-raw", "--rcvbuf", "--length"):
            self.assertIn(option, server)
        client = run(EXECUTABLE, "client", "--help").stdout
        for option in ("--port", "--omit", "--congestion", "--send", "--json", "--json-stream", "--get-server-output",
                       "--verify", "--connect-timeout"):
            self.assertIn(option, client)


class RefusedByTheMachineTests(HostCase):
    def test_port_in_use(self):
        with socket.socket(socket.AF_INET6) as taken:
            taken.bind(("::", 0))
            taken.listen()
            port = taken.getsockname()[1]
            finished = self.ended(run(EXECUTABLE, "server", "-p", port), 1)
        self.assertIn(str(port), finished.stderr)
        self.assertRegex(finished.stderr, r"(?i)in use")

    def test_an_address_that_is_not_ours(self):
        finished = self.ended(run(EXECUTABLE, "server", "-p", free_port(), "-B", "192.0.2.1"), 1)
        self.assertIn("192.0.2.1", finished.stderr)

    def test_an_unresolvable_host(self):
        finished = self.ended(run(EXECUTABLE, "client", "no-such-host.invalid", "-n", "1M"), 1)
        self.assertIn("no-such-host.invalid", finished.stderr)

    def test_a_cpu_that_does_not_exist(self):
        finished = run(EXECUTABLE, "server", "-p", free_port(), "-A", "4000", "-1")
        self.assertIn(finished.status, (1, USAGE), finished)
        self.assertIn("4000", finished.stderr)

    def test_a_congestion_control_that_does_not_exist(self):
        server = self.serve()
        finished = self.ended(self.client(server.port, "-C", "nonsense", "-n", "1M"), 1)
        self.assertIn("nonsense", finished.stderr)

    def test_an_interface_that_does_not_exist(self):
        server = self.start(EXECUTABLE, "server", "-p", free_port(), "-i", "nosuch0", "-1")
        server.says(r"nosuch0")

    def test_a_report_file_that_cannot_be_written_is_found_before_traffic(self):
        server = self.serve()
        finished = self.ended(self.client(server.port, "-n", "1M", "--json", "/no/such/place/report.json"), 1)
        self.assertIn("/no/such/place/report.json", finished.stderr)

    def test_bind_and_families(self):
        server = self.serve("-B", LOOPBACK)
        self.ended(self.client(server.port, "-n", "1M"))
        self.ended(self.client(server.port, "-n", "1M", host="::1"), 1)
        server = self.serve("-4")
        self.ended(self.client(server.port, "-n", "1M"))
        self.ended(self.client(server.port, "-n", "1M", host="::1"), 1)
        server = self.serve("-6")
        self.ended(self.client(server.port, "-n", "1M", host="::1"))
        self.ended(self.client(server.port, "-n", "1M"), 1)

    def test_port_zero_picks_a_free_port_and_says_which(self):
        server = self.start(EXECUTABLE, "server", "-p", "0", "-1")
        port = int(server.says(r"Server listening on (\d+)")[1])
        self.ended(self.client(port, "-n", "1M"))
        self.ended(server.finished())


class OutputTests(HostCase):
    def test_a_pipe_gets_no_control_codes(self):
        server = self.serve("-1")
        client = self.ended(self.client(server.port, "-t", "1", "-P", "2", "--get-server-output"))
        for finished in (client, self.ended(server.finished())):
            for stream in (finished.stdout, finished.stderr):
                strange = [character for character in stream if ord(character) < 32 and character not in "\n\t"]
                self.assertEqual(strange, [])

    def test_json_to_a_file(self):
        server = self.serve()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.json")
            self.ended(self.client(server.port, "-n", "5M", "--json", path))
            with open(path) as file:
                self.assert_exact(json.load(file))

    def test_a_reader_that_leaves_early(self):
        """`zcrx-bench client … | head -1` ends soon, by a status and not by a signal nobody asked for."""
        for options in (("-t", "1", "-P", "4"), ("-t", "1", "--json-stream")):
            with self.subTest(options=options):
                server = self.serve()
                script = '"$@" | head -n 1; echo ${PIPESTATUS[0]}'
                client = (EXECUTABLE, "client", LOOPBACK, "-p", server.port, *options)
                finished = self.ended(run("bash", "-c", script, "bash", *client))
                self.assertIn(finished.stdout.split()[-1], ("0", "1"), finished)
                self.assertTrue(server.running)
                self.ended(self.iperf3(server.port, "-n", "1M"))

    def test_a_server_whose_reader_left_keeps_serving_or_says_why_not(self):
        port = free_port()
        server = self.start("bash", "-c", f"exec {EXECUTABLE} server -p {port} > >(head -n 1 >/dev/null)")
        until(lambda: server.listens(port))
        for _ in range(3):
            self.iperf3(port, "-n", "1M")
        if not server.running:
            finished = server.finished()
            self.assertEqual(finished.status, 1, finished)
            self.assertTrue(finished.stderr.strip())

    def test_a_full_disk_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        server = self.serve()
        with open("/dev/full", "w") as full:
            finished = run(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-n", "1M", "-J", stdout=full)
        self.assertEqual(finished.status, 1, finished)
        self.assertTrue(finished.stderr.strip())

    def test_progress_is_visible_while_it_runs(self):
        server = self.serve()
        client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "3")
        client.says(r"0\.00-1\.\d\d")
        server.says(r"0\.00-1\.\d\d")
        self.assertTrue(client.running)
        self.ended(client.finished())

    def test_the_executable_is_all_that_travels(self):
        """It runs from an empty folder with no environment."""
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copy(EXECUTABLE, folder)
            self.ended(run("env", "-i", copy, "--version"))
