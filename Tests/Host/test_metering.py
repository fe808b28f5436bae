"""What a report says of CPUs, interface and limits, beside what the kernel says at the same time."""

import json
import os
from pathlib import Path

from harness import EXECUTABLE, LOOPBACK, HostCase, ServerCase, needs_namespaces
from namespace import Namespace

CLASSES = ("user", "system", "irq", "softirq", "steal")
TICKS = os.sysconf("SC_CLK_TCK")


def processor_times():
    """Seconds by CPU name and class, as /proc/stat has them now."""
    times = {}
    for line in Path("/proc/stat").read_text().splitlines():
        name, *columns = line.split()
        if name.startswith("cpu"):
            user, nice, system, idle, iowait, irq, softirq, steal = (int(column) / TICKS for column in columns[:8])
            times[name] = {"user": user + nice, "system": system, "irq": irq, "softirq": softirq, "steal": steal,
                           "idle": idle + iowait, "iowait": iowait}
    return times


def machine_times(report):
    """The report's own account, by the same names."""
    times = {f"cpu{cpu['cpu']}": cpu["time"] for cpu in report["cpus"]}
    return times | {"cpu": report["processor"]["machine"]}


class ProcessorTests(HostCase):
    def measure(self):
        """A run's report; readings of /proc/stat before it, at its first event, at a later one, and after it."""
        before = processor_times()
        server = self.serve("--json-stream", "-1", "-A", "0")
        client = self.start(EXECUTABLE, "client", LOOPBACK, "-p", server.port, "-t", "2", "--json-stream")
        server.says('"event":"start"')
        begun = processor_times()
        server.says('"event":"interval"')
        going = processor_times()
        is_going = '"event":"end"' not in server.stdout
        self.ended(client.finished())
        events = [json.loads(line) for line in self.ended(server.finished()).stdout.splitlines()]
        after = processor_times()
        report = next(event["data"] for event in events if event["event"] == "zcrx_bench")
        return report, (before, after), (begun, going) if is_going else None

    def test_every_class_of_every_cpu_lies_between_readings_within_the_run_and_around_it(self):
        # A reading on a machine so busy that the run was over by then bounds nothing.
        for _ in range(3):
            report, outer, inner = self.measure()
            if inner:
                break
        self.assertIsNotNone(inner, "no run was seen while it lasted")
        tick = 1.01 / TICKS
        for name, account in machine_times(report).items():
            for kind in CLASSES:
                least, most = (ends[1][name][kind] - ends[0][name][kind] for ends in (inner, outer))
                with self.subTest(cpu=name, kind=kind):
                    self.assertGreaterEqual(account[kind], least - tick)
                    self.assertLessEqual(account[kind], most + tick)
            # The same ticks as fractions of a second, of which the last digits may differ.
            self.assertLess(account["iowait"], account["idle"] + 0.5 / TICKS)
        self.assertGreater(sum(report["processor"]["machine"][kind] for kind in CLASSES), 0)

    def test_a_workers_cpu_and_that_of_the_softirq_are_named(self):
        report, _, _ = self.measure()
        [worker] = report["workers"]
        self.assertEqual((worker["cpu"], worker["last_cpu"]), (0, 0))
        self.assertGreater(worker["minor_faults"], 0)
        self.assertGreaterEqual(worker["elapsed"], report["processor"]["wall_seconds"] * 0.9)
        by_number = {cpu["cpu"]: cpu for cpu in report["cpus"]}
        self.assertEqual(by_number[0]["workers"], [0])
        sources = [source for cpu in report["cpus"] for source in cpu["softirq"]]
        # Packets of lo come through no interrupt: the socket tells.
        self.assertEqual([(source["kind"], source["streams"]) for source in sources], [("incoming_cpu", [1])])


class LimitTests(ServerCase):
    def test_both_sides_say_the_same_from_both_sides_figures(self):
        document, report = self.both(lambda: self.client(self.port, "-t", "1", "-J"))
        ours, theirs = document["zcrx_bench"], report["zcrx_bench"]
        self.assertEqual(ours["peer_load"], theirs["load"])
        self.assertEqual(theirs["peer_load"], ours["load"])
        self.assertEqual(ours["derived"]["limit"], theirs["derived"]["limit"])
        self.assertEqual(ours["load"]["boot"], theirs["load"]["boot"])
        self.assertNotEqual(ours["derived"]["limit"]["verdict"], "unknown")

    def test_a_rate_that_was_asked_for_is_what_limits(self):
        document, report = self.both(lambda: self.client(self.port, "-t", "1", "-b", "20M", "-J"))
        for side in (document, report):
            self.assertEqual(side["zcrx_bench"]["derived"]["limit"]["verdict"], "neither")
            self.assertIn("% of the rate asked for", side["zcrx_bench"]["derived"]["limit"]["evidence"])

    def test_a_small_window_shows_in_what_the_sender_waited_for(self):
        document, _ = self.both(lambda: self.client(self.port, "-t", "1", "-w", "8K", "-J"))
        stream = document["zcrx_bench"]["streams"][0]["tcp"]
        waited = stream["sending"]["window_limited_us"] + stream["sending"]["buffer_limited_us"]
        self.assertGreater(waited, 0)
        self.assertLessEqual(waited, stream["sending"]["busy_us"])
        self.assertNotIn("receiving", stream)

    def test_a_stock_client_tells_nothing_and_nothing_is_made_up(self):
        def client():
            finished = self.iperf3(self.port, "-t", "1", "-J")
            self.ended(finished)

        [report] = self.reports_after(client)
        ours = report["zcrx_bench"]
        self.assertNotIn("peer_load", ours)
        self.assertIn(ours["derived"]["limit"]["verdict"], ("receiver_cpu", "both_cpus", "other_load", "unknown"))
        self.assertIn("the sender tells nothing", ours["derived"]["limit"]["evidence"])
        self.assertIn("receiving", ours["streams"][0]["tcp"])

    def test_a_stock_server_tells_nothing_either(self):
        server = self.serve_iperf3("-1")
        ours = self.document(self.client(server.port, "-t", "1", "-J"))["zcrx_bench"]
        self.assertNotIn("peer_load", ours)
        self.assertIn(ours["derived"]["limit"]["verdict"], ("sender_cpu", "both_cpus", "window", "other_load", "unknown"))
        self.assertIn("the receiver tells nothing", ours["derived"]["limit"]["evidence"])


@needs_namespaces
class InterfaceTests(HostCase):
    def test_the_interface_of_the_way_to_the_peer_is_described_and_counted(self):
        far = Namespace(mtu=1400)
        self.addCleanup(far.close)
        server = self.serve("-J", "-1")
        client = self.start(*far.prefix, EXECUTABLE, "client", far.near4, "-p", server.port, "-n", "30M", "-J")
        theirs = self.document(client.finished())["zcrx_bench"]
        ours = self.document(server.finished())["zcrx_bench"]
        for report, name, moved in ((ours, far.near, "received_bytes"), (theirs, None, "sent_bytes")):
            interface, network = report["environment"]["interface"], report["network"]
            self.assertEqual(interface["choice"], "route")
            self.assertEqual((interface["driver"], interface["mtu"]), ("veth", 1400))
            self.assertEqual(network["interface"], interface["name"])
            # A sender has done its part while the last of it, a full send buffer at most, is still with the kernel.
            self.assertGreaterEqual(network["link"][moved], 20 << 20)
            self.assertEqual(set(interface["offloads"]), {"gro", "lro", "tso", "gso", "hw_gro"})
            if name:
                self.assertEqual(interface["name"], name)
            # veth counts nothing by queue on kernels before 6.9, and says so.
            if "transmit" not in network:
                self.assertTrue(any("counters by queue" in reason for reason in network["absent"]), network["absent"])

    def test_the_environment_is_that_of_the_machine(self):
        server = self.serve("-J", "-1")
        self.ended(self.client(server.port, "-n", "1M"))
        machine = self.document(server.finished())["zcrx_bench"]["environment"]["machine"]
        folder = Path("/sys/devices/system/cpu/vulnerabilities")
        if folder.is_dir():
            words = {file.name: file.read_text().partition(":")[0].split()[0] for file in folder.iterdir()}
            self.assertEqual(machine["mitigated"], sorted(name for name in words if words[name] == "Mitigation"))
            self.assertEqual(machine["vulnerable"], sorted(name for name in words if words[name] == "Vulnerable"))
        smt = Path("/sys/devices/system/cpu/smt/control")
        if smt.is_file():
            self.assertEqual(machine["smt"], smt.read_text().strip())
