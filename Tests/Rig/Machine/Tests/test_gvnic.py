import subprocess
import tempfile
import unittest
from pathlib import Path

import machine
import guest
import gvnic
from failure import NotPossibleHere
from kernel_version import Kernel

KERNEL = Kernel("7.3.4+deb13", "trixie-backports", "linux-binary-7.3.4+deb13-cloud-amd64", True)


class GvnicTests(machine.FolderCase):
    def test_a_mirror_without_qemu_11_is_said_with_the_skip_status(self):
        gvnic.check_offer([("qemu-system-x86", "trixie"), ("qemu-system-x86", "trixie-backports")])
        with self.assertRaisesRegex(NotPossibleHere, "needs QEMU 11 .*--nic soft") as refused:
            gvnic.check_offer([("qemu-system-x86", "trixie")])
        self.assertEqual(refused.exception.status, 77)

    def test_the_driver_is_in_the_package_of_modules_or_in_the_image(self):
        name = "linux-modules-7.3.4+deb13-cloud-amd64"
        self.assertEqual(gvnic.driver_package([(name, "trixie-backports")], KERNEL), f"{name}/trixie-backports")
        self.assertEqual(gvnic.driver_package([(name, "sid")], KERNEL), f"{KERNEL.image}/trixie-backports")

    def package(self, files):
        tree = self.folder / "tree"
        for path, data in {"DEBIAN/control": b"Package: m\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\n"
                           b"Description: x\n", **files}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(data)
        file = self.folder / "m_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, file], check=True, capture_output=True)
        return file

    def test_the_driver_is_taken_out_of_its_package_as_it_is(self):
        path = "usr/lib/modules/7.3.4/kernel/drivers/net/ethernet/google/gve/gve.ko"
        for name, data in ((path, b"\x7fELF one"), (f"{path}.xz", gvnic.lzma.compress(b"\x7fELF one"))):
            with self.subTest(name):
                subprocess.run(["rm", "-rf", self.folder / "tree"], check=True)
                gvnic.extract_driver(self.folder / "driver", self.package({name: data}), KERNEL)
                self.assertEqual((self.folder / "driver" / gvnic.DRIVER).read_bytes(), b"\x7fELF one")

    def test_a_kernel_without_the_driver_is_said(self):
        with self.assertRaisesRegex(NotPossibleHere, "holds no gve.ko"):
            gvnic.extract_driver(self.folder / "driver", self.package({"usr/lib/other": b""}), KERNEL)

    def test_prose_beside_the_sources_builds_nothing_anew(self):
        sources = self.folder / "sources"
        sources.mkdir()
        (sources / "main.c").write_text("int main;")
        root = Path("prefix")
        key = gvnic.model_key(root, gvnic.MODEL, False, sources)
        (sources / "README.md").write_text("new")
        self.assertEqual(gvnic.model_key(root, gvnic.MODEL, False, sources), key)
        self.assertNotEqual(gvnic.model_key(root, gvnic.MODEL, True, sources), key)
        (sources / "main.c").write_text("int other;")
        self.assertNotEqual(gvnic.model_key(root, gvnic.MODEL, False, sources), key)

    def test_the_machine_is_the_models_child_and_only_then_shares_its_memory(self):
        machine_words = guest.emulator(interactive=False, gvnic=True)
        words = gvnic.command(["--rules", "0"], machine_words)
        self.assertEqual(words[:3], ["/mnt/gvnic-model", "--rules", "0"])
        self.assertEqual(words[words.index("--") + 1:], machine_words)
        self.assertEqual(sum("vfio-user-pci" in word for word in machine_words), 2)
        self.assertTrue(any("memory-backend-memfd" in word for word in machine_words))
        plain = " ".join(guest.emulator(interactive=False))
        self.assertNotIn("memfd", plain)
        self.assertNotIn("vfio-user", plain)


@unittest.skipUnless(Path("/usr/bin/cc").exists(), "no compiler on this machine")
class ModelTests(machine.FolderCase):
    """The program itself, built by the machine's own compiler: its command line and its control socket."""

    @classmethod
    def setUpClass(cls):
        built = tempfile.TemporaryDirectory()
        cls.addClassCleanup(built.cleanup)
        subprocess.run(["make", "-s", "CC=cc", f"OUT={built.name}", "-C", gvnic.SOURCES, gvnic.MODEL], check=True)
        cls.program = Path(built.name, gvnic.MODEL)

    def model(self, *words):
        return [self.program, *words]

    def test_it_ends_with_its_child_and_with_its_status(self):
        sockets = [self.folder / "a", self.folder / "b"]
        done = subprocess.run(self.model(*sockets, "--", "sh", "-c", "exit 7"), capture_output=True, text=True)
        self.assertEqual(done.returncode, 7, done.stderr)

    def test_a_wrong_command_line_is_refused(self):
        for words in (["--queues", "17", "a", "b"], ["--buffer", "1000", "a", "b"], ["a"], ["--nonsense", "a", "b"]):
            done = subprocess.run(self.model(*words), capture_output=True, text=True, cwd=self.folder)
            self.assertEqual(done.returncode, 64, words)
            self.assertIn("usage:", done.stderr)

    def test_the_control_socket_answers_line_by_line(self):
        script = f"""
import socket
s = socket.socket(socket.AF_UNIX)
s.connect("{self.folder}/control")
f = s.makefile("rw")
for line in ("link 0 down", "link 0 sideways", "fail 1 6 2 0xfffffffc", "account 1", "account 2", "wrong-queue 0 99"):
    f.write(line + chr(10)); f.flush()
    while True:
        answer = f.readline()
        print(answer.strip())
        if answer.startswith(("ok", "error")): break
"""
        command = self.model("--control", self.folder / "control", self.folder / "a", self.folder / "b", "--",
                             "/usr/bin/python3", "-c", script)
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.stdout.splitlines(), [
            "ok", "error: link NIC up|down", "ok", "ok", "error: COMMAND 0|1 …", "error: wrong-queue NIC QUEUE|none"])
