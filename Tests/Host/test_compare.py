"""`client --compare` and `--sweep`: many runs by one command."""

import json
import os
import pathlib
import signal
import stat
import tempfile

from harness import EXECUTABLE, LOOPBACK, HostCase, documents, free_port, needs, needs_root
from process import run
from resetting_relay import ResettingRelay


def point(sweep, **values):
    """The point of a sweep with these values."""
    names = [axis["name"] for axis in sweep["axes"]]
    wanted = [values[name] for name in names]
    return next(one for one in sweep["points"] if one["values"] == wanted)


class CampaignCase(HostCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def command(self, port, *options):
        return (EXECUTABLE, "client", LOOPBACK, "-p", port, "--no-membw", *options)

    def campaign(self, port, *options, seconds=60):
        return run(*self.command(port, *options), seconds=seconds)


@needs("iperf3")
class StockServerTests(CampaignCase):
    """What is up to the sender can be swept with any server; a stock one receives in one way."""

    def setUp(self):
        super().setUp()
        self.port = self.serve_iperf3().port

    def test_modes_are_not_for_a_stock_server(self):
        finished = self.campaign(self.port, "--compare", "all")
        self.ended(finished, 1)
        self.assertIn("--allow-compare", finished.stderr)
        self.assertIn("stock iperf3", finished.stderr)

    def test_settings_of_the_server_are_not_either(self):
        finished = self.campaign(self.port, "--sweep", "placement=same,other")
        self.ended(finished, 1)
        self.assertIn("lets its clients choose no placement", finished.stderr)

    def test_a_sweep_of_the_senders_settings(self):
        file = self.folder / "sweep.json"
        finished = self.campaign(self.port, "--sweep", "flows=1,2", "length=64K,128K", "--rounds", "2", "-n", "20M",
                                 "--json", file, "--html", self.folder / "page.html")
        self.ended(finished)
        sweep = json.loads(file.read_text())["zcrx_bench_sweep"]
        self.assertEqual(sweep["outcome"]["status"], "completed")
        self.assertEqual([one["values"] for one in sweep["points"]],
                         [["1", "64K"], ["1", "128K"], ["2", "64K"], ["2", "128K"]])
        self.assertEqual([len(one["runs"]) for one in sweep["points"]], [2, 2, 2, 2])
        self.assertIn("4 of 4 points", finished.stdout)
        self.assertIn("round 2 of 2, flows=1 length=64K: ", finished.stderr)
        self.assertIn("no run left", finished.stderr)
        self.assertIn("<!DOCTYPE html>", (self.folder / "page.html").read_text())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["page.html", "sweep.json"])

    def sweep_with_reset(self, number):
        """Four runs, after the question that settles how to send; one control connection is reset."""
        with ResettingRelay(self.port, number) as relay:
            finished = self.campaign(relay.port, "--sweep", "length=64K,128K", "--rounds", "2", "-n", "1M")
            return finished, len(relay.cookies)

    def test_a_reset_between_two_tests_costs_no_run(self):
        finished, connections = self.sweep_with_reset(2)
        self.ended(finished)
        self.assertIn("2 of 2 points", finished.stdout)
        self.assertGreaterEqual(connections, 6)

    def test_a_server_that_resets_the_first_connection_is_none(self):
        finished, connections = self.sweep_with_reset(0)
        self.ended(finished, 1)
        self.assertIn("the control connection failed: Connection reset by peer", finished.stderr)
        self.assertEqual(connections, 1)


@needs("iperf3")
class InterruptedSweepTests(CampaignCase):
    OPTIONS = ("--sweep", "flows=1,2,3", "--rounds", "2", "-t", "1", "-O", "0", "--json")

    def setUp(self):
        super().setUp()
        self.port = self.serve_iperf3().port
        self.file = self.folder / "sweep.json"

    def interrupt(self):
        """Ends a sweep in its second run."""
        program = self.start(*self.command(self.port, *self.OPTIONS, self.file))
        program.says("flows=1: ")
        program.send(signal.SIGINT)
        return program.finished()

    def sweep(self):
        return json.loads(self.file.read_text())["zcrx_bench_sweep"]

    def test_what_was_measured_is_kept_and_gone_on_from(self):
        finished = self.interrupt()
        self.ended(finished, 1)
        self.assertIn("interrupted by SIGINT", finished.stdout)
        kept = self.sweep()
        self.assertEqual(kept["outcome"]["status"], "partial")
        first = point(kept, flows="1")["runs"][0]
        # Without the word, hours of measuring are not begun anew over the file.
        refused = self.campaign(self.port, *self.OPTIONS, self.file)
        self.ended(refused, 1)
        self.assertIn("--resume goes on with it", refused.stderr)
        self.assertEqual(self.sweep(), kept)
        resumed = self.campaign(self.port, *self.OPTIONS, self.file, "--resume")
        self.ended(resumed)
        whole = self.sweep()
        self.assertEqual(point(whole, flows="1")["runs"][0], first)
        self.assertEqual([len(one["runs"]) for one in whole["points"]], [2, 2, 2])
        self.assertEqual(whole["started_at"], kept["started_at"])
        # Other settings are another sweep, also those that are no axes.
        other = self.campaign(self.port, *self.OPTIONS, self.file, "--resume", "-b", "1G", "-C", "reno")
        self.ended(other, 1)
        self.assertIn("with other settings (bandwidth_bits_per_second, congestion)", other.stderr)
        self.assertEqual(self.sweep(), whole)
        # What is complete is not measured again.
        again = self.campaign(self.port, *self.OPTIONS, self.file, "--resume")
        self.ended(again)
        self.assertEqual(self.sweep()["points"], whole["points"])

    def test_a_comparison_does_not_write_over_it(self):
        self.interrupt()
        kept = self.file.read_text()
        finished = self.campaign(self.port, "--compare", "all", "--json", self.file)
        self.ended(finished, 1)
        self.assertIn("was not finished", finished.stderr)
        self.assertEqual(self.file.read_text(), kept)

    def test_another_sweep_is_not_mixed_in(self):
        self.interrupt()
        kept = self.sweep()
        other = ("--sweep", "flows=1,2", "--rounds", "2", "-t", "1", "-O", "0", "--json", self.file, "--resume")
        finished = self.campaign(self.port, *other)
        self.ended(finished, 1)
        self.assertIn("with other axes", finished.stderr)
        self.assertEqual(self.sweep(), kept)

    def test_a_file_that_is_no_sweep(self):
        self.file.write_text('{"cut": ')
        finished = self.campaign(self.port, *self.OPTIONS, self.file, "--resume")
        self.ended(finished, 1)
        self.assertIn(str(self.file), finished.stderr)
        self.assertIn("at byte", finished.stderr)

    def test_a_death_between_runs_leaves_a_whole_document(self):
        program = self.start(*self.command(self.port, *self.OPTIONS, self.file))
        program.says("flows=1: ")
        program.kill()
        self.assertEqual(len(point(self.sweep(), flows="1")["runs"]), 1)


class ComparisonTests(CampaignCase):
    """Against our own server, in modes that every machine has."""

    def comparison(self, server, *options, status=0):
        file = self.folder / "modes.json"
        self.finished = self.campaign(server.port, "-n", "20M", "--json", file, *options)
        self.ended(self.finished, status)
        return json.loads(file.read_text())["zcrx_bench_comparison"]

    def modes(self, comparison):
        return {mode["name"]: mode for mode in comparison["modes"]}

    def test_a_link_that_lies_where_a_draft_could_is_not_followed(self):
        """In a folder that others may write to: by every process id that a client may get."""
        victim, file = self.folder / "victim", self.folder / "out.json"
        victim.write_text("mine\n")
        last = int(pathlib.Path("/proc/sys/kernel/ns_last_pid").read_text()) if os.path.exists("/proc/sys/kernel/ns_last_pid") else os.getpid()
        for process in range(last, last + 3000):
            (self.folder / f"out.json.{process}.part").symlink_to(victim)
        server = self.serve("--allow-compare")
        self.ended(self.campaign(server.port, "--compare", "epoll", "--rounds", "1", "-n", "5M", "--json", file))
        self.assertEqual(victim.read_text(), "mine\n")
        self.assertIn("zcrx_bench_comparison", json.loads(file.read_text()))
        self.assertFalse(file.is_symlink())
        self.assertEqual([name for name in os.listdir(self.folder) if name.endswith(".part") and not (self.folder / name).is_symlink()], [])

    def test_modes_take_turns_round_by_round(self):
        document = self.comparison(self.serve("-J", "--allow-compare"), "--compare", "epoll,discard,mmap", "--rounds", "3")
        self.assertEqual([[one["mode"] for one in round["runs"]] for round in document["rounds"]],
                         [["epoll", "discard", "mmap"], ["mmap", "discard", "epoll"], ["discard", "mmap", "epoll"]])
        self.assertEqual(document["outcome"]["status"], "completed")
        for round in document["rounds"]:
            for one in round["runs"]:
                self.assertGreater(one["figures"]["throughput_bits_per_second"], 0)
        self.assertEqual(document["plan"]["rounds"], 3)
        self.assertIn("kernel", document["receiver"])
        for words in ("× epoll", "discard: ", "n = 3: too few to call a difference (7 rounds can)"):
            self.assertIn(words, self.finished.stdout)
        for mode in document["modes"]:
            self.assertTrue(any("worker 0" in fact for fact in mode["facts"]), mode)

    def test_the_servers_own_reports_say_the_same(self):
        server = self.serve("-J", "--allow-compare")
        document = self.comparison(server, "--compare", "discard,epoll", "--rounds", "1")
        server.stop()
        reports = [one["zcrx_bench"] for one in documents(server.stdout)]
        self.assertEqual([one["settings"]["mode"] for one in reports][-2:], ["discard", "epoll"])
        for report, run_ in zip(reports[-2:], document["rounds"][0]["runs"]):
            received = report["received"]
            rate = received["bytes"] * 8 / (received["end"] - received["start"])
            self.assertAlmostEqual(run_["figures"]["throughput_bits_per_second"], rate, delta=rate * 1e-6)

    def test_all_of_them_and_a_mode_that_cannot_be(self):
        server = self.serve("-J", "--allow-compare")
        document = self.comparison(server, "--compare", "all", "--rounds", "1")
        modes = self.modes(document)
        self.assertEqual(list(modes), ["epoll", "uring", "mmap", "discard", "zc-copy", "zc"])
        self.assertIn("(-i)", modes["zc"]["unavailable"])
        self.assertIn("could not run", self.finished.stdout)
        named = self.comparison(server, "--compare", "epoll,zc", "--rounds", "1", status=1)
        self.assertEqual(named["outcome"], {"status": "partial", "reason": "zc could not run"})

    def test_only_what_the_operator_allowed(self):
        server = self.serve("-J", "--allow-compare=epoll,mmap")
        modes = self.modes(self.comparison(server, "--compare", "all", "--rounds", "1"))
        self.assertNotIn("unavailable", modes["epoll"])
        self.assertIn("--allow-compare", modes["discard"]["unavailable"])
        finished = self.campaign(server.port, "--compare", "discard,uring")
        self.ended(finished, 1)
        self.assertIn("the server does none of these modes; discard: ", finished.stderr)

    def test_nothing_was_allowed(self):
        finished = self.campaign(self.serve("-J").port, "--compare", "epoll,discard")
        self.ended(finished, 1)
        self.assertIn("--allow-compare", finished.stderr)

    def test_a_refusal_that_comes_with_the_test_is_told_in_words(self):
        document = self.comparison(
            self.serve("-J", "--allow-compare"), "--compare", "epoll,discard", "--rounds", "2", "--verify", status=1)
        self.assertIn("verif", self.modes(document)["discard"]["unavailable"])
        self.assertEqual([[one["mode"] for one in round["runs"]] for round in document["rounds"]], [["epoll"]] * 2)

    def test_a_server_that_dies_leaves_what_was_measured(self):
        server = self.serve("-J", "--allow-compare")
        file = self.folder / "modes.json"
        client = self.start(*self.command(server.port, "--compare", "epoll,mmap", "-t", "1", "-O", "0", "--json", file))
        client.says("epoll: ")
        server.kill()
        self.ended(client.finished(), 1)
        document = json.loads(file.read_text())["zcrx_bench_comparison"]
        self.assertIn("0 of 7 rounds", client.stdout)
        self.assertEqual(document["outcome"]["status"], "partial")
        self.assertEqual(document["rounds"][0]["runs"][0]["mode"], "epoll")
        self.assertIn("PARTIAL", client.stdout)

    def test_what_is_no_ordinary_file_stays_what_it_is(self):
        server = self.serve("-J", "--allow-compare")
        options = ("-n", "1M", "--compare", "epoll", "--rounds", "1")
        link, pipe = self.folder / "link.json", self.folder / "pipe"
        link.symlink_to("real.json")
        (self.folder / "real.json").write_text("{}")
        os.mkfifo(pipe)
        reader = self.start("cat", pipe)
        self.ended(self.campaign(server.port, *options, "--json", link, "--html", pipe))
        self.assertTrue(link.is_symlink())
        self.assertIn("zcrx_bench_comparison", json.loads((self.folder / "real.json").read_text()))
        self.assertTrue(pipe.is_fifo())
        self.assertTrue(reader.finished().stdout.startswith("<!DOCTYPE html>"))
        for name in (self.folder, ""):
            with self.subTest(name=name):
                began = len(documents(server.stdout))
                self.ended(self.campaign(server.port, *options, "--html", name), 1)
                self.assertEqual(len(documents(server.stdout)), began, "no test was made for nothing")

    @needs_root
    def test_a_full_device(self):
        full = self.folder / "full"
        os.mknod(full, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
        finished = self.campaign(self.serve("-J", "--allow-compare").port, "-n", "1M", "--compare", "epoll", "--rounds",
                                 "1", "--json", full)
        self.ended(finished, 1)
        self.assertIn("No space left", finished.stderr)
        self.assertIn("epoll: ", finished.stdout, "what was measured is shown")
        self.assertTrue(full.is_char_device())

    def test_another_clients_test_is_waited_for(self):
        server = self.serve("-J", "--allow-compare")
        other = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "5", "--no-membw")
        other.says("local ")
        finished = self.campaign(server.port, "-n", "1M", "--compare", "epoll", "--rounds", "1")
        self.ended(finished)
        self.assertIn("busy with another client's test", finished.stderr)
        self.ended(other.finished())

    def test_what_is_not_known_has_its_reason(self):
        document = self.comparison(self.serve("-J", "--allow-compare", "--no-membw"), "--compare", "epoll", "--rounds",
                                   "1")
        self.assertTrue(any(note.startswith("dram is unknown: ") for note in document["notes"]), document["notes"])

    def test_the_document_on_standard_output(self):
        finished = self.campaign(self.serve("-J", "--allow-compare").port, "-t", "1", "-O", "1", "--compare", "epoll",
                                 "--rounds", "1", "--json")
        self.ended(finished)
        document = json.loads(finished.stdout)
        self.assertEqual(list(document), ["zcrx_bench_comparison"])
        figures = document["zcrx_bench_comparison"]["rounds"][0]["runs"][0]["figures"]
        self.assertGreater(figures["cpu_seconds_per_gibibyte"], 0)
        self.assertIn("retransmits", figures)

    def test_the_table_of_a_file_is_the_table_of_the_run(self):
        self.comparison(self.serve("-J", "--allow-compare"), "--compare", "epoll,discard", "--rounds", "7")
        shown = run(EXECUTABLE, "report", self.folder / "modes.json")
        self.ended(shown)
        self.assertEqual(shown.stdout.splitlines()[1:], self.finished.stdout.splitlines())

    def test_settings_of_the_server_are_swept(self):
        file = self.folder / "sweep.json"
        finished = self.campaign(self.serve("-J", "--allow-compare").port, "-n", "1M", "--sweep", "mode=epoll,discard",
                                 "flows=1,2", "placement=same,other", "--rounds", "1", "--json", file)
        sweep = json.loads(file.read_text())["zcrx_bench_sweep"]
        self.ended(finished)
        self.assertEqual(len(sweep["points"]), 8)


class RefusedCampaignTests(CampaignCase):
    def test_wrong_command_lines(self):
        for options, words in (
                (("--compare", "all", "--html", "-"), "--html writes to a file"),
                (("--compare", "all", "--html", "x", "--json", "x"), "need a file each"),
                (("--sweep", "flows=0"), "--sweep flows takes 1 to 128 streams"),
                (("--sweep", "flows=1,1"), "each once"),
                (("--sweep", "length=64K,65536"), "each once"),
                (("--sweep", "colour=red"), "it varies flows, length"),
                (("--sweep", "flows"), "a host goes before --sweep"),
                (("--sweep", "flows=1", "flows=2"), "has flows twice"),
                (("--sweep", "flows=1", "-P", "2"), "-P and --sweep flows"),
                (("--compare", "epoll,epoll"), "--compare"),
                (("--compare", "epoll,fast"), "--compare"),
                (("--compare", "all", "--sweep", "flows=1"), "exclude each other"),
                (("--compare", "all", "--json-stream"), "--json-stream"),
                (("--compare", "all", "--rounds", "0"), "--rounds takes 1 to 1000"),
                (("--compare", "all", "--require", "throughput>1Gbps"), "diff --fail-on"),
                (("--compare", "all", "--resume"), "--resume goes on with a sweep"),
                (("--sweep", "flows=1", "--resume"), "name it with --json FILE"),
                (("--rounds", "3"), "--compare and --sweep")):
            with self.subTest(options=options):
                finished = self.campaign(5201, *options)
                self.ended(finished, 64)
                self.assertIn(words, finished.stderr)

    def test_no_server(self):
        file = self.folder / "out.json"
        finished = self.campaign(free_port(), "--compare", "all", "--json", file)
        self.ended(finished, 1)
        self.assertIn("is a server running there?", finished.stderr)
        self.assertFalse(file.exists())

    def test_a_file_that_cannot_be_written_costs_no_test(self):
        server = self.serve("-J")
        finished = self.campaign(server.port, "--sweep", "flows=1", "--json", self.folder / "none" / "x.json")
        self.ended(finished, 1)
        self.assertIn("No such file", finished.stderr)
        self.assertEqual(server.stdout, "")
