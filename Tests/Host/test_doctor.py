"""`zcrx-bench doctor`: lines, statuses, the JSON document, and that it changes nothing and names nothing it has not."""

import contextlib
import json
import re
import tempfile
from pathlib import Path

from harness import EXECUTABLE, NOBODY, HostCase, needs_namespaces, needs_root
from process import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "doctor.md"
STATUSES = {"ready": 0, "problem": 1, "unsupported": 77}
STATES = {"ok", "absent", "changed_by_setup", "warning", "problem", "impossible", "unknown"}
LINES, COLUMNS = 40, 100


def doctor(*options, prefix=()):
    return run(*prefix, EXECUTABLE, "doctor", *options)


class DoctorTests(HostCase):
    def examine(self, *options, **how):
        """The document, checked against its own rules and against the text of another run."""
        finished = doctor(*options, "--json", **how)
        document = self.document(finished, finished.status)
        self.assertEqual(list(document), ["kernel_release", "verdict", "exit_status", "kernel", "machine", "interface"])
        interface = document["interface"]
        checks = document["kernel"] + document["machine"] + (interface["checks"] if interface else [])
        for check in checks:
            self.assertEqual(list(check), ["name", "state", "found", "check", "fix"])
            self.assertIn(check["state"], STATES)
            self.assertFalse(check["state"] == "changed_by_setup" and not check["fix"], check)
            self.assertTrue(check["found"], check)
        states = {check["state"] for check in checks}
        verdict = "unsupported" if "impossible" in states else "problem" if "problem" in states else "ready"
        self.assertEqual((document["verdict"], document["exit_status"]), (verdict, STATUSES[verdict]))
        self.assertEqual(finished.status, STATUSES[verdict])
        text = self.ended(doctor(*options, **how), finished.status).stdout
        # The kernel's options share one titled line.
        titled = len(checks) - len(document["kernel"]) + 2
        self.assertEqual(len(re.findall(r"^  \S", text, re.MULTILINE)), titled, text)
        self.assertLessEqual(len(text.splitlines()), LINES, text)
        self.assertLessEqual(max(map(len, text.splitlines())), COLUMNS)
        return {check["name"]: check for check in checks}, document, text

    def test_the_kernel(self):
        checks, document, _ = self.examine()
        self.assertEqual(document["kernel_release"], Path("/proc/sys/kernel/osrelease").read_text().strip())
        self.assertIsNone(document["interface"])
        self.assertEqual(len(document["kernel"]), 10)
        self.assertEqual(checks["available_memory"]["state"], "ok")

    @needs_root
    def test_loopback_cannot(self):
        checks, document, text = self.examine("-i", "lo")
        self.assertEqual(document["exit_status"], 77)
        self.assertEqual((document["interface"]["name"], document["interface"]["queue"]), ("lo", 0))
        self.assertEqual(checks["driver"]["state"], "impossible")
        self.assertIn("cannot receive zero-copy on queue 0 of lo", text)
        # Nobody begins to prepare it.
        self.assertIsNone(document["interface"]["setup"])
        self.assertEqual(self.examine("-i", "lo", "--no-nic-setup")[1]["interface"], document["interface"])

    @needs_root
    @needs_namespaces
    def test_a_veth_pair_that_is_down(self):
        self.ended(run("ip", "link", "add", "veth7", "type", "veth", "peer", "name", "veth8"))
        self.addCleanup(run, "ip", "link", "del", "veth7")
        checks, _, _ = self.examine("-i", "veth7")
        self.assertEqual((checks["link"]["state"], checks["link"]["fix"]), ("problem", "ip link set dev veth7 up"))
        for name in ("veth7", "veth8"):
            self.ended(run("ip", "link", "set", name, "up", "mtu", "9000"))
        checks, _, _ = self.examine("-i", "veth7", "-q", "0")
        self.assertEqual((checks["link"]["state"], checks["mtu"]["state"]), ("ok", "warning"))
        checks, document, _ = self.examine("-i", "veth7", "-q", "5")
        self.assertEqual((checks["queues"]["state"], document["interface"]["queue"]), ("problem", 5))
        self.assertEqual(checks["rss"]["state"], "unknown")
        self.assertEqual(checks["queue_rules"]["state"], "absent")

    def remove(self, folder):
        with contextlib.suppress(OSError):
            folder.rmdir()

    @needs_root
    @needs_namespaces
    def test_a_bridge_names_the_devices_below(self):
        for command in ("add veth7 type veth peer name veth8", "add br7 type bridge", "set veth7 master br7",
                        "set veth8 master br7", "set br7 up"):
            self.ended(run("ip", "link", *command.split()))
        self.addCleanup(run, "ip", "link", "del", "veth7")
        self.addCleanup(run, "ip", "link", "del", "br7")
        checks, document, _ = self.examine("-i", "br7", "-q", "0")
        driver = checks["driver"]
        self.assertEqual((driver["state"], driver["fix"]), ("problem", "-i veth8 or -i veth7"))
        self.assertIn("br7 is a bridge over veth8, veth7", driver["found"])
        self.assertIsNone(document["interface"]["setup"], "no server begins to prepare it")
        refused = self.ended(run(EXECUTABLE, "server", "-1", "-p", "0", "-i", "br7", "-q", "1"), 64)
        self.assertIn("there is no queue 1: br7 is a bridge over veth8, veth7", refused.stderr)

    @needs_root
    def test_a_journal_only_root_may_read(self):
        folder = Path("/run/zcrx-bench")
        if not folder.exists():
            folder.mkdir(mode=0o700)
            # Somebody may have come to use it.
            self.addCleanup(self.remove, folder)
        self.assertEqual(self.examine("-i", "lo")[0]["lease"]["state"], "ok")
        check = self.examine("-i", "lo", prefix=NOBODY)[0]["lease"]
        self.assertEqual(check["state"], "unknown")
        self.assertIn("Permission denied — run as root", check["found"])

    @needs_root
    def test_nobody_is_told_what_is_missing(self):
        checks, document, _ = self.examine(prefix=NOBODY)
        if checks["built_in"]["state"] == "ok":
            self.assertEqual((checks["permission"]["state"], document["exit_status"]), ("problem", 1))
        self.assertEqual(checks["locked_memory"]["fix"], "ulimit -l unlimited, or a smaller --area-size")

    @needs_root
    def test_locked_memory_counts_without_privileges_only(self):
        self.assertEqual(self.examine(prefix=("prlimit", "--memlock=65536"))[0]["locked_memory"]["state"], "ok")
        check = self.examine(prefix=("prlimit", "--memlock=65536", *NOBODY))[0]["locked_memory"]
        self.assertEqual(check["state"], "problem")
        self.assertRegex(check["found"], "^65536 bytes, ")

    def test_usage(self):
        for options in (("-q", "0"), ("-i", "nosuch0"), ("-i", "lo", "-q", "x"), ("-i",), ("surplus",),
                        ("--no-nic-setup",)):
            with self.subTest(options=options):
                self.assertTrue(self.ended(doctor(*options), 64).stderr.strip())

    def test_every_name_is_documented_and_every_documented_name_exists(self):
        checks, _, _ = self.examine("-i", "lo")
        documented = re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
        self.assertEqual(documented, list(checks))

    def test_the_document_is_plain_json(self):
        self.assertTrue(json.loads(doctor("-J").stdout))


class FirstLightTests(HostCase):
    """What it needs no NIC for; the rest is in the guest's tests."""

    def light(self, *options):
        return doctor("--first-light", "-i", "lo", "--output", self.file, *options)

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = Path(self.folder, "light.txt")

    def test_wrong_command_lines(self):
        for options in (["--first-light"], ["--output", "x"], ["-p", "1"], ["--wait", "5"],
                        *(["--first-light", "-i", "lo", *more] for more in (
                            ["--json"], ["--no-nic-setup"], ["-p", "0"], ["--wait", "0"], ["--wait", "nan"]))):
            with self.subTest(options=options):
                self.ended(doctor(*options), 64)

    def test_no_such_interface_leaves_no_file(self):
        self.ended(doctor("--first-light", "-i", "nosuch", "--output", self.file), 64)
        self.assertFalse(self.file.exists())

    def test_a_file_or_link_that_is_there_is_left_alone(self):
        self.file.write_text("mine")
        link = Path(self.folder, "link")
        link.symlink_to(Path(self.folder, "elsewhere"))
        for name in (self.file, link):
            with self.subTest(name=name):
                ended = self.ended(doctor("--first-light", "-i", "lo", "--output", name), 1)
                self.assertIn("--output FILE names another one", ended.stderr)
        self.assertEqual(self.file.read_text(), "mine")
        self.assertFalse(Path(self.folder, "elsewhere").exists())

    @needs_root
    def test_an_interface_that_cannot(self):
        ended = self.ended(self.light("-p", "5299"), 77)
        text = self.file.read_text()
        self.assertIn("No run: the server ended with status 77", ended.stdout)
        titles = [line for line in text.splitlines() if line.startswith("== ")]
        self.assertEqual(titles[1:], ["== Examination (zcrx-bench doctor)", "== Before (zcrx-bench nic show)",
                                      "== The server's messages", "== Other than before, after the run", "== Verdict"])
        self.assertIn("EOPNOTSUPP", text)
        self.assertNotIn("127.0.0.1", text)
        self.assertNotIn("00:00:00:00:00:00", text)
