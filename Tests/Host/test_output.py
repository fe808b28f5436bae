"""Whoever reads our output, or does not, changes nothing that is measured: pipes that stand still, closed descriptors, FIFOs,
floods of messages, files of a server that runs for long."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import xml.etree.ElementTree as tree
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase, free_port
from process import Program, until
from prometheus_client.openmetrics.parser import text_string_to_metric_families

COOKIE = b"abcdefghijklmnopqrstuvwxyz234567abcd\0"


class FolderCase(HostCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


class Stalled:
    """A pipe of one page that nobody reads until `read` is called."""

    def __init__(self, case):
        self.reading, self.writing = os.pipe()
        case.addCleanup(self.close)
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4096)

    def started(self):
        """Its program has the end that is written to: only that one may keep it open."""
        os.close(self.writing)
        self.writing = None

    def read(self):
        """All there is, up to the program's end."""
        with os.fdopen(self.reading, "rb") as pipe:
            self.reading = None
            return pipe.read().decode()

    def is_full(self):
        """Whether it takes no page more."""
        return fcntl.ioctl(self.reading, 0x541B, b"\0" * 4) != b"\0" * 4  # FIONREAD

    def close(self):
        for end in (self.reading, self.writing):
            if end is not None:
                os.close(end)


class StalledReaderTests(FolderCase):
    # So many lines that a page and a pipe's reserve are full long before the end.
    FAST = ("--interval", "0.1")

    def stalled(self, *command):
        pipe = Stalled(self)
        program = self.start(*command, stdout=pipe.writing)
        pipe.started()
        return program, pipe

    def test_a_client_measures_while_nobody_reads_its_report(self):
        for form in ((), ("--json-stream",), ("-J",)):
            with self.subTest(form=form):
                server = self.serve("-J", "-1")
                client, pipe = self.stalled(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "2", "-P", "16",
                                            *self.FAST, *form)
                received = self.document(server.finished())
                self.assertEqual(received["zcrx_bench"]["outcome"]["status"], "completed")
                self.assertGreater(received["end"]["sum_received"]["bytes"], 0)
                self.assertTrue(client.running, "it waits for whoever reads its report")
                text = pipe.read()
                self.ended(client.finished())
                if not form:
                    self.assertIn("Total bytes", text)
                    continue
                if form == ("-J",):
                    sent = json.loads(text)["end"]["sum_sent"]
                else:
                    events = {event["event"]: event["data"] for event in map(json.loads, text.splitlines())}
                    sent = events["end"]["sum_sent"]
                self.assertEqual(sent["bytes"], received["end"]["sum_received"]["bytes"])
                # Its clock ran on for as long as its server's.
                seconds = received["end"]["sum_received"]["seconds"]
                self.assertAlmostEqual(sent["seconds"], seconds, delta=0.5 + seconds / 4)

    def test_a_report_file_is_written_beside_a_pipe_that_stands_still(self):
        server, file = self.serve("-J", "-1"), self.folder / "c.json"
        client, _ = self.stalled(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "1", "-P", "16", *self.FAST,
                                 "--json", file)
        self.ended(server.finished())
        document = until(lambda: json.loads(file.read_text()) if file.read_text().endswith("\n}\n") else None, 20,
                         what="the client has written its document")
        self.assertEqual(document["zcrx_bench"]["outcome"]["status"], "completed")
        self.assertTrue(client.running)

    def test_a_signal_ends_the_wait_for_a_reader(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                server = self.serve("-J", "-1")
                client, _ = self.stalled(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "1", "-P", "16",
                                         *self.FAST)
                self.ended(server.finished())
                finished = self.ended(client.stop(number, 30), 1)
                self.assertIn("its reader has stopped reading", finished.stderr)

    def test_a_server_serves_while_nobody_reads_its_reports(self):
        for form in ((), ("--json-stream",), ("-J",)):
            with self.subTest(form=form):
                port = free_port()
                server, pipe = self.stalled(EXECUTABLE, "server", "-p", port, *self.FAST, *form)
                until(lambda: server.listens(port), what="it listens")
                for _ in range(3):
                    sent = self.document(self.client(port, "-t", "1", "-P", "16", "-J"))
                    self.assertEqual(sent["zcrx_bench"]["outcome"]["status"], "completed")
                self.assertTrue(pipe.is_full())
                finished = self.ended(server.stop(seconds=30), 1)
                self.assertIn("its reader has stopped reading", finished.stderr)

    def test_a_reader_who_comes_late_gets_the_whole_report(self):
        port = free_port()
        server, pipe = self.stalled(EXECUTABLE, "server", "-1", "-p", port, *self.FAST)
        until(lambda: server.listens(port), what="it listens")
        self.ended(self.client(port, "-t", "1", "-P", "16"))
        text = pipe.read()
        self.ended(server.finished())
        self.assertIn("Server listening", text)
        self.assertIn("Total bytes", text)
        self.assertNotIn("left out", text, "what was left waits in the server")

    def test_intervals_that_have_no_room_are_left_out_and_counted(self):
        server = self.serve("-J", "-1")
        client, pipe = self.stalled(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "6", "-P", "128",
                                    *self.FAST, "--json-stream")
        self.ended(server.finished(60))
        events = [json.loads(line) for line in pipe.read().splitlines()]
        self.ended(client.finished())
        end = events[-1]["data"]
        shown = sum(event["event"] == "interval" for event in events)
        (count,) = [int(found[1]) for note in end["notes"] if (found := re.match(r"(\d+) intervals? left out", note))]
        self.assertGreater(count, 0)
        self.assertEqual(shown + count, len(end["intervals"]), "those shown and those left out are all there were")

    def test_standard_error_that_nobody_reads_costs_nothing(self):
        pipe, port = Stalled(self), free_port()
        process = subprocess.Popen([EXECUTABLE, "server", "-J", "-V", "-p", str(port)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=pipe.writing)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        pipe.started()
        until(lambda: pipe.is_full(), what="it has said that it listens")
        # Each is worth a message: at 200 ms each they would take minutes.
        for _ in range(600):
            socket.create_connection((LOOPBACK, port)).close()
        self.ended(self.client(port, "-n", "1M"))
        process.terminate()
        self.assertEqual(process.wait(20), 0, "what standard error could not take is no failure")


class ClosedDescriptorTests(FolderCase):
    def closing(self, descriptors, *command):
        """Starts a command without some of its standard descriptors."""
        return self.start("sh", "-c", f'exec "$@" {descriptors}', "sh", *command)

    def test_a_client_without_them(self):
        for descriptors in (">&-", "<&-", "2>&-", "<&- >&- 2>&-"):
            for form in ((), ("-J",), ("--json-stream",)):
                with self.subTest(descriptors=descriptors, form=form):
                    server = self.serve("-J", "-1")
                    client = self.closing(descriptors, EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-n", "1M", *form)
                    self.ended(client.finished())
                    self.assert_exact(self.document(server.finished()))

    def test_a_server_without_them(self):
        for descriptors in (">&-", "<&- >&- 2>&-"):
            with self.subTest(descriptors=descriptors):
                port, file = free_port(), self.folder / "y.json"
                server = self.closing(descriptors, EXECUTABLE, "server", "-1", "-p", port, "-J", file)
                until(lambda: server.listens(port), what="the server listens")
                self.ended(self.client(port, "-n", "1M"))
                self.ended(server.finished())
                self.assert_exact(json.loads(file.read_text()))

    def test_every_other_command(self):
        recorded = self.folder / "r.json"
        recorded.write_text(self.ended(self.client(self.serve("-1").port, "-n", "1M", "-J")).stdout)
        for command in (("report", recorded), ("diff", recorded, recorded), ("nic", "show", "-i", "lo"), ("--version",),
                        ("pattern", "-n", "1M")):
            with self.subTest(command=command):
                self.ended(self.closing("<&- >&- 2>&-", EXECUTABLE, *command).finished())
        page = self.folder / "page.html"
        self.ended(self.closing("<&- >&- 2>&-", EXECUTABLE, "report", recorded, "--html", page).finished())
        self.assertTrue(page.read_text().startswith("<!DOCTYPE html>"))


class FIFOTests(FolderCase):
    def fifo(self, name="fifo"):
        os.mkfifo(self.folder / name)
        return self.folder / name

    def test_one_without_a_reader_ends_with_a_signal(self):
        fifo = self.fifo()
        waiting = [(signal.SIGINT, "client", LOOPBACK, "-J"), (signal.SIGTERM, "client", LOOPBACK, "--json"),
                   (signal.SIGTERM, "server", "-J"), (signal.SIGINT, "client", LOOPBACK, "--junit"),
                   (signal.SIGTERM, "client", LOOPBACK, "--metrics"), (signal.SIGTERM, "client", LOOPBACK, "--markdown")]
        for number, *command in waiting:
            with self.subTest(command=command, number=number):
                program = self.start(EXECUTABLE, command[0], *command[1:-1], "-p", free_port(), command[-1], fifo)
                program.says("waiting for a reader of the FIFO")
                self.assertIn("nobody reads it", self.ended(program.stop(number), 1).stderr)

    def test_one_without_a_reader_at_the_end(self):
        fifo = self.fifo()
        server = self.serve("--junit", fifo)
        self.ended(self.client(server.port, "-n", "1M"))
        self.assertIn("nobody reads it", self.ended(server.stop(), 1).stderr)
        server = self.serve("-J", "--allow-compare")
        campaign = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-n", "1M", "--compare", "epoll", "--rounds",
                              "1", "--no-membw", "--html", fifo)
        campaign.says("waiting for a reader of the FIFO", 30)
        self.ended(campaign.stop(signal.SIGINT), 1)

    def test_one_that_is_read_is_given_the_whole_once(self):
        fifo = self.fifo()
        reader = self.start("cat", fifo)
        server = self.serve("--junit", fifo)
        for _ in range(2):
            self.ended(self.client(server.port, "-n", "1M"))
        self.ended(server.stop())
        self.assertEqual(len(tree.fromstring(reader.finished().stdout)), 2)


class FloodTests(FolderCase):
    def test_messages_that_peers_provoke_are_limited_and_counted(self):
        server = self.serve("-J")
        running = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "30", "-b", "10M", "--no-membw")
        running.says("local ")
        for _ in range(400):
            with socket.create_connection((LOOPBACK, server.port)) as stranger:
                stranger.sendall(COOKIE)
                self.assertEqual(stranger.recv(1), b"\xff", "it is told that the server is busy")
        running.stop()
        messages = server.stop().stderr
        said = re.findall("was told that the server is busy", messages)
        left_out = [int(count) for count in re.findall(r"(\d+) more messages? (?:was|were) left out; the last:", messages)]
        # The account quotes the last of them.
        self.assertEqual(len(said) - len(left_out) + sum(left_out), 400, messages)
        self.assertLess(len(said), 300, "50 in 10 s")


class SummaryFileTests(FolderCase):
    def raw_test(self, port):
        """A whole test, of one byte."""
        with socket.create_connection((LOOPBACK, port)) as sender:
            sender.sendall(b"x")
            sender.shutdown(socket.SHUT_WR)
            sender.recv(1)

    def test_the_five_hundredth_test_costs_no_more_than_the_first(self):
        files = {option: self.folder / option for option in ("junit", "markdown", "metrics")}
        server = self.serve("-J", "--no-membw", *[part for option, file in files.items() for part in (f"--{option}", file)],
                            "--require", "throughput>=1bps")
        ticks = []
        for _ in range(5):
            before = server.processor_ticks()
            for _ in range(100):
                self.raw_test(server.port)
            ticks.append(server.processor_ticks() - before)
        # Files written anew with each test would cost the last hundred some 400 ticks more.
        self.assertLess(ticks[-1], 2 * max(ticks[0], ticks[1]) + 30, f"clock ticks of each hundred: {ticks}")
        messages = server.stop().stderr
        self.assertLess(messages.count("Gate met"), 400, "50 in 10 s")
        self.assertRegex(messages, r"\d+ more messages were left out; the last: Gate met")
        suites = tree.parse(files["junit"]).getroot()
        self.assertEqual(len(suites), 500)
        self.assertEqual((suites.get("tests"), suites.get("failures"), suites.get("errors")), ("1000", "0", "0"))
        self.assertEqual(files["markdown"].read_text().count("### zcrx-bench"), 500)
        families = {family.name: family for family in text_string_to_metric_families(files["metrics"].read_text())}
        self.assertEqual([sample.labels["run"] for sample in families["zcrx_bench_completed"].samples],
                         [str(number) for number in range(491, 501)])

    def test_what_somebody_else_does_to_the_file_is_mended(self):
        file = self.folder / "j.xml"
        server = self.serve("-J", "--junit", file)
        for change in (lambda: None, file.unlink, lambda: file.write_text("x"), lambda: None):
            change()
            self.raw_test(server.port)
            until(lambda: file.exists() and "</testsuites>" in file.read_text(), what="the file is whole")
        server.stop()
        self.assertEqual(len(tree.parse(file).getroot()), 4)
