"""Reports: intervals on time under full load, lines of JSON, the schema, and iperf3's own structure."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, free_port

CHECK_SCHEMA = Path(__file__).with_name("check_schema.py")


class Sleeper(threading.Thread):
    """Sleeps for 10 ms again and again: `lateness` is how much later than that it was woken at most, in seconds."""

    def __init__(self):
        super().__init__(daemon=True)
        self.lateness, self.over = 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            self.lateness = max(self.lateness, time.monotonic() - before - 0.01)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


class IntervalTests(ServerCase):
    def test_intervals_are_on_time_under_full_load(self):
        with Sleeper() as sleeper:
            sides = self.both(lambda: self.client(self.port, "-t", "3", "-P", "4", "-J"))
        # What the machine does besides makes every sleeper late.
        late = 2 * sleeper.lateness
        for side in sides:
            ends = [interval["sum"]["end"] for interval in side["intervals"]]
            self.assertIn(len(ends), (3, 4))
            for expected, end in zip((1, 2, 3), ends):
                self.assertAlmostEqual(end, expected, delta=0.15 + late)
            lateness = side["zcrx_bench"]["sampler_lateness_us"]
            self.assertGreaterEqual(lateness["count"], 2)
            self.assertLess(lateness["median"], 100_000 + late * 1e6)
            starts = [interval["sum"]["start"] for interval in side["intervals"]]
            self.assertEqual(starts[1:], ends[:-1], "no gap and no overlap")

    def test_intervals_add_up_to_the_whole(self):
        document, report = self.both(lambda: self.client(self.port, "-t", "2", "-P", "3", "-J"))
        sent = sum(interval["sum"]["bytes"] for interval in document["intervals"])
        self.assertEqual(sent, document["end"]["sum_sent"]["bytes"])
        received = sum(interval["sum"]["bytes"] for interval in report["intervals"])
        self.assertEqual(received, report["end"]["sum_received"]["bytes"])

    def test_a_short_interval(self):
        server = self.serve("-J", "-1", "--interval", "0.1")
        self.ended(self.iperf3(server.port, "-t", "1"))
        intervals = self.document(server.finished())["intervals"]
        # Of a second 10; fewer, and the longer ones, where the machine does not get to it.
        self.assertTrue(5 <= len(intervals) <= 12, len(intervals))

    def test_what_every_report_tells(self):
        # For a second: /proc/stat counts in 10 ms, so that shorter runs claim nothing about the machine.
        _, document = self.both(lambda: self.client(self.port, "-t", "1", "-C", "reno", "-J"))
        report = document["zcrx_bench"]
        self.assertRegex(report["schema_version"], r"^\d+\.\d+$")
        stream = report["streams"][0]
        self.assertEqual(stream["tcp"]["congestion"], "reno")
        self.assertGreater(stream["tcp"]["receive_buffer"], 0)
        self.assertGreater(stream["tcp"]["receive_mss"], 0)
        sizes = report["call_sizes"]
        self.assertGreater(sizes["count"], 0)
        self.assertEqual(sum(one["samples"] for one in sizes["classes"]), sizes["count"])
        least, most = (sum(one[bound] * one["samples"] for one in sizes["classes"]) for bound in ("at_least", "at_most"))
        self.assertTrue(least <= report["received"]["bytes"] <= most)
        self.assertEqual(report["copy_account"]["copied"]["at_least"], report["received"]["bytes"])
        self.assertGreater(report["processor"]["wall_seconds"], 0)
        self.assertGreater(report["environment"]["online_cpus"], 0)


class JSONStreamTests(HostCase):
    def events(self, finished):
        self.ended(finished)
        lines = finished.stdout.splitlines()
        return [json.loads(line) for line in lines]

    def test_each_line_is_one_event(self):
        server = self.serve("--json-stream", "-1")
        client = self.client(server.port, "-t", "2", "--json-stream")
        # What arrives while the client ends the test is an interval of its own on the server, as on iperf3's.
        for finished, intervals in ((client, (2,)), (server.finished(), (2, 3))):
            events = self.events(finished)
            names = [event["event"] for event in events]
            self.assertEqual(names[0], "start")
            self.assertIn(names.count("interval"), intervals)
            self.assertEqual(names.count("end"), 1)
            self.assertLess(names.index("interval"), names.index("end"))
            self.assertTrue(all("data" in event for event in events))

    def test_lines_come_while_the_test_runs(self):
        server = self.serve()
        client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "3", "--json-stream")
        client.says(r'"event": ?"interval"')
        self.assertTrue(client.running)
        self.ended(client.finished())


class SchemaTests(HostCase):
    def check(self, *texts):
        """check_schema.py is a program of its own: it must accept every real report."""
        if not CHECK_SCHEMA.exists():
            self.skipTest("Tests/Host/check_schema.py is not there")
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for index, text in enumerate(texts):
                paths.append(Path(folder, f"{index}.json"))
                paths[-1].write_text(text)
            checked = subprocess.run([sys.executable, CHECK_SCHEMA, *paths], capture_output=True, text=True)
        return checked

    def valid(self, *texts):
        checked = self.check(*texts)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_completed_runs_of_both_sides(self):
        server = self.serve("-J", "-1")
        client = self.client(server.port, "-t", "1", "-P", "2", "-J", "--get-server-output")
        self.valid(self.ended(client).stdout, self.ended(server.finished()).stdout)

    def test_discard_verify_and_omit(self):
        for options, client in ((("--mode", "discard"), ()), ((), ("--verify",)), ((), ("-O", "1", "-t", "1"))):
            server = self.serve("-J", "-1", *options)
            finished = self.client(server.port, "-n", "10M", "-J", *client) if "-t" not in client else \
                self.client(server.port, "-J", *client)
            self.valid(self.ended(finished).stdout, self.ended(server.finished()).stdout)

    def test_a_stock_client_and_a_raw_sender(self):
        server = self.serve("-J", "-1")
        self.ended(self.iperf3(server.port, "-n", "5M"))
        self.valid(self.ended(server.finished()).stdout)
        server = self.serve("-J", "-1")
        subprocess.run(["nc", "-N", "127.0.0.1", str(server.port)], input=b"raw" * 1000, check=True)
        self.valid(self.ended(server.finished()).stdout)

    def test_partial_runs_and_errors(self):
        server = self.serve("-J")
        client = self.start_sending(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "30", "-J")
        partial = self.ended(client.stop(signal.SIGINT), 1)
        refused = self.ended(self.client(free_port(), "-J"), 1)
        self.valid(partial.stdout, refused.stdout)
        self.valid(self.ended(server.stop(signal.SIGTERM), 0).stdout)

    def test_lines_of_json(self):
        server = self.serve("--json-stream", "-1")
        client = self.client(server.port, "-t", "1", "--json-stream")
        self.valid(self.ended(client).stdout, self.ended(server.finished()).stdout)

    def test_the_schema_refuses_what_is_not_documented(self):
        server = self.serve("-J", "-1")
        document = self.document(self.client(server.port, "-n", "5M", "-J"))
        self.valid(json.dumps(document))
        for spoil in (
            lambda report: report.update(surprise=1),
            lambda report: report["settings"].update(streams="many"),
            lambda report: report.pop("schema_version"),
            lambda report: report["sent"].update(bytes=-1),
        ):
            spoiled = json.loads(json.dumps(document))
            spoil(spoiled["zcrx_bench"])
            self.assertEqual(self.check(json.dumps(spoiled)).returncode, 1)
