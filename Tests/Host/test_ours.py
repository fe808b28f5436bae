"""Our client against our server: what only the two together can do."""

import json
import os
import signal
import socket
import subprocess
import tempfile

import iperf_peer
from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, documents, needs
from process import run, until


class OursTests(ServerCase):
    def exact(self, *options, host=LOOPBACK):
        document, self.report = self.both(lambda: self.client(self.port, "-J", *options, host=host))
        self.assert_exact(document)
        return document

    def test_for_a_time(self):
        self.exact("-t", "1", "-P", "2")

    def test_byte_counts(self):
        for count in ("1", "1000001", "30M"):
            with self.subTest(count=count):
                self.exact("-n", count)

    def test_128_streams(self):
        self.exact("-n", "64M", "-P", "128")

    def test_send_paths(self):
        for path in ("write", "sendfile"):
            with self.subTest(path=path):
                self.exact("-n", "50M", "--send", path, "-P", "2")

    def test_both_reports_tell_the_same(self):
        document = self.exact("-n", "20M", "-P", "3")
        report = self.report
        for sum_ in ("sum_sent", "sum_received"):
            self.assertEqual(report["end"][sum_]["bytes"], document["end"][sum_]["bytes"])
        self.assertEqual(report["start"]["cookie"], document["start"]["cookie"])

    def test_the_servers_report_comes_along(self):
        document = self.exact("-n", "20M", "--get-server-output")
        theirs = document["server_output_json"]["zcrx_bench"]
        self.assertEqual(theirs["role"], "server")
        self.assertEqual(document["zcrx_bench"]["role"], "client")

    def test_a_client_learns_what_was_measured_and_not_which_machine_it_was(self):
        """Whatever it asks for, in text and in JSON, from our client and a stock one, for kinds of refusal too."""
        uname = os.uname()
        model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), None)
        secrets = [uname.release, uname.version] + ([uname.nodename] if len(uname.nodename) > 3 else []) + ([model] if model else [])
        for shares in (False, True):
            server = self.serve("-J", "--allow-compare", *(["--share-environment"] if shares else []))
            port = server.port
            asked = self.document(self.client(port, "-n", "5M", "--get-server-output", "-J"))
            theirs = asked["server_output_json"]
            text = json.dumps(theirs) + self.ended(self.iperf3(port, "-n", "5M", "--get-server-output", "-J")).stdout.split('"server_output_json"')[-1]
            told = [secret for secret in secrets if secret in text]
            self.assertEqual(told, secrets if shares else [])
            report = theirs["zcrx_bench"]
            self.assertEqual(report["environment"].get("shared", True), shares)
            self.assertEqual("mitigated" in report["environment"]["machine"], shares and "mitigated" in asked["zcrx_bench"]["environment"]["machine"])
            self.assertGreater(report["received"]["bytes"], 0)
            self.assertIn("mode", report["settings"])
            self.assertIn("disturbances", report)
            self.assertGreaterEqual(asked["zcrx_bench"]["copy_account"]["copied"]["at_least"], 0)
            # The server's own report keeps all of it.
            own = next(iter(documents(server.stdout)))["zcrx_bench"]["environment"]
            self.assertEqual((own["kernel"], own["host"]), (uname.release, uname.nodename))
        text_server = self.serve()
        said = self.ended(self.iperf3(text_server.port, "-n", "5M", "--get-server-output")).stdout
        said = said.split("Server output:", 1)[1]
        self.assertEqual([secret for secret in secrets if secret in said], [])
        self.assertIn("not shared", said)

    def test_diff_says_that_a_receiver_does_not_share_its_environment(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, options in (("shared", ["--share-environment"]), ("not", [])):
                server = self.serve("--allow-compare", *options)
                self.ended(self.client(server.port, "--compare", "epoll", "--rounds", "1", "-n", "5M", "--no-membw",
                                       "--json", f"{folder}/{name}.json", seconds=60))
            both = self.ended(run(EXECUTABLE, "diff", f"{folder}/shared.json", f"{folder}/not.json")).stdout
            self.assertIn("new: receiver's environment not shared", both)
            self.assertNotIn("base: receiver's environment not shared", both)
            self.assertIn("told by base only: receiver.host, receiver.kernel", both)
            page = self.ended(run(EXECUTABLE, "report", f"{folder}/not.json", "--html", "-")).stdout
            self.assertIn("Receiver: its environment is not shared.", page)

    def test_verified(self):
        document = self.exact("-n", "20M", "-P", "2", "--verify")
        self.assertEqual(self.report["zcrx_bench"]["verification"]["checked_bytes"],
                         document["end"]["sum_sent"]["bytes"])

    def test_verified_with_every_send_path_and_odd_blocks(self):
        for options in (("--send", "sendfile"), ("-l", "1000"), ("-l", "65537"), ("-n", "3000001")):
            with self.subTest(options=options):
                self.exact("-n", "3M", "--verify", *options)

    def test_ipv6(self):
        self.exact("-n", "5M", host="::1")


class UntilStoppedTests(HostCase):
    """-t 0 sends until a signal comes, which is the end that was asked for."""

    def stopped(self, port, number, *options):
        client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", port, "-t", "0", "--json-stream", *options)
        client.says(r'"event":\s*"interval".*\n.*"event":\s*"interval"', 20)
        return client.stop(number)

    def check(self, finished):
        self.ended(finished)
        events = {event["event"]: event["data"] for event in map(json.loads, finished.stdout.splitlines())}
        self.assertEqual(events["zcrx_bench"]["outcome"], {"status": "completed"})
        self.assertEqual(events["start"]["test_start"]["duration"], 0)
        self.assertNotIn("error", events)
        self.assertGreater(events["end"]["sum_received"]["bytes"], 0)
        return events

    def test_with_our_server(self):
        server = self.serve("-J")
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                self.assert_exact({"end": self.check(self.stopped(server.port, number, "-P", "2"))["end"]})
        # Its last document may still be on its way.
        until(lambda: len(documents(server.stdout)) == 2, what="two documents of the server")
        for document in documents(server.stdout):
            self.assertEqual(document["zcrx_bench"]["outcome"], {"status": "completed"})
            self.assertEqual(document["start"]["test_start"]["duration"], 0)

    def test_with_a_stock_server(self):
        server = self.serve_iperf3()
        self.check(self.stopped(server.port, signal.SIGINT))

    def test_omitted_seconds_that_are_not_over_leave_nothing_to_report(self):
        server = self.serve()
        client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "0", "-O", "60", "--json-stream")
        client.says(r'"event":\s*"interval"', 20)
        finished = client.stop(signal.SIGINT)
        self.assertEqual(finished.status, 1)
        self.assertIn("interrupted by SIGINT", finished.stdout)


class ModeTests(HostCase):
    def test_every_mode_and_what_it_is_called(self):
        for mode in ("epoll", "uring", "mmap", "discard", "auto"):
            for streams in ("1", "8"):
                with self.subTest(mode=mode, streams=streams):
                    server = self.serve("--mode", mode, "-J", "-1")
                    document = self.document(self.client(server.port, "-n", "30M", "-P", streams, "-J"))
                    self.assert_exact(document)
                    report = self.document(server.finished())["zcrx_bench"]
                    self.assertEqual(report["settings"]["requested_mode"], mode)
                    used = report["settings"]["mode"]
                    self.assertEqual(used, "epoll" if mode == "auto" else mode)
                    account = report["copy_account"]
                    received = document["end"]["sum_received"]["bytes"]
                    self.assertEqual(account["discarded"], received if mode == "discard" else 0)

    def test_discard_says_so_in_text(self):
        server = self.serve("--mode", "discard", "-1")
        self.ended(self.iperf3(server.port, "-n", "10M"))
        self.assertIn("not received into user memory", self.ended(server.finished()).stdout)

    def test_auto_says_which_and_why(self):
        server = self.serve("--mode", "auto", "-1")
        self.ended(self.iperf3(server.port, "-n", "10M"))
        finished = self.ended(server.finished())
        self.assertRegex(finished.stdout + finished.stderr, r"epoll")

    def test_an_interface_is_accepted_and_answered_with_the_reason(self):
        server = self.serve("-i", "lo", "-q", "0", "-1")
        self.ended(self.iperf3(server.port, "-n", "10M"))
        finished = self.ended(server.finished())
        self.assertRegex(finished.stdout + finished.stderr, r"(?i)zero-copy.*epoll|epoll.*zero-copy")

    def test_workers_and_affinity(self):
        for options in (("--workers", "2"), ("--workers", "1"), ("-A", "0")):
            with self.subTest(options=options):
                server = self.serve("-J", "-1", *options)
                self.assert_exact(self.document(self.iperf3(server.port, "-n", "30M", "-P", "4", "-J")))
                workers = self.document(server.finished())["zcrx_bench"]["workers"]
                if "--workers" in options:
                    self.assertEqual(len(workers), int(options[1]))
                if "-A" in options:
                    self.assertEqual({worker["cpu"] for worker in workers}, {0})
                self.assertEqual(sorted(stream for worker in workers for stream in worker["streams"]), [1, 3, 4, 5])

    def test_buffers_and_lengths(self):
        server = self.serve("-J", "-1", "--rcvbuf", "256K", "-l", "64K")
        self.assert_exact(self.document(self.iperf3(server.port, "-n", "30M", "-J")))
        self.document(server.finished())

    def test_one_off_ends_after_one_test(self):
        server = self.serve("-1")
        self.ended(self.iperf3(server.port, "-n", "1M"))
        self.ended(server.finished())

    def test_the_servers_own_limits(self):
        for options in (("-t", "1"), ("-n", "50M")):
            with self.subTest(options=options):
                server = self.serve("-J", "-1", *options)
                iperf3 = self.start("iperf3", "-c", LOOPBACK, "-p", server.port, "-t", "30")
                finished = server.finished()
                self.assertGreater(self.document(finished, finished.status)["end"]["sum_received"]["bytes"], 0)
                iperf3.finished()


class VerifyTests(HostCase):
    def test_a_stock_client_is_refused_before_traffic_with_the_reason(self):
        server = self.serve("--verify")
        finished = self.ended(self.iperf3(server.port, "-n", "5M"), 1)
        self.assertIn("error", finished.stderr)
        server.says(r"(?i)verif")
        self.document(self.client(server.port, "-n", "5M", "-J", "--verify"))

    @needs("nc")
    def test_a_raw_sender_of_our_pattern(self):
        server = self.serve("--verify", "-J", "-1")
        self.ended(run("sh", "-c", f"{EXECUTABLE} pattern -n 20M | nc -N {LOOPBACK} {server.port}"))
        verification = self.document(server.finished())["zcrx_bench"]["verification"]
        self.assertEqual(verification["checked_bytes"], 20 << 20)
        self.assertIsNone(verification.get("first_wrong_offset"))

    def test_one_flipped_bit_is_found_where_it_is(self):
        pattern = bytearray(self.pattern("3M"))
        for offset in (0, 1, 524_287, 524_288, 2_000_003, len(pattern) - 1):
            with self.subTest(offset=offset):
                wrong = pattern.copy()
                wrong[offset] ^= 0x10
                server = self.serve("--verify", "-J", "-1")
                self.send(server.port, wrong)
                report = self.document(server.finished(), 1)["zcrx_bench"]
                self.assertEqual(report["verification"]["first_wrong_offset"], offset)
                self.assertEqual(report["outcome"]["status"], "failed")

    def test_a_missing_and_a_repeated_byte_are_found(self):
        pattern = self.pattern("1M")
        for wrong in (pattern[:1000] + pattern[1001:], pattern[:1000] + pattern[999:], pattern[4096:] + pattern[:4096]):
            server = self.serve("--verify", "-J", "-1")
            self.send(server.port, wrong)
            report = self.document(server.finished(), 1)["zcrx_bench"]
            self.assertLessEqual(report["verification"]["first_wrong_offset"], 1001)

    def pattern(self, size):
        return subprocess.run([EXECUTABLE, "pattern", "-n", size], capture_output=True, check=True).stdout

    def send(self, port, data):
        with socket.create_connection((LOOPBACK, port), 60) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(60)
            connection.recv(1)

    def test_a_peer_that_promises_our_pattern_and_sends_another(self):
        """The check must not rest on the sender's word: our own parameters, with other bytes."""
        server = self.serve("--verify", "-J", "-1")
        with iperf_peer.Server() as witness:
            self.client(witness.port, "-n", "1K", "--verify")
            promised = witness.parameters
        self.assertIsNotNone(promised, "the client sent its parameters")
        with iperf_peer.Client(server.port) as client:
            client.connect().offer(promised).open_streams().start()
            client.streams[0].sendall(b"\xa5" * 100_000)
            try:
                client.finish([100_000])
            except (iperf_peer.Unexpected, OSError):
                pass
        report = self.document(server.finished(), 1)["zcrx_bench"]
        self.assertEqual(report["outcome"]["status"], "failed")
        self.assertIsNotNone(report["verification"]["first_wrong_offset"])
