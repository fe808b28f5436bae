"""How scripts/test and Tests/suite.py end what hangs, and that they name what they leave out."""

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
import unittest.mock
from pathlib import Path

import patience
from harness import HostCase
from process import run as run_program
from process import until

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts" / "lib"))
import running  # noqa: E402
import stage as stages_stage  # noqa: E402
import stages  # noqa: E402

# Two tests of each kind: one that always runs, and one for --full.
TESTS = """
import unittest
from suite import is_full, only_in_full

class Some(unittest.TestCase):
    def test_short(self):
        pass

    @only_in_full("it takes long")
    def test_long(self):
        self.assertTrue(is_full())

@only_in_full("all of it takes long")
class Long(unittest.TestCase):
    def test_one(self):
        pass
"""
SANITIZED = """
import unittest
from suite import not_sanitized

class Some(unittest.TestCase):
    @not_sanitized("it weighs too much")
    def test_the_size(self):
        pass

    def test_other(self):
        pass
"""
HANGING = """
import time, unittest

class Hanging(unittest.TestCase):
    def test_that_hangs(self):
        time.sleep(1000)

    def test_the_next(self):
        pass
"""


# In the place of the unit tests' executable: what Swift Testing writes, whose count of tests leaves out skipped ones.
UNIT_TESTS = """#!/bin/sh
cat >"$4" <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="TestResults" errors="0" tests="3" failures="1" skipped="1" time="1">
<testcase classname="A" name="first()" time="1" /><testcase classname="A" name="second(x:)" time="1" />
<testcase classname="A" name="third()" time="1"><failure message="it is red" /></testcase>
<testcase classname="A" name="fourth()"><skipped>no root</skipped></testcase>
</testsuite></testsuites>
XML
exit 1
"""


def options(**changes):
    return argparse.Namespace(**{"full": False, "no_rig": False, "no_host": False, "filter": None, **changes})


class CommandTests(HostCase):
    def run_quietly(self, *command, **how):
        with contextlib.redirect_stdout(io.StringIO()):
            return running.run(list(command), **how)

    def test_a_silent_command_is_ended_with_all_that_it_started(self):
        status, output = self.run_quietly("sh", "-c", "sleep 1000 & echo $!; wait", silence=0.5)
        child, said = output.splitlines()
        self.assertEqual((status, said), (None, "killed after 0.5 s without output"))
        until(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text(),
              what="the end of what it started")

    def test_one_that_goes_on_talking_may_take_as_long_as_it_likes(self):
        began = time.monotonic()
        status, output = self.run_quietly("sh", "-c", "for i in 1 2 3 4 5 6 7; do sleep 0.5; echo $i; done", silence=2)
        self.assertEqual((status, output), (0, "1\n2\n3\n4\n5\n6\n7\n"))
        self.assertGreater(time.monotonic() - began, 3)

    def test_all_together_have_a_bound_too(self):
        with unittest.mock.patch.object(running, "deadline", time.monotonic() + 1):
            status, output = self.run_quietly("sh", "-c", "while :; do echo; sleep 0.1; done")
        self.assertIsNone(status)
        self.assertIn("killed: all tests together have taken", output)

    def test_the_status_of_a_command_is_its_own(self):
        self.assertEqual(self.run_quietly("sh", "-c", "echo words; exit 3", show=False), (3, "words\n"))

    def test_what_runs_beside_is_shown_when_it_is_waited_for(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            beside = running.Beside(running.run, ["echo", "beside"])
            beside.thread.join()
            self.assertEqual(said.getvalue(), "")
            self.assertEqual(beside.wait(), (0, "beside\n"))
        self.assertEqual(said.getvalue(), "+ echo beside\nbeside\n")


class PatienceTests(HostCase):
    def limit(self, runnable, seconds):
        """What is left of a limit of 10 s after so many on a machine of two processors."""
        clock = iter([100, 100 + seconds])
        load = self.enterContext(tempfile.NamedTemporaryFile("w+"))
        print(f"9.0 9.0 9.0 {runnable}/400 1234", file=load, flush=True)
        with unittest.mock.patch.multiple(patience, LOAD=Path(load.name), PROCESSORS=2), \
                unittest.mock.patch.object(patience.time, "monotonic", lambda: next(clock)):
            limit = patience.Limit(10)
            limit.is_over()
            return limit.seconds - limit.spent

    def test_a_quiet_machine_has_whole_seconds(self):
        self.assertAlmostEqual(self.limit(1, 4), 6)
        self.assertAlmostEqual(self.limit(2, 4), 6)

    def test_seconds_count_less_while_more_want_to_run(self):
        self.assertAlmostEqual(self.limit(8, 4), 9)

    def test_a_limit_remains_one(self):
        self.assertAlmostEqual(self.limit(10_000, 100), 5)


class SuiteTests(HostCase):
    def suite(self, text, *arguments, status=0, **environment):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "test_it.py").write_text(text)
        results = folder / "results.json"
        finished = self.ended(run_program(sys.executable, ROOT / "Tests" / "suite.py", folder, "--results", results,
                                          *arguments, env={"PYTHONPATH": str(ROOT / "Tests")} | environment), status)
        return json.loads(results.read_text()), finished.stdout

    def test_what_is_only_in_full_is_named_and_not_run(self):
        counts, text = self.suite(TESTS)
        self.assertEqual((counts["passed"], counts["failed"], counts["skipped"]), (1, 0, []))
        self.assertEqual(counts["left_out"], {"only with --full: it takes long": ["test_it.Some.test_long"],
                                              "only with --full: all of it takes long": ["test_it.Long.test_one"]})
        self.assertIn("not run: 1 tests: only with --full: it takes long\n", text)

    def test_in_full_it_is_run(self):
        counts, text = self.suite(TESTS, "--full")
        self.assertEqual((counts["passed"], counts["failed"], counts["left_out"]), (3, 0, {}))
        self.assertNotIn("not run", text)

    def test_what_does_not_hold_with_a_sanitizer_is_named_and_not_run(self):
        self.assertEqual(self.suite(SANITIZED)[0]["passed"], 2)
        counts, _ = self.suite(SANITIZED, ZCRX_BENCH_SANITIZER="address")
        self.assertEqual((counts["passed"], counts["left_out"]),
                         (1, {"not with the address sanitizer: it weighs too much": ["test_it.Some.test_the_size"]}))

    def test_a_test_that_hangs_is_ended_and_the_next_one_run(self):
        counts, text = self.suite(HANGING, "--seconds", "1", status=1)
        self.assertEqual((counts["passed"], counts["failed_tests"]), (1, ["test_it.Hanging.test_that_hangs"]))
        self.assertIn("the test took longer than 1 s", text)

    def test_results_that_say_what_was_left_out_are_in_the_summary(self):
        stage = stages.Stage("a stage")
        results = Path(self.enterContext(tempfile.TemporaryDirectory()), "results.json")
        results.write_text(json.dumps({"passed": 3, "failed": 0, "failed_tests": [], "skipped": ["one: no reason"],
                                       "left_out": {"only with --full: too long": ["test_a", "test_b"]}}))
        stages_stage.add_counts(stage, results, "tests", 0)
        said = self.summary(stage, full=False)
        self.assertIn("not run: 2: only with --full: too long\n           test_a\n           test_b\n", said)
        self.assertTrue(said.endswith("\n3 passed, 0 failed, 1 skipped\n"), said)

    def test_unit_tests_are_counted_one_by_one(self):
        build = Path(self.enterContext(tempfile.TemporaryDirectory()))
        executable = build / "debug" / "zcrx-benchPackageTests.xctest"
        executable.parent.mkdir()
        executable.write_text(UNIT_TESTS)
        executable.chmod(0o755)
        stage = stages.Stage("unit tests")
        with contextlib.redirect_stdout(io.StringIO()):
            stages_stage.count_unit_tests(stage, options(), build)
        self.assertEqual((stage.passed, stage.failed, stage.notes, stage.skips),
                         (2, 1, ["A.third()"], ["A.fourth(): no root"]))
        executable.write_text("#!/bin/sh\nexit 69\n")
        with contextlib.redirect_stdout(io.StringIO()):
            stages_stage.count_unit_tests(stage, options(filter="none"), build)
            self.assertEqual(stage.failed, 1)
            stages_stage.count_unit_tests(stage, options(), build)
        self.assertEqual(stage.failed, 2, "a crash before the first result")

    def test_what_left_no_result_has_failed(self):
        stage = stages.Stage("a stage")
        stages_stage.add_counts(stage, Path("/nonexistent/results.json"), "tests", 0)
        said = self.summary(stage, full=True)
        self.assertIn("FAILED a stage: 0 passed, 1 failed", said)
        self.assertTrue(said.endswith("\n0 passed, 1 failed, 0 skipped\n"), said)

    def summary(self, stage, full):
        run = stages.Run(options(full=full))
        run.stages.append(stage)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(run.summary(), not stage.failed)
        return said.getvalue()

    def plan(self, failing=(), **changes):
        """(stages that a run performs, what it says that it leaves out), with nothing really run."""
        performed = []

        def perform(run, name, function):
            performed.append(name)
            return name not in failing

        with unittest.mock.patch.object(stages.Run, "perform", perform):
            run = stages.Run(options(**changes))
            run.all()
        return set(performed), run.left_out

    def test_every_stage_is_run_or_named(self):
        everything, nothing = self.plan(full=True)
        self.assertEqual(nothing, [])
        for changes in ({}, {"no_rig": True}, {"no_host": True}, {"filter": "x"}, {"no_rig": True, "full": True}):
            with self.subTest(changes):
                performed, left_out = self.plan(**changes)
                for name in everything - performed:
                    self.assertTrue(any(line.startswith(name.partition(":")[0]) for line in left_out), (name, left_out))
        for failing in ("debug build, no warnings", "release build, static, no warnings", "kernel rig: packages and module"):
            with self.subTest(failing=failing):
                self.assertTrue(self.plan([failing])[1], "what could not be run is said")

    def test_the_sanitizers_are_only_in_full(self):
        self.assertIn("thread sanitizer", self.plan(full=True)[0])
        self.assertNotIn("thread sanitizer", self.plan()[0])
        self.assertIn("thread sanitizer: only with --full", self.plan()[1])


if __name__ == "__main__":
    unittest.main()
