"""What only a real driver does: interrupts that move late, NAPI instances made anew, a carrier that drops, refusals of the
device, resets. `scripts/rig run --nic gve`."""

import json
import os
import re
import signal
import subprocess
import threading
import unittest
from pathlib import Path

import gvnic
import lease
import netlink
import receiving
import softnic
from receiving import MIB
from server_lease import ServerLeaseCase

NAPI_ID, NAPI_IRQ, NAPI_DEFER, NAPI_TIMEOUT, NAPI_SET = 2, 3, 5, 6, 14
QUEUE_NAPI = 4
USERS_OWN = {"defer_hard_irqs": 5, "gro_flush_timeout_ns": 90000}
NOTHING = {"defer_hard_irqs": 0, "gro_flush_timeout_ns": 0}


def load_tests(loader, tests, pattern):
    """None with the software NIC."""
    return tests if gvnic.is_here() else unittest.TestSuite()


def napi(queue):
    """The kernel's account of the NAPI instance of a receive queue, asked for alone."""
    identity = netlink.number(softnic.queue_facts(queue)[QUEUE_NAPI])
    return softnic.netdev(softnic.NAPI_GET, {NAPI_ID: identity}, dump=False)[0]


def deferral(queue):
    facts = napi(queue)
    return {"defer_hard_irqs": netlink.number(facts[NAPI_DEFER]), "gro_flush_timeout_ns": netlink.number(facts[NAPI_TIMEOUT])}


def defer(queue, count, nanoseconds):
    """As a user would, with ynl."""
    identity = netlink.number(softnic.queue_facts(queue)[QUEUE_NAPI])
    softnic.netdev(NAPI_SET, {NAPI_ID: identity, NAPI_DEFER: count, NAPI_TIMEOUT: nanoseconds}, dump=False)


def complaints():
    return len(re.findall(r"WARNING:|BUG:|Call Trace", softnic.run("dmesg")))


class GveCase(ServerLeaseCase):
    """A real gve; every test leaves the NIC as it was, and the kernel silent."""

    gve = True
    personality = "gve"
    queues = 8

    def setUp(self):
        super().setUp()
        self.complaints = complaints()
        self.addCleanup(gvnic.heal)

    def tearDown(self):
        super().tearDown()
        self.assertEqual(complaints(), self.complaints, "the kernel complained")
        softnic.wait_until(gvnic.has_carrier, 20, "carrier")


class InterruptTests(GveCase):
    def test_every_queue_has_its_interrupt_while_some_are_held(self):
        expected = {queue: gvnic.interrupt(queue) for queue in range(self.queues)}
        with self.server("-q", "2,4,6", once=False) as server:
            shown = json.loads(lease.nic("show", "-i", "soft0", "-J")[0])
            self.end(server)
        interrupts = {one["id"]: one["irq"] for one in shown["napis"]}
        queues = {one["id"]: one["napi_id"] for one in shown["queues"] if one["type"] == "rx"}
        self.assertEqual({queue: interrupts.get(identity) for queue, identity in queues.items()}, expected)
        self.assertPutBack()

    def test_the_report_names_the_interrupt_that_came(self):
        number = gvnic.interrupt(3)
        before = gvnic.deliveries(number)
        report, _, _ = self.receive(queues="3", flows=1)
        [queue] = report["network"]["queues"]
        self.assertEqual(queue["interrupt"], number)
        self.assertGreater(gvnic.deliveries(number), before)
        self.assertPutBack()

    def never_used(self):
        """(queue, interrupt, the CPU it is to go to) of an interrupt that has not come yet, sent to another CPU than the
        kernel still tells."""
        softnic.load("gve", self.queues)
        softnic.Case.loaded = self.personality, self.queues
        self.before, self.everything = softnic.settings(), lease.everything()
        for queue in range(self.queues - 1, 0, -1):
            number = gvnic.interrupt(queue)
            if gvnic.deliveries(number):
                continue
            allowed, effective = gvnic.affinity(number)
            if allowed == effective:
                other = next(cpu for cpu in sorted(os.sched_getaffinity(0)) if str(cpu) != effective)
                Path(f"/proc/irq/{number}/smp_affinity_list").write_text(f"{other}\n")
                allowed, effective = gvnic.affinity(number)
            if allowed != effective and allowed.isdigit():
                return queue, number, int(allowed)
        self.fail("every interrupt has come, or moves at once")

    def served(self, number):
        """The CPU that an interrupt came to but for its first delivery, which moves it."""
        row = next(row for row in Path("/proc/interrupts").read_text().splitlines()
                   if row.strip().startswith(f"{number}:"))
        counts = list(map(int, row.split()[1:1 + os.cpu_count()]))
        self.assertLessEqual(sum(counts) - max(counts), 1, counts)
        return counts.index(max(counts))

    def test_the_first_use_of_a_queue_places_the_worker_where_packets_will_be(self):
        queue, number, cpu = self.never_used()
        shown, _ = lease.nic("show", "-i", "soft0")
        self.assertRegex(shown, rf"rx-{queue} +\d+ +{number} +{cpu} ")
        report, _, _ = self.receive("--placement", "same", "--steer", "port", queues=str(queue), flows=1)
        self.assertEqual(report["placement"]["workers"][0]["cpu"], cpu)
        self.assertEqual(self.served(number), cpu)
        [told] = report["network"]["queues"]
        self.assertEqual(told["cpus"], [cpu])
        self.assertFalse([note for note in report["notes"] if "was placed by" in note])
        self.assertPutBack()

    def test_other_leaves_the_cpu_of_the_packets_alone(self):
        queue, number, cpu = self.never_used()
        report, _, _ = self.receive("--placement", "other", "--steer", "port", queues=str(queue), flows=1)
        self.assertNotEqual(report["placement"]["workers"][0]["cpu"], cpu)
        self.assertEqual(self.served(number), cpu)
        self.assertPutBack()

    def test_an_interrupt_that_comes_late_loses_nothing(self):
        with receiving.patience(), self.server("-q", "3", "--steer", "port", "--verify") as server:
            gvnic.ask("interrupts 0 3 hold")
            release = threading.Timer(1, gvnic.ask, ["interrupts 0 3 release"])
            release.start()
            sent = receiving.send_ours(MIB, 1, 4)
            release.join()
            self.assertEqual(server.finish(), 0, server.output)
            self.assertEqual(server.report["verification"]["checked_bytes"], sent)
        lease.wait_for_guardians()
        self.assertPutBack()


class DeferralTests(GveCase):
    def test_what_is_asked_for_holds_on_the_instance_that_binding_made(self):
        before = netlink.number(napi(3)[NAPI_ID])
        with receiving.patience(), self.server("-q", 3, "--napi-defer", 7, "--gro-flush-timeout", 150000) as server:
            during, made = deferral(3), netlink.number(napi(3)[NAPI_ID])
            receiving.send_ours(MIB, 1, 4)
            self.assertEqual(server.finish(), 0, server.output)
            report = server.report
        wished = {"defer_hard_irqs": 7, "gro_flush_timeout_ns": 150000}
        self.assertNotEqual(made, before, "this driver is here because it makes NAPI anew")
        self.assertEqual(during, wished)
        self.assertNotIn("refusals", report["polling"])
        [told] = report["polling"]["napi_deferrals"]
        self.assertEqual({name: told[name] for name in wished}, wished)
        lease.wait_for_guardians()
        self.assertEqual(deferral(3), NOTHING)
        self.assertPutBack()

    def check_users_own(self, *options, during=USERS_OWN, end=signal.SIGTERM):
        for queue in (2, 3):
            defer(queue, *USERS_OWN.values())
        with self.server("-q", 3, *options, once=False) as server:
            found = {queue: deferral(queue) for queue in (2, 3)}
            server.process.send_signal(end)
            server.finish()
        lease.wait_for_guardians()
        self.assertEqual(found, {2: USERS_OWN, 3: during})
        self.assertEqual({queue: deferral(queue) for queue in (2, 3)}, {2: USERS_OWN, 3: USERS_OWN})
        for queue in (2, 3):
            defer(queue, 0, 0)
        self.assertPutBack()

    def test_a_users_own_stays_and_is_put_back(self):
        self.check_users_own()

    def test_a_users_own_is_put_back_after_another_was_asked_for(self):
        self.check_users_own("--napi-defer", 7, "--gro-flush-timeout", 150000,
                             during={"defer_hard_irqs": 7, "gro_flush_timeout_ns": 150000})

    def test_a_users_own_survives_a_killed_server(self):
        self.check_users_own(end=signal.SIGKILL)

    def test_what_nic_setup_made_is_not_lost_to_a_plain_server(self):
        lease.setup("--napi-defer", 5, "--gro-flush-timeout", 90000)
        self.assertEqual(deferral(3), USERS_OWN)
        with self.server("-q", 3, once=False) as server:
            during = deferral(3)
            self.end(server)
        self.assertEqual((during, deferral(3)), (USERS_OWN, USERS_OWN))
        lease.restore()
        self.assertPutBack()


class RefusalTests(GveCase):
    def test_queue_0_is_refused_before_anything_is_tried(self):
        gvnic.ask("clear 0")
        for queues in ("0", "0-2"):
            for way in ((), ("--no-nic-setup",)):
                with self.subTest(queues=queues, way=way):
                    done = subprocess.run([receiving.SERVER, "server", "-i", "soft0", "-q", queues, "-p", "9999", "-1",
                                           "--mode", "zc", *way], capture_output=True, text=True, timeout=600)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("cannot restart queue 0", done.stderr)
        told = {key[1] for key in gvnic.account() if key[0] == "command"}
        self.assertFalse(told & {gvnic.CREATE_RX, gvnic.DESTROY_RX}, "a queue was restarted")
        self.assertPutBack()

    def check_failing(self, opcode, *more):
        """A server that the device refuses something says so, ends, and leaves the NIC as it was."""
        gvnic.ask(f"fail 0 {opcode} " + " ".join(map(str, more)))
        done = subprocess.run([receiving.SERVER, "server", "-i", "soft0", "-q", "3", "-p", "9999", "-1", "--mode", "zc",
                               "--steer", "port"], capture_output=True, text=True, timeout=600)
        gvnic.heal()
        lease.wait_for_guardians()
        return done

    def test_a_device_that_will_not_be_put_back_is_named_and_put_back_later(self):
        """Without rules at all the driver cannot switch ntuple off, and is asked again only when that was wanted on."""
        done = self.check_failing(gvnic.FLOW_RULE, 100, gvnic.EXHAUSTED)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ntuple", done.stderr)
        self.assertEqual(len(lease.journals()), 1)
        lease.restore()
        self.assertPutBack()

    def test_a_device_that_takes_no_table(self):
        done = self.check_failing(gvnic.CONFIGURE_RSS, 1)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("RSS", done.stderr)
        self.assertPutBack()


class WireTests(GveCase):
    def check_bytes(self, *requests):
        for request in requests:
            gvnic.ask(request)
        report, truth, sent = self.receive("--verify", queues="3", flows=1)
        self.assertEqual(report["verification"]["checked_bytes"], sent)
        receiving.check_accounts(self, report, truth, sent, receiving.conversation(1))
        self.assertPutBack()
        return report, truth, sent

    def test_frames_that_are_lost_are_sent_again(self):
        self.check_bytes("drop 0 10 3")
        self.assertEqual(gvnic.account()["dropped"], 3)

    def test_frames_that_are_overtaken_are_put_in_order(self):
        self.check_bytes("reorder 0 10 5")
        self.assertGreater(gvnic.account()["reordered"], 0)

    def test_zero_copied_is_what_the_device_wrote_apart(self):
        report, truth, sent = self.check_bytes()
        self.assertGreater(truth["soft0_rx3_zero_copy_bytes"], sent // 2)
        self.assertEqual(truth["soft0_rx3_linear_bytes"], 0)

    def test_a_connection_outlives_the_carrier_that_a_server_costs(self):
        before = gvnic.carrier_changes()
        with softnic.connection(port=5001) as (receiver, sender):
            softnic.transfer(receiver, sender)
            with self.server("-q", 3, once=False) as server:
                softnic.transfer(receiver, sender)
                self.end(server)
            softnic.transfer(receiver, sender)
        flaps = (gvnic.carrier_changes() - before) // 2
        # Two for the split, on and off, and two for each restart of the queue.
        self.assertLessEqual(flaps, 6)
        self.assertPutBack()


class WithoutSplitTests(GveCase):
    """`--model '--header 0'`: a device that has none, as GQI machine types."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if gvnic.model_words()[:2] != ["--header", "0"]:
            raise unittest.SkipTest("it needs a device without header split: --model '--header 0'")

    def test_everybody_says_that_this_nic_cannot(self):
        said = "cannot split headers from payload"
        doctor = subprocess.run([lease.EXECUTABLE, "doctor", "-i", "soft0", "-q", "1"], capture_output=True, text=True, timeout=600)
        self.assertIn(said, doctor.stdout)
        self.assertNotIn("Nothing that was found stands in the way", doctor.stdout)
        self.assertNotEqual(doctor.returncode, 0)
        done = subprocess.run([lease.EXECUTABLE, "nic", "setup", "-i", "soft0", "-q", "1", "--dry-run"],
                              capture_output=True, text=True, timeout=600)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(said, done.stderr)
        done = subprocess.run([receiving.SERVER, "server", "-i", "soft0", "-q", "1", "-p", "9999", "-1", "--mode", "zc"],
                              capture_output=True, text=True, timeout=600)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(said, done.stderr)
        self.assertPutBack()
