"""`zcrx-bench demo` needs nothing: no NIC, no second machine, no privileges."""

import pathlib
import tempfile

from browser import Page
from harness import EXECUTABLE, NOBODY, HostCase, needs_namespaces, needs_root
from process import run, until
from suite import only_in_full


def others():
    """Everything that runs in the tests' own process namespace, but what a sanitizer starts to name functions."""

    def name(process):
        try:
            return (process / "comm").read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            return None

    return {int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*") if name(path) != "llvm-symbolizer"}


class DemoTests(HostCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def demo(self, *options, rounds=1, prefix=()):
        return run(*prefix, EXECUTABLE, "demo", "--rounds", str(rounds), *options, seconds=120, cwd=self.folder)

    def shows_every_mode(self, finished):
        self.ended(finished)
        for mode in ("epoll", "uring", "mmap", "discard", "zc-copy", "zc"):
            self.assertRegex(finished.stdout, rf"(?m)^{mode}: ")
        self.assertRegex(finished.stdout, r"(?m)^zc: could not run: ")
        self.assertIn("× epoll", finished.stdout)

    @needs_namespaces
    def test_as_root(self):
        before, processes = run("ip", "-o", "link").stdout, others()
        # So many that a server whose reports nobody read would be held up by a full pipe.
        finished = self.demo(rounds=5)
        self.shows_every_mode(finished)
        self.assertIn("veth", finished.stdout)
        self.assertIn("round 5 of 5, epoll: ", finished.stdout)
        self.assertIn("The page: zcrx-bench-demo.html\n", finished.stdout)
        page = Page((self.folder / "zcrx-bench-demo.html").read_text())
        self.assertEqual(len(page.rows("Medians with 95 % intervals")), 6)
        # The tests' own namespaces hold nothing else. Its network namespace has no name: it goes with the last process.
        self.assertEqual(run("ip", "-o", "link").stdout, before, "nothing is left behind")
        until(lambda: others() <= processes, what=lambda: f"{others() - processes} end")

    @needs_root
    def test_as_nobody(self):
        finished = self.demo(prefix=NOBODY)
        self.shows_every_mode(finished)
        self.assertIn("loopback", finished.stdout)
        self.assertIn("No page: ", finished.stdout)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_page_that_cannot_be_written_costs_no_minute(self):
        finished = self.demo("--html", self.folder / "none" / "page.html")
        self.ended(finished, 1)
        self.assertNotIn("round 1", finished.stdout + finished.stderr)
        self.assertIn("No such file", finished.stderr)

    def test_a_reader_who_leaves_ends_it_with_one_message(self):
        finished = run("bash", "-c", f"set -o pipefail; {EXECUTABLE} demo --no-html | head -1")
        self.ended(finished, 1)
        self.assertEqual(finished.stderr.count("error: "), 1)
        self.assertIn("Broken pipe", finished.stderr)

    @only_in_full("what test_as_nobody shows")
    def test_no_page(self):
        finished = self.demo("--no-html")
        self.shows_every_mode(finished)
        self.assertEqual(list(self.folder.iterdir()), [])

    @needs_root
    def test_server_and_client_as_nobody(self):
        server = self.serve("-J", "-1", prefix=NOBODY)
        self.assert_exact(self.document(self.iperf3(server.port, "-n", "5M", "-J")))
        self.document(server.finished())
        server = self.serve()
        client = run(*NOBODY, EXECUTABLE, "client", "127.0.0.1", "-p", server.port, "-n", "5M", "-J")
        self.assert_exact(self.document(client))
