import os
import subprocess

import machine
import prefix
from failure import BuildFailure, NotPossibleHere

REFUSES = "#!/bin/sh\n{allows}\necho \"unshare: unshare failed: Operation not permitted\" >&2\nexit 1\n"


class NamespaceTests(machine.FolderCase):
    def setUp(self):
        super().setUp()
        path = os.environ["PATH"]
        self.addCleanup(os.environ.update, PATH=path)
        self.addCleanup(prefix.namespace.cache_clear)
        prefix.namespace.cache_clear()
        os.environ["PATH"] = f"{self.folder}:{path}"

    def unshare(self, allows=""):
        (self.folder / "unshare").write_text(REFUSES.format(allows=allows))
        (self.folder / "unshare").chmod(0o755)

    def test_a_machine_that_refuses_them_is_named_with_what_it_said(self):
        self.unshare()
        with self.assertRaisesRegex(NotPossibleHere, "refuses the namespaces.*Operation not permitted"):
            prefix.namespace()

    def test_who_may_not_mount_may_have_a_user_namespace(self):
        self.unshare('case "$*" in *--user*) exit 0;; esac')
        self.assertIn("--user", prefix.namespace())

    def test_missing_tools_are_named(self):
        os.environ["PATH"] = str(self.folder)
        with self.assertRaisesRegex(NotPossibleHere, "setpriv is missing"):
            prefix.namespace()


class UnpackTests(machine.FolderCase):
    def package(self, name, files):
        tree = self.folder / f"{name}.tree"
        for path, text in {"DEBIAN/control": f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b>\n"
                           "Description: x\n", **files}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        file = self.folder / f"{name}_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, file], check=True, capture_output=True)
        return file

    def test_packages_share_one_merged_tree_without_their_documents(self):
        root = self.folder / "root"
        (root / "usr/lib").mkdir(parents=True)
        (root / "lib").symlink_to("usr/lib")
        prefix.unpack([self.package("one", {"lib/one": "1", "usr/share/doc/one/copyright": "c"}),
                       self.package("two", {"usr/lib/two": "2"})], root)
        self.assertTrue((root / "lib").is_symlink())
        self.assertEqual(sorted(path.name for path in (root / "usr/lib").iterdir()), ["one", "two"])
        self.assertFalse((root / "usr/share/doc").exists())

    def test_a_broken_package_is_named(self):
        file = self.package("one", {"lib/one": "1" * 100000})
        file.write_bytes(file.read_bytes()[:-20])
        with self.assertRaisesRegex(BuildFailure, "one_1_all.deb cannot be unpacked"):
            prefix.unpack([file], self.folder)
