import fcntl
import os
import select
import subprocess
import sys

import machine
import cache
import module

HOLDER = """
import sys, time
sys.path.insert(0, {machine!r})
import cache
from pathlib import Path
with cache.locked(Path({folder!r})):
    print("locked", flush=True)
    time.sleep(1000)
"""


class LockTests(machine.FolderCase):
    def holder(self):
        text = HOLDER.format(machine=os.path.dirname(cache.__file__), folder=str(self.folder))
        process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def test_the_second_waits_for_the_first_and_says_so(self):
        first = self.holder()
        self.assertEqual(first.stdout.readline(), "locked\n")
        second = self.holder()
        self.assertIn("another scripts/rig is preparing", second.stderr.readline())
        self.assertEqual(select.select([second.stdout], [], [], 0.2), ([], [], []), "it waits")
        first.kill()
        self.assertEqual(second.stdout.readline(), "locked\n")

    def test_a_killed_holder_blocks_nobody(self):
        first = self.holder()
        self.assertEqual(first.stdout.readline(), "locked\n")
        with (self.folder / "lock").open() as file, self.assertRaises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        first.kill()
        first.wait()
        with cache.locked(self.folder):
            pass

    def test_what_an_interrupted_preparation_left_is_removed(self):
        left = self.folder / "prefixes" / f"{cache.PENDING}abc"
        (left / "usr").mkdir(parents=True)
        (left / "usr" / "file").touch()
        (left / "usr").chmod(0o500)
        whole = self.folder / "prefixes" / "def"
        whole.mkdir()
        with cache.locked(self.folder):
            self.assertEqual(list((self.folder / "prefixes").iterdir()), [whole])


class MadeTests(machine.FolderCase):
    def test_only_a_whole_thing_gets_its_name(self):
        target = self.folder / "things" / "thing"
        for error in (KeyboardInterrupt, OSError):
            with self.assertRaises(error), cache.made(target) as pending:
                pending.mkdir()
                (pending / "half").touch()
                self.assertFalse(target.exists())
                raise error
            self.assertEqual(list(target.parent.iterdir()), [])
        with cache.made(target) as pending:
            pending.write_text("whole")
        self.assertEqual([path.name for path in target.parent.iterdir()], ["thing"])

    def test_the_old_one_stays_until_the_new_one_is_whole(self):
        target = self.folder / "thing"
        target.write_text("old")
        with self.assertRaises(OSError), cache.made(target) as pending:
            pending.write_text("half")
            raise OSError
        self.assertEqual(target.read_text(), "old")
        with cache.made(target) as pending:
            pending.write_text("new")
        self.assertEqual(target.read_text(), "new")

    def test_the_newest_are_kept(self):
        for number in range(5):
            (self.folder / str(number)).touch()
            os.utime(self.folder / str(number), (number, number))
        cache.keep_newest(self.folder, 2)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["3", "4"])


class ModuleKeyTests(machine.FolderCase):
    def test_every_source_and_the_kernel_count_and_prose_does_not(self):
        (self.folder / "Kbuild").write_text("obj-m := softnic.o\n")
        (self.folder / "a.c").write_text("int a;\n")
        keys = [module.key(self.folder, "7.3.4")]

        def changed(path, text):
            (self.folder / path).write_text(text)
            keys.append(module.key(self.folder, "7.3.4"))
            return keys[-1] != keys[-2]

        self.assertTrue(changed("a.c", "int b;\n"))
        self.assertTrue(changed("b.h", ""))
        self.assertTrue(changed("Kbuild", "obj-m := softnic.o other.o\n"))
        self.assertFalse(changed("README.md", "prose"))
        self.assertNotEqual(module.key(self.folder, "7.2.12"), keys[-1])
        (self.folder / "a.c").rename(self.folder / "c.c")
        self.assertNotIn(module.key(self.folder, "7.3.4"), keys)

    def test_a_folder_without_makefile_is_no_module(self):
        self.assertFalse(module.is_there(self.folder))
        self.assertFalse(module.is_there(self.folder / "nowhere"))
        (self.folder / "Makefile").touch()
        self.assertTrue(module.is_there(self.folder))

    def test_warnings_of_the_compiler_are_found(self):
        found = module.WARNING.findall(
            "  CC [M]  x.o\nwarning: the compiler differs from the one used to build the kernel\n"
            "/mnt/rules.c:12:5: warning: unused variable 'x' [-Wunused-variable]\n"
            "WARNING: modpost: missing MODULE_DESCRIPTION() in softnic.o\n"
            "Skipping BTF generation for softnic.ko due to unavailability of vmlinux\n")
        self.assertEqual([line.split()[0] for line in found], ["/mnt/rules.c:12:5:", "WARNING:"])
