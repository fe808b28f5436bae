"""Personalities of the software NIC: each refuses and reports what the driver it is named after does."""

import gvnic
import netlink
import softnic
from softnic import ethtool

PORT_RULE = ("flow-type", "tcp4", "dst-port", 9999, "action", 1)


class PersonalityCase(softnic.Case):
    queues = 2

    def assertDriver(self):
        self.assertIn(f"driver: {softnic.PERSONALITIES[self.personality]}\n", ethtool("-i", "soft0"))

    def assertRingsRefused(self, text="", **settings):
        with self.assertRaises(netlink.NetlinkError) as refused:
            softnic.rings(**settings)
        self.assertIn(text, refused.exception.message)


    def check_zero_copy(self):
        """A transfer through queue 1 without a copy; the driver is prepared and a rule set. The probe's account."""
        softnic.reset_truth()
        account = softnic.receive("--area-size", 32 << 20, "--expect-copied", "none", mib=1)
        truth = softnic.truth()
        self.assertEqual(truth.uring_copied, 0)
        self.assertGreaterEqual(truth["soft0_zero_copy_bytes"], 1 << 20)
        softnic.wait_until(lambda: not softnic.is_bound(1))
        return account


class BnxtTests(PersonalityCase):
    personality = "bnxt"

    def test_split_is_shown_on_before_anybody_asked(self):
        self.assertDriver()
        self.assertEqual(softnic.split_state(), (softnic.SPLIT_ON, 640, 1023))
        self.assertRingsRefused(split=softnic.SPLIT_OFF)
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EINVAL", "it was not really on")
        softnic.rings(split=softnic.SPLIT_ON)
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EINVAL", "the threshold is not 0")
        softnic.rings(hds_thresh=0)
        location = softnic.add_rule(*PORT_RULE)
        self.check_zero_copy()
        softnic.delete_rule(location)
        softnic.rings(split=softnic.SPLIT_AUTO, hds_thresh=640)

    def test_four_payload_buffers_for_each_slot(self):
        self.assertRegex(ethtool("-g", "soft0"), r"(?s)Current.*RX:\s*511\n.*RX Jumbo:\s*2044\n")

    def test_rules_choose_their_own_place(self):
        self.assertRefused("Invalid argument", "ethtool", "-N", "soft0", *PORT_RULE, "loc", 3)
        softnic.add_rule(*PORT_RULE)
        self.assertRefused("File exists", "ethtool", "-N", "soft0", *PORT_RULE)
        # switching the feature off takes the rules along
        ethtool("-K", "soft0", "ntuple", "off")
        self.assertRefused("Operation not permitted", "ethtool", "-N", "soft0", *PORT_RULE)
        ethtool("-K", "soft0", "ntuple", "on")

    def test_a_closed_interface_refuses_rules_and_queues(self):
        softnic.rings(split=softnic.SPLIT_ON, hds_thresh=0)
        softnic.batch("link set soft0 down")
        try:
            self.assertRefused("Resource temporarily unavailable", "ethtool", "-N", "soft0", *PORT_RULE)
            self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "ENETDOWN")
        finally:
            softnic.batch("link set soft0 up")
            softnic.rings(split=softnic.SPLIT_AUTO, hds_thresh=640)


class GveTests(PersonalityCase):
    personality = "gve"

    def test_no_threshold_and_two_buffers_in_a_page(self):
        self.assertDriver()
        self.assertEqual(softnic.split_state(), (softnic.SPLIT_OFF, None, None))
        self.assertRingsRefused("setting hds-thresh is not supported", hds_thresh=0)
        self.assertIn("RX Buf Len:\t\t4096\n", ethtool("-g", "soft0"))
        before = gvnic.carrier_changes()
        ethtool("-G", "soft0", "rx-buf-len", 2048)
        ethtool("-G", "soft0", "rx-buf-len", 4096)
        self.assertEqual(gvnic.carrier_changes() - before, 4)
        self.assertRefused("2048 or 4096", "ethtool", "-G", "soft0", "rx-buf-len", 8192)
        self.assertRefused("Invalid argument", "ethtool", "-G", "soft0", "rx", 1000)
        softnic.send()

    def test_queue_0_cannot_be_bound(self):
        softnic.prepare()
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 0), "ERANGE")
        _, facts = softnic.probe("bind", "-i", "soft0", "-q", 1, "--rx-buf-len", 8192)
        self.assertEqual([field["errno"] for field in facts[0]["dropped"]], ["EOPNOTSUPP"])
        softnic.wait_until(lambda: not softnic.is_bound(1))
        softnic.batch("link set soft0 down")
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EAGAIN")
        softnic.batch("link set soft0 up")
        softnic.rings(split=softnic.SPLIT_OFF)
        softnic.rings(split=softnic.SPLIT_AUTO)

    def test_rules_need_the_feature_and_a_slot(self):
        self.assertRefused("Operation not supported", "ethtool", "-N", "soft0", *PORT_RULE, "loc", 1)
        ethtool("-K", "soft0", "ntuple", "on")
        ethtool("-N", "soft0", *PORT_RULE, "loc", 1)
        self.assertRefused("Invalid argument", "ethtool", "-N", "soft0", *PORT_RULE, "loc", 1024)
        self.assertRefused("Operation not supported", "ethtool", "-X", "soft0", "context", "new")
        softnic.prepare()
        ethtool("-G", "soft0", "rx-buf-len", 2048)
        account = self.check_zero_copy()
        ethtool("-G", "soft0", "rx-buf-len", 4096)
        self.assertGreater(account["proven_zero_copy_bytes"], 0, "the second buffer of a page")
        softnic.rings(split=softnic.SPLIT_OFF)
        softnic.rings(split=softnic.SPLIT_AUTO)
        ethtool("-K", "soft0", "ntuple", "off")
        self.assertEqual(softnic.rule_locations(), [])

    def test_statistics_have_the_drivers_names(self):
        softnic.prepare()
        softnic.send(length=50_000)
        statistics = softnic.statistics()
        self.assertEqual(statistics["rx_hsplit_pkt"] > 0, True)
        self.assertEqual(sum(statistics[f"rx_hsplit_bytes[{queue}]"] for queue in range(2)) >= 50_000, True)
        self.assertEqual(set(softnic.queue_statistics()["rx", 0]), {"rx_packets", "rx_bytes", "rx_alloc_fail"})
        softnic.rings(split=softnic.SPLIT_OFF)
        softnic.rings(split=softnic.SPLIT_AUTO)


class Mlx5Tests(PersonalityCase):
    personality = "mlx5"

    def test_split_needs_hardware_gro(self):
        self.assertDriver()
        self.assertEqual(softnic.split_state(), (None, 0, 0))
        self.assertRingsRefused("not supported when GRO HW is disabled", split=softnic.SPLIT_ON)
        ethtool("-K", "soft0", "rx-gro-hw", "on")
        softnic.rings(split=softnic.SPLIT_ON)
        self.assertEqual(softnic.split_state()[0], softnic.SPLIT_ON)
        softnic.run("sh", "-c", "ethtool -K soft0 rx-gro-hw off || true")
        self.assertIn("rx-gro-hw: on", ethtool("-k", "soft0"), "kept on while split is on")
        ethtool("-N", "soft0", *PORT_RULE, "loc", 7)
        self.check_zero_copy()
        softnic.delete_rule(7)
        softnic.batch("link set soft0 down")
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EOPNOTSUPP")
        softnic.batch("link set soft0 up")
        softnic.rings(split=softnic.SPLIT_AUTO)
        self.assertIn("rx-gro-hw: off", ethtool("-k", "soft0"), "as was wanted all along")

    def test_binding_interrupts_every_queue(self):
        """A flow on another queue survives; what was on the wire then is lost, as with the driver."""
        ethtool("-K", "soft0", "rx-gro-hw", "on")
        softnic.rings(split=softnic.SPLIT_ON)
        ethtool("-X", "soft0", "equal", 1)
        softnic.reset_truth()
        with softnic.connection(9999) as (receiver, sender):
            self.assertIsNone(softnic.refusal("-i", "soft0", "-q", 1, "--count", 3))
            softnic.transfer(receiver, sender, 1_000_000)
        softnic.wait_until(lambda: not softnic.is_bound(1))
        self.assertEqual(softnic.truth()["soft0_interruptions"], 6, "by three bindings and three unbindings")
        softnic.reset_table()
        softnic.rings(split=softnic.SPLIT_AUTO)
        ethtool("-K", "soft0", "rx-gro-hw", "off")

    def test_rules_need_a_slot_but_not_the_feature(self):
        self.assertIn("ntuple-filters: off", ethtool("-k", "soft0"))
        self.assertRefused("No space left", "ethtool", "-N", "soft0", *PORT_RULE, "loc", 1024)
        ethtool("-N", "soft0", *PORT_RULE, "loc", 1023)
        self.assertEqual(softnic.send().queues, {1})
        softnic.delete_rule(1023)

    def test_sizes_are_rounded_and_statistics_named(self):
        ethtool("-G", "soft0", "rx", 100)
        self.assertRegex(ethtool("-g", "soft0"), r"(?s)Current.*RX:\s*128\n")
        self.assertRefused("rx (8) < min", "ethtool", "-G", "soft0", "rx", 8)
        ethtool("-G", "soft0", "rx", 1024)
        softnic.send(length=5000)
        statistics = softnic.statistics()
        self.assertGreater(sum(statistics[f"rx{queue}_hds_nosplit_packets"] for queue in range(2)), 0)


class FbnicTests(PersonalityCase):
    personality = "fbnic"

    def test_always_splits_above_its_threshold(self):
        self.assertDriver()
        self.assertEqual(softnic.split_state(), (softnic.SPLIT_ON, 1536, 3584))
        self.assertRingsRefused("Cannot disable TCP data split", split=softnic.SPLIT_OFF)
        self.assertEqual(softnic.refusal("-i", "soft0", "-q", 1), "EINVAL")
        softnic.prepare()
        location = softnic.add_rule(*PORT_RULE)
        self.check_zero_copy()
        softnic.delete_rule(location)
        softnic.rings(split=softnic.SPLIT_AUTO, hds_thresh=1536)

    def test_three_rings_of_powers_of_two(self):
        ethtool("-G", "soft0", "rx-jumbo", 100, "rx-mini", 65)
        self.assertRegex(ethtool("-g", "soft0"), r"(?s)Current.*RX Mini:\s*128\nRX Jumbo:\s*128\n")
        self.assertRefused("requested ring size too small", "ethtool", "-G", "soft0", "rx-jumbo", 32)
        ethtool("-G", "soft0", "rx-jumbo", 256, "rx-mini", 256)

    def test_rules_choose_their_place_and_one_more_context(self):
        self.assertRefused("Invalid argument", "ethtool", "-N", "soft0", *PORT_RULE, "loc", 3)
        softnic.delete_rule(softnic.add_rule(*PORT_RULE))
        ethtool("-X", "soft0", "context", "new", "equal", 2)
        with self.assertRaises(softnic.CommandFailed):
            ethtool("-X", "soft0", "context", "new", "equal", 2)
        ethtool("-X", "soft0", "context", 1, "delete")
