"""Runs that something disturbs on purpose: each cause must be found, and only kinds that were caused are looked at.

That a quiet run shows nothing is tested where the test decides it: traffic in namespaces of its own. What else runs on
this machine's CPUs is not the tests' to say.
"""

import json
import os
import signal
import tempfile
import time
import unittest
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase, needs, needs_namespaces
from namespace import Namespace
from process import run, sent_bytes, until
from suite import only_in_full

CPUS = sorted(os.sched_getaffinity(0))
HOG = "while :; do :; done"


def kinds(report, side=None):
    seen = report["zcrx_bench"]["disturbances"]["seen"]
    return {entry["kind"] for entry in seen if side in (None, entry["side"])}


def sentences(report, kind, side):
    seen = report["zcrx_bench"]["disturbances"]["seen"]
    return [entry["sentence"] for entry in seen if (entry["kind"], entry["side"]) == (kind, side)]


@needs("taskset")
@unittest.skipUnless(len(CPUS) > 1, "needs two CPUs")
class BusyCase(HostCase):
    def setUp(self):
        super().setUp()
        self.first, self.second = CPUS[:2]

    def hog(self, cpu):
        """A process that uses all it gets of one CPU; it has begun when this returns."""
        program = self.start("taskset", "-c", cpu, "sh", "-c", HOG)
        until(lambda: program.processor_ticks() > 5, what="the hog runs")


class LoadTests(BusyCase):
    def both(self, *options):
        """The client's report and the server's, each bound to a CPU of its own."""
        server = self.serve("-J", "-1", "-A", self.first)
        client = self.client(server.port, "-t", "2", "-A", self.second, "-J", *options)
        return self.document(client), self.document(server.finished())

    def test_load_on_the_receivers_cpu_is_named_on_both_sides(self):
        self.hog(self.first)
        client, server = self.both()
        found = sentences(server, "load", "server")
        self.assertTrue(any(f"of CPU {self.first}'s time (limit 10 %)" in sentence for sentence in found), found)
        # The client takes over what the server says, word by word, except that the sender was the limit, if it was.
        theirs = [entry for entry in server["zcrx_bench"]["disturbances"]["seen"] if entry["kind"] != "sender"]
        ours = client["zcrx_bench"]["disturbances"]["seen"]
        self.assertEqual([entry for entry in ours if entry["side"] == "server" and entry["kind"] != "sender"], theirs)

    def test_a_cpu_that_others_filled_is_nobodys_limit(self):
        for _ in range(3):
            self.hog(self.first)
        client, server = self.both()
        for report in (client, server):
            limit = report["zcrx_bench"]["derived"]["limit"]
            self.assertEqual(limit["verdict"], "other_load", limit["evidence"])
            self.assertRegex(limit["evidence"], r"others \d+ %")

    def test_a_comparison_of_which_nothing_counts_is_no_success(self):
        self.hog(self.first)
        server = self.serve("-J", "--allow-compare", "-A", self.first)
        finished = self.client(server.port, "-t", "2", "-O", "0", "-A", self.second, "--compare", "epoll", "--rounds", "1",
                               "--exclude-disturbed")
        self.ended(finished, 1)
        self.assertIn("epoll: no run of it counts", finished.stdout)
        self.assertIn("leaves no run of epoll", finished.stderr)

    def test_load_on_the_senders_cpu_is_named(self):
        self.hog(self.second)
        client, _ = self.both()
        # Where the server processed packets there, it saw the same, and what it says is kept.
        seen = client["zcrx_bench"]["disturbances"]["seen"]
        found = [entry for entry in seen if (entry["kind"], entry.get("cpu")) == ("load", self.second)]
        self.assertEqual(len(found), 1, seen)
        self.assertIn(f"of CPU {self.second}'s time (limit 10 %)", found[0]["sentence"])

    def test_a_rate_that_was_asked_for_is_no_disturbance_of_the_sender(self):
        client, server = self.both("-b", "20M")
        for report in (client, server):
            self.assertNotIn("sender", kinds(report))
            self.assertEqual(report["zcrx_bench"]["derived"]["limit"]["verdict"], "neither")

    def test_what_the_kernel_does_not_tell_is_unknown_and_not_absent(self):
        client, _ = self.both("-b", "20M")
        unknown = {(entry["kind"], entry["side"]) for entry in client["zcrx_bench"]["disturbances"]["unknown"]}
        # Without omitted seconds a frequency says nothing even where there is one.
        self.assertLessEqual({("frequency", "client"), ("frequency", "server")}, unknown)
        if not list(Path("/sys/devices/system/cpu").glob("cpu*/thermal_throttle")):
            self.assertLessEqual({("throttle", "client"), ("throttle", "server")}, unknown)

    def test_text_gates_and_diff_name_it_and_diff_leaves_it_out(self):
        self.hog(self.first)
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        server = self.serve("-A", self.first)
        gates = ("--require", "disturbances==0", "--require", "disturbances<100")
        text = self.client(server.port, "-t", "1", "-A", self.second, *gates)
        self.ended(text, 2)
        self.assertRegex(text.stdout, r"(?m)^  Disturbed: server: load: others used \d+\.\d % of CPU")
        self.assertRegex(text.stdout, r"Gate NOT MET: disturbances==0 \([1-9]")
        self.assertIn("Gate met: disturbances<100", text.stdout)
        for name in ("base", "new"):
            document = self.client(server.port, "-t", "1", "-A", self.second, "-J")
            (folder / name).write_text(json.dumps(self.document(document)))
        files = [folder / "base", folder / "new"]
        named = self.ended(run(EXECUTABLE, "diff", *files))
        self.assertRegex(named.stdout, r"(?m)^Disturbed: new: .*/new: .*server: load: others used")
        left_out = self.ended(run(EXECUTABLE, "diff", *files, "--exclude-disturbed"), 1)
        self.assertRegex(left_out.stdout, r"(?m)^Left out: base: .*/base: disturbed: .*server: load: others used")
        page = self.ended(run(EXECUTABLE, "report", files[0], "--html", "-"))
        self.assertIn("DISTURBED: server: load: others used", page.stdout)


class PauseTests(HostCase):
    """A side is stopped for longer than its samples are apart."""

    def both(self, stopped, seconds=3, interval=0.25, pause=1.5):
        server = self.serve("-J", "-1", "--interval", interval)
        before = sent_bytes("lo")
        client = self.start(
            EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", seconds, "--interval", interval, "-J")
        until(lambda: sent_bytes("lo") > before + (1 << 20), what="the client sends")
        program = {"server": server, "client": client}[stopped]
        program.send(signal.SIGSTOP)
        time.sleep(pause)  # what is tested, and no waiting for anything
        program.send(signal.SIGCONT)
        return self.document(client.finished()), self.document(server.finished())

    def assert_stood_still(self, report, side):
        found = "\n".join(sentences(report, "pause", side))
        self.assertRegex(found, r"^this side stood still for \d\.\d s or longer \(limit 0\.5 s\)$")

    def test_a_server_that_stood_still_is_named_on_both_sides(self):
        for report in self.both("server"):
            self.assert_stood_still(report, "server")

    def test_a_client_that_stood_still_is_named(self):
        self.assert_stood_still(self.both("client")[0], "client")

    def test_one_that_stood_still_beyond_the_end_is_named(self):
        for side in ("server", "client"):
            with self.subTest(side=side):
                client, server = self.both(side, seconds=1, interval=1, pause=3)
                self.assert_stood_still({"server": server, "client": client}[side], side)

    def test_without_samples_it_is_not_known(self):
        server = self.serve("-J", "-1", "--interval", "0")
        client = self.document(self.client(server.port, "-t", "1", "--interval", "0", "-J"))
        unknown = {(entry["kind"], entry["side"]) for entry in client["zcrx_bench"]["disturbances"]["unknown"]}
        self.assertLessEqual({("pause", "client"), ("pause", "server")}, unknown)


@needs_namespaces
class TrafficTests(HostCase):
    """Where two share an interface both rates are asked for, so that their shares do not hang on what else runs."""

    def setUp(self):
        self.far = Namespace()
        self.addCleanup(self.far.close)

    def both(self, *options, host=None):
        server = self.serve("-J", "-1", prefix=() if host == LOOPBACK else self.far.prefix)
        client = self.client(server.port, "-J", *options, host=host or self.far.address4)
        return self.document(client), self.document(server.finished())

    def others(self, *where, host):
        """A stock iperf3 that sends over the same interface; it has begun when this returns."""
        server = self.serve_iperf3("-1", prefix=where)
        client = self.start("iperf3", "-c", host, "-p", server.port, "-t", "600", "-b", "80M", "--forceflush")
        client.says("bits/sec")

    def assert_alone(self, host):
        for options in ((), ("-b", "80M"), ("-O", "1"), ("-P", "4", "-M", "600"), ("-l", "500")):
            with self.subTest(host=host, options=options):
                for report in self.both("-t", "1", *options, host=host):
                    self.assertEqual(sentences(report, "traffic", report["zcrx_bench"]["role"]), [])
                    unknown = report["zcrx_bench"]["disturbances"]["unknown"]
                    self.assertNotIn("traffic", {entry["kind"] for entry in unknown})

    def test_nobody_elses_traffic_is_found_where_there_is_none(self):
        self.assert_alone(self.far.address4)

    @only_in_full("the same over IPv4 and over loopback is in every run")
    def test_nor_over_ipv6(self):
        self.assert_alone(self.far.address6)

    def test_nor_over_loopback(self):
        self.assert_alone(LOOPBACK)

    def test_others_traffic_over_the_same_interface_is_found_on_both_sides(self):
        self.others(*self.far.prefix, host=self.far.address4)
        client, server = self.both("-t", "2", "-b", "80M")
        self.assertRegex("\n".join(sentences(server, "traffic", "server")), r"^\d+ bytes of others came in on far")
        self.assertRegex("\n".join(sentences(client, "traffic", "client")), r"^\d+ bytes of others went out on near")
        self.assertIn("traffic", kinds(client, "server"))

    def test_others_traffic_over_loopback_is_found(self):
        self.others(host=LOOPBACK)
        for report in self.both("-t", "2", "-b", "80M", host=LOOPBACK):
            self.assertRegex("\n".join(sentences(report, "traffic", report["zcrx_bench"]["role"])), "crossed lo, ")


if __name__ == "__main__":
    unittest.main()
