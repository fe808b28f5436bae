"""scripts/run and what it shares with scripts/test, with stand-ins for swift, apt-get and sudo; and scripts/bench."""

import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import isolation
from harness import EXECUTABLE, HostCase, needs_namespaces, needs_root
from process import run

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")

SWIFT = """#!/bin/bash
case $1 in
--version) echo "Swift version ${FAKE_VERSION:-6.3.1} (stand-in)" ;;
build)
  echo "$@" >>"$LOG"
  mkdir -p "$PROJECT/.build/release"
  printf '#!/bin/bash\\necho "ran: $*"\\n' >"$PROJECT/.build/release/zcrx-bench"
  chmod +x "$PROJECT/.build/release/zcrx-bench" ;;
esac
"""
APT_GET = """#!/bin/bash
echo "apt-get $* DEBIAN_FRONTEND=$DEBIAN_FRONTEND" >>"$LOG"
[[ $1 == update || ! -e $LISTS_ARE_MISSING || $(grep -c "apt-get update" "$LOG") != 0 ]]
"""


class ScriptCase(HostCase):
    """A project of its own in a temporary folder, and a PATH whose first folder holds the stand-ins."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o777)
        self.project = Path(folder.name, "project")
        self.bin = Path(folder.name, "bin")
        self.log = Path(folder.name, "log")
        self.bin.mkdir()
        self.log.touch()
        self.log.chmod(0o666)
        shutil.copytree(SCRIPTS, self.project / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        (self.project / "Sources" / "Tool").mkdir(parents=True)
        (self.project / "Package.swift").touch()
        (self.project / "Package.resolved").touch()
        self.source = self.project / "Sources" / "Tool" / "main.swift"
        self.source.write_text("print(1)\n")
        self.stand_in("swift", SWIFT)
        self.stand_in("apt-get", APT_GET)
        self.environment = {
            "PATH": f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin", "LOG": str(self.log), "PROJECT": str(self.project),
            "LISTS_ARE_MISSING": "/nonexistent", "DEBIAN_FRONTEND": "",
        }

    def stand_in(self, name, text):
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def script(self, *arguments, prefix=(), **changes):
        return run(*prefix, self.project / "scripts" / "run", *arguments, env={**self.environment, **changes})

    def install(self, *entries, prefix=()):
        """Runs install_missing with these entries of the package table."""
        text = f'source {self.project}/scripts/lib/prepare.sh; install_missing "$@"'
        return run(*prefix, "bash", "-euc", text, "bash", *entries, env=self.environment)

    @property
    def logged(self):
        return self.log.read_text().splitlines()


class RunTests(ScriptCase):
    def builds(self):
        return len(self.logged)

    def test_without_arguments_it_runs_the_demo_and_otherwise_what_it_was_told(self):
        self.assertEqual(self.ended(self.script()).stdout, "ran: demo\n")
        self.assertEqual(self.ended(self.script("client", "a b", "-t", "1")).stdout, "ran: client a b -t 1\n")

    def test_it_builds_once_and_again_after_every_kind_of_change(self):
        def changed():
            before = self.builds()
            self.ended(self.script())
            self.assertIn(self.builds() - before, (0, 1))
            return self.builds() > before

        self.assertTrue(changed(), "the first time")
        self.assertFalse(changed(), "nothing changed")
        status = self.source.stat()
        self.source.write_text("print(2)\n")
        os.utime(self.source, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assertTrue(changed(), "changed, with the size and the time it had")
        added = self.source.with_name("added.swift")
        added.write_text("")
        self.assertTrue(changed(), "added")
        added.rename(added.with_name("renamed.swift"))
        self.assertTrue(changed(), "renamed")
        added.with_name("renamed.swift").unlink()
        self.assertTrue(changed(), "removed")
        (self.project / "Package.swift").write_text("// changed\n")
        self.assertTrue(changed(), "the manifest changed")
        executable = self.project / ".build/release/zcrx-bench"
        executable.unlink()
        self.assertTrue(changed(), "the executable is gone")
        executable.write_text("#!/bin/bash\necho somebody else built this\n")
        self.assertTrue(changed(), "another executable is there")
        self.assertFalse(changed(), "nothing changed again")

    def test_a_failing_build_is_neither_run_nor_remembered(self):
        self.ended(self.script())
        self.source.write_text("broken\n")
        self.stand_in("swift", SWIFT.replace("build)", "build) exit 3; "))
        self.assertNotEqual(self.script().status, 0)
        self.assertNotEqual(self.script().status, 0)

    def test_a_second_start_says_nothing_and_builds_nothing(self):
        self.ended(self.script())
        before = self.builds()
        finished = self.ended(self.script())
        self.assertEqual((finished.stderr, self.builds()), ("", before))

    def test_it_works_from_another_folder(self):
        text = f'cd / && exec "{self.project}/scripts/run" x'
        self.assertEqual(self.ended(run("bash", "-c", text, env=self.environment)).stdout, "ran: x\n")

    def test_no_swift_or_an_old_one_is_not_supported(self):
        for name in ("bash", "dirname", "sed", "head"):
            (self.bin / name).symlink_to(shutil.which(name))
        old = self.ended(self.script(FAKE_VERSION="5.10"), 77)
        self.assertIn("5.10", old.stderr)
        (self.bin / "swift").unlink()
        none = self.ended(self.script(PATH=str(self.bin)), 77)
        self.assertIn("Swift", none.stderr)


class PackageTests(ScriptCase):
    MISSING = "some-package|/no/such/file|a reason"

    def test_what_is_there_is_not_installed(self):
        finished = self.ended(self.install("libc6-dev|/etc/passwd|x", "bash|bash|y"))
        self.assertEqual((finished.stderr, self.logged), ("", []))

    @needs_root
    def test_root_installs_without_questions_and_without_refreshing_the_lists(self):
        finished = self.ended(self.install(self.MISSING))
        self.assertIn("missing: some-package (a reason)", finished.stderr)
        self.assertEqual(finished.stdout, "", "standard output belongs to the tool")
        self.assertEqual(len(self.logged), 1)
        self.assertIn("install --yes", self.logged[0])
        self.assertIn("DEBIAN_FRONTEND=noninteractive", self.logged[0])

    @needs_root
    def test_missing_package_lists_are_fetched(self):
        self.environment["LISTS_ARE_MISSING"] = "/"
        self.ended(self.install(self.MISSING))
        self.assertEqual([line.split()[1] for line in self.logged], ["install", "update", "install"])

    @needs_root
    def test_a_package_that_cannot_be_installed_is_said_with_the_command(self):
        self.stand_in("apt-get", "#!/bin/bash\nexit 100\n")
        finished = self.ended(self.install(self.MISSING), 1)
        self.assertIn("apt-get install --no-install-recommends some-package", finished.stderr)

    @needs_root
    def test_a_user_who_may_not_is_told_the_command(self):
        self.stand_in("sudo", "#!/bin/bash\nexit 1\n")
        finished = self.ended(self.install(self.MISSING, prefix=NOBODY), 1)
        self.assertIn("apt-get install --no-install-recommends some-package", finished.stderr)
        self.assertEqual(self.logged, [])

    @needs_root
    def test_a_user_who_may_uses_sudo(self):
        self.stand_in("sudo", '#!/bin/bash\n[[ $1 == -n ]] && shift\nexec "$@"\n')
        finished = self.ended(self.install(self.MISSING, prefix=NOBODY))
        self.assertIn("sudo", finished.stderr)
        self.assertIn("install --yes", self.logged[0])


class BenchTests(HostCase):
    def setUp(self):
        if len(os.sched_getaffinity(0) & {0, 1}) < 2:
            self.skipTest("needs CPU 0 and CPU 1")
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def command(self, *options, executable=EXECUTABLE, scripts=SCRIPTS):
        return (scripts / "bench", "--rounds", "1", "--seconds", "1", "--networks", "loopback", "--blocks", "128K",
                "--executable", executable, "--json", self.folder / "bench.json", *options)

    def bench(self, *options, **how):
        return run(*self.command(*options, **how), seconds=60)

    def project(self):
        """The scripts of a project whose pages nobody needs; (scripts, pages)."""
        shutil.copytree(SCRIPTS, self.folder / "scripts")
        shutil.copytree(SCRIPTS.parent / "Tests/Host", self.folder / "Tests/Host")
        for shared in ("patience.py", "suite.py"):
            shutil.copy(SCRIPTS.parent / "Tests" / shared, self.folder / "Tests")
        pages = [self.folder / "docs" / name for name in ("performance.md", "performance.json")]
        pages[0].parent.mkdir()
        pages[0].write_text("before\n<!-- scripts/bench begins -->\nold\n<!-- scripts/bench ends -->\nafter\n")
        pages[1].write_text("{}")
        return self.folder / "scripts", pages

    def broken(self):
        """In place of our tool: knows the modes and receives nothing."""
        broken = self.folder / "broken"
        broken.write_text('#!/bin/sh\ncase "$*" in *--help) echo "--mode <mode> (values: epoll)";; *) exit 3;; esac\n')
        broken.chmod(0o755)
        return broken

    def test_one_round_of_each_kind_gives_tables_and_every_run(self):
        finished = self.ended(self.bench("--groups", "receivers,discarding"))
        results = json.loads((self.folder / "bench.json").read_text())["results"]
        self.assertEqual([result["group"] for result in results], ["receivers", "discard"])
        for result in results:
            for label, runs in result["runs"].items():
                self.assertIn(f"| {label} |", finished.stdout)
                for figure in ("gbps", "bytes", "rx_cpu", "tx_cpu", "rx_busy", "tx_busy"):
                    self.assertGreater(runs[0][figure], 0, figure)

    def test_a_pair_that_fails_is_a_row_and_an_exit_status(self):
        finished = self.ended(self.bench("--groups", "receivers", executable=self.broken()), 1)
        self.assertIn("| ours --mode epoll | failed |", finished.stdout)
        self.assertIn("exit status 3", finished.stdout)

    def test_only_series_without_failures_are_published(self):
        scripts, pages = self.project()
        old = [page.read_text() for page in pages]
        options = ("--groups", "receivers", "--publish")
        finished = self.ended(self.bench(*options, executable=self.broken(), scripts=scripts), 1)
        self.assertIn("Not published", finished.stdout)
        self.assertEqual([page.read_text() for page in pages], old)
        self.ended(self.bench(*options, scripts=scripts))
        self.assertRegex(pages[0].read_text(), r"(?s)^before\n.*\| ours --mode epoll \|.*\nafter\n$")
        self.assertNotIn('"failure": "', pages[1].read_text())

    @needs_namespaces
    def test_a_series_that_is_ended_publishes_nothing(self):
        scripts, pages = self.project()
        old = [page.read_text() for page in pages]
        # As a user starts it: in namespaces of its own, whose first process it is.
        command = self.command("--groups", "receivers", "--publish", "--seconds", "3", scripts=scripts)
        program = self.start("setsid", *command, env={isolation.MARK: ""})
        program.says("settings: ")
        os.killpg(program.pid, signal.SIGTERM)
        self.ended(program.finished(), 128 + signal.SIGTERM)
        self.assertEqual([page.read_text() for page in pages], old)

    def test_wrong_inputs_are_named(self):
        for options, words in ((("--groups", "none"), "'none' is none of receivers"), (("--peer", "ttcp=/bin/true"), "NAME=PATH"),
                               (("--peer", "neper=/nowhere"), "there is no /nowhere"), (("--blocks", "12"), "lengths such as")):
            with self.subTest(options=options):
                self.assertIn(words, self.ended(self.bench(*options), 2).stderr)

    def test_intervals(self):
        sys.path.append(str(SCRIPTS / "lib"))
        from bench import intervals

        self.assertEqual(intervals.summary([3, 1, None, 2])["median"], 2)
        low, high = intervals.interval([1, 2, 3, 4, 100])
        self.assertTrue(1 <= low < 3 < high <= 100)
        self.assertIsNone(intervals.interval([1]))
        self.assertEqual(intervals.ratios([{"a": 4}, {}], [{"a": 2}, {"a": 1}], "a"), [2])
