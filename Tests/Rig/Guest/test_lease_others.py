"""The NIC lease and everybody else: users' settings, strangers, second tools, and devices that go."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import lease
import netlink
import softnic
from softnic import ethtool


class Settings(lease.LeaseCase):
    queues = 4

    def test_the_table_is_read_and_the_key_is_not(self):
        text = "Indirection table:\n    0:      0     1\n    8:      2\nRSS hash key:\n88:26:01\nRSS hash function:\n"
        self.assertEqual(lease.entries(text), [0, 1, 2])
        self.assertEqual(lease.entries(text.replace("88:26:01", "88:26")), [0, 1, 2])
        self.assertEqual(len(lease.table()), 128)

    def test_weights_of_the_user_are_kept(self):
        ethtool("-X", "soft0", "weight", 1, 2, 4, 1)
        try:
            before, entries = softnic.settings(), lease.table()
            lease.setup()
            shares = lease.weights()
            for queue, due in enumerate((1, 2, 4)):
                self.assertAlmostEqual(shares[queue], len(entries) * due / 7, delta=1)
            kept = [(old, new) for old, new in zip(entries, lease.table()) if old != 3]
            self.assertTrue(all(old == new for old, new in kept), "connections of others do not move")
            lease.restore()
            self.assertEqual(lease.differences(before, softnic.settings()), {})
            # By value: it is still the user's, and fewer channels are refused for its sake.
            self.assertRefused("too low for existing indirection table", "ethtool", "-L", "soft0", "combined", 2)
        finally:
            softnic.reset_table()
        self.assertRestored()

    def test_a_default_table_is_the_drivers_again(self):
        lease.setup()
        self.assertRefused("too low for existing indirection table", "ethtool", "-L", "soft0", "combined", 2)
        lease.restore()
        ethtool("-L", "soft0", "combined", 2)
        self.assertEqual(set(lease.table()), {0, 1})
        ethtool("-L", "soft0", "combined", 4)
        self.assertRestored()

    def test_ring_size(self):
        done, _ = lease.setup("--rx-ring", 64)
        self.assertIn("ethtool -G soft0 rx 64 tcp-data-split on\n", done)
        self.assertRegex(ethtool("-g", "soft0"), r"(?s)Current.*RX:\s*64\n")
        lease.restore()
        self.assertRestored()

    def test_nothing_is_changed_where_nothing_needs_to_be(self):
        softnic.rings(split=softnic.SPLIT_ON)
        ethtool("-X", "soft0", "equal", 3)
        before = softnic.settings()
        with lease.Held() as held:
            self.assertEqual((held.commands, lease.guardians()), ([], []))
            self.assertEqual([path.read_text() for path in lease.JOURNALS.iterdir()], [""])
            self.assertEqual(held.end()[0], 0)
        self.assertEqual(lease.differences(before, softnic.settings()), {})
        self.assertEqual(lease.journals(), [])
        softnic.reset_table()
        softnic.rings(split=softnic.SPLIT_OFF)
        softnic.rings(split=softnic.SPLIT_AUTO)
        self.assertRestored()

    def test_what_is_kept_outlives_other_leases(self):
        lease.setup()
        prepared = softnic.settings()
        with lease.Held() as held:
            self.assertEqual(held.commands, [])
            self.assertEqual(held.end()[::2], (0, ""))
        with lease.Held(queues=2) as held:
            self.assertEqual(len(held.commands), 1)
            held.kill()
            lease.wait_for_guardians()
        self.assertEqual(lease.differences(prepared, softnic.settings()), {})
        lease.restore()
        self.assertRestored()

    def test_rules_of_the_user_stay_and_ours_go(self):
        ethtool("-N", "soft0", "flow-type", "tcp4", "dst-port", 22, "action", 1, "loc", 7)
        before = softnic.settings()
        for end in (signal.SIGTERM, signal.SIGKILL):
            with lease.Held("--steer-port", 9998, "--steer-port", 9999) as held:
                self.assertEqual(len(softnic.rule_locations()), 3)
                self.assertEqual(softnic.send(9999).queues, {3})
                held.end(end)
                lease.wait_for_guardians()
            self.assertEqual(lease.differences(before, softnic.settings()), {})
        softnic.delete_rule(7)
        self.assertRestored()

    def test_a_connection_on_another_queue_survives(self):
        with softnic.connection(9999) as (receiver, sender):
            softnic.transfer(receiver, sender)
            lease.setup()
            softnic.transfer(receiver, sender)
            lease.restore()
            softnic.transfer(receiver, sender)
        self.assertRestored()


class Strangers(lease.LeaseCase):
    queues = 4

    def test_somebody_changes_rss_meanwhile(self):
        with lease.Held() as held:
            ethtool("-X", "soft0", "equal", 2)
            theirs = lease.table()
            status, _, said = held.end()
            self.assertEqual(status, 0)
            self.assertIn("somebody else has set soft0 to RSS weights", said)
        self.assertEqual(lease.table(), theirs)
        softnic.reset_table()
        self.assertRestored()

    def test_somebody_changes_a_ring_meanwhile(self):
        with lease.Held("--rx-ring", 64) as held:
            ethtool("-G", "soft0", "rx", 128)
            _, _, said = held.end()
            self.assertIn("rx 128", said)
        self.assertEqual(softnic.split_state()[0], softnic.SPLIT_OFF, "what is ours went back")
        ethtool("-G", "soft0", "rx", 256)
        self.assertRestored()

    def test_somebody_changes_a_rule_meanwhile(self):
        with lease.Held("--steer-port", 9999) as held:
            location = softnic.rule_locations()[0]
            softnic.delete_rule(location)
            ethtool("-N", "soft0", "flow-type", "tcp4", "dst-port", 22, "action", 1, "loc", location)
            status, _, said = held.end()
            self.assertEqual(status, 0)
            self.assertIn(f"flow rule {location} of soft0 is somebody else's by now", said)
        self.assertEqual(softnic.rule_locations(), [location])
        softnic.delete_rule(location)
        self.assertRestored()

    def test_two_at_once(self):
        with lease.Held() as held:
            prepared = softnic.settings()
            for command in (("setup", "-i", "soft0", "-q", 2), ("restore", "-i", "soft0")):
                _, said = lease.nic(*command, status=1)
                self.assertIn("soft0 is being used by another zcrx-bench", said)
            self.assertEqual(lease.differences(prepared, softnic.settings()), {})
            # Another interface is another lease.
            other = ["ip", "netns", "exec", "peer", lease.EXECUTABLE, "nic", "restore", "-i", "soft1"]
            subprocess.run(other, check=True)
            held.end()
        self.assertRestored()

    def test_a_provider_is_waited_for(self):
        with lease.Held() as held, softnic.hold(3) as holder:
            held.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            self.assertIsNone(held.process.poll(), "it waits")
            holder.process.kill()
            self.assertEqual(held.end()[::2], (0, ""))
        self.assertRestored()

    def test_a_provider_that_stays_is_named_and_left_to_the_next(self):
        with lease.Held() as held:
            with softnic.hold(3):
                status, _, said = held.end()
                self.assertEqual(status, 1)
                self.assertIn("queue 3 is still held by an io_uring", said)
                self.assertIn("can't disable tcp-data-split while device has memory provider enabled", said)
                self.assertEqual(len(lease.journals()), 1)
            softnic.wait_until(lambda: not softnic.is_bound(3))
        lease.restore()
        self.assertRestored()


class Guardians(lease.LeaseCase):
    queues = 4

    def test_it_has_nothing_but_its_pipe(self):
        with lease.Held() as held:
            guardian = lease.guardians()[0]
            folder = f"/proc/{guardian}/fd"
            open_files = {name: os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}
            self.assertEqual(set(open_files), {"0", "1", "2"})
            self.assertTrue(open_files["0"].startswith("pipe:"))
            self.assertEqual((open_files["1"], open_files["2"]), ("/dev/null", "/dev/null"))
            self.assertEqual(os.getsid(guardian), guardian)
            self.assertNotEqual(os.getsid(held.process.pid), guardian)
            self.assertEqual(Path(f"/proc/{guardian}/environ").read_bytes(), b"")
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(guardian, number)
            held.kill()
            lease.wait_for_guardians()
        self.assertRestored()

    def test_it_ends_with_the_lease(self):
        with lease.Held() as held:
            self.assertEqual(len(lease.guardians()), 1)
            held.end()
            self.assertEqual(lease.guardians(), [])
        lease.setup()
        self.assertEqual(lease.guardians(), [])
        lease.restore()
        self.assertRestored()

    def test_a_pipe_after_it_ends_with_the_owner(self):
        """Even if the guardian takes its time: here it is stopped."""
        log = Path("/tmp/lease.log")
        line = f"{lease.EXECUTABLE} nic setup -i soft0 -q 3 --hold 2>&1 | tee {log}"
        shell = subprocess.Popen(["sh", "-c", line], stdout=subprocess.DEVNULL)
        softnic.wait_until(lambda: log.exists() and "ready" in log.read_text(), what="the lease")
        guardian = lease.guardians()[0]
        owner = int(Path(f"/proc/{guardian}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(guardian, signal.SIGSTOP)
        os.kill(owner, signal.SIGKILL)
        try:
            shell.wait()
        finally:
            os.kill(guardian, signal.SIGCONT)
        lease.wait_for_guardians()
        log.unlink()
        self.assertRestored()


class Refusals(lease.LeaseCase):
    queues = 4

    def assertSetupRefused(self, text, *arguments, status=1, **more):
        done, said = lease.setup(*arguments, status=status, **more)
        self.assertEqual(done, "")
        self.assertIn(text, said)
        self.assertEqual((lease.journals(), lease.guardians()), ([], []))

    def test_split_refused(self):
        with softnic.knob("refuse_split", 1):
            self.assertSetupRefused("TCP data split is refused (faults/refuse_split)")
        self.assertRestored()

    def test_a_refusal_half_way_is_unwound(self):
        ethtool("-L", "soft0", "combined", 2)
        with softnic.knob("refuse_split", 1):
            done, said = lease.setup(queues=3, status=1)
        self.assertIn("faults/refuse_split", said)
        self.assertEqual(done.splitlines(), ["ethtool -L soft0 combined 4", "ethtool -L soft0 combined 2"])
        ethtool("-L", "soft0", "combined", 4)
        self.assertRestored()

    def test_rules_refused(self):
        """Port rules still work then, and are what the lease of this test asks for."""
        with softnic.knob("refuse_tuple_rules", 1), lease.Held("--steer-port", 9999) as held:
            self.assertEqual(len(softnic.rule_locations()), 1)
            held.end()
        self.assertRestored()

    def test_a_queue_that_does_not_start(self):
        """Nothing of the lease's: channels and rings reopen queues in another way."""
        with softnic.knob("fail_queue_start", 1):
            lease.setup()
        lease.restore()
        self.assertRestored()

    def test_express_data_path(self):
        program = softnic.pass_program(frags=True)
        softnic.attach(program)
        self.assertSetupRefused("an XDP program is attached to soft0")
        softnic.attach(-1)
        os.close(program)
        self.assertRestored()

    def test_a_context_of_the_user(self):
        ethtool("-X", "soft0", "context", "new", "weight", 0, 0, 1, 1)
        self.assertSetupRefused("RSS context 1 of soft0 spreads packets onto queue 3")
        ethtool("-X", "soft0", "context", 1, "delete")
        self.assertRestored()

    def test_a_rule_of_the_user(self):
        ethtool("-N", "soft0", "flow-type", "tcp4", "dst-port", 22, "action", 3, "loc", 7)
        self.assertSetupRefused("flow rule 7 of soft0 already leads to queue 3")
        softnic.delete_rule(7)
        self.assertRestored()

    def test_a_queue_that_is_held(self):
        softnic.prepare()
        with softnic.hold(3):
            self.assertSetupRefused("queue 3 of soft0 is held by an io_uring")
        softnic.wait_until(lambda: not softnic.is_bound(3))
        softnic.rings(split=softnic.SPLIT_OFF)
        softnic.rings(split=softnic.SPLIT_AUTO)
        self.assertRestored()

    def test_an_interface_that_is_down(self):
        softnic.batch("link set soft0 down")
        self.assertSetupRefused("soft0 is down")
        softnic.batch("link set soft0 up", "addr replace fd09::1/64 dev soft0 nodad")
        self.assertRestored()

    def test_queues_there_cannot_be(self):
        self.assertSetupRefused("there is no queue 4: soft0 can have 4 receive queues", queues=4, status=64)
        self.assertSetupRefused("no queue of soft0 would be left", queues="0-3", status=64)
        self.assertSetupRefused("have 1 to 4096 entries", "--rx-ring", 5000, status=64)
        self.assertRestored()


class OneQueue(lease.LeaseCase):
    queues = 1

    def test_one_channel_only(self):
        _, said = lease.setup(queues=0, status=77)
        self.assertIn("soft0 can have one receive queue only", said)
        self.assertRestored()


class GveRefusals(lease.LeaseCase):
    personality = "gve"
    queues = 4

    def test_queue_0_and_odd_rings(self):
        _, said = lease.setup(queues=0, status=77)
        self.assertIn("gve cannot restart queue 0", said)
        _, said = lease.setup("--rx-ring", 1000, status=64)
        self.assertIn("powers of two", said)
        self.assertRestored()


class Mlx5Kernel(lease.LeaseCase):
    personality = "mlx5"
    queues = 4

    def test_the_kernels_words_are_shown(self):
        """Split without hardware GRO is what the order of the plan avoids; here the driver itself says so."""
        with self.assertRaises(netlink.NetlinkError) as refused:
            softnic.rings(split=softnic.SPLIT_ON)
        self.assertIn("GRO HW is disabled", refused.exception.message)
        self.assertEqual(lease.plan()[:2], ["ethtool -K soft0 rx-gro-hw on", "ethtool -G soft0 tcp-data-split on"])
        self.assertRestored()


class Departures(softnic.Case):
    """Devices that go while they are leased. Each test leaves a freshly loaded module."""

    queues = 4

    def tearDown(self):
        softnic.load(self.personality, self.queues)
        softnic.Case.loaded = self.personality, self.queues
        type(self).found = softnic.settings()

    def test_renamed(self):
        with lease.Held() as held:
            softnic.batch("link set soft0 down", "link set soft0 name lan0", "link set lan0 up")
            try:
                self.assertEqual(held.end()[::2], (0, ""))
                split = softnic.ethtool("-g", "lan0")
                self.assertRegex(split, r"(?s)Current.*TCP data split:\s*off")
                self.assertEqual(lease.journals(), [])
            finally:
                softnic.batch("link set lan0 down", "link set lan0 name soft0", "link set soft0 up")

    def test_renamed_and_both_killed(self):
        with lease.Held() as held:
            os.kill(lease.guardians()[0], signal.SIGKILL)
            held.kill()
            softnic.batch("link set soft0 down", "link set soft0 name lan0", "link set lan0 up")
            lease.nic("restore", "-i", "lan0")
            self.assertEqual(lease.journals(), [])
            self.assertRegex(softnic.ethtool("-g", "lan0"), r"(?s)Current.*TCP data split:\s*off")
            softnic.batch("link set lan0 down", "link set lan0 name soft0", "link set soft0 up")

    def test_moved_to_another_namespace(self):
        with lease.Held() as held:
            softnic.batch("link set soft0 netns peer")
            status, _, said = held.end()
            self.assertEqual(status, 1)
            self.assertIn("soft0 is not here any more", said)
            self.assertIn("ethtool -X soft0 default; ethtool -G soft0 tcp-data-split off", said)
            self.assertEqual(lease.journals(), [])

    def test_gone(self):
        for both in (False, True):
            with self.subTest(both=both), lease.Held() as held:
                if both:
                    os.kill(lease.guardians()[0], signal.SIGKILL)
                    held.kill()
                    softnic.unload()
                    _, said = lease.restore(status=1)
                else:
                    softnic.unload()
                    status, _, said = held.end()
                    self.assertEqual(status, 1)
                self.assertIn("soft0 is not here any more", said)
                self.assertEqual(lease.journals(), [])
            softnic.load(self.personality, self.queues)

    def test_another_boot(self):
        """A journal that says it is of another boot is discarded aloud, and nothing is changed by it."""
        lease.setup()
        path = next(lease.JOURNALS.iterdir())
        boot = open("/proc/sys/kernel/random/boot_id").read().strip()
        path.write_text(path.read_text().replace(boot, "00000000-0000-0000-0000-000000000000"))
        prepared = softnic.settings()
        _, said = lease.restore()
        self.assertIn("is discarded: it is of another boot", said)
        self.assertEqual((softnic.settings(), lease.journals()), (prepared, []))

    def test_no_such_interface(self):
        for command in ("setup", "restore"):
            _, said = lease.nic(command, "-i", "nonexistent0", status=64)
            self.assertIn("there is no interface", said)
        self.assertRaises(OSError, socket.if_nametoindex, "nonexistent0")
