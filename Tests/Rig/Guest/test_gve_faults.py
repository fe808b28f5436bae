"""What may befall a gve during a run: a reset, the driver taken away, commands that fail, a link that goes, interrupts that
never come. `scripts/rig run --nic gve`."""

import contextlib
import signal
import unittest
from pathlib import Path

import gvnic
import lease
import receiving
import softnic
from receiving import MIB, RawStreams
from test_gve import GveCase

UNBIND = Path("/sys/bus/pci/drivers/gve/unbind")
FOR_EVER = 1000000


def load_tests(loader, tests, pattern):
    """None with the software NIC."""
    return tests if gvnic.is_here() else unittest.TestSuite()


class RunningCase(GveCase):
    @contextlib.contextmanager
    def run_of(self, *options):
        """A server on queue 3 and a stream that is being received; what befalls them is the block's. The stream ends and
        the server with it; its report and output are kept."""
        with receiving.patience(), self.server("-q", 3, "--verify", *options) as server, RawStreams() as streams:
            softnic.reset_truth()
            streams.send(MIB // 2)
            streams.settle()
            yield server, streams
            streams.send(MIB // 2)
            streams.end()
            self.assertEqual(server.finish(), 0, server.output)
            lease.wait_for_guardians()
            self.report, self.output = server.report, server.output
        self.assertEqual(self.report["verification"]["checked_bytes"], streams.total)


class ResetTests(RunningCase):
    def check(self, *options):
        with self.run_of(*options) as (server, streams):
            table, rules = lease.table(), softnic.rule_locations()
            self.assertNotIn(3, table)
            self.assertTrue(rules)
            gvnic.ask("reset 0")
            softnic.wait_until(lambda: gvnic.account().get("resets") and gvnic.has_carrier(), 30, "the reset")
            softnic.wait_until(lambda: "was reset" in server.output, 30, "what is set again")
            self.assertEqual((lease.table(), softnic.rule_locations()), (table, rules))
            softnic.reset_truth()
            streams.send(MIB)
            streams.settle()
            self.assertEqual(softnic.truth().queues, {3})
        self.assertEqual([stream["placement"]["queue"] for stream in self.report["streams"]], [3])
        self.assertFalse([cause for cause in self.report["zero_copy"]["likely_causes"] if "wrong queue" in cause])
        self.assertEqual(len([note for note in self.report["notes"] if "the device was reset, it seems" in note]), 1)
        self.assertPutBack()

    def test_rules_and_rss_are_set_again(self):
        self.check()

    def test_the_rule_of_a_port_is_set_again(self):
        self.check("--steer", "port")

    def test_between_two_tests(self):
        with receiving.patience(), self.server("-q", 3, "--steer", "port", once=False) as server:
            table, rules = lease.table(), softnic.rule_locations()
            gvnic.ask("clear 0")
            gvnic.ask("reset 0")
            softnic.wait_until(lambda: "was reset" in server.output, 30, "what is set again")
            self.assertEqual((lease.table(), softnic.rule_locations()), (table, rules))
            self.end(server)
        self.assertPutBack()

    def test_death_after_a_reset(self):
        with self.server("-q", 3, "--steer", "port", once=False) as server:
            gvnic.ask("reset 0")
            softnic.wait_until(lambda: "was reset" in server.output, 30, "what is set again")
            server.process.send_signal(signal.SIGKILL)
            server.finish()
        lease.wait_for_guardians()
        self.assertPutBack()


class LinkTests(RunningCase):
    def test_a_link_that_goes_and_comes(self):
        with self.run_of() as (server, streams):
            for state, is_up in (("down", False), ("up", True)):
                gvnic.ask(f"link 0 {state}")
                softnic.wait_until(lambda: gvnic.has_carrier() == is_up, 30, f"link {state}")
        self.assertNotIn("was reset", self.output)
        self.assertPutBack()

    def test_an_interrupt_that_never_comes_ends_the_test(self):
        with self.server("-q", 3, "--steer", "port", "--idle-timeout", 3) as server, RawStreams() as streams:
            streams.send(MIB // 4)
            streams.settle()
            gvnic.ask("interrupts 0 3 hold")
            streams.send(MIB // 4)
            self.assertEqual(server.finish(), 1, server.output)
        gvnic.heal()
        lease.wait_for_guardians()
        self.assertPutBack()


class RemovalTests(RunningCase):
    """The interface goes for good: what comes after the driver is loaded again is another one."""

    def check_removal(self, remove):
        with receiving.patience(), self.server("-q", 3) as server, RawStreams() as streams:
            streams.send(MIB // 4)
            streams.settle()
            remove()
            self.assertEqual(server.finish(), 1, server.output)
            self.assertIn("interface soft0 is gone", server.output)
            self.assertIn("soft0 is not here any more", server.output)
        lease.wait_for_guardians()
        self.assertEqual(lease.journals(), [])
        softnic.load("gve", self.queues)
        softnic.Case.loaded = self.personality, self.queues
        self.assertPutBack()

    def test_the_driver_is_unbound(self):
        self.check_removal(lambda: UNBIND.write_text(gvnic.ADDRESSES[0]))

    def test_the_driver_is_unloaded(self):
        self.check_removal(gvnic.unload)


class FailureTests(RunningCase):
    """Commands that the device refuses, or fails at. Not among them: that a queue does not end, or is not made, when it is given
    back (DESTROY_RX, CREATE_RX while a server ends). The kernel complains of that itself (__netif_mp_close_rxq)."""

    def assertPutBackOrNamed(self, output):
        """The NIC is as it was, or what is not is named, and can be put back once the device is well again."""
        gvnic.heal()
        lease.wait_for_guardians()
        left = lease.differences(self.everything, lease.everything())
        if left or lease.journals():
            self.assertRegex(output, r"warning: |not done: |error: ", left)
            if not gvnic.has_carrier():
                self.reopen()
            lease.restore()
        softnic.wait_until(gvnic.has_carrier, 30, "carrier")
        self.assertPutBack()
        self.receive(queues="3", flows=1)
        self.assertPutBack()

    def reopen(self):
        """A gve that could not make its queues leaves all of them closed ("DISABLING ALL QUEUES") and takes settings without
        effect, until somebody closes and opens the interface."""
        softnic.batch("link set soft0 down", "link set soft0 up", "addr add fd09::1/64 dev soft0 nodad")
        softnic.wait_until(gvnic.has_carrier, 30, "carrier")

    def check_setup(self, opcode, count, skip=0):
        gvnic.ask(f"fail 0 {opcode} {count} 0xfffffff6 {skip}")
        with self.server("-q", 3, "--steer", "port", wait=False, once=False) as server:
            softnic.wait_until(lambda: receiving.listening() or server.process.poll() is not None, 60, "its start")
            if server.process.poll() is None:
                server.process.send_signal(signal.SIGTERM)
            server.finish()
            output = server.output
        self.assertPutBackOrNamed(output)

    def test_queues_that_are_not_made_when_the_split_is_set(self):
        self.check_setup(gvnic.CREATE_RX, 1)

    def test_a_queue_that_is_not_made_when_it_is_bound(self):
        self.check_setup(gvnic.CREATE_RX, 1, self.queues)

    def test_a_queue_that_does_not_end(self):
        self.check_setup(gvnic.DESTROY_RX, 1)

    def test_transmit_queues_that_are_not_made(self):
        self.check_setup(gvnic.CREATE_TX, 1)

    def test_no_rule_and_no_table(self):
        for opcode in (gvnic.FLOW_RULE, gvnic.CONFIGURE_RSS):
            with self.subTest(opcode=opcode):
                self.check_setup(opcode, FOR_EVER)

    def test_rules_that_fail_during_a_run(self):
        with receiving.patience(), self.server("-q", "1,2") as server:
            gvnic.ask(f"fail 0 {gvnic.FLOW_RULE} {FOR_EVER}")
            receiving.send_ours(MIB, 2)
            server.finish()
            output = server.output
        self.assertPutBackOrNamed(output)

    def check_restoring(self, opcode, count=FOR_EVER):
        with self.server("-q", 3, "--steer", "port", once=False) as server:
            gvnic.ask(f"fail 0 {opcode} {count}")
            server.process.send_signal(signal.SIGTERM)
            server.finish()
            output = server.output
        self.assertPutBackOrNamed(output)

    def test_a_table_that_cannot_be_put_back(self):
        self.check_restoring(gvnic.CONFIGURE_RSS)

    def test_a_rule_that_cannot_be_removed(self):
        self.check_restoring(gvnic.FLOW_RULE)
