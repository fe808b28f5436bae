"""Memory traffic: `zcrx-bench membw`, its calibration, and the group in the reports of both sides.

Whether the machine can count decides what is expected; that it says one or the other is expected always. Where it
cannot, a device stands in whose "reads" are the kernel's clock of CPU 0, a byte each nanosecond, and whose "writes" are
twice that: all but the memory controller itself is then real.
"""

import json

from harness import EXECUTABLE, LOOPBACK, NOBODY, HostCase, ServerCase, needs_root
from process import run

SENTENCE = "memory bandwidth: not available ("
# Runs a command in a mount namespace of its own in which the stand-in is the machine's only device with counters.
DEVICES = "/sys/bus/event_source/devices"
STAND_IN = ("unshare", "--mount", "sh", "-ec", f"""
mount -t tmpfs none {DEVICES}
mkdir -p {DEVICES}/ddr_stand_in/format {DEVICES}/ddr_stand_in/events
cd {DEVICES}/ddr_stand_in
echo 1 > type
echo 0 > cpumask
echo config:0-7 > format/event
echo event=0x00 > events/read_bytes
echo Bytes > events/read_bytes.unit
echo event=0x00 > events/write_bytes
echo Bytes > events/write_bytes.unit
echo 2 > events/write_bytes.scale
cd /
exec "$@"
""", "sh")


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


@needs_root
class StandInTests(HostCase):
    def counted(self, traffic):
        """A clock's bytes: as many as nanoseconds, twice as many written; loosely, for the two are read one by one."""
        self.assertEqual(traffic["running_share"], 1)
        socket, = traffic["sockets"]
        self.assertEqual(socket["total_bytes"], socket["read_bytes"] + socket["write_bytes"])
        # Between the two readings the machine may have done something else for a while.
        self.assertLess(abs(socket["write_bytes"] - 2 * socket["read_bytes"]), socket["read_bytes"] * 0.9)
        self.assertGreater(socket["read_bytes"], traffic["seconds"] * 0.5e9)

    def test_following(self):
        finished = self.ended(run(*STAND_IN, EXECUTABLE, "membw", "-t", "1", "--interval", "0.5", "--json"))
        source, *intervals = [json.loads(line) for line in finished.stdout.splitlines()]
        self.assertEqual(source["data"]["source"]["name"], "described")
        self.assertEqual(intervals[0]["data"]["start"], 0)
        for interval in intervals:
            self.counted(interval["data"]["traffic"])
        text = self.ended(run(*STAND_IN, EXECUTABLE, "membw", "-t", "0.2", "--interval", "0.2")).stdout
        self.assertRegex(text, r"(?m)^0\.00-\d\.\d\d sec  read \d\.\d\d GB/s, write \d\.\d\d GB/s, together")

    def test_both_sides(self):
        server = self.serve("-1", "-J", prefix=STAND_IN)
        client = self.document(
            run(*STAND_IN, EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "1", "-J"))
        for document in (client, self.document(server.finished())):
            memory = document["zcrx_bench"]["memory"]
            self.counted(memory["traffic"])
            self.assertEqual("baseline" in memory, "bytes_per_payload_byte" in memory)
            self.assertNotEqual("baseline" in memory, "no_baseline" in memory)
            self.assertIn("memory", document["intervals"][0]["zcrx_bench"])
        # A client waits for its idle second.
        self.assertGreaterEqual(client["zcrx_bench"]["memory"]["baseline"]["seconds"], 1)

    def test_without_the_permission(self):
        paranoid = int(open("/proc/sys/kernel/perf_event_paranoid").read())
        finished = run(*STAND_IN, *NOBODY, EXECUTABLE, "membw", "-t", "0.2")
        if paranoid <= 0:
            self.ended(finished)
            return
        self.assertEqual(finished.status, 77)
        for words in ("permission", f"kernel.perf_event_paranoid is {paranoid}", "CAP_PERFMON", "ddr_stand_in"):
            self.assertIn(words, finished.stderr)
