"""The JSON Schema, the documents on file, docs/json.md and the checker agree; every gate has its negative control."""

import copy
import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

from check_schema import faults, form_of
from jsonschema import Draft202012Validator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIXTURES = ROOT / "Tests" / "ReportTests" / "Fixtures"
CHECKER = HERE / "check_schema.py"
SCHEMA = json.loads((ROOT / "docs" / "zcrx-bench.schema.json").read_text(encoding="utf-8"))
OBJECTS = {name: entry for name, entry in SCHEMA["$defs"].items() if "properties" in entry}


def check(text):
    return list(faults(text))


def run_checker(*arguments, text=None):
    command = [sys.executable, CHECKER, *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def document():
    return json.loads((FIXTURES / "zcrx-bench-client.json").read_text(encoding="utf-8"))


class DocumentsOnFile(unittest.TestCase):
    def test_every_document_and_every_line_is_as_documented(self):
        files = sorted(FIXTURES.glob("zcrx-bench-*"))
        self.assertGreaterEqual(len(files), 6)
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(check(file.read_text(encoding="utf-8")), [])

    def test_documents_may_follow_one_another(self):
        text = json.dumps(document())
        self.assertEqual(check(text + "\n\n" + text), [])
        broken = document()
        del broken["end"]["sum_sent"]
        self.assertEqual(check(text + json.dumps(broken)), ["value 2, $.end: 'sum_sent' is a required property"])

    def test_every_member_of_the_schema_is_in_some_document(self):
        """A member no document has would be described and never checked."""
        seen = {name: set() for name in OBJECTS}
        for file in FIXTURES.glob("zcrx-bench-*"):
            text = file.read_text(encoding="utf-8")
            parts = [json.loads(line) for line in text.splitlines()] if file.suffix == ".jsonl" else [json.loads(text)]
            for part in parts:
                walk(part, schema_of(part), seen)
        for name, entry in OBJECTS.items():
            with self.subTest(name):
                self.assertEqual(set(entry["properties"]) - seen[name], set())

    def test_a_stock_iperf3_document_fits_our_description_of_iperf3s_part(self):
        for file in sorted(FIXTURES.glob("iperf-3.12-*.json")):
            stock = json.loads(file.read_text(encoding="utf-8"))
            for member in ("start", "intervals", "end"):
                part = {"$defs": SCHEMA["$defs"]} | SCHEMA["properties"][member]
                with self.subTest(f"{file.name} {member}"):
                    faults = [error.json_path for error in Draft202012Validator(part).iter_errors(stock[member])]
                    self.assertEqual(faults, [])


def schema_of(part):
    form = form_of(part)
    return SCHEMA if form == "document" else {"$ref": f"#/$defs/{form}"}


def walk(value, schema, seen):
    """Notes for every object of the schema which of its members `value` has."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        schema = SCHEMA["$defs"][name]
        if name in seen:
            seen[name] |= set(value)
    if isinstance(value, list):
        for element in value:
            walk(element, schema["items"], seen)
    elif isinstance(value, dict) and "properties" in schema:
        for key, member in value.items():
            walk(member, schema["properties"][key], seen)


class Faults(unittest.TestCase):
    def assert_fault(self, change, place):
        broken = document()
        change(broken)
        self.assertTrue(any(place in fault for fault in check(json.dumps(broken))), place)

    def test_an_undocumented_member_is_a_fault_in_every_object_of_ours(self):
        def objects(value, path="$"):
            if isinstance(value, dict):
                yield path, value
                for key, member in value.items():
                    yield from objects(member, f"{path}.{key}")
            elif isinstance(value, list):
                for index, element in enumerate(value):
                    yield from objects(element, f"{path}[{index}]")

        validator = Draft202012Validator(SCHEMA)
        complete = document()
        del complete["server_output_json"]
        received = json.loads((FIXTURES / "zcrx-bench-zero-copy.json").read_text(encoding="utf-8"))
        for original, least in ((complete, 30), (received, 40)):
            # The first two of every list stand for the others.
            paths = [path for path, _ in objects(original) if not re.search(r"\[[2-9]", path)]
            self.assertGreater(len(paths), least)
            for path in paths:
                broken = copy.deepcopy(original)
                dict(objects(broken))[path]["undocumented"] = 1
                with self.subTest(path):
                    self.assertIn(path, [error.json_path for error in validator.iter_errors(broken)])

    def test_an_undocumented_or_missing_member_is_a_fault_in_comparisons_and_sweeps(self):
        for name, least in (("comparison", 8), ("sweep", 7)):
            original = json.loads((FIXTURES / f"zcrx-bench-{name}.json").read_text(encoding="utf-8"))
            whole = original[f"zcrx_bench_{name}"]
            required = OBJECTS[name]["required"]
            self.assertGreater(len(required), least)
            for key in required:
                with self.subTest(key):
                    broken = {f"zcrx_bench_{name}": {k: v for k, v in whole.items() if k != key}}
                    self.assertEqual(len(check(json.dumps(broken))), 1)
            for change in ({"undocumented": 1}, {"schema_version": "2.0"}, {"started_at": "now"}):
                with self.subTest(str(change)):
                    self.assertEqual(len(check(json.dumps({f"zcrx_bench_{name}": whole | change}))), 1)
        figures = {"zero_copy_proven": 1.5}
        broken = copy.deepcopy(original)
        broken["zcrx_bench_sweep"]["points"][0]["runs"][0]["figures"] = figures
        self.assertIn("zero_copy_proven: 1.5", check(json.dumps(broken))[0])

    def test_missing_members_wrong_types_and_ranges_are_faults_with_their_place(self):
        self.assert_fault(
            lambda it: it["zcrx_bench"]["streams"][0]["tcp"].pop("rtt_us"), "$.zcrx_bench.streams[0].tcp: 'rtt_us'"
        )
        self.assert_fault(
            lambda it: it["zcrx_bench"]["sent"].update(bytes=2**64), "$.zcrx_bench.sent.bytes: 18446744073709551616"
        )
        self.assert_fault(lambda it: it["zcrx_bench"]["sent"].update(bytes=-1), "$.zcrx_bench.sent.bytes: -1")
        self.assert_fault(
            lambda it: it["zcrx_bench"].update(schema_version="2.0"), "$.zcrx_bench.schema_version: '2.0'"
        )
        self.assert_fault(lambda it: it["zcrx_bench"]["outcome"].update(status="partial"), "$.zcrx_bench.outcome: ")
        self.assert_fault(lambda it: it["end"]["sum_sent"].update(bytes="1"), "$.end.sum_sent.bytes: '1'")
        self.assert_fault(lambda it: it.pop("zcrx_bench"), "$: 'zcrx_bench'")
        self.assertNotEqual(check(json.dumps(document() | {"error": "why", "zcrx_bench": None})), [])
        with_a_run = json.loads((FIXTURES / "zcrx-bench-refusal.json").read_text(encoding="utf-8"))
        with_a_run["intervals"] = document()["intervals"]
        self.assertNotEqual(check(json.dumps(with_a_run)), [], "a refusal has no intervals")
        self.assert_fault(lambda it: it["start"].pop("connecting_to"), "$.start: ")

    def test_a_line_of_an_unknown_event_or_with_the_wrong_data_is_a_fault(self):
        self.assertEqual(check('{"event": "error", "data": "why"}'), [])
        for event in ("pause", "error", "end"):
            line = json.dumps({"event": event, "data": {}})
            with self.subTest(line):
                self.assertNotEqual(check(line), [])

    def test_what_is_no_strict_json_is_a_fault(self):
        whole = json.dumps(document())
        twice = '{"event": "error", "event": "error", "data": "why"}'
        number = '{"event": "server_output_json", "data": {"seconds": %s}}'
        self.assertEqual(check(number % 1), [])
        unfinished = ("", " \n", "{", whole[:-1], "[" * 100_000)
        for text in (*unfinished, whole + "x", twice, number % "NaN", number % "-Infinity"):
            with self.subTest(text[:60]):
                self.assertEqual(len(check(text)), 1)

    def test_the_exit_status_tells_a_fault_from_an_unreadable_file(self):
        good, faulty = run_checker("-", text=json.dumps(document())), run_checker("-", text="{}")
        unreadable = run_checker("/none")
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        self.assertEqual((faulty.returncode, unreadable.returncode), (1, 2))
        self.assertIn("-: value 1, $: 'zcrx_bench' is a required property", faulty.stderr)
        self.assertIn("/none: ", unreadable.stderr)


class Documentation(unittest.TestCase):
    def test_docs_json_md_has_a_row_for_every_member_and_no_other(self):
        text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
        sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
        ours = {name: entry for name, entry in OBJECTS.items() if not name.startswith("iperf3") and name != "line"}
        self.assertEqual(set(sections), set(ours))
        for name, entry in ours.items():
            rows = re.findall(r"^\| `(\w+)`( \?)? \|", sections[name], re.MULTILINE)
            with self.subTest(name):
                self.assertEqual([key for key, _ in rows], list(entry["properties"]))
                self.assertEqual([key for key, mark in rows if not mark], entry["required"])

    def test_the_example_is_the_document_on_file(self):
        text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
        examples = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        file = json.loads((FIXTURES / "zcrx-bench-partial-raw.json").read_text(encoding="utf-8"))
        self.assertEqual([json.loads(example) for example in examples], [file["zcrx_bench"]])

    def test_every_member_is_described(self):
        for name, entry in OBJECTS.items():
            for key, member in entry["properties"].items():
                with self.subTest(f"{name}.{key}"):
                    self.assertTrue(member.get("description") or "$ref" in member or "const" in member)


if __name__ == "__main__":
    unittest.main()
