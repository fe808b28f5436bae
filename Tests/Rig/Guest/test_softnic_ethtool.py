"""The software NIC as ordinary tools see it: every setting does what it says, and shows it."""

import array
import os
import random
import re
import socket
import struct

import netlink
import softnic
from softnic import ethtool

LOCATION_ANY = 0xffffffff


def insert_port_rule(port):
    """A rule for a destination port, TCP over IPv4, to queue 1, by ioctl: 300 starts of ethtool would take long."""
    data = array.array("B", bytes(192))
    struct.pack_into("=I", data, 0, softnic.RULE_INSERT)
    struct.pack_into("=I", data, 16, 1)
    struct.pack_into(">H", data, 20 + 10, port)
    struct.pack_into(">H", data, 92 + 10, 0xffff)
    struct.pack_into("=QI", data, 16 + 152, 1, LOCATION_ANY)
    softnic.ethtool_ioctl(data)


def toeplitz(key, data):
    """The Toeplitz hash, written anew from its definition: XOR of the key's windows at the set bits."""
    bits = int.from_bytes(key, "big")
    result = 0
    for index in range(len(data) * 8):
        if data[index // 8] & (0x80 >> index % 8):
            result ^= bits >> (len(key) * 8 - 32 - index) & 0xffffffff
    return result


def flow_bytes(source, source_port, target, target_port):
    return socket.inet_aton(source) + socket.inet_aton(target) + struct.pack(">HH", source_port, target_port)


def queues_of(flows, port=7000):
    """On which queues flows from so many source ports arrive."""
    found = set()
    for source_port in range(20000, 20000 + flows):
        found |= softnic.send(port, length=2000, source_port=source_port).queues
    return found


class IdentityTests(softnic.Case):
    def test_driver_and_bus(self):
        text = ethtool("-i", "soft0")
        self.assertIn("driver: softnic\n", text)
        self.assertIn("bus-info: softnic.0\n", text)

    def test_link_is_up_with_a_speed(self):
        text = ethtool("soft0")
        self.assertIn("Speed: 25000Mb/s", text)
        self.assertIn("Link detected: yes", text)

    def test_unknown_personality_is_refused(self):
        softnic.unload()
        try:
            with self.assertRaises(softnic.CommandFailed):
                softnic.run("insmod", softnic.MODULE, "personality=e1000")
            with self.assertRaises(softnic.CommandFailed):
                softnic.run("insmod", softnic.MODULE, "queues=17")
        finally:
            softnic.load()

    def test_link_goes_down_with_either_end(self):
        softnic.batch("link set soft1 down", namespace=("-n", "peer"))
        self.assertIn("Link detected: no", ethtool("soft0"))
        softnic.batch("link set soft1 up", "addr replace fd09::2/64 dev soft1 nodad", namespace=("-n", "peer"))
        self.assertIn("Link detected: yes", ethtool("soft0"))
        softnic.send()


class RingTests(softnic.Case):
    def inflight(self):
        """Buffers out of each page pool of soft0."""
        pools = softnic.netdev(softnic.PAGE_POOL_GET, {})
        return [netlink.number(pool[4]) for pool in pools
                if netlink.number(pool.get(2, b"")) == softnic.device_index() and 6 not in pool]

    def assert_inflight(self, count):
        """Once the packets of earlier tests are gone."""

        def has_come_to():
            softnic.let_go()
            found[:] = self.inflight()
            return found == [count] * 8

        found = []
        softnic.wait_until(has_come_to, what=f"{count} buffers for each queue")

    def test_ring_size_is_the_number_of_buffers_of_a_queue(self):
        self.assert_inflight(256)
        ethtool("-G", "soft0", "rx", 64)
        try:
            self.assertIn("RX:\t\t\t64\n", ethtool("-g", "soft0"))
            self.assert_inflight(64)
            softnic.send()
        finally:
            ethtool("-G", "soft0", "rx", 256)
        self.assert_inflight(256)

    def test_sizes_out_of_range_are_refused(self):
        self.assertRefused("requested ring size exceeds maximum", "ethtool", "-G", "soft0", "rx", 4097)
        self.assertRefused("rx (8) < min (16)", "ethtool", "-G", "soft0", "rx", 8)

    def test_a_short_ring_loses_frames_of_a_burst_and_tcp_recovers(self):
        ethtool("-G", "soft0", "rx", 16)
        ethtool("-K", "soft0", "rx-gro-hw", "off")
        try:
            before = softnic.statistics()

            def loses_frames():
                # A burst is one only when the sender gets to run ahead of the receiver.
                softnic.send(length=500_000)
                after = softnic.statistics()
                return any(after[f"rx{q}_overruns"] > before[f"rx{q}_overruns"] for q in range(8))

            softnic.wait_until(loses_frames, what="a loss")
        finally:
            ethtool("-K", "soft0", "rx-gro-hw", "on")
            ethtool("-G", "soft0", "rx", 256)

    def test_header_split_decides_where_payload_lies(self):
        self.assertEqual(softnic.split_state(), (softnic.SPLIT_OFF, 0, 9000))
        self.assertGreater(softnic.send()["soft0_linear_bytes"], 0)
        softnic.rings(split=softnic.SPLIT_ON)
        self.assertEqual(softnic.split_state()[0], softnic.SPLIT_ON)
        truth = softnic.send()
        self.assertEqual(truth["soft0_linear_bytes"], 0)
        self.assertGreaterEqual(truth["soft0_page_bytes"], 100_000)
        softnic.rings(split=softnic.SPLIT_OFF)
        self.assertEqual(softnic.split_state()[0], softnic.SPLIT_OFF)

    def test_frames_up_to_the_threshold_are_not_split(self):
        softnic.rings(split=softnic.SPLIT_ON, hds_thresh=1000)
        try:
            self.assertEqual(softnic.split_state()[1], 1000)
            self.assertGreaterEqual(softnic.send(length=1000)["soft0_linear_bytes"], 1000)
            self.assertEqual(softnic.send(length=1001)["soft0_linear_bytes"], 0)
        finally:
            softnic.rings(split=softnic.SPLIT_AUTO, hds_thresh=0)
        with self.assertRaises(netlink.NetlinkError):
            softnic.rings(hds_thresh=9001)


class ChannelTests(softnic.Case):
    def tearDown(self):
        softnic.reset_table()
        ethtool("-L", "soft0", "combined", 8)

    def test_fewer_channels_carry_all_flows(self):
        self.assertRegex(ethtool("-l", "soft0"), r"(?s)maximums.*Combined:\s*8.*Current.*Combined:\s*8")
        ethtool("-L", "soft0", "combined", 3)
        self.assertLessEqual(queues_of(8), {0, 1, 2})
        self.assertIn("with 3 RX ring(s)", ethtool("-x", "soft0"))
        with self.assertRaises(netlink.NetlinkError):
            softnic.queue_facts(3)

    def test_a_table_or_a_rule_in_use_keeps_its_channels(self):
        self.assertRefused("exceeds maximum", "ethtool", "-L", "soft0", "combined", 9)
        ethtool("-X", "soft0", "equal", 8)
        self.assertRefused("too low for existing indirection table", "ethtool", "-L", "soft0", "combined", 4)
        ethtool("-X", "soft0", "default")
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 7)
        self.assertRefused("ntuple filter settings", "ethtool", "-L", "soft0", "combined", 4)
        softnic.delete_rule(location)
        ethtool("-L", "soft0", "combined", 4)


class ReceiveSideScalingTests(softnic.Case):
    key = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")

    def setUp(self):
        self.before = re.search(r"(..:){39}..", ethtool("-x", "soft0")).group()

    def tearDown(self):
        softnic.reset_table()
        ethtool("-X", "soft0", "hkey", self.before)

    def test_the_hash_of_this_file_is_toeplitz(self):
        """Against Microsoft's published verification vector, or the next test proves nothing."""
        self.assertEqual(toeplitz(self.key, flow_bytes("66.9.149.187", 2794, "161.142.100.80", 1766)), 0x51ccc178)

    def test_key_and_table_decide_the_queue(self):
        ethtool("-X", "soft0", "equal", 8, "hkey", self.key.hex(":"))
        self.assertIn(self.key.hex(":"), ethtool("-x", "soft0"))
        for port in random.Random(7).sample(range(20000, 60000), 8):
            expected = toeplitz(self.key, flow_bytes("10.9.0.2", port, "10.9.0.1", 7001)) % 128 % 8
            self.assertEqual(softnic.send(7001, length=3000, source_port=port).queues, {expected}, port)

    def test_a_table_keeps_flows_off_a_queue_and_a_reset_brings_them_back(self):
        ethtool("-X", "soft0", "equal", 2)
        self.assertLessEqual(queues_of(8), {0, 1})
        with netlink.Family("ethtool") as family:
            header = {1: {1: softnic.device_index()}}
            table = family.request(softnic.RSS_GET, header)[0][softnic.RSS_INDIR]
            self.assertEqual(set(struct.unpack("=128I", table)), {0, 1})
            family.request(softnic.RSS_SET, header | {softnic.RSS_INDIR: b""})
            table = family.request(softnic.RSS_GET, header)[0][softnic.RSS_INDIR]
            self.assertEqual(struct.unpack("=128I", table), tuple(index % 8 for index in range(128)))
        # a table that was reset is not the user's any more: it follows the channels
        ethtool("-L", "soft0", "combined", 4)
        ethtool("-L", "soft0", "combined", 8)

    def test_rss_set_by_netlink(self):
        with netlink.Family("ethtool") as family:
            header = {1: {1: softnic.device_index()}}
            family.request(softnic.RSS_SET, header | {softnic.RSS_INDIR: struct.pack("=128I", *[5] * 128)})
            self.assertEqual(queues_of(3), {5})
            with self.assertRaises(netlink.NetlinkError) as refused:
                family.request(softnic.RSS_SET, header | {softnic.RSS_INDIR: struct.pack("=128I", *[8] * 128)})
            self.assertIn("queue out of range", refused.exception.message)

    def test_a_context_takes_the_flows_of_its_rule(self):
        self.assertIn("context is 1", ethtool("-X", "soft0", "context", "new", "start", 4, "equal", 2))
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "context", 1)
        try:
            self.assertIn("RSS Context 1", ethtool("-n", "soft0", "rule", location))
            self.assertLessEqual(queues_of(6, port=9999), {4, 5})
            ethtool("-X", "soft0", "context", 1, "start", 6, "equal", 1)
            self.assertEqual(queues_of(3, port=9999), {6})
            with self.assertRaises(softnic.CommandFailed):
                ethtool("-X", "soft0", "context", 1, "delete")
        finally:
            softnic.delete_rule(location)
        ethtool("-X", "soft0", "context", 1, "delete")
        with self.assertRaises(softnic.CommandFailed):
            softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "context", 1)


class RuleTests(softnic.Case):
    def tearDown(self):
        for location in softnic.rule_locations():
            softnic.delete_rule(location)

    def test_a_port_rule_takes_every_flow_to_that_port(self):
        softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 3)
        softnic.add_rule("flow-type", "tcp6", "dst-port", 9998, "action", 4)
        self.assertEqual(softnic.send(9999).queues, {3})
        self.assertEqual(softnic.send(9998, family=socket.AF_INET6).queues, {4})

    def test_a_rule_for_one_flow_wins_over_one_for_its_port(self):
        for kind, family in (("tcp4", socket.AF_INET), ("tcp6", socket.AF_INET6)):
            target, source = softnic.ADDRESSES[family]
            softnic.add_rule("flow-type", kind, "dst-port", 9999, "action", 3)
            softnic.add_rule("flow-type", kind, "src-ip", source, "dst-ip", target, "src-port", 31000,
                             "dst-port", 9999, "action", 5)
            self.assertEqual(softnic.send(9999, family=family, source_port=31000).queues, {5})
            self.assertEqual(softnic.send(9999, family=family, source_port=31001).queues, {3})

    def test_slots_are_chosen_by_driver_or_user(self):
        self.assertEqual(softnic.add_rule("flow-type", "tcp4", "dst-port", 1, "action", 1), 0)
        softnic.add_rule("flow-type", "tcp4", "dst-port", 2, "action", 1, "loc", 500)
        self.assertEqual(softnic.add_rule("flow-type", "tcp4", "dst-port", 3, "action", 1), 1)
        self.assertEqual(softnic.rule_locations(), [0, 1, 500])

    def test_refusals(self):
        for words in (("tcp4", "dst-port", 9999, "action", 8), ("udp4", "dst-port", 9999, "action", 1),
                      ("tcp4", "dst-port", 9999, "tos", 4, "action", 1),
                      ("tcp4", "dst-port", 9999, "vlan", 3, "action", 1),
                      ("tcp4", "dst-port", 9999, "action", 1, "loc", 512)):
            with self.assertRaises(softnic.CommandFailed, msg=words):
                softnic.add_rule("flow-type", *words)
        self.assertRefused("Cannot delete", "ethtool", "-N", "soft0", "delete", 400)

    def test_a_rule_can_drop(self):
        softnic.add_rule("flow-type", "tcp4", "dst-port", 9997, "action", -1)
        with socket.create_server((softnic.ADDRESSES[socket.AF_INET][0], 9997)):
            with self.assertRaises(TimeoutError):
                softnic.connect(9997, timeout=0.3)

    def test_room_for_three_hundred_rules(self):
        for port in range(1000, 1300):
            insert_port_rule(port)
        self.assertIn("Total 300 rules", ethtool("-n", "soft0"))
        softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 6)
        self.assertEqual(softnic.send().queues, {6})
        self.assertEqual(softnic.rule_locations(), list(range(301)))

    def test_without_the_feature_there_are_no_rules(self):
        softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 3)
        ethtool("-K", "soft0", "ntuple", "off")
        try:
            with self.assertRaises(softnic.CommandFailed):
                softnic.add_rule("flow-type", "tcp4", "dst-port", 9998, "action", 3)
            self.assertEqual(softnic.rule_locations(), [])
        finally:
            ethtool("-K", "soft0", "ntuple", "on")


class ExpressDataPathTests(softnic.Case):
    def test_a_program_and_header_split_exclude_each_other(self):
        program = softnic.pass_program()
        softnic.attach(program)
        try:
            with self.assertRaises(netlink.NetlinkError) as refused:
                softnic.rings(split=softnic.SPLIT_ON)
            self.assertIn("XDP", refused.exception.message)
            softnic.send()
            self.assertGreater(sum(softnic.statistics()[f"rx{queue}_xdp_packets"] for queue in range(8)), 0)
        finally:
            softnic.attach(-1)
        softnic.rings(split=softnic.SPLIT_ON)
        try:
            with self.assertRaises(netlink.NetlinkError) as refused:
                softnic.attach(program)
            self.assertIn("unable to install XDP to device using tcp-data-split", refused.exception.message)
        finally:
            softnic.rings(split=softnic.SPLIT_OFF)
            os.close(program)


class DatagramTests(softnic.Case):
    def test_what_is_not_tcp_arrives_too(self):
        """Two sizes: one frame, and 14 fragments."""
        receiver, sender = softnic.ADDRESSES[socket.AF_INET]
        with softnic.in_peer():
            outgoing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with outgoing, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as incoming:
            incoming.bind((receiver, 9999))
            incoming.settimeout(5)
            for length in 1400, 20000:
                outgoing.sendto(softnic.pattern(length), (receiver, 9999))
                data, (address, _) = incoming.recvfrom(1 << 16)
                self.assertEqual((data, address), (softnic.pattern(length), sender))


class StatisticsTests(softnic.Case):
    def test_all_counters_agree_about_a_steered_flow(self):
        location = softnic.add_rule("flow-type", "tcp4", "dst-port", 9999, "action", 2)
        before, named = softnic.queue_statistics(), softnic.statistics()
        with softnic.connection(9999) as (receiver, sender):
            softnic.reset_truth()
            softnic.transfer(receiver, sender, 500_000)
            incoming = receiver.getsockopt(socket.SOL_SOCKET, 56)
        truth, after = softnic.truth(), softnic.queue_statistics()
        self.assertEqual(truth.queues, {2})
        self.assertGreaterEqual(truth["soft0_page_bytes"] + truth["soft0_linear_bytes"], 500_000)
        grown = after["rx", 2]["rx_bytes"] - before["rx", 2]["rx_bytes"]
        self.assertGreater(grown, 500_000)
        self.assertEqual(softnic.statistics()["rx2_bytes"] - named["rx2_bytes"], grown)
        sent = sum(after["tx", q]["tx_packets"] - before["tx", q]["tx_packets"] for q in range(8))
        self.assertGreater(sent, 0, "acknowledgements")
        self.assertEqual(netlink.number(softnic.queue_facts(2)[4]), incoming, "the queue's NAPI is the socket's")
        napis = softnic.netdev(softnic.NAPI_GET, {1: softnic.device_index()})
        self.assertEqual(len(napis), 8)
        softnic.delete_rule(location)

    def test_hardware_gro_delivers_what_was_sent_together(self):
        together = softnic.send(length=500_000).of_queues("frames")
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        try:
            apart = softnic.send(length=500_000).of_queues("frames")
        finally:
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on")
        self.assertGreaterEqual(max(apart.values()), 500_000 // 1448)
        self.assertLess(max(together.values()), max(apart.values()))

    def test_jumbo_frames(self):
        self.set_mtu(9000)
        softnic.ethtool("-K", "soft0", "rx-gro-hw", "off")
        try:
            frames = max(softnic.send(length=500_000).of_queues("frames").values())
        finally:
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on")
            self.set_mtu(1500)
        self.assertLess(frames, 500_000 // 1448)
        self.assertGreaterEqual(frames, 500_000 // 8948)

    def set_mtu(self, mtu):
        softnic.batch(f"link set soft0 mtu {mtu}")
        softnic.batch(f"link set soft1 mtu {mtu}", namespace=("-n", "peer"))
