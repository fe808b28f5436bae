"""`nic show` against ethtool and against the kernel's netdev family, line by line, under every personality."""

import ipaddress
import json
import re

import lease
import netlink
import softnic
from softnic import ethtool

# What ethtool and the kernel name differently.
FEATURES = {"rx-ntuple-filter": "ntuple-filters", "rx-gro-hw": "rx-gro-hw", "rx-gro": "generic-receive-offload",
            "rx-lro": "large-receive-offload"}
RINGS = {"RX": "rx", "RX Mini": "rx_mini", "RX Jumbo": "rx_jumbo", "TX": "tx", "RX Buf Len": "rx_buf_len",
         "CQE Size": "cqe_size", "TCP data split": "tcp_data_split"}
CHANNELS = {"RX": "rx", "TX": "tx", "Other": "other", "Combined": "combined"}
# Of ethtool: lines that `nic show` has no member for.
IGNORED = {"RX Push", "TX Push", "TX push buff len", "HDS thresh", "TX Buf Len"}
# Attributes of the netdev family, Linux 7.3 (Documentation/netlink/specs/netdev.yaml).
PAGE_POOL = {1: "id", 3: "napi_id", 4: "inflight_pages", 5: "inflight_bytes", 6: "detach_seconds", 7: "dmabuf"}
PAGE_POOL_IFINDEX, PAGE_POOL_RING = 2, 8
NAPI = {2: "id", 3: "irq", 4: "thread", 5: "defer_hard_irqs", 6: "gro_flush_timeout_ns",
        7: "irq_suspend_timeout_ns", 8: "threaded"}
QUEUE_ID, QUEUE_TYPE, QUEUE_NAPI, QUEUE_RING = 1, 3, 4, 6


def show():
    return json.loads(lease.nic("show", "-i", "soft0", "--json")[0])


def pools():
    """The kernel's replies about soft0's page pools, by their numbers."""
    return {netlink.number(reply[1]): reply for reply in softnic.netdev(softnic.PAGE_POOL_GET, {})
            if netlink.number(reply.get(PAGE_POOL_IFINDEX, b"")) == softnic.device_index()}


def labels(text):
    """"Label: value" lines."""
    return dict(re.findall(r"^\s*([^:\n]+):[ \t]*(.*?)\s*$", text, re.MULTILINE))


def rules(text):
    """What `ethtool -n` prints, by location."""
    found = {}
    for block in re.split(r"\n(?=Filter: )", text)[1:]:
        values = labels(block)
        found[int(values["Filter"])] = values
    return found


class Shown:
    """Inside another class, where nothing collects it: the tests of each driver."""

    class Case(softnic.Case):
        def test_channels(self):
            self.assert_two_blocks("-l", show()["channels"], CHANNELS)

        def test_rings(self):
            lease.setup(queues=1)
            self.addCleanup(lease.restore)
            shown = show()["rings"]
            self.assert_two_blocks("-g", shown, RINGS)
            self.assertEqual((softnic.SPLIT_NAMES.index(shown["tcp_data_split"] or "auto"), shown["hds_thresh"],
                              shown["hds_thresh_max"]), softnic.split_state())

        def assert_two_blocks(self, option, shown, names):
            maximums, current = ethtool(option, "soft0").split("Current hardware settings:")
            lines = 0
            for block, suffix in ((maximums, "_max"), (current, "")):
                for label, value in labels(block).items():
                    if not value or label in IGNORED or names.get(label, "") + suffix not in shown:
                        self.assertTrue(not value or label in IGNORED or suffix, label)
                        continue
                    ours = shown[names[label] + suffix]
                    # ethtool has nothing to say about what a driver has none of; channels are 0 then.
                    theirs = value if value != "n/a" else "0" if option == "-l" else "None"
                    self.assertEqual(str(ours), theirs, (label, suffix))
                    lines += 1
            self.assertGreaterEqual(lines, 6)

        def test_features(self):
            found = labels(ethtool("-k", "soft0"))
            for ours, theirs in FEATURES.items():
                state = show()["features"][ours]
                self.assertEqual((state["active"], not state["changeable"]),
                                 (found[theirs].startswith("on"), "[fixed]" in found[theirs]), theirs)

        def test_spreading(self):
            self.assert_spreading(show()["rss"], ethtool("-x", "soft0"))

        def assert_spreading(self, shown, text):
            self.assertEqual(shown["table"], lease.entries(text))
            key = re.search(r"^RSS hash key:\n([0-9a-f:]+)$", text, re.MULTILINE)[1]
            self.assertEqual(shown["key"].replace(":", ""), key.replace(":", ""))
            self.assertEqual(shown["hash_function"], re.search(r"^ +(\w+): on$", text, re.MULTILINE)[1])

        def test_contexts(self):
            if self.personality == "gve":
                self.assertFalse(show()["rss_contexts"])
                return
            ethtool("-X", "soft0", "context", "new", "weight", 0, 1, 3)
            self.addCleanup(ethtool, "-X", "soft0", "context", 1, "delete")
            context, = show()["rss_contexts"]
            self.assertEqual(context["context"], 1)
            self.assert_spreading(context, ethtool("-x", "soft0", "context", 1))
            self.assertEqual(context["table"], softnic.contexts()[1])

        def test_rules(self):
            if self.personality == "gve":
                ethtool("-K", "soft0", "ntuple", "on")
                self.addCleanup(ethtool, "-K", "soft0", "ntuple", "off")
            flows = [("tcp4", "src-ip", "10.9.0.2", "dst-ip", "10.9.0.1", "src-port", 7, "dst-port", 8, "action", 1),
                     ("tcp4", "dst-port", 9, "action", 2),
                     ("tcp6", "src-ip", "fd09::2", "dst-port", 10, "action", 3)]
            if self.personality != "gve":
                ethtool("-X", "soft0", "context", "new", "weight", 0, 1)
                self.addCleanup(ethtool, "-X", "soft0", "context", 1, "delete")
                flows += [("tcp6", "dst-port", 11, "context", 1), ("tcp4", "dst-port", 12, "action", -1)]
            for flow in flows:
                location = softnic.add_rule("flow-type", *flow)
                self.addCleanup(softnic.delete_rule, location)
            shown = show()["flow_rules"]
            theirs = rules(ethtool("-n", "soft0"))
            self.assertEqual(sorted(rule["location"] for rule in shown["rules"]), sorted(theirs))
            self.assertEqual(len(theirs), len(flows))
            for rule in shown["rules"]:
                self.assert_rule(rule, theirs[rule["location"]])

        def assert_rule(self, rule, theirs):
            six = rule["flow_type"] == "tcp6"
            self.assertEqual(theirs["Rule Type"], "TCP over IPv6" if six else "TCP over IPv4")
            for ours, label, base in (("source", "Src IP addr", 0), ("destination", "Dest IP addr", 0),
                                      ("source_port", "Src port", 10), ("destination_port", "Dest port", 10)):
                value, mask = re.match(r"(\S+) mask: (\S+)", theirs[label]).groups()
                anything = int(ipaddress.ip_address(mask)) if not base else int(mask, 16)
                self.assertEqual(rule[ours] is None, anything != 0, label)
                if rule[ours] is not None:
                    self.assertEqual(str(rule[ours]), value, label)
            if rule.get("context"):
                self.assertEqual(theirs["Action"], f"Direct to RSS Context {rule['context']}")
            elif rule.get("drop"):
                self.assertEqual(theirs["Action"], "Drop")
            else:
                self.assertEqual(theirs["Action"], f"Direct to queue {rule['queue']}")

        def test_driver(self):
            found = labels(ethtool("-i", "soft0"))
            shown = show()["driver"]
            self.assertEqual((shown["driver"], shown["version"] or "", shown["bus"] or ""),
                             (found["driver"], found["version"], found["bus-info"]))

        def test_driver_statistics(self):
            softnic.send()
            before, shown, after = softnic.statistics(), show()["driver_statistics"], softnic.statistics()
            self.assert_between(before, {one["name"].strip(): one["value"] for one in shown}, after)
            self.assertTrue(any(before.values()))

        def assert_between(self, before, shown, after):
            """Neighbours look for each other at any time, and that counts."""
            self.assertEqual(list(shown), list(before))
            for name, value in shown.items():
                self.assertTrue(before[name] <= value <= after[name], (name, before[name], value, after[name]))

        def test_queue_statistics(self):
            softnic.send()
            before, shown, after = softnic.queue_statistics(), show()["queue_statistics"], softnic.queue_statistics()
            self.assertEqual([(one["type"], one["id"]) for one in shown], list(before))
            for one in shown:
                place = one["type"], one["id"]
                named = {name.replace("_", "-"): name for name in before[place] if isinstance(name, str)}
                counted = {name: value for name, value in one.items() if "-" in name and value is not None}
                self.assertEqual(len(counted), len(before[place]), place)
                for theirs, name in named.items():
                    self.assertTrue(before[place][name] <= counted[theirs] <= after[place][name], (place, name))
            self.assertTrue(any(one.get("rx-packets") for one in shown))

        def test_queues_and_pools_of_a_bound_queue(self):
            lease.setup(queues=1)
            self.addCleanup(lease.restore)
            with softnic.hold(1):
                # Of one moment: a frame of neighbour discovery may come between two readings.
                def of_a_moment():
                    readings[:] = [pools(), show(), pools()]
                    return readings[0] == readings[2]

                readings = []
                softnic.wait_until(of_a_moment, what="two readings alike")
                shown = readings[1]
                for queue in shown["queues"]:
                    theirs = softnic.queue_facts(queue["id"], int(queue["type"] == "tx"))
                    self.assertEqual(queue["napi_id"], netlink.number(theirs[QUEUE_NAPI]))
                    self.assertEqual(queue["io_uring"] is not None, QUEUE_RING in theirs)
                    self.assertEqual(queue["io_uring"] is not None, (queue["type"], queue["id"]) == ("rx", 1))
                self.assertEqual(len(shown["queues"]), len(softnic.netdev(softnic.QUEUE_GET,
                                                                          {2: softnic.device_index()})))
                self.assert_pools(shown["page_pools"], readings[0])
                self.assert_napis(shown["napis"])
            softnic.wait_until(lambda: not softnic.is_bound(1), what="unbinding")

        def assert_pools(self, shown, theirs):
            self.assertEqual({pool["id"] for pool in shown}, set(theirs))
            for pool in shown:
                reply = theirs[pool["id"]]
                for kind, name in PAGE_POOL.items():
                    expected = netlink.number(reply[kind]) if kind in reply else None
                    self.assertEqual(pool[name], expected, (pool["id"], name))
                self.assertEqual(pool["io_uring"], PAGE_POOL_RING in reply)
            self.assertEqual(sum(pool["io_uring"] for pool in shown), 1)

        def assert_napis(self, shown):
            # Each by itself: a dump leaves instances out after a queue was restarted (Linux 7.3).
            queues = softnic.netdev(softnic.QUEUE_GET, {2: softnic.device_index()})
            numbers = {netlink.number(queue[QUEUE_NAPI]) for queue in queues}
            theirs = {number: softnic.netdev(softnic.NAPI_GET, {2: number}, dump=False)[0] for number in numbers}
            self.assertEqual({napi["id"] for napi in shown}, set(theirs))
            for napi in shown:
                for kind, name in NAPI.items():
                    expected = netlink.number(theirs[napi["id"]][kind]) if kind in theirs[napi["id"]] else None
                    if name != "threaded":
                        self.assertEqual(napi[name], expected, (napi["id"], name))


class Generic(Shown.Case):
    personality = "generic"


class Bnxt(Shown.Case):
    personality = "bnxt"


class Gve(Shown.Case):
    gve = True
    personality = "gve"


class Mlx5(Shown.Case):
    personality = "mlx5"


class Fbnic(Shown.Case):
    personality = "fbnic"
