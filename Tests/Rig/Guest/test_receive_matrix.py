"""Zero-copy receive in every way it can be set up: every pair of settings, and with --full every combination."""

import os
import random
import time

import pairwise
import receiving
import softnic
from receiving import MIB
from suite import only_in_full

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
# Of the whole product as much as this machine gets done in that many seconds, a slice for each test.
FULL_SECONDS, SLICE_SECONDS = float(os.environ.get("RIG_MATRIX_SECONDS", "300")), 30
HUGE_PAGES_FOR_EIGHT_QUEUES = 40


def valid(case):
    if case["queues"] == "none" and (case["area"] == "dmabuf" or case["buffer"] > 4096 or not case["hardware_gro"]):
        return False
    # Buffers longer than a page need memory that is contiguous for as long.
    if case["buffer"] > 4096 and case["area"] != "huge":
        return False
    if case["area"] == "huge" and case["size"] == "1M":
        return False
    # A buffer for each short frame, of 128: those of other flows that came out of order may fill all, and none is left for
    # what is missing.
    if case["buffer"] == 65536 and case["flows"] > 1 and case["mtu"] == 1500 and not case["hardware_gro"]:
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
        softnic.reserve_huge_pages(HUGE_PAGES_FOR_EIGHT_QUEUES)

    @classmethod
    def tearDownClass(cls):
        softnic.HUGE_PAGES.write_text("0\n")
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
                   "--cqe", case["cqe"], "--refill-memory", case["refill"], "--idle-timeout", 60]
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


@only_in_full("of all combinations of settings as many as five minutes allow; every pair of two is in PairwiseMatrixTests")
class FullMatrixTests(MatrixCase):
    """The product in an order of which every beginning is a sample of all: it is ended where time is up."""

    every = []
    done = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.every = list(pairwise.cases(PARAMETERS, valid))
        random.Random(1).shuffle(cls.every)

    def run_slice(self):
        deadline = time.monotonic() + SLICE_SECONDS
        while FullMatrixTests.done < len(self.every) and time.monotonic() < deadline:
            case = self.every[FullMatrixTests.done]
            FullMatrixTests.done += 1
            with self.subTest(name(case)):
                self.run_case(case)
                self.tearDown()
        print(f"        {self.done} of {len(self.every)} combinations so far", flush=True)


for index in range(int(FULL_SECONDS / SLICE_SECONDS)):
    setattr(FullMatrixTests, f"test_slice_{index:03}", lambda self: self.run_slice())
