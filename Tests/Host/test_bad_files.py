"""report and diff with files that are none: each is named with the place of the fault, and nothing is written."""

import json
import tempfile
from pathlib import Path

from harness import EXECUTABLE, HostCase
from process import run

FIXTURES = Path(__file__).resolve().parents[1] / "ReportTests" / "Fixtures"
VIEWS = ((), ("--html", "-"), ("--csv", "-"), ("--csv", "-", "--table", "intervals"), ("--svg", "-"))
FORMS = ("server", "client", "zero-copy", "memory", "partial-raw", "comparison", "sweep")
# Lists that a run, a comparison or a sweep may have lost.
LISTS = {"intervals", "streams", "workers", "cpus", "notes", "queues", "rounds", "runs", "modes", "points", "axes", "values"}


def fixture(name):
    return (FIXTURES / f"zcrx-bench-{name}.json").read_bytes()


def emptied(value, name):
    """The value with every list of that name empty."""
    if isinstance(value, dict):
        return {key: [] if key == name and isinstance(member, list) else emptied(member, name)
                for key, member in value.items()}
    return [emptied(element, name) for element in value] if isinstance(value, list) else value


class BadFileTests(HostCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.good = self.folder / "good.json"
        self.good.write_bytes(fixture("server"))

    def file(self, content, name="bad.json"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def refused(self, path, *words):
        """By every view of report, and on either side of diff, with the same message."""
        for command in (*(("report", path, *view) for view in VIEWS),
                        ("diff", path, self.good), ("diff", self.good, path), ("diff", self.good, path, "--markdown")):
            with self.subTest(command=command):
                finished = self.ended(run(EXECUTABLE, *command), 1)
                self.assertEqual(finished.stdout, "")
                for word in (str(path), *words):
                    self.assertIn(word, finished.stderr)
                self.assertEqual(finished.stderr.count("\n"), 1, finished.stderr)

    def test_what_is_no_json_is_named_with_the_byte(self):
        whole = fixture("server")
        for content, words in (
                (b"", "holds no JSON value"), (b" \n\t", "holds no JSON value"),
                (whole[:1234], "at byte 1234: the document ends"),
                (whole[:-2], f"at byte {len(whole) - 2}"), (whole.replace(b":", b"=", 1), "at byte "),
                (whole[::-1], "at byte 1: "),
                (bytes(range(256)) * 64, "at byte 0"), (b"\x7fELF\x02\x01\x01" + bytes(5000), "at byte 0"),
                (b"\xef\xbb\xbf" + whole, "at byte 0"), (whole.decode().encode("utf-16"), "at byte 0"),
                (b"[" * 100_000, "at byte 64"), (b'{"a":' * 100_000, "at byte "), (b"9" * 1000, "at byte 0"),
                (b'{"start": 1e999}', "at byte 10"), (whole.replace(b'"role":', b'"role": "server", "role":', 1), '"role" appears twice'),
                (b"iperf Done.\n", "at byte 0")):
            with self.subTest(content[:20]):
                self.refused(self.file(content), words)

    def test_numbers_at_the_ends_of_what_a_file_can_hold_are_shown(self):
        for largest in ("1.7976931348623157e308", "18446744073709551615", "5e-324"):
            document = '{"start":{},"intervals":[{"sum":{"start":0,"end":%s,"bytes":5,"retransmits":%s}}],' \
                       '"end":{"sum_received":{"bytes":%s,"seconds":%s,"bits_per_second":%s}}}' % ((largest,) * 5)
            path = self.file(document)
            for view in VIEWS:
                with self.subTest(largest=largest, view=view):
                    self.ended(run(EXECUTABLE, "report", path, *view))
            self.ended(run(EXECUTABLE, "diff", path, path))

    def test_what_is_no_report_is_named_with_the_member(self):
        server, comparison, sweep = (json.loads(fixture(name)) for name in ("server", "comparison", "sweep"))

        def edited(document, *steps, **member):
            copy = json.loads(json.dumps(document))
            place = copy
            for step in steps:
                place = place[step]
            place.update(member)
            return json.dumps(copy)

        for content, place in (
                ("[]", "value 1 at byte 0"), ("null", "value 1 at byte 0"), ('{"name": "package", "version": "1"}', "name"),
                (edited(server, "zcrx_bench", streams=None), "value 1, zcrx_bench.streams: must be"),
                (edited(server, "zcrx_bench", "received", bytes=-1), "value 1, zcrx_bench.received.bytes: must be an integer"),
                (edited(server, "zcrx_bench", "received", bytes=1e30), "zcrx_bench.received.bytes"),
                (edited(server, "zcrx_bench", "processor", user="much"), "zcrx_bench.processor.user: must be a number from 0"),
                (edited(server, "zcrx_bench", "processor", user=-0.5), "zcrx_bench.processor.user: must be a number from 0"),
                (edited(server, "zcrx_bench", schema_version="2.0"), "zcrx_bench.schema_version: is \"2.0\""),
                (edited(comparison, "zcrx_bench_comparison", rounds={}), "zcrx_bench_comparison.rounds: must be"),
                (edited(comparison, "zcrx_bench_comparison", "rounds", 0, "runs", 0, "figures",
                        throughput_bits_per_second=-1), "zcrx_bench_comparison.rounds[0].runs[0].figures"),
                (edited(sweep, "zcrx_bench_sweep", axes=[]), "zcrx_bench_sweep.points[0].values"),
                (edited(sweep, "zcrx_bench_sweep", "plan", rounds=2**64 - 1), "zcrx_bench_sweep.plan.rounds"),
                (fixture("server") + b"{}", "value 2 at byte "),
                (json.dumps({"start": {}, "end": {"sum_received": {"bytes": "many"}}}), "end.sum_received.bytes"),
                (json.dumps({"start": {}, "end": {"sum_received": {}}, "intervals": [{}, 7]}), "value 1, intervals[1]")):
            with self.subTest(place):
                self.refused(self.file(content), place)

    def test_what_is_no_file_is_named(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.refused(empty, "without any .json or .jsonl file")
        self.refused(self.folder / "none.json", "there is no file")
        self.refused(self.folder / "*.none", "no file matches")
        looks = self.folder / "looks"
        (looks / "folder.json").mkdir(parents=True)
        self.refused(looks, "without any .json")

    def test_one_bad_file_among_good_ones_is_the_one_that_is_named(self):
        folder = self.folder / "several"
        folder.mkdir()
        for name in ("1.json", "3.json"):
            (folder / name).write_bytes(fixture("server"))
        (folder / "2.json").write_bytes(fixture("server")[:500])
        for command in (("report", folder), ("diff", folder, self.good)):
            self.assertIn(f"'{folder}/2.json', at byte 500", self.ended(run(EXECUTABLE, *command), 1).stderr)

    def test_a_page_is_not_touched_by_what_cannot_be_read(self):
        page = self.file("what was there", "page.html")
        self.ended(run(EXECUTABLE, "report", self.file("{"), "--html", page), 1)
        self.assertEqual(page.read_text(), "what was there")

    def test_earlier_minor_versions_are_read_by_every_view(self):
        for name in FORMS:
            for version in ("1.0", "1.1"):
                document = json.loads(fixture(name))
                ours = document[next(key for key in document if key.startswith("zcrx_bench"))]
                ours["schema_version"] = version
                # What 1.2 added, as far as this run has it.
                for member in ("cpus", "limit", "memory", "network", "polling", "placement", "transmit"):
                    ours.pop(member, None)
                path = self.file(json.dumps(document))
                with self.subTest(name=name, version=version):
                    for view in VIEWS[:-1]:
                        self.ended(run(EXECUTABLE, "report", path, *view))

    def test_empty_lists_are_shown_or_refused_and_crash_nothing(self):
        for name in FORMS:
            document = json.loads(fixture(name))
            for member in sorted(LISTS):
                edited = emptied(document, member)
                if edited == document:
                    continue
                path = self.file(json.dumps(edited))
                with self.subTest(name=name, member=member):
                    statuses = {run(EXECUTABLE, "report", path, *view).status for view in VIEWS[:-1]}
                    self.assertIn(statuses, ({0}, {1}))
                    # A picture there may be none of; a difference may have nothing to compare.
                    for command in (("report", path, "--svg", "-"), ("diff", path, path)):
                        self.assertIn(run(EXECUTABLE, *command).status, (0, 1))
