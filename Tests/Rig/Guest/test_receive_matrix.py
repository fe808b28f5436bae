"""Zero-copy receive in every way it can be set up: every pair of settings, and with --full every combination."""

import os
import sys
import time
import unittest

import pairwise
import receiving
import softnic
from receiving import MIB

PARAMETERS = {
    "queues": ("none", "1", "1,2,3", "0-7"),
    "area": ("pages", "huge", "dmabuf"),
    "flows": (1, 16, 128),
    "family": (4, 6),
    "mtu": (1500, 9000),
    "buffer": (4096, 16384, 65536),
    "size": ("1M", "8M"),
    "completions": (16, 4096),
    "cqe": ("wide", "mixed"),
    "refill": ("user", "kernel"),
    "sender": ("raw", "ours", "iperf3"),
    "hardware_gro": (True, False),
}
# Of the whole product as many as this machine gets done in that many seconds, from the most different ones on.
FULL_SECONDS = float(os.environ.get("RIG_MATRIX_SECONDS", "300"))
HUGE_PAGES_FOR_EIGHT_QUEUES = 40


def valid(case):
    if case["queues"] == "none" and (case["area"] == "dmabuf" or case["buffer"] > 4096 or not case["hardware_gro"]):
        return False
    # Buffers longer than a page need memory that is contiguous for as long.
    if case["buffer"] > 4096 and case["area"] != "huge":
        return False
    if case["area"] == "huge" and case["size"] == "1M":
        return False
    # iperf3 starts a thread for each stream, which the emulated machine takes minutes for.
    return case["flows"] < 128 or case["sender"] != "iperf3"


def name(case):
    return "_".join(str(value).replace(",", "").replace("-", "to").lower() for value in case.values())


class MatrixCase(receiving.Case):
    mtu = 1500
    hardware_gro = True
    weights = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        receiving.HUGE_PAGES.write_text(f"{HUGE_PAGES_FOR_EIGHT_QUEUES}\n")

    @classmethod
    def tearDownClass(cls):
        receiving.HUGE_PAGES.write_text("0\n")
        cls.set_up_link(1500, True)
        cls.set_up_table(None)
        super().tearDownClass()

    @classmethod
    def set_up_link(cls, mtu, hardware_gro):
        if MatrixCase.mtu != mtu:
            receiving.set_mtu(mtu)
            MatrixCase.mtu = mtu
        if MatrixCase.hardware_gro != hardware_gro:
            softnic.ethtool("-K", "soft0", "rx-gro-hw", "on" if hardware_gro else "off")
            MatrixCase.hardware_gro = hardware_gro

    @classmethod
    def set_up_table(cls, queues):
        weights = {"1": (0, 1), "1,2,3": (0, 1, 1, 1)}.get(queues)
        if MatrixCase.weights != weights:
            softnic.reset_table()
            if weights:
                receiving.spread(weights)
            MatrixCase.weights = weights

    def run_case(self, case):
        self.set_up_link(case["mtu"], case["hardware_gro"])
        self.set_up_table(case["queues"])
        without_device = case["queues"] == "none"
        options = ["--area", case["area"], "--area-size", case["size"], "--cq-entries", case["completions"],
                   "--cqe", case["cqe"], "--refill-memory", case["refill"], "--idle-timeout", 15]
        if without_device:
            options += ["--mode", "zc-copy"]
        else:
            options += ["--mode", "zc", "-i", "soft0", "-q", case["queues"], "--rx-buf-len", case["buffer"]]
        if case["sender"] == "raw":
            options.append("--verify")
        with receiving.Server(*options) as server:
            softnic.reset_truth()
            sent = receiving.SENDERS[case["sender"]](2 * MIB, case["flows"], case["family"])
            self.assertEqual(server.finish(), 0, server.output)
            report, truth = server.report, softnic.truth()
        conversation = 0 if case["sender"] == "raw" else receiving.conversation(case["flows"])
        self.assertEqual(len(report["streams"]), case["flows"])
        self.assertEqual({queue["memory"]["buffer_bytes"] for queue in report.queues}, {case["buffer"]})
        if case["sender"] == "iperf3":
            # Its threads go on sending after it has counted.
            sent = None
        else:
            self.assertEqual(report["verification"]["checked_bytes"], sent)
        receiving.check_accounts(self, report, truth, sent, conversation)
        if without_device:
            self.assertEqual(report.zero_copied, (0, 0))
        elif case["area"] == "dmabuf":
            self.assertEqual(report.zero_copied, (report.received - report.count("drained_bytes"),) * 2)
            self.assertEqual(truth.uring_copied, 0)
        else:
            self.assertGreater(truth["soft0_zero_copy_bytes"], 0)


def add_cases(cls, chosen):
    for index, case in enumerate(chosen):
        def test(self, case=case):
            self.run_case(case)

        setattr(cls, f"test_{index:02}_{name(case)}", test)
    return cls


def in_order(chosen):
    """Cases that want the same settings of the device one after the other."""
    return sorted(chosen, key=lambda case: (case["mtu"], case["hardware_gro"], case["queues"]))


class PairwiseMatrixTests(MatrixCase):
    pass


add_cases(PairwiseMatrixTests, in_order(pairwise.covering(PARAMETERS, valid)))


@unittest.skipUnless(receiving.FULL, "the whole product: --full")
class FullMatrixTests(MatrixCase):
    def test_as_much_of_the_product_as_time_allows(self):
        """Ordered by a step that shares no factor with the number of cases, so that any beginning of it is a sample."""
        every = list(pairwise.cases(PARAMETERS, valid))
        step = next(number for number in range(len(every) * 5 // 8, len(every)) if coprime(number, len(every)))
        self.run_some(every, step)

    def run_some(self, every, step):
        deadline, done = time.monotonic() + FULL_SECONDS, 0
        while done < len(every) and time.monotonic() < deadline:
            case = every[done * step % len(every)]
            with self.subTest(name(case)):
                self.run_case(case)
                self.tearDown()
            done += 1
        print(f"        {done} of {len(every)} combinations", file=sys.stdout, flush=True)


def coprime(a, b):
    while b:
        a, b = b, a % b
    return a == 1
