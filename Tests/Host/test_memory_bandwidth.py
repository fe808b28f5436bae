"""Memory traffic: `zcrx-bench membw`, its calibration, and the group in the reports of both sides.

Whether the machine can count decides what is expected; that it says one or the other is expected always.
"""

import json

from harness import EXECUTABLE, HostCase, ServerCase
from process import run

SENTENCE = "memory bandwidth: not available ("


def membw(*options):
    return run(EXECUTABLE, "membw", *options)


class FollowTests(HostCase):
    def test_it_shows_figures_or_the_reason(self):
        finished = membw("-t", "0.3", "--interval", "0.1", "--json")
        if finished.status == 77:
            self.assertIn(SENTENCE, finished.stderr)
            self.assertEqual(finished.stdout, "")
            return
        events = [json.loads(line) for line in self.ended(finished).stdout.splitlines()]
        self.assertEqual(events[0]["event"], "source")
        self.assertGreaterEqual(events[-1]["data"]["end"], 0.3)

    def test_wrong_options(self):
        for options in (("--interval", "0.01"), ("-t", "0"), ("--size", "1M"), ("--repetitions", "3"),
                        ("--calibrate", "--repetitions", "0"), ("--calibrate", "--size", "1"),
                        ("--calibrate", "-t", "1")):
            with self.subTest(options=options):
                self.assertEqual(membw(*options).status, 64)


class CalibrationTests(HostCase):
    def test_it_works_without_counters(self):
        document = self.document(membw("--calibrate", "--size", "4M", "--repetitions", "3", "--json"))
        self.assertEqual(document["event"], "calibration")
        data = document["data"]
        self.assertEqual((data["size"], data["repetitions"]), (4 << 20, 3))
        self.assertNotEqual("source" in data, "unavailable" in data)
        self.assertEqual(data["ceilings"][0]["threads"], 1)
        for ceiling in data["ceilings"]:
            rates = ceiling["copied_bytes_per_second"]
            self.assertTrue(0 < rates["least"] <= rates["median"] <= rates["most"])
            self.assertEqual(ceiling["copied_bytes"], (4 << 20) // ceiling["threads"] * ceiling["threads"] * 3)

    def test_the_text_says_what_was_copied_and_by_whom(self):
        text = self.ended(membw("--calibrate", "--size", "1M", "--repetitions", "1")).stdout
        self.assertIn("Copied by the CPU (memcpy), 1 MiB at once", text)
        self.assertRegex(text, r"(?m)^1 thread: [\d.]+ GB/s copied")
        self.assertIn("\nCounted by: " if "Counted by" in text else "what the CPU copied, not what memory moved", text)

    def test_memory_that_is_not_there(self):
        finished = membw("--calibrate", "--size", "1024G", "--repetitions", "1")
        self.assertEqual(finished.status, 1)
        self.assertIn("--size", finished.stderr)


class ReportTests(ServerCase):
    def test_both_sides_have_figures_or_the_reason(self):
        for document in self.both(lambda: self.client(self.port, "-t", "1", "-J")):
            memory = document["zcrx_bench"]["memory"]
            self.assertNotEqual("unavailable" in memory, "traffic" in memory)
            self.assertEqual("net_bytes" in memory, "baseline" in memory)

    def test_the_text_has_a_line(self):
        text = self.ended(self.client(self.port, "-n", "1M")).stdout
        self.assertEqual(text.count("\nMemory bandwidth: "), 1, text)

    def test_it_can_be_switched_off(self):
        server = self.serve("-1", "-J", "--no-membw")
        client = self.document(self.client(server.port, "-n", "1M", "-J", "--no-membw"))
        for document in (client, self.document(server.finished())):
            self.assertNotIn("memory", document["zcrx_bench"])
