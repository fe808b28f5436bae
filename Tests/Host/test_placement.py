"""Where receive workers are put, and how they wait: what the report says, beside what the kernel says of the threads."""

import json
import os
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase
from process import run

CPUS = sorted(os.sched_getaffinity(0))
FREE_PORT = "0"
USAGE = 64


def threads(process, name):
    """The CPUs each thread of that name may use, by the thread's name."""
    found = {}
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        try:
            thread = (task / "comm").read_text().strip()
            if thread.startswith(name):
                found[thread] = sorted(os.sched_getaffinity(int(task.name)))
        except OSError:
            pass  # it has ended
    return found


class PlacementTests(HostCase):
    def report(self, *options, streams="2"):
        server = self.serve("-J", "-1", *options)
        self.ended(self.client(server.port, "-n", "20M", "-P", streams))
        return self.document(server.finished())["zcrx_bench"]

    def test_none_binds_nothing(self):
        report = self.report("--placement", "none")
        self.assertEqual(report["placement"]["wish"], "none")
        self.assertEqual([worker.get("cpu") for worker in report["placement"]["workers"]], [None] * len(report["workers"]))
        self.assertTrue(all("cpu" not in worker for worker in report["workers"]))

    def test_same_is_where_the_packets_of_the_first_stream_were_processed(self):
        report = self.report("--placement", "same")
        for worker, run_by in zip(report["placement"]["workers"], report["workers"], strict=True):
            self.assertEqual(worker["cpu"], worker["serving"]["cpu"])
            self.assertEqual((worker["relation"], worker["serving"]["source"]), ("same", "incoming_cpu"))
            self.assertEqual((run_by["cpu"], run_by["last_cpu"]), (worker["cpu"], worker["cpu"]))

    def test_other_is_not(self):
        if len(CPUS) < 2:
            self.skipTest("one CPU")
        report = self.report("--placement", "other")
        for worker, run_by in zip(report["placement"]["workers"], report["workers"], strict=True):
            self.assertNotEqual(worker["cpu"], worker["serving"]["cpu"])
            self.assertIn(worker["relation"], ("sibling", "same_node", "other_node"))
            self.assertEqual(run_by["last_cpu"], worker["cpu"])

    def test_a_list_is_what_affinity_is(self):
        last = CPUS[-1]
        for option, cpus in (("--placement", str(last)), ("-A", str(last))):
            report = self.report(option, cpus)
            self.assertEqual(report["placement"]["wish"], "list")
            [worker] = report["placement"]["workers"]
            self.assertEqual((worker["cpu"], worker["reason"]), (last, "as listed"))

    def test_without_a_wish_the_reason_is_told(self):
        report = self.report()
        self.assertEqual(report["placement"]["wish"], "auto")
        cpus = [worker["cpu"] for worker in report["placement"]["workers"]]
        self.assertEqual(cpus, CPUS[:len(cpus)])
        self.assertTrue(all(worker["reason"] for worker in report["placement"]["workers"]))

    def test_the_kernel_has_the_threads_where_the_report_says(self):
        server = self.serve("--json-stream", "-1", "--placement", "same", "--interval", "0.2")
        client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "2", "-P", "2", "--json-stream")
        server.says('"event":"interval"')
        bound = threads(server.process, "receive-")
        self.ended(client.finished())
        events = self.ended(server.finished()).stdout.splitlines()
        report = next(event["data"] for event in map(json.loads, events) if event["event"] == "zcrx_bench")
        expected = {f"receive-{worker['worker']}": [worker["cpu"]] for worker in report["placement"]["workers"]}
        self.assertEqual(bound, expected)


class WaitingTests(HostCase):
    def report(self, *options):
        server = self.serve("-J", "-1", *options)
        self.ended(self.client(server.port, "-n", "20M"))
        return self.document(server.finished())["zcrx_bench"]

    def test_busy_polling_with_epoll_receives_and_is_told(self):
        report = self.report("--mode", "epoll", "--busy-poll", "50")
        polling = report["polling"]
        self.assertEqual(polling["busy_poll_us"], 50)
        self.assertIn(polling["method"], ("epoll", "sockets"))
        if polling["method"] == "sockets":
            self.assertTrue(polling["refusals"])
        self.assertEqual(report["received"]["bytes"], 20 << 20)

    def test_without_a_wish_nothing_is_told(self):
        self.assertNotIn("polling", self.report())

    def test_a_minimum_wait_is_left_out_with_auto_and_said(self):
        server = self.serve("-J", "-1", "--min-wait", "20")
        self.ended(self.client(server.port, "-n", "1M"))
        finished = server.finished()
        polling = self.document(finished)["zcrx_bench"]["polling"]
        self.assertNotIn("min_wait_us", polling)
        self.assertIn("epoll_wait(2)", polling["refusals"][0])
        self.assertIn("--min-wait is not used", finished.stderr)


class BadInputTests(HostCase):
    def refused(self, *options):
        finished = run(EXECUTABLE, "server", "-p", FREE_PORT, "-1", *options)
        self.assertEqual(finished.status, USAGE, finished)
        self.assertNotIn("listening", finished.stdout)
        return finished.stderr

    def test_cpus_that_do_not_exist(self):
        for option in ("-A", "--placement"):
            text = self.refused(option, "1000")
            self.assertIn("CPU 1000", text)
            self.assertIn(option, text)
            self.assertIn("no such CPU", text)

    def test_cpus_of_somebody_elses_set(self):
        if len(CPUS) < 2:
            self.skipTest("one CPU")
        finished = run("taskset", "-c", str(CPUS[0]), EXECUTABLE, "server", "-p", FREE_PORT, "-A", str(CPUS[1]), "-1")
        self.assertEqual(finished.status, USAGE, finished)
        self.assertIn(f"allowed are {CPUS[0]}", finished.stderr)

    def test_other_with_one_cpu(self):
        finished = run("taskset", "-c", str(CPUS[0]), EXECUTABLE, "server", "-p", FREE_PORT, "--placement", "other", "-1")
        self.assertEqual(finished.status, USAGE, finished)
        self.assertIn("--placement other needs two CPUs", finished.stderr)

    def test_more_workers_than_cpus(self):
        for options in (("--workers", "1000"), ("--workers", "2", "-A", "0"), ("--workers", "2", "--placement", "0")):
            self.assertIn("more than the", self.refused(*options))

    def test_contradictions(self):
        for options, words in (
            (("-A", "0", "--placement", "none"), "one of them"),
            (("--placement", "nowhere"), "--placement"),
            (("--min-wait", "20", "--mode", "epoll"), "epoll_wait(2)"),
            (("--min-wait", "20", "--mode", "discard"), "epoll_wait(2)"),
            (("--busy-poll", "0"), "1 to 1000000"),
            (("--napi-defer", "5", "--gro-flush-timeout", "5"), "-i"),
            (("-i", "lo", "--napi-defer", "5", "--no-nic-setup"), "--no-nic-setup"),
            (("-i", "lo", "--napi-defer", "5", "--mode", "epoll"), "--mode epoll"),
            (("-i", "lo", "--napi-defer", "5", "--gro-flush-timeout", "0"), "defers nothing"),
            (("-i", "lo", "--napi-defer", "2147483648"), "2147483647"),
        ):
            with self.subTest(options=options):
                self.assertIn(words, self.refused(*options))
