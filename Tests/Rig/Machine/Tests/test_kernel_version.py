import random
import unittest

import machine  # noqa: F401
import kernel_version
from failure import KernelRefused, Usage

# Constructed after the rows of an archive in which every form of package was to be seen.
ROWS = [(package, suite) for suite, packages in {
    "trixie-backports": (
        "linux-image-6.18.15+deb13-cloud-amd64", "linux-image-6.18.15+deb13-cloud-amd64-dbg",
        "linux-image-7.1.13+deb13-cloud-amd64", "linux-binary-7.1.13+deb13-cloud-amd64",
        "linux-image-7.2.9+deb13-cloud-amd64", "linux-binary-7.2.9+deb13-cloud-amd64",
        "linux-binary-unsigned-7.2.9+deb13-cloud-amd64", "linux-headers-7.2.9+deb13-cloud-amd64",
        "linux-binary-7.2.12+deb13-cloud-amd64", "linux-headers-7.2.12+deb13-cloud-amd64",
        "linux-binary-unsigned-7.3.4+deb13-cloud-amd64", "linux-headers-7.3.4+deb13-cloud-amd64",
        "linux-headers-7.3.4+deb13-common", "linux-image-cloud-amd64", "linux-headers-cloud-amd64"),
    "trixie": ("linux-image-6.12.107+deb13-cloud-amd64", "linux-headers-6.12.107+deb13-cloud-amd64"),
    "sid": ("linux-binary-7.2.13+deb14-cloud-amd64", "linux-headers-7.2.13+deb14-cloud-amd64"),
}.items() for package in packages]



class KernelVersionTests(unittest.TestCase):
    def test_versions_are_ordered_by_number_and_not_by_text(self):
        ordered = ["6.12.94+deb13", "6.12.107+deb13", "7.2.9+deb13", "7.2.10+deb13", "7.2.12+deb13", "7.2.12+deb14",
                   "7.3", "7.3.4+deb13", "7.10.1+deb13", "10.0.1+deb15"]
        shuffled = ordered[:]
        random.Random(1).shuffle(shuffled)
        self.assertEqual(sorted(shuffled, key=kernel_version.order), ordered)

    def test_who_has_the_early_stop_fix(self):
        for version in ("7.2.10+deb13", "7.2.12+deb13", "7.3", "7.3.4+deb13", "7.10.1+deb13", "8.0"):
            self.assertTrue(kernel_version.has_early_stop_fix(version), version)
        for version in ("6.18.44", "7.0.13+deb13", "7.1.13+deb13", "7.2", "7.2.1", "7.2.9+deb13"):
            self.assertFalse(kernel_version.has_early_stop_fix(version), version)

    def test_a_default_run_takes_the_newest_with_headers(self):
        kernel = kernel_version.newest(kernel_version.kernels(ROWS))
        self.assertEqual((kernel.version, kernel.release), ("7.3.4+deb13", "7.3.4+deb13-cloud-amd64"))
        self.assertEqual(kernel.packages[0], "linux-binary-unsigned-7.3.4+deb13-cloud-amd64/trixie-backports")
        self.assertEqual(len(kernel.packages), 4)
        self.assertEqual(list(kernel_version.remarks(kernel)), [])

    def test_a_default_run_refuses_one_without_the_fix(self):
        offered = kernel_version.kernels([row for row in ROWS if "7.2.12" not in row[0] and "7.3.4" not in row[0]])
        with self.assertRaisesRegex(KernelRefused, r"7\.2\.9\+deb13.*early-stop fix.*--kernel 7\.2\.9"):
            kernel_version.newest(offered)
        with self.assertRaises(Usage):
            kernel_version.newest([])

    def test_an_explicit_one_without_the_fix_is_taken_with_a_remark(self):
        kernel = kernel_version.chosen(kernel_version.kernels(ROWS), "7.2.9")
        self.assertEqual(kernel.version, "7.2.9+deb13")
        self.assertRegex(" ".join(kernel_version.remarks(kernel)), "early-stop fix")

    def test_a_prefix_means_the_newest_of_the_first_suite_that_has_it(self):
        offered = kernel_version.kernels(ROWS)
        for wanted, version, suite in (
                ("7.2", "7.2.12+deb13", "trixie-backports"), ("7", "7.3.4+deb13", "trixie-backports"),
                ("6.12", "6.12.107+deb13", "trixie"), ("7.2.13", "7.2.13+deb14", "sid"),
                ("7.2.12+deb13", "7.2.12+deb13", "trixie-backports")):
            kernel = kernel_version.chosen(offered, wanted)
            self.assertEqual((kernel.version, kernel.suite), (version, suite), wanted)
        for wanted in ("7.2.1", "7.", "6.1", "8.0", "7.2.12+deb", "cloud"):
            with self.assertRaises(Usage, msg=wanted):
                kernel_version.chosen(offered, wanted)

    def test_a_kernel_whose_headers_have_left_comes_without_module(self):
        for wanted, image in (("7.1", "linux-binary-7.1.13+deb13-cloud-amd64"),
                              ("6.18", "linux-image-6.18.15+deb13-cloud-amd64")):
            kernel = kernel_version.chosen(kernel_version.kernels(ROWS), wanted)
            self.assertEqual(kernel.packages, [f"{image}/trixie-backports"])
            self.assertFalse(kernel.builds_module)
            self.assertRegex(" ".join(kernel_version.remarks(kernel)), "no software NIC")

    def test_headers_that_want_another_compiler_are_not_used(self):
        kernel = kernel_version.chosen(kernel_version.kernels(ROWS), "7.2.13")
        self.assertTrue(kernel.headers)
        self.assertEqual(len(kernel.packages), 1)
        self.assertRegex(" ".join(kernel_version.remarks(kernel)), "sid's compiler")

    def test_one_too_old_for_the_module_comes_without(self):
        kernel = kernel_version.chosen(kernel_version.kernels(ROWS), "6.12")
        self.assertTrue(kernel.headers)
        self.assertEqual(kernel.packages, ["linux-image-6.12.107+deb13-cloud-amd64/trixie"])
        self.assertRegex(" ".join(kernel_version.remarks(kernel)), "older than 7.2: no software NIC")

    def test_headers_alone_are_no_kernel(self):
        offered = kernel_version.kernels([row for row in ROWS if "headers" in row[0]])
        self.assertEqual(offered, [])
