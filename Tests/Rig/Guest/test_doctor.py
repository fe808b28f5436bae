"""`zcrx-bench doctor -i`: what the server would change by itself, what it would not, and who else is on the interface."""

import json
import os
import signal
import subprocess
import unittest

import lease
import softnic

# Which line of the doctor's is about which part of a command of the plan.
LINES = (("ethtool -L", "queues"), ("rx-gro-hw", "hardware_gro"), ("tcp-data-split", "data_split"),
         ("hds-thresh", "threshold"), ("rx-ntuple-filter", "flow_rules"), ("ethtool -X", "rss"))
UNTOUCHED = "none uses the interface"


def ask(*options, **how):
    """(exit status, standard output)"""
    done = subprocess.run([lease.EXECUTABLE, "doctor", "-i", "soft0", *map(str, options)], capture_output=True,
                          text=True, **how)
    return done.returncode, done.stdout


class DoctorCase(lease.LeaseCase):
    def examine(self, status, *options, queue=3, **how):
        """The interface's part of the document, its lines by name; and a text that fits a screen."""
        options = ("-q", queue, *options)
        ended, document = ask(*options, "--json", **how)
        self.assertEqual(ended, status, document)
        document = json.loads(document)
        self.assertEqual(document["exit_status"], status)
        lines = {line["name"]: line for line in document["interface"]["checks"]}
        text_status, text = ask(*options, **how)
        self.assertEqual(text_status, status, text)
        self.assertLessEqual(len(text.splitlines()), 40, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100, text)
        self.text = text
        return lines, document["interface"]["setup"]

    def named(self, lines, state):
        return {name for name, line in lines.items() if line["state"] == state}

    def assertLine(self, lines, name, state, found, fix=None):
        line = lines[name]
        self.assertEqual(line["state"], state, line)
        self.assertRegex(line["found"], found)
        if fix:
            self.assertRegex(line["fix"], fix)


class LifeCase(DoctorCase):
    """Before, during and after the preparation that the doctor foretells."""

    def check_life(self):
        plan = lease.plan(queues=3)
        lines, setup = self.examine(0)
        self.assertEqual(setup, plan)
        expected = {name: command for command in plan for part, name in LINES if part in command}
        self.assertEqual({name: lines[name]["fix"] for name in self.named(lines, "changed_by_setup")}, expected)
        self.assertTrue(expected)
        self.assertEqual(self.named(lines, "problem") | self.named(lines, "impossible"), set())
        self.assertIn("; the server prepares: ", " ".join(self.text.split()))
        self.assertRestored()

        # As it is, without anybody who prepares it.
        lines, setup = self.examine(1, "--no-nic-setup")
        self.assertIsNone(setup)
        self.assertEqual(self.named(lines, "changed_by_setup"), set())
        self.assertLessEqual(self.named(lines, "problem"), set(expected))
        self.assertTrue(self.named(lines, "problem"))

        lease.setup()
        lines, setup = self.examine(0)
        self.assertEqual(setup, [])
        self.assertEqual(self.named(lines, "changed_by_setup"), set())
        self.assertLine(lines, "lease", "ok", "set up to stay for queue 3, until: zcrx-bench nic restore -i soft0")
        self.examine(0, "--no-nic-setup")
        lease.restore()
        self.assertRestored()


class GenericTests(LifeCase):
    def test_life(self):
        self.check_life()


class BnxtTests(LifeCase):
    personality = "bnxt"

    def test_life(self):
        self.check_life()


class GveTests(LifeCase):
    gve = True
    personality = "gve"

    def test_life(self):
        self.check_life()

    def test_queue_zero(self):
        lines, setup = self.examine(1, queue=0)
        self.assertLine(lines, "queues", "problem", "gve cannot restart queue 0", "choose another queue")
        self.assertIsNone(setup)


class Mlx5Tests(LifeCase):
    personality = "mlx5"

    def test_life(self):
        self.check_life()


class FbnicTests(LifeCase):
    personality = "fbnic"

    def test_life(self):
        self.check_life()


class ObstacleTests(DoctorCase):
    def test_a_rule_of_the_user(self):
        softnic.ethtool("-N", "soft0", "flow-type", "tcp4", "dst-port", 22, "action", 3, "loc", 7)
        try:
            lines, setup = self.examine(1)
            self.assertLine(lines, "queue_rules", "problem", "flow rule 7 of soft0 already leads to queue 3",
                            "ethtool -N soft0 delete 7")
            self.assertIsNone(setup)
            self.assertEqual(lines["data_split"]["state"], "changed_by_setup")
            self.assertLine(lines, "flow_rules", "ok", "^on; 1 rule in place$")
            self.assertRegex(lease.nic("show", "-i", "soft0")[0], r"(?m)^  1 rule of \d+ places")
            self.assertEqual(self.examine(0, queue=4)[0]["queue_rules"]["found"], "none")
            # It is how somebody steers who prepares the interface himself.
            lines, _ = self.examine(1, "--no-nic-setup")
            self.assertLine(lines, "queue_rules", "ok", "rule 7 leads to queue 3")
        finally:
            softnic.delete_rule(7)
        self.examine(0)

    def test_a_context_of_the_user(self):
        softnic.ethtool("-X", "soft0", "context", "new", "weight", 0, 0, 1, 1)
        try:
            lines, _ = self.examine(1)
            self.assertLine(lines, "rss", "problem", "RSS context 1 of soft0 spreads packets onto queue 3",
                            "ethtool -X soft0 context 1 delete")
        finally:
            softnic.ethtool("-X", "soft0", "context", 1, "delete")
        self.examine(0)

    def test_queues_there_are_not_yet(self):
        softnic.ethtool("-L", "soft0", "combined", 4)
        try:
            lines, setup = self.examine(0, queue=5)
            self.assertLine(lines, "queues", "changed_by_setup", "4 of at most 8", "^ethtool -L soft0 combined 6$")
            self.assertEqual(setup[0], "ethtool -L soft0 combined 6")
            self.assertEqual(self.examine(1, "--no-nic-setup", queue=5)[0]["queues"]["state"], "problem")
            lines, _ = self.examine(1, queue=8)
            self.assertLine(lines, "queues", "problem", "there is no queue 8")
        finally:
            softnic.ethtool("-L", "soft0", "combined", 8)
        self.assertRestored()

    def test_a_queue_that_is_held(self):
        softnic.prepare()
        with softnic.hold(3):
            self.assertLine(self.examine(1)[0], "holder", "problem", "queue 3 is held by an io_uring")
            self.assertLine(self.examine(0, queue=4)[0], "holder", "ok", "nobody; queue 3 is held by an io_uring")
        softnic.wait_until(lambda: not softnic.is_bound(3))
        softnic.rings(split=softnic.SPLIT_OFF)
        softnic.rings(split=softnic.SPLIT_AUTO)

    def test_an_interface_that_is_down(self):
        softnic.batch("link set soft0 down")
        try:
            lines, _ = self.examine(1)
            self.assertLine(lines, "link", "problem", "soft0 is down", "ip link set dev soft0 up")
            self.assertEqual(lines["rss"]["state"], "changed_by_setup")
        finally:
            softnic.batch("link set soft0 up", "addr replace fd09::1/64 dev soft0 nodad")


class OneQueueTests(DoctorCase):
    queues = 1

    def test_nothing_mends_it(self):
        lines, setup = self.examine(77, queue=0)
        self.assertLine(lines, "queues", "impossible", "one receive queue only")
        self.assertIsNone(setup)


class TenantTests(DoctorCase):
    def test_a_living_one_and_what_it_leaves(self):
        with lease.Held("--steer-port", 80, queues=3) as held:
            pid = held.process.pid
            lines, _ = self.examine(1)
            self.assertLine(lines, "lease", "problem", f"process {pid} uses the interface for queue 3")
            self.assertLine(lines, "queue_rules", "problem", rf"rule \d+ leads to queue 3, of process {pid}")
            lines, _ = self.examine(0, "--no-nic-setup")
            self.assertLine(lines, "lease", "warning", f"process {pid} has prepared the interface for queue 3")
            for guardian in lease.guardians():
                os.kill(guardian, signal.SIGKILL)
            lease.wait_for_guardians()
            held.kill()
        restore = "zcrx-bench nic restore -i soft0"
        lines, _ = self.examine(0)
        self.assertLine(lines, "lease", "changed_by_setup", "one has died and left changes", f"^{restore}$")
        self.assertLine(lines, "queue_rules", "changed_by_setup", "of one that has died", f"^{restore}$")
        self.assertEqual(self.examine(0, "--no-nic-setup")[0]["lease"]["state"], "warning")
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        lines, _ = self.examine(1, **nobody)
        self.assertLine(lines, "lease", "unknown", "Permission denied — run as root")
        softnic.run("/bin/" + restore.split()[0], *restore.split()[1:])
        self.assertRestored()
        self.assertLine(self.examine(0)[0], "lease", "ok", UNTOUCHED)

    def test_a_lease_that_is_in_force_and_ends_well(self):
        with lease.Held(queues=2) as held:
            self.assertLine(self.examine(1, queue=3)[0], "lease", "problem", f"process {held.process.pid} .* queue 2")
            self.assertEqual(held.end()[0], 0)
        self.assertLine(self.examine(0)[0], "lease", "ok", UNTOUCHED)


if __name__ == "__main__":
    unittest.main()
