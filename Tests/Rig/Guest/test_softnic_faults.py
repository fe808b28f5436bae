"""The knobs of the software NIC: each does the harm it promises, shows it, and stops."""

import socket
import time

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
        self.assertEqual(self.retransmissions(500_000), 0)
        self.assertEqual(softnic.truth()["injected_drops"], 0)
        with knob("drop_every", 5):
            self.assertGreater(self.retransmissions(500_000), 0)
        self.assertGreater(softnic.truth()["injected_drops"], 0)

    def test_reorder_every(self):
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off", "gro", "off")
        try:
            with knob("reorder_every", 3), softnic.connection(9999) as (receiver, sender):
                softnic.transfer(receiver, sender, 2_000_000)
                # how many segments in a row the sender has learned may arrive out of order; 3 until it has seen any
                reordering = sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)[92:96]
        finally:
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on", "gro", "on")
        self.assertGreater(softnic.truth()["injected_reorders"], 0)
        self.assertGreaterEqual(int.from_bytes(reordering, "little"), 3)

    def test_pool_fail_every(self):
        before = softnic.queue_statistics()
        with knob("pool_fail_every", 10):
            softnic.send(length=1_000_000)
        after = softnic.queue_statistics()
        failed = sum(after["rx", q]["rx_alloc_fail"] - before["rx", q]["rx_alloc_fail"] for q in range(8))
        self.assertGreater(failed, 0)

    def test_pool_fail_next_empties_a_ring_until_it_has_counted_down(self):
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 1)
        softnic.ethtool("-G", "soft0", "rx", 64)
        before = softnic.queue_statistics()["rx", 1]
        softnic.set_knob("pool_fail_next", 40)
        softnic.send(length=1_000_000)
        self.assertEqual(softnic.get_knob("pool_fail_next"), 0)
        self.assertGreater(softnic.queue_statistics()["rx", 1]["rx_hw_drop_overruns"], before["rx_hw_drop_overruns"])
        softnic.ethtool("-G", "soft0", "rx", 512)
        softnic.delete_rule(location)

    def test_linear_bytes(self):
        softnic.rings(split=softnic.SPLIT_ON)
        try:
            with knob("linear_bytes", 100):
                truth = softnic.send()
            self.assertEqual(truth["soft0_linear_bytes"], truth["injected_linear_bytes"])
            self.assertGreaterEqual(truth["soft0_linear_bytes"], 100)
            self.assertEqual(truth["soft0_linear_bytes"] + truth["soft0_page_bytes"], 100_000)
            self.assertEqual(softnic.send()["soft0_linear_bytes"], 0)
        finally:
            softnic.rings(split=softnic.SPLIT_AUTO)

    def test_payload_offset(self):
        self.assertEqual(softnic.send()["injected_offset_buffers"], 0)
        with knob("payload_offset", 96):
            self.assertGreater(softnic.send()["injected_offset_buffers"], 0)

    def test_misdirect_frames(self):
        with knob("misdirect_frames", 4):
            softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 7)
        softnic.ethtool("-X", "soft0", "equal", 2)
        try:
            with softnic.connection(9999) as (receiver, sender):
                softnic.transfer(receiver, sender, 200_000)
            softnic.send()
            found = softnic.truth()
            self.assertEqual(set(found.queues()), {7}, "after the reset all is where the rule says")
        finally:
            softnic.ethtool("-X", "soft0", "default")

    def test_misdirect_frames_are_counted(self):
        with knob("misdirect_frames", 4):
            softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 7)
        softnic.ethtool("-X", "soft0", "equal", 2)
        try:
            with softnic.connection(9999) as (receiver, sender):
                softnic.transfer(receiver, sender, 200_000)
            truth = softnic.truth()
        finally:
            softnic.ethtool("-X", "soft0", "default")
        self.assertEqual(truth["injected_misdirected_frames"], 4)
        self.assertEqual(sum(count for queue, count in truth.queues().items() if queue < 2), 4)
        self.assertIn(7, truth.queues())

    def test_misdirect_ms(self):
        softnic.ethtool("-X", "soft0", "equal", 2)
        try:
            with knob("misdirect_ms", 700):
                softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 7)
            self.assertLessEqual(set(softnic.send().queues()), {0, 1})
            time.sleep(0.75)
            self.assertEqual(set(softnic.send().queues()), {7})
        finally:
            softnic.ethtool("-X", "soft0", "default")

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
        softnic.set_knob("link_flap_ms", 150)
        self.assertIn("Link detected: no", softnic.ethtool("soft0"))
        softnic.wait_until(lambda: "Link detected: yes" in softnic.ethtool("soft0"), what="the link's return")
        self.assertEqual(softnic.truth()["injected_link_flaps"], 1)
        softnic.send()
