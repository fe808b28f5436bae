"""--require, --junit, --markdown and --metrics: what a CI job sees, read by parsers that are not ours."""

import json
import re
import tempfile
import xml.etree.ElementTree as tree
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase, free_port
from markdown_it import MarkdownIt
from process import run, until
from prometheus_client.openmetrics.parser import text_string_to_metric_families

EASY, IMPOSSIBLE = "throughput>=1bps", "throughput>=900Tbps"


class GateCase(HostCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_test(self, *options, server_options=(), seconds="1"):
        """A test between our client and our server; the client's end, and the server's."""
        server = self.serve("-1", *server_options)
        client = self.client(server.port, "-t", seconds, *options)
        return client, server.finished()


class RequirementTests(GateCase):
    def test_gates_that_are_met_and_those_that_are_not(self):
        client, server = self.run_test("--require", EASY, "--require", IMPOSSIBLE,
                                       server_options=("--require", EASY, "--require", "copied.proven>=100%"))
        self.ended(client, 2)
        self.ended(server, 0)
        self.assertRegex(client.stdout, r"(?m)^Gate met: throughput>=1bps \([\d.]+ [KMG]b/s\)$")
        self.assertRegex(client.stdout, r"(?m)^Gate NOT MET: throughput>=900Tbps \([\d.]+ [KMG]b/s\)$")
        self.assertIn("Gate met: copied.proven>=100% (100.0 %)\n", server.stdout)

    def test_a_gate_on_the_mode(self):
        client, server = self.run_test("--require", "mode!=zc", "--require", "mode==epoll",
                                       server_options=("--mode", "epoll", "--require", "mode==zc", "--junit",
                                                       self.folder / "j.xml", "--markdown", self.folder / "m.md"))
        self.ended(server, 2)
        self.assertIn("Gate NOT MET: mode==zc (epoll)\n", server.stdout)
        suites = tree.parse(self.folder / "j.xml").getroot()
        self.assertEqual(suites.get("failures"), "1")
        self.assertIn("mode==zc (epoll)", suites.find(".//failure").get("message"))
        self.assertRegex((self.folder / "m.md").read_text(encoding="utf-8"), r"(?m)^\| mode \| epoll \|$")
        self.ended(client, 0)
        self.assertIn("Gate met: mode==epoll (epoll)\n", client.stdout)

    def test_a_figure_that_is_not_available_fails_its_gate_and_says_so(self):
        client, server = self.run_test(server_options=("--require", "retransmits==0", "-J"))
        self.ended(client, 0)
        self.ended(server, 2)
        # Standard output is the document's alone.
        self.assertEqual(len(json.loads(server.stdout)["zcrx_bench"]["streams"]), 1)
        self.assertIn("Gate NOT MET: retransmits==0 (not available: the sender counts them", server.stderr)

    def test_what_cannot_be_understood_is_explained_before_any_traffic(self):
        for gate, problem in (("speed>=1", "is no metric: there are throughput"), ("throughput", "has no relation"),
                              ("throughput>=90", "write it as in 90Gbps"), ("cpu=<1s/GiB", "has no relation"),
                              ("mode>=zc", "mode takes == and !="), ("mode==zero", "is no mode: there are zc")):
            for command in (("client", LOOPBACK), ("server", "-1")):
                with self.subTest(f"{command[0]} {gate}"):
                    refused = self.ended(run(EXECUTABLE, *command, "-p", free_port(), "--require", gate), 64)
                    self.assertIn(problem, refused.stderr)

    def test_a_run_that_failed_is_1_whatever_the_gates_say(self):
        refused = self.client(free_port(), "--require", EASY, "--junit", self.folder / "j.xml")
        self.ended(refused, 1)
        suites = tree.parse(self.folder / "j.xml").getroot()
        self.assertEqual((suites.get("errors"), suites.get("failures")), ("1", "1"))

    def test_a_file_that_cannot_be_written_is_found_before_any_traffic(self):
        for option in ("--junit", "--markdown", "--metrics"):
            refused = self.ended(self.client(free_port(), option, self.folder / "none" / "file"), 1)
            self.assertIn("cannot write the report to", refused.stderr)
        self.ended(self.client(free_port(), "--junit", "x", "--markdown", "x"), 64)


class SummaryTests(GateCase):
    def summaries(self):
        files = {option: self.folder / option for option in ("junit", "markdown", "metrics")}
        options = [part for option, file in files.items() for part in (f"--{option}", file)]
        client, server = self.run_test("-J", *options, "--require", EASY, "--require", IMPOSSIBLE, "--require", 'dram<=1')
        self.ended(server, 0)
        self.ended(client, 2)
        return json.loads(client.stdout), {option: file.read_text(encoding="utf-8") for option, file in files.items()}

    def test_every_form_says_what_the_document_says(self):
        document, texts = self.summaries()
        received = document["zcrx_bench"]["received"]
        rate = received["bytes"] * 8 / (received["end"] - received["start"])
        with self.subTest("JUnit"):
            self.check_junit(texts["junit"])
        with self.subTest("OpenMetrics"):
            families = {family.name: family for family in text_string_to_metric_families(texts["metrics"])}
            (sample,) = families["zcrx_bench_throughput_bits_per_second"].samples
            self.assertAlmostEqual(sample.value, rate, delta=rate * 1e-12)
            self.assertEqual(sample.labels["role"], "client")
            self.assertEqual(families["zcrx_bench_throughput_bits_per_second"].unit, "bits_per_second")
            gates = {sample.labels["requirement"]: sample.value
                     for sample in families["zcrx_bench_requirement_met"].samples}
            self.assertEqual(gates, {EASY: 1, IMPOSSIBLE: 0, "dram<=1": 0})
            self.assertEqual(families["zcrx_bench_bytes"].samples[0].value, received["bytes"])
            self.assertNotIn("zcrx_bench_dram_ratio", families, "what is not known has no sample")
        with self.subTest("Markdown"):
            html = MarkdownIt("commonmark").enable("table").render(texts["markdown"])
            self.assertEqual(html.count("<table>"), 2)
            cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
            at = cells.index("throughput&gt;=900Tbps")
            self.assertEqual(cells[at + 1], "❌ not met")
            self.assertIn(f"{rate / 1e9:.2f} Gb/s" if rate >= 1e9 else f"{rate / 1e6:.2f} Mb/s", cells)

    def check_junit(self, text):
        """As the schema most CI systems use has it: testsuites/testsuite/testcase, counts that add up."""
        root = tree.fromstring(text)
        self.assertEqual(root.tag, "testsuites")
        (suite,) = root
        self.assertEqual([case.tag for case in suite], ["testcase"] * 4)
        self.assertEqual([case.get("name") for case in suite], ["the run completes", EASY, IMPOSSIBLE, "dram<=1"])
        self.assertTrue(all(case.get("classname") and float(case.get("time")) >= 0 for case in suite))
        for element in (root, suite):
            self.assertEqual((element.get("tests"), element.get("failures"), element.get("errors")), ("4", "2", "0"))
        self.assertEqual([len(case.findall("failure")) for case in suite], [0, 0, 1, 1])
        self.assertIn("not available", suite[3].find("failure").get("message"))

    def test_a_server_keeps_every_test_in_its_files(self):
        server = self.serve("--metrics", self.folder / "m", "--require", EASY)
        for _ in range(2):
            self.ended(self.client(server.port, "-n", "1M"))
        file = self.folder / "m"
        until(lambda: 'run="2"' in file.read_text(encoding="utf-8") and file.read_text(encoding="utf-8").endswith("# EOF\n"),
              what="the server has written its second test down")
        families = {family.name: family for family in text_string_to_metric_families(file.read_text(encoding="utf-8"))}
        self.assertEqual([sample.labels["run"] for sample in families["zcrx_bench_bytes"].samples], ["1", "2"])
        server.process.terminate()
        self.ended(server.finished(), 0)

    def test_a_server_that_no_test_came_to_met_no_gate(self):
        server = self.serve("--require", EASY)
        server.process.terminate()
        self.assertIn("no test came", self.ended(server.finished(), 2).stdout)
