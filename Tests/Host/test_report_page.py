"""zcrx-bench report --html in a real browser: no complaint, the figures of the JSON, and no markup out of a report."""

import json
import re
import statistics
import tempfile
import unittest
import xml.etree.ElementTree as tree
from pathlib import Path

import browser
from harness import EXECUTABLE, HostCase
from process import run

FIXTURES = Path(__file__).resolve().parents[1] / "ReportTests" / "Fixtures"
SCHEMA = json.loads((FIXTURES.parents[2] / "docs" / "zcrx-bench.schema.json").read_text(encoding="utf-8"))
HOSTILE = "</title></style><script>document.title='taken'</script><img src=x onerror=alert(1)>\"' onload=alert(1) &amp; \u202e"
# Members that take certain words only.
FIXED = {key for entry in SCHEMA["$defs"].values() for key, member in entry.get("properties", {}).items()
         if "enum" in member or "pattern" in member}
needs_browser = unittest.skipUnless(browser.PROGRAM, f"none of {', '.join(browser.NAMES)} is installed")


def fixture(name):
    return json.loads((FIXTURES / f"zcrx-bench-{name}.json").read_text(encoding="utf-8"))


def hostile(value):
    """The same with every free text replaced; what has fixed values, and what refers to something, stays."""
    fixed = FIXED | {"schema_version", "mode", "name", "values"}
    if isinstance(value, dict):
        return {key: member if key in fixed and not isinstance(member, dict) else hostile(member)
                for key, member in value.items()}
    if isinstance(value, list):
        return [hostile(element) for element in value]
    return HOSTILE if isinstance(value, str) else value


class PageCase(HostCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def page(self, *documents):
        """Writes the documents, has the page of them made, and returns the page's file."""
        files = []
        for number, document in enumerate(documents):
            files.append(self.folder / f"report-{number}.json")
            files[-1].write_text(json.dumps(document), encoding="utf-8")
        page = self.folder / "page.html"
        self.ended(run(EXECUTABLE, "report", *files, "--html", page))
        return page


@needs_browser
class PageTests(PageCase):
    def test_the_figures_of_a_run_are_those_of_its_json(self):
        document = fixture("zero-copy")
        report = document["zcrx_bench"]
        page, complaints = browser.opened(self.page(document))
        self.assertEqual(complaints, [])
        received = report["received"]
        rate = received["bytes"] * 8 / (received["end"] - received["start"])
        bounds = report["copy_account"]["zero_copied"]
        cpu = (report["processor"]["user"] + report["processor"]["system"]) / (received["bytes"] / 2**30)
        expected = {
            "throughput": (f"{rate / 1e9:.2f} Gb/s", rate),
            "zero-copy.proven": (f"{bounds['at_least'] / received['bytes'] * 100:.1f} %", bounds["at_least"] / received["bytes"]),
            "zero-copy.possible": (f"{bounds['at_most'] / received['bytes'] * 100:.1f} %", bounds["at_most"] / received["bytes"]),
            "cpu": (f"{cpu:.3f} s/GiB", cpu),
            "lost-bytes": ("4096 bytes", 4096),
            "bytes": (f"{received['bytes']} bytes", received["bytes"]),
        }
        rows = page.rows("Figures")
        for metric, (text, value) in expected.items():
            with self.subTest(metric):
                self.assertEqual(rows[metric][0][0], text)
                self.assertAlmostEqual(float(rows[metric][0][1]), value, delta=abs(value) * 1e-12)
        self.assertIn("not available", rows["retransmits"][0][0])
        environment = page.rows("Environment")
        flat = {key: str(value) for key, value in report["environment"].items() if not isinstance(value, (dict, list))}
        self.assertGreaterEqual(len(flat), 7)
        self.assertLessEqual(flat.items(), {key: cells[0][0] for key, cells in environment.items()}.items())
        intervals = page.tables[f"All {len(report['intervals'])} intervals"][0][1:]
        moved = [sum(stream["bytes"] for stream in interval["streams"]) for interval in report["intervals"]]
        self.assertEqual([int(row[2][0]) for row in intervals], moved)
        self.assertTrue(any("FAILED: 4096 bytes arrived" in text for text in page.paragraphs))

    def test_the_medians_of_a_comparison_and_of_a_sweep_are_those_of_their_json(self):
        comparison, sweep = fixture("comparison"), fixture("sweep")
        page, complaints = browser.opened(self.page(comparison, sweep))
        self.assertEqual(complaints, [])
        runs = [run for round in comparison["zcrx_bench_comparison"]["rounds"] for run in round["runs"]]
        rows = page.rows("Medians with 95 % intervals")
        for mode in ("epoll", "zc-copy", "zc"):
            rates = [run["figures"]["throughput_bits_per_second"]
                     for run in runs if run["mode"] == mode and "failure" not in run]
            text, value = rows[mode][1]
            with self.subTest(mode):
                self.assertEqual(rows[mode][0][0], str(len(rates)))
                self.assertAlmostEqual(float(value), statistics.median(rates), delta=1)
                self.assertEqual(text.split(" [")[0], f"{statistics.median(rates) / 1e9:.2f} Gb/s")
                # In the picture too.
                self.assertIn(f"{statistics.median(rates) / 1e9:.2f} Gb/s", page.labels)
        self.assertIn("zc: 1.41× epoll, CPU per GiB 0.55×, n = 7", page.paragraphs)
        self.assertEqual(len(page.tables["Every run, in the order they ran"][0]) - 1, len(runs))
        self.assertIn("52.52 Gb/s", page.labels)

    def test_texts_of_a_report_become_neither_markup_nor_code(self):
        documents = [hostile(fixture(name)) for name in ("client", "zero-copy", "comparison", "sweep")]
        page, complaints = browser.opened(self.page(*documents))
        self.assertEqual(complaints, [])
        self.assertEqual(page.names & {"script", "img", "iframe", "object", "link", "base", "form"}, set())
        # It stands there, as text.
        self.assertIn("<script>document.title='taken'</script>", page.rows("Environment")["host"][0][0])

    def test_light_and_dark_follow_the_reader(self):
        page = self.page(fixture("comparison"))
        self.assertEqual(browser.ground(page), (255, 255, 255))
        self.assertEqual(browser.ground(page, "--blink-settings=preferredColorScheme=0"), (13, 17, 23))

    def test_the_browser_would_complain(self):
        """The negative control: code that got into the page is refused by its own policy, and that is seen."""
        page = self.page(fixture("client"))
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("</body>", "<script>document.title='taken'</script><img src='http://192.0.2.1/x'></body>"),
                        encoding="utf-8")
        seen, complaints = browser.opened(page)
        self.assertGreaterEqual(len(complaints), 2)
        self.assertLess({"script", "img"}, seen.names)


class CommandTests(PageCase):
    def report(self, *arguments, status=0):
        return self.ended(run(EXECUTABLE, "report", *arguments), status)

    def test_text_is_what_the_run_itself_prints(self):
        text = self.report(FIXTURES / "zcrx-bench-zero-copy.json").stdout
        self.assertIn("   ZC bytes: 500000000 to 590000000\n", text)
        self.assertRegex(self.report(FIXTURES / "iperf-3.12-client.json").stdout,
                         r"(?m)^throughput +36\.17 Gb/s$")

    def test_a_file_that_is_no_report_is_named_with_the_place(self):
        good = (FIXTURES / "zcrx-bench-server.json").read_text(encoding="utf-8")
        cases = {
            "empty": ("", "holds no JSON value"),
            "cut": (good[:5000], "at byte 5000: the document ends inside a value"),
            "foreign": ('{"a": 1}', 'value 1 at byte 0: is an object with "a"'),
            "old": (good.replace('"schema_version":\t"1.', '"schema_version":\t"0.'), "value 1, zcrx_bench.schema_version"),
            "edited": (good.replace('"role":\t"server"', '"role":\t7'), "value 1, zcrx_bench.role: must be one of"),
        }
        for name, (text, problem) in cases.items():
            file = self.folder / name
            file.write_text(text, encoding="utf-8")
            for command in (("report", file), ("diff", FIXTURES / "zcrx-bench-server.json", file)):
                with self.subTest(f"{command[0]} {name}"):
                    ended = self.ended(run(EXECUTABLE, *command), 1)
                    self.assertIn(f"'{file}'", ended.stderr)
                    self.assertIn(problem, ended.stderr)
                    self.assertEqual(ended.stdout, "")
        for missing in (self.folder / "none", self.folder / "*.nothing"):
            self.assertIn(str(missing), self.report(missing, status=1).stderr)
        (self.folder / "folder").mkdir()
        self.assertIn("without any .json", self.report(self.folder / "folder", status=1).stderr)
        self.report(status=64)
        self.report(FIXTURES, "--chart", "cpu", status=64)

    def test_pictures_and_tables_go_where_they_are_told(self):
        picture = self.folder / "a.svg"
        self.report(FIXTURES / "zcrx-bench-comparison.json", "--svg", picture, "--chart", "zero-copy")
        self.assertIn("99.1 % to 100.0 %", picture.read_text(encoding="utf-8"))
        table = self.report(FIXTURES / "zcrx-bench-sweep.json", "--csv", "-").stdout.splitlines()
        self.assertEqual(len(table), 5)
        self.assertIn("flows=1 length=64K", table[1])
        unknown = self.report(FIXTURES / "zcrx-bench-sweep.json", "--svg", "-", "--chart", "cpu", status=1)
        self.assertIn("there are: sweep, sweep-cpu", unknown.stderr)
        self.report(FIXTURES / "zcrx-bench-sweep.json", "--svg", self.folder / "none" / "x", status=1)

    def test_every_picture_is_well_formed(self):
        for document, charts in (("zero-copy", ("throughput", "zero-copy", "cpu", "completion-sizes")),
                                 ("server", ("throughput", "cpu", "call-sizes")),
                                 ("comparison", ("comparison", "cpu", "dram", "zero-copy")), ("sweep", ("sweep", "sweep-cpu"))):
            for chart in charts:
                with self.subTest(f"{document} {chart}"):
                    text = self.report(FIXTURES / f"zcrx-bench-{document}.json", "--svg", "-", "--chart", chart).stdout
                    root = tree.fromstring(text)
                    self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
                    self.assertIsNotNone(root.find("{http://www.w3.org/2000/svg}title"))

    def sizes(self, name, edit):
        """The columns of the picture of sizes in a run on file whose classes were edited; None without a picture."""
        document = fixture("zero-copy")
        for queue in document["zcrx_bench"]["zero_copy"]["queues"]:
            if sizes := queue.get("completion_sizes"):
                edit(sizes)
        file = self.folder / name
        file.write_text(json.dumps(document), encoding="utf-8")
        text = self.report(file, "--svg", "-", "--chart", "completion-sizes").stdout
        return re.findall(r"<title>([^<]* bytes?: [^<]*)</title>", text)

    def test_the_histogram_is_that_of_the_json(self):
        self.assertEqual(self.sizes("plain", lambda sizes: None),
                         ["12 to 13 bytes: 0.00 % (2)", "1280 to 1535 bytes: 1.56 % (3802)",
                          "4096 to 5119 bytes: 98.44 % (240000)"])

    def test_classes_that_cannot_be_are_no_columns(self):
        def odd(sizes):
            sizes["classes"] = [{"at_least": 9, "at_most": 2, "samples": 5}, {"at_least": 4, "at_most": 5, "samples": 0},
                                *[{"at_least": 1, "at_most": 1, "samples": 2**64 - 1}] * 2]

        self.assertEqual(self.sizes("odd", odd), ["1 byte: 100.00 % (18446744073709551615)"])

    def test_a_report_without_classes_has_a_summary(self):
        self.assertEqual(self.sizes("old", lambda sizes: sizes.pop("classes")), [])


class DiffTests(PageCase):
    def diff(self, *arguments, status=0):
        return self.ended(run(EXECUTABLE, "diff", *arguments), status)

    def runs(self, folder, factor, count):
        """A folder of so many runs, each a little faster than the one before."""
        (self.folder / folder).mkdir()
        for number in range(count):
            document = fixture("server")
            document["zcrx_bench"]["received"]["end"] *= factor * (1 + number / 1000)
            (self.folder / folder / f"{number}.json").write_text(json.dumps(document), encoding="utf-8")
        return self.folder / folder

    def test_a_regression_beyond_the_noise_fails_its_gate(self):
        before, after, same = self.runs("before", 1, 5), self.runs("after", 1.2, 5), self.runs("same", 1, 6)
        slower = self.diff(before, after, "--fail-on", "throughput<-3%", status=2)
        self.assertIn("FAILED: throughput<-3% (epoll: -16.7 %, lower: worse)\n", slower.stdout)
        self.assertIn("passed: throughput<-3%", self.diff(before, same, "--fail-on", "throughput<-3%").stdout)
        self.assertIn("passed", self.diff(after, before, "--fail-on", "throughput<-3%").stdout)
        # Patterns and lists are the same files.
        listed = self.diff("--base", *sorted(before.iterdir()), "--new", f"{after}/*.json", "--fail-on", "throughput<-3%",
                           status=2)
        self.assertEqual(listed.stdout, slower.stdout)

    def test_one_run_a_side_has_no_winner(self):
        before, after = self.runs("before", 1, 1), self.runs("after", 2, 1)
        said = self.diff(before, after).stdout
        self.assertIn("n = 1: too few to tell from noise (5 a side can)", said)
        self.assertNotIn("worse", said)

    def test_wrong_gates_are_refused_before_any_file_is_read(self):
        for gate, problem in (("speed<1%", "is no metric"), ("throughput<fast", "is no change of throughput")):
            self.assertIn(problem, self.diff("/none", "/none", "--fail-on", gate, status=64).stderr)
        for sides in ((), ("a",), ("a", "b", "c"), ("--base", "a"), ("a", "b", "--base", "c", "--new", "d")):
            self.diff(*sides, status=64)

    def test_nothing_in_common_is_a_failure(self):
        said = self.diff(FIXTURES / "zcrx-bench-refusal.json", FIXTURES / "zcrx-bench-server.json", status=1)
        self.assertIn("the server is busy", said.stdout)

    def test_markdown_is_a_table_for_another_reader(self):
        said = self.diff(FIXTURES / "iperf-3.12-client.json", FIXTURES / "zcrx-bench-client.json", "--markdown").stdout
        rows = [line for line in said.splitlines() if line.startswith("|")]
        self.assertEqual({line.count("|") for line in rows}, {6})
        self.assertIn("| throughput | 36.17 Gb/s | 7.79 Gb/s | -78.5 % |", said)
