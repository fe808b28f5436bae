"""`nic show` against the two other readers of the same facts, ip and ethtool, and against its documentation."""

import json
import os
import re
import socket
from pathlib import Path

import express_data_path
from harness import EXECUTABLE, NOBODY, HostCase, needs, needs_namespaces, needs_root
from namespace import Namespace
from process import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "nic.md"
ETHTOOL = "/usr/sbin/ethtool"
# What the kernel does not name as ethtool does.
FEATURES = {"rx-ntuple-filter": "ntuple-filters", "rx-gro-hw": "rx-gro-hw", "rx-gro": "generic-receive-offload",
            "rx-lro": "large-receive-offload"}
RINGS = {"RX": "rx", "RX Mini": "rx_mini", "RX Jumbo": "rx_jumbo", "TX": "tx", "RX Buf Len": "rx_buf_len",
         "CQE Size": "cqe_size", "TCP data split": "tcp_data_split"}
CHANNELS = {"RX": "rx", "TX": "tx", "Other": "other", "Combined": "combined"}
# Parts that are asked for separately, and so may be absent for a reason.
PARTS = ("driver", "channels", "rings", "features", "rss", "rss_contexts", "flow_rules", "xdp_features", "queues",
         "napis", "page_pools", "page_pool_statistics", "queue_statistics", "driver_statistics")


def ethtool(*arguments):
    """What ethtool prints; None where it fails, which it tells by its status."""
    finished = run(ETHTOOL, *arguments)
    return finished.stdout if finished.status == 0 else None


def labels(text):
    """"Label: value" lines of one of ethtool's blocks."""
    return dict(re.findall(r"^\s*([^:\n]+):[ \t]*(.*?)\s*$", text, re.MULTILINE))


def keys(value):
    """Every member's name in a JSON value, however deep, but those of `absent`, which are values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key != "absent":
                yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def undocumented(document, page):
    """Members that the page has no code span for. Counters of queues are the kernel's; the page names its list."""
    spans = set(re.findall(r"`([^`\n]+)`", page))
    counters = {key for queue in document["queue_statistics"] or [] for key in queue if "-" in key}
    return set(keys(document)) - spans - counters


class ShowTests(HostCase):
    def show(self, interface):
        return self.document(run(EXECUTABLE, "nic", "show", "-i", interface, "--json"))

    def pair(self):
        namespace = Namespace(mtu=1420)
        self.addCleanup(namespace.close)
        return namespace

    def assert_like_ip(self, interface):
        shown = self.show(interface)
        (link,) = json.loads(self.ended(run("ip", "-d", "-j", "link", "show", "dev", interface)).stdout)
        self.assertEqual((shown["interface"], shown["index"]), (link["ifname"], link["ifindex"]))
        self.assertEqual(shown["kind"], link.get("linkinfo", {}).get("info_kind"))
        self.assertEqual(shown["receive_queues_capacity"], link["num_rx_queues"])
        self.assertEqual(shown["link"]["mtu"], link["mtu"])
        self.assertEqual(shown["link"]["address"], link["address"])
        # ip says it only where it differs from the other.
        same = shown["link"]["address"] if shown["link"]["permanent_address"] else None
        self.assertEqual(shown["link"]["permanent_address"], link.get("permaddr", same))
        self.assertEqual(shown["link"]["up"], "UP" in link["flags"])
        self.assertEqual(shown["link"]["carrier"], "NO-CARRIER" not in link["flags"] and "UP" in link["flags"])
        self.assertEqual(shown["link"]["state"], {"LOWERLAYERDOWN": "lower layer down"}.get(
            link["operstate"], link["operstate"].lower()))
        self.assertIsNone(shown["link"]["xdp"])
        return shown

    def assert_like_ethtool(self, shown, interface):
        found = labels(ethtool("-k", interface))
        for ours, theirs in FEATURES.items():
            state = shown["features"][ours]
            self.assertEqual(state["active"], found[theirs].startswith("on"), theirs)
            self.assertEqual(not state["changeable"], "[fixed]" in found[theirs], theirs)

        for option, part, names in (("-l", "channels", CHANNELS), ("-g", "rings", RINGS)):
            text = ethtool(option, interface)
            self.assertEqual(text is None, shown[part] is None, part)
            if text is None:
                self.assertEqual(shown["absent"][part], "not supported by the driver")
                continue
            maximums, current = text.split("Current hardware settings:")
            for block, suffix in ((maximums, "_max"), (current, "")):
                for label, value in labels(block).items():
                    if label in names and (not suffix or names[label] + suffix in shown[part]):
                        # ethtool has nothing to say about what a driver has none of; our channels are 0 then.
                        ours = shown[part][names[label] + suffix]
                        theirs = 0 if value == "n/a" and part == "channels" else None if value == "n/a" else value
                        self.assertEqual(str(ours), str(theirs), (part, label, suffix))

        text = ethtool("-i", interface)
        self.assertEqual(text is None, shown["driver"] is None)
        if text:
            found = labels(text)
            self.assertEqual(shown["driver"]["driver"], found["driver"])
            self.assertEqual(shown["driver"]["version"] or "", found["version"])
            self.assertEqual(shown["driver"]["bus"] or "", found["bus-info"])

        text = ethtool("-S", interface)
        self.assertEqual(text is None, not shown["driver_statistics"])
        if text:
            names = [name.strip() for name in re.findall(r"^     (.+): \d+$", text, re.MULTILINE)]
            self.assertEqual([counter["name"].strip() for counter in shown["driver_statistics"]], names)

    def assert_complete(self, shown):
        for part in PARTS:
            self.assertEqual(shown[part] is None, part in shown["absent"], part)
        self.assertLessEqual(set(shown["absent"]), set(PARTS))

    def test_loopback_is_as_ip_says(self):
        self.assert_complete(self.assert_like_ip("lo"))

    @needs(ETHTOOL)
    def test_loopback_is_as_ethtool_says(self):
        self.assert_like_ethtool(self.show("lo"), "lo")

    @needs_namespaces
    @needs(ETHTOOL)
    def test_a_veth_is_as_ip_and_ethtool_say_up_and_down(self):
        near = self.pair().near
        shown = self.assert_like_ip(near)
        self.assert_complete(shown)
        self.assertEqual(shown["kind"], "veth")
        self.assertEqual(shown["link"]["mtu"], 1420)
        self.assertEqual(shown["driver"]["driver"], "veth")
        self.assert_like_ethtool(shown, near)
        self.ended(run("ip", "link", "set", near, "down"))
        self.assert_like_ethtool(self.assert_like_ip(near), near)

    @needs_namespaces
    @needs(ETHTOOL)
    def test_a_change_is_seen(self):
        near = self.pair().near
        before = self.show(near)["features"]["rx-gro"]["active"]
        self.ended(run(ETHTOOL, "-K", near, "gro", "off" if before else "on"))
        self.ended(run("ip", "link", "set", near, "mtu", "1300"))
        after = self.show(near)
        self.assertEqual(after["features"]["rx-gro"]["active"], not before)
        self.assertEqual(after["link"]["mtu"], 1300)
        self.assert_like_ethtool(after, near)

    @needs_root
    def test_an_attached_xdp_program_is_seen_with_its_mode(self):
        near = self.pair().near
        for driver_mode, mode in ((False, "xdpgeneric"), (True, "xdpdrv")):
            try:
                attached = express_data_path.Attached(near, driver_mode)
            except OSError as problem:
                self.skipTest(f"no XDP program can be attached here: {problem}")
            with self.subTest(mode), attached:
                (link,) = json.loads(self.ended(run("ip", "-d", "-j", "link", "show", "dev", near)).stdout)
                program = link["xdp"]["prog"]["id"]
                self.assertEqual(self.show(near)["link"]["xdp"], {"mode": mode, "programs": [program]})
        self.assertIsNone(self.show(near)["link"]["xdp"])

    @needs_namespaces
    def test_each_namespace_has_its_own(self):
        namespace = self.pair()
        finished = run(*namespace.prefix, EXECUTABLE, "nic", "show", "-i", namespace.near, "--json")
        self.ended(finished, 64)
        far = self.document(run(*namespace.prefix, EXECUTABLE, "nic", "show", "-i", "lo", "-J"))
        self.assertTrue(far["link"]["up"])

    @needs_root
    def test_nobody_sees_the_same(self):
        near = self.pair().near
        theirs = self.document(run(*NOBODY, EXECUTABLE, "nic", "show", "-i", near, "--json"))
        ours = self.show(near)
        for counters in ("queue_statistics", "driver_statistics", "page_pools", "page_pool_statistics"):
            self.assertEqual(theirs.pop(counters) is None, ours.pop(counters) is None, counters)
        self.assertEqual(theirs, ours)

    def test_queues_are_told_or_the_kernel_is_too_old(self):
        shown = self.show("lo")
        if shown["queues"] is None:
            self.assertRegex(shown["absent"]["queues"], "not offered by this kernel")
            return
        self.assertEqual([(queue["type"], queue["id"]) for queue in shown["queues"]], [("rx", 0), ("tx", 0)])
        for queue in shown["queues"]:
            self.assertEqual((queue["io_uring"], queue["dmabuf"], queue["xsk"]), (None, None, False))

    def test_the_text_has_every_part_and_no_control_code(self):
        text = self.ended(run(EXECUTABLE, "nic", "show", "-i", "lo")).stdout
        for line in ("lo: index ", "Driver", "Channels: not supported by the driver", "Rings: ", "Features:",
                     "  ntuple-filters: off [fixed]", "RSS: ", "Flow rules: ", "XDP features:", "Queues:",
                     "Page pools", "Queue counters", "Driver counters: "):
            self.assertRegex(text, rf"(?m)^{re.escape(line)}")
        self.assertFalse(re.search(r"[^\n -~]", text), text)

    def test_an_interface_that_does_not_exist_is_a_usage_error(self):
        for name in ("nonexistent0", "", "name-longer-than-15", "a/b"):
            for options in ((), ("--json",)):
                with self.subTest(name=name, options=options):
                    finished = self.ended(run(EXECUTABLE, "nic", "show", "-i", name, *options), 64)
                    self.assertEqual(finished.stdout, "")
                    self.assertIn("there is no interface", finished.stderr)
                    self.assertIn("lo", finished.stderr)

    def test_an_interface_is_asked_for(self):
        for arguments in (("show",), ("show", "-i"), ("show", "lo"), ("show", "-i", "lo", "--nonsense")):
            with self.subTest(arguments):
                self.assertEqual(self.ended(run(EXECUTABLE, "nic", *arguments), 64).stdout, "")

    def test_a_full_disk_is_an_error(self):
        finished = run("sh", "-c", f"exec '{EXECUTABLE}' nic show -i lo > /dev/full")
        self.ended(finished, 1)
        self.assertIn("No space left on device", finished.stderr)

    @needs_namespaces
    def test_every_member_is_documented(self):
        page = PAGE.read_text("utf-8")
        for interface in ("lo", self.pair().near):
            self.assertEqual(undocumented(self.show(interface), page), set())

    def test_these_checks_find_what_they_look_for(self):
        shown = self.show("lo")
        page = PAGE.read_text("utf-8")
        self.assertEqual(undocumented(shown | {"surprise": 1}, page), {"surprise"})
        self.assertEqual(undocumented(shown, page.replace("`xdp`", "xdp")), {"xdp"})
        with self.assertRaises(AssertionError):
            self.assert_complete(shown | {"rings": {}})
        if os.path.exists(ETHTOOL):
            shown["features"]["rx-gro"]["active"] = not shown["features"]["rx-gro"]["active"]
            with self.assertRaises(AssertionError):
                self.assert_like_ethtool(shown, "lo")
        self.assertEqual(shown["index"], socket.if_nametoindex("lo"))
