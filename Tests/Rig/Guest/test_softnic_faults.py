"""The knobs of the software NIC: each does the harm it promises, shows it, and stops."""

import socket
import time
from pathlib import Path

import netlink
import softnic
from softnic import knob


class FaultTests(softnic.Case):
    def setUp(self):
        softnic.reset_truth()

    def tearDown(self):
        for location in softnic.rule_locations():
            softnic.delete_rule(location)

    def retransmissions(self, length):
        """Frames that TCP had to send again for one transfer."""
        with softnic.connection(9999) as (receiver, sender):
            softnic.transfer(receiver, sender, length)
            return int.from_bytes(sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)[100:104], "little")

    def test_drop_every(self):
        # TCP may send again what was not lost; only the device knows that it dropped nothing.
        self.retransmissions(500_000)
        self.assertEqual(softnic.truth()["injected_drops"], 0)
        with knob("drop_every", 5):
            self.assertGreater(self.retransmissions(500_000), 0)
        self.assertGreater(softnic.truth()["injected_drops"], 0)

    def out_of_order(self, length):
        """Segments that came out of order to the receiver."""
        with softnic.connection(9999) as (receiver, sender):
            softnic.transfer(receiver, sender, length)
            return int.from_bytes(receiver.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)[224:228], "little")

    def test_reorder_every(self):
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off", "gro", "off")
        try:
            quiet = self.out_of_order(300_000)
            self.assertEqual(softnic.truth()["injected_reorders"], 0)
            with knob("reorder_every", 3):
                self.assertGreater(self.out_of_order(300_000), quiet)
        finally:
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on", "gro", "on")
        self.assertGreater(softnic.truth()["injected_reorders"], 0)

    def test_pool_fail_every(self):
        before = softnic.queue_statistics()
        with knob("pool_fail_every", 10):
            softnic.send(length=1_000_000)
        after = softnic.queue_statistics()
        failed = sum(after["rx", q]["rx_alloc_fail"] - before["rx", q]["rx_alloc_fail"] for q in range(8))
        self.assertGreater(failed, 0)

    def test_pool_fail_next_empties_a_ring_until_it_has_counted_down(self):
        softnic.ethtool("-G", "soft0", "rx", 16)
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        softnic.rings(split=softnic.SPLIT_ON)
        try:
            before = softnic.queue_statistics()
            softnic.set_knob("pool_fail_next", 40)
            softnic.send(length=1_000_000)
            after = softnic.queue_statistics()
        finally:
            softnic.rings(split=softnic.SPLIT_AUTO)
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on")
            softnic.ethtool("-G", "soft0", "rx", 256)
        self.assertEqual(softnic.get_knob("pool_fail_next"), 0)
        for name in "rx_alloc_fail", "rx_hw_drop_overruns":
            self.assertGreater(sum(after["rx", q][name] - before["rx", q][name] for q in range(8)), 0, name)

    def test_linear_bytes(self):
        softnic.rings(split=softnic.SPLIT_ON)
        try:
            with knob("linear_bytes", 100):
                truth = softnic.send()
            self.assertEqual(truth["soft0_linear_bytes"], truth["injected_linear_bytes"])
            self.assertGreaterEqual(truth["soft0_linear_bytes"], 100)
            self.assertGreaterEqual(truth["soft0_linear_bytes"] + truth["soft0_page_bytes"], 100_000)
            self.assertEqual(softnic.send()["soft0_linear_bytes"], 0)
        finally:
            softnic.rings(split=softnic.SPLIT_AUTO)

    def test_payload_offset(self):
        self.assertEqual(softnic.send()["injected_offset_buffers"], 0)
        with knob("payload_offset", 96):
            self.assertGreater(softnic.send()["injected_offset_buffers"], 0)

    def test_misdirect_frames(self):
        with knob("misdirect_frames", 6):
            softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 7)
        softnic.ethtool("-X", "soft0", "equal", 2)
        try:
            with softnic.connection(9999) as (receiver, sender):
                softnic.transfer(receiver, sender, 200_000)
            truth = softnic.truth()
            self.assertEqual(softnic.send().queues, {7}, "a later connection goes where the rule says")
        finally:
            softnic.reset_table()
        self.assertEqual(truth["injected_misdirected_frames"], 6)
        self.assertTrue(truth.queues & {0, 1}, truth.queues)
        self.assertIn(7, truth.queues)

    def test_misdirect_ms(self):
        softnic.ethtool("-X", "soft0", "equal", 2)
        try:
            started = time.monotonic()
            with knob("misdirect_ms", 2000):
                softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 7)
            queues = softnic.send().queues
            if time.monotonic() - started < 2:
                self.assertLessEqual(queues, {0, 1})
            softnic.wait_until(lambda: softnic.send().queues == {7}, what="the rule's work")
            self.assertGreater(time.monotonic() - started, 2)
        finally:
            softnic.reset_table()

    def test_refuse_tuple_rules(self):
        one_flow = ("flow-type", "tcp4", "src-ip", "10.9.0.2", "dst-ip", "10.9.0.1", "src-port", 31000,
                    "dst-port", 9999, "action", 1)
        with knob("refuse_tuple_rules", 1):
            self.assertRefused("Operation not supported", "ethtool", "-N", "soft0", *one_flow)
            softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 1)
        softnic.add_rule(*one_flow)
        self.assertEqual(softnic.truth()["injected_rule_refusals"], 1)

    def test_refuse_split(self):
        with knob("refuse_split", 1):
            with self.assertRaises(netlink.NetlinkError) as refused:
                softnic.rings(split=softnic.SPLIT_ON)
            self.assertIn("TCP data split is refused", refused.exception.message)
        softnic.rings(split=softnic.SPLIT_ON)
        softnic.rings(split=softnic.SPLIT_AUTO)

    def test_link_flap(self):
        softnic.set_knob("link_flap_ms", 1000)
        self.assertEqual(Path("/sys/class/net/soft0/carrier").read_text(), "0\n")
        softnic.wait_until(lambda: "Link detected: yes" in softnic.ethtool("soft0"), what="the link's return")
        self.assertEqual(softnic.truth()["injected_link_flaps"], 1)
        softnic.send()
