"""docs/ci.md: its scripts are the files in scripts/ci, which here measure between two network namespaces."""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from harness import EXECUTABLE, NOBODY, HostCase, documents, free_port, needs_namespaces, needs_root
from namespace import Namespace
from process import run, until

ROOT = Path(__file__).resolve().parents[2]
# The figures of runs as short as these may be anything: only what is always, or never, so.
ANYTHING_GOES, NOTHING_GOES = ("--fail-on", "throughput<-99.9%"), ("--fail-on", "throughput>-99.9%")
# In place of ssh: HOST's shell runs the words, and whoever ends ssh does not end what HOST runs.
SSH = """#!/bin/sh
host=$1; shift
case $host in
receiver) exec setsid --fork --wait {receiver} sh -c "$*" ;;
sender) exec setsid --fork --wait sh -c "$*" ;;
old-kernel) exit 77 ;;
*) echo "ssh: Could not resolve hostname $host" >&2; exit 255 ;;
esac
"""


def left_over():
    """Servers and clients that run, in the tests' own process namespace."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word in (b"server", b"client") for word in words[1:]) and b"zcrx-bench" in b" ".join(words):
            yield b" ".join(words).decode()


class RecipeCase(HostCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.scripts, self.bin, self.results = folder / "ci", folder / "bin", folder / "results"
        shutil.copytree(ROOT / "scripts" / "ci", self.scripts)
        for place in (self.bin, self.results):
            place.mkdir()
        for place in (folder, self.results):
            place.chmod(0o777)
        (self.bin / "zcrx-bench").symlink_to(EXECUTABLE)
        self.environment = {"PATH": f"{self.bin}:{os.environ['PATH']}", "RESULTS": str(self.results),
                            "CLIENT_OPTIONS": "-n 20M", "LIMIT": "60", "KEEP_DISTURBED": "1"}
        self.addCleanup(lambda: self.assertEqual(list(left_over()), []))

    def job(self, *gates, script="two-hosts", prefix=(), **changes):
        return run(*prefix, self.scripts / script, *gates, env={**self.environment, **changes}, seconds=90)

    def text(self, name):
        return (self.results / name).read_text()

    def last_good(self):
        return documents(self.text("last-good.json"))


@needs_namespaces
class TwoHostsTests(RecipeCase):
    def setUp(self):
        self.far = Namespace()
        self.addCleanup(self.far.close)
        super().setUp()
        ssh = self.bin / "ssh"
        ssh.write_text(SSH.format(receiver=" ".join(self.far.prefix)))
        ssh.chmod(0o755)
        self.environment |= {"RECEIVER": "receiver", "SENDER": "sender", "ADDRESS": self.far.address4}

    def test_the_first_run_is_kept_the_second_held_against_it_and_a_regression_keeps_the_last_good(self):
        self.ended(self.job(*ANYTHING_GOES))
        self.assertIn("No last good runs yet", self.text("diff.md"))
        first = self.last_good()
        self.assertEqual([document["zcrx_bench"]["role"] for document in first], ["server"] * 5)

        second = self.ended(self.job(*ANYTHING_GOES))
        self.assertNotIn("No last good runs yet", self.text("diff.md"))
        self.assertIn("**epoll: 5 runs in base, 5 in new**", self.text("diff.md"))
        self.assertEqual(self.text("diff.md"), second.stdout)
        self.assertIn("<svg", self.text("report.html"))
        good = self.text("last-good.json")
        self.assertNotEqual(self.last_good(), first)
        self.assertFalse((self.results / "new.json").exists())

        slow = self.ended(self.job("--fail-on", "throughput<-3%", CLIENT_OPTIONS="-n 200K -b 4M"), 2)
        self.assertRegex(slow.stdout, r"FAILED: throughput.* lower: worse")
        self.assertEqual(self.text("last-good.json"), good)
        self.assertEqual(len(documents(self.text("new.json"))), 5, "what was found is kept beside it")
        self.assertIn("settings.bandwidth\\_bits\\_per\\_second", slow.stdout)

        self.ended(self.job(*ANYTHING_GOES, RUNS="1"))
        self.assertEqual(len(self.last_good()), 1, "what failed before is in no later run")

    def test_few_runs_are_held_against_the_bare_figures(self):
        self.ended(self.job(*ANYTHING_GOES, RUNS="1"))
        found = self.ended(self.job(*NOTHING_GOES, RUNS="1"), 2)
        self.assertIn("too few to tell from noise", found.stdout)

    def test_another_kernel_is_said_first(self):
        self.ended(self.job(*ANYTHING_GOES, RUNS="1"))
        good = self.results / "last-good.json"
        good.write_text(re.sub(r'("kernel":\s*)"[^"]*"', r'\1"5.4.0-of-old"', self.text("last-good.json")))
        found = self.ended(self.job(*ANYTHING_GOES, RUNS="1"))
        self.assertRegex(found.stdout, r"environment\.kernel.*5\.4\.0-of-old")
        self.assertLess(found.stdout.index("of-old"), found.stdout.index("throughput"))

    def test_a_client_that_reaches_nobody_leaves_no_server(self):
        refused = self.ended(self.job(ADDRESS=self.far.near4, LIMIT="2"), 1)
        self.assertIn("refused", refused.stderr)
        self.assertEqual(list(left_over()), [])
        self.assertFalse((self.results / "last-good.json").exists())

    def test_a_job_that_is_killed_leaves_no_server_for_longer_than_the_limit(self):
        job = self.start(self.scripts / "two-hosts", env={**self.environment, "CLIENT_OPTIONS": "-t 30", "LIMIT": "3"})
        until(lambda: len([words for words in left_over() if " client " in words]), what="the client runs")
        job.process.kill()
        self.assertNotEqual(list(left_over()), [], "what hosts run is out of reach of the job's end")
        until(lambda: not list(left_over()), what="server and client end")

    def test_what_the_receiver_says_is_the_jobs_status(self):
        taken = self.serve(prefix=self.far.prefix).port
        for status, words, changes in (
                (1, "Address already in use", {"PORT": str(taken)}),
                (64, "magic", {"SERVER_OPTIONS": "--mode magic"}),
                (77, "", {"RECEIVER": "old-kernel"}),
                (255, "Could not resolve hostname nobody", {"RECEIVER": "nobody"})):
            with self.subTest(status=status):
                self.assertIn(words, self.ended(self.job(**changes), status).stderr)
                self.assertEqual([path.name for path in self.results.glob("last*")], [])

    def test_a_gate_of_either_side_ends_the_job(self):
        for side in ("SERVER_OPTIONS", "CLIENT_OPTIONS"):
            with self.subTest(side):
                options = {side: self.environment.get(side, "") + " --require 'throughput>=900Tbps'"}
                failed = self.ended(self.job(*ANYTHING_GOES, RUNS="1", **options), 2)
                self.assertFalse((self.results / "last-good.json").exists())
                self.assertIn("NOT MET", failed.stderr + self.text("client.log"))

    def test_a_damaged_baseline_is_named_with_the_place_and_stays(self):
        self.ended(self.job(*ANYTHING_GOES, RUNS="1"))
        whole = self.text("last-good.json")
        for damaged, place in ((whole[:1000], "at byte 1000"), ("", "holds no JSON value"),
                               (whole.replace('"streams"', '"streems"'), "value 1, zcrx_bench.")):
            with self.subTest(place):
                (self.results / "last-good.json").write_text(damaged)
                failed = self.ended(self.job(*ANYTHING_GOES, RUNS="1"), 1)
                self.assertRegex(failed.stderr, f"'last-good.json',? ?.*{place}|'last-good.json': {place}")
                self.assertEqual(self.text("last-good.json"), damaged)

    def test_a_gate_that_cannot_be_judged_fails_already_at_the_first_run(self):
        """Otherwise its mistake would be found only by the second."""
        self.ended(self.job("--fail-on", "retransmits>5", RUNS="1"), 2)
        self.ended(self.job("--fail-on", "speed<-3%", RUNS="1"), 64)
        self.assertFalse((self.results / "last-good.json").exists())

    def disturbing(self, seen):
        """Has the receiver report what it saw as `seen`, a list: whether something disturbs a test is not the tests' to say."""
        script = self.bin / "zcrx-bench"
        script.unlink()
        script.write_text(f"""#!{sys.executable}
import json, os, subprocess, sys
if sys.argv[1] != "server":
    os.execv({str(EXECUTABLE)!r}, ["zcrx-bench", *sys.argv[1:]])
server = subprocess.Popen([{str(EXECUTABLE)!r}, *sys.argv[1:]], stdout=subprocess.PIPE)
document = json.loads(server.stdout.read())
document["zcrx_bench"]["disturbances"]["seen"] = {seen!r}
print(json.dumps(document))
sys.exit(server.wait())
""")
        script.chmod(0o755)

    def test_runs_that_something_disturbed_do_not_become_the_last_good(self):
        load = [{"kind": "load", "side": "server", "cpu": 0, "sentence": "something else used CPU 0"}]
        self.disturbing([])
        self.ended(self.job(*ANYTHING_GOES, RUNS="2", KEEP_DISTURBED=""))
        self.assertNotIn("were disturbed", self.text("diff.md"))
        good = self.text("last-good.json")

        self.disturbing(load)
        found = self.ended(self.job(*ANYTHING_GOES, RUNS="2", KEEP_DISTURBED=""))
        self.assertIn("2 of 2 runs were disturbed: the last good runs stay as they are.", self.text("diff.md"))
        self.assertIn("something else used CPU 0", found.stdout)
        self.assertEqual(self.text("last-good.json"), good)
        self.assertEqual(len(documents(self.text("new.json"))), 2)

        self.ended(self.job(*ANYTHING_GOES, RUNS="2"))
        self.assertIn("2 of these 2 runs, the last good ones now, were disturbed.", self.text("diff.md"))
        self.assertNotEqual(self.text("last-good.json"), good)

    def test_disturbed_runs_are_no_first_baseline_either(self):
        self.disturbing([{"kind": "load", "side": "server", "sentence": "something else used CPU 0"}])
        self.ended(self.job(*ANYTHING_GOES, RUNS="1", KEEP_DISTURBED=""))
        self.assertFalse((self.results / "last-good.json").exists())

    def test_what_is_missing_is_named(self):
        for name in ("RECEIVER", "SENDER", "ADDRESS", "RESULTS"):
            self.assertIn(f"{name}: parameter null", self.job(**{name: ""}).stderr)


class NoHardwareTests(RecipeCase):
    def test_one_machine_is_enough(self):
        self.ended(self.job(*ANYTHING_GOES, script="no-hardware"))
        self.ended(self.job(*ANYTHING_GOES, script="no-hardware"))
        self.assertEqual(len(self.last_good()), 5)
        self.assertIn("5 runs in base, 5 in new", self.text("diff.md"))
        self.ended(self.job(*NOTHING_GOES, script="no-hardware", RUNS="1"), 2)

    @needs_root
    def test_nobody_may_do_it(self):
        self.ended(self.job(*ANYTHING_GOES, script="no-hardware", prefix=NOBODY, RUNS="1"))
        self.assertEqual(len(self.last_good()), 1)
