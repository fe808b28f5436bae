"""README.md and docs/: links lead somewhere, options exist, command lines parse, and the documented generator is right.

An option in the text is ours unless the name of another program stands before it: `iperf3 --bidir`.
"""

import functools
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import EXECUTABLE, HostCase, needs_namespaces
from process import Program, run, until

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = ("server", "client", "report", "diff", "doctor", "demo", "nic show", "nic setup", "nic restore", "membw", "pattern")
OURS = ("zcrx-bench", "scripts/run")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]+|(?<![\w-])-[A-Za-z0-9](?![\w-])")


@functools.cache
def options_of(*command):
    """Every option that a command's help lists, `-p` and `--port` alike."""
    listed = re.findall(r"^  (-.*?)(?:  .*)?$", run(EXECUTABLE, *command, "--help").stdout, re.MULTILINE)
    return {option for names in listed for option in OPTION.findall(names)}


def own_options():
    # The argument parser's own, which no help lists.
    return {"--generate-completion-script"}.union(options_of(), *(options_of(*command.split()) for command in COMMANDS))


def prose(text):
    return FENCE.sub("", text)


def anchors(text):
    """What GitHub makes of the headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)}


def dead_links(text, page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if "://" not in target and not (file.exists() and (not anchor or anchor in anchors(file.read_text("utf-8")))):
            yield target


def unknown_options(text):
    """Options in code spans that begin with an option or with our name."""
    for span in re.findall(r"`([^`\n]+)`", prose(text)):
        for part in re.split(r"[|,]", span):
            if part.strip().startswith(("-", *OURS)):
                yield from (option for option in OPTION.findall(part) if option not in own_options())


def command_lines(text):
    """The arguments of each of our command lines in fences (`$ …` in a console) and in code spans of tables."""
    lines = re.findall(r"^\| `(zcrx-bench [^`]+)`", prose(text), re.MULTILINE)
    for language, body in FENCE.findall(text):
        for line in body.splitlines():
            if language == "sh" or language == "console" and line.startswith("$ "):
                lines.append(line.removeprefix("$ "))
    for line in lines:
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        part = []
        for word in [*words, "|"]:
            if not re.fullmatch(r"[|&;<>()]+", word):
                part.append(word)
                continue
            if part and part[0] in OURS:
                yield part[1:]
            part = []


class DocumentationTests(HostCase):
    def each_page(self, check):
        self.assertGreater(len(PAGES), 5)
        for page in PAGES:
            with self.subTest(page.name):
                self.assertEqual(list(check(page.read_text("utf-8"), page)), [])

    def test_every_relative_link_leads_to_a_file_and_a_heading(self):
        self.each_page(dead_links)

    def test_every_option_exists(self):
        self.assertLess({"-p", "--port", "--mode", "-4", "--generate-completion-script"}, own_options())
        self.each_page(lambda text, page: unknown_options(text))

    def parses(self, arguments):
        """Starts it for real, in an empty folder, until it has said something: only the parser says `Error: `."""
        with tempfile.TemporaryDirectory() as folder:
            program = Program("env", "-C", folder, EXECUTABLE, *arguments)
            try:
                until(lambda: not program.running or program.stdout or program.stderr, what=f"{arguments} speaks")
                return not re.search(r"^(Error|Usage): ", program.stderr, re.MULTILINE)
            finally:
                program.process.terminate()
                program.process.wait()
                program.kill()

    @needs_namespaces
    def test_every_command_line_parses(self):
        found = [line for page in PAGES for line in command_lines(page.read_text("utf-8"))]
        self.assertGreater(len(found), 15)
        self.assertLessEqual({"server", "client", "pattern"}, {line[0] for line in found if line})
        for line in found:
            with self.subTest(" ".join(line)):
                self.assertTrue(self.parses(line), line)

    def test_the_scripts_for_jobs_are_shown_as_they_are(self):
        shown = [body for language, body in FENCE.findall((ROOT / "docs" / "ci.md").read_text("utf-8")) if language == "bash"]
        files = sorted((ROOT / "scripts" / "ci").iterdir())
        self.assertGreaterEqual(len(files), 2)
        self.assertCountEqual(shown, [file.read_text("utf-8") for file in files])

    def test_the_documented_generator_makes_our_pattern(self):
        (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "verification.md").read_text("utf-8"),
                             re.MULTILINE | re.DOTALL)
        for count in (1, 1 << 20, 3_000_001):
            made, ours = (subprocess.run([*command, str(count)], capture_output=True, check=True).stdout
                          for command in ([sys.executable, "-c", code], [EXECUTABLE, "pattern", "-n"]))
            self.assertEqual(len(ours), count)
            self.assertTrue(made == ours, f"the first {count} bytes differ")

    def test_these_checks_find_what_they_look_for(self):
        page = ROOT / "docs" / "guide.md"
        for link in ("nowhere.md", "modes.md#nothing", "#nothing", "../docs/none"):
            self.assertEqual(list(dead_links(f"see [this]({link})", page)), [link])
        good = "[a](modes.md) [b](../README.md#licence) [c](https://example.org/)"
        self.assertEqual(list(dead_links(good, page)), [])
        for text in ("`--nonsense`", "`zcrx-bench client HOST --nonsense`", "`-p, --nonsense S`", "`-p`, `--nonsense`"):
            self.assertEqual(list(unknown_options(text)), ["--nonsense"])
        self.assertEqual(list(unknown_options("`-Y 3`")), ["-Y"])
        self.assertEqual(list(unknown_options("`iperf3 --nonsense`, `nc -N HOST`, `-P 4`, `-b 1G/10`")), [])
        text = "```console\n$ cat x | zcrx-bench client -P 4 && ls\nzcrx-bench: error: it's no command\n```\n"
        self.assertEqual(list(command_lines(text)), [["client", "-P", "4"]])
        self.assertEqual(list(command_lines("```sh\nscripts/run server -1 > file   # it's\n```\n")), [["server", "-1"]])
        for wrong in (["serve"], ["client", "h", "--nonsense"], ["server", "--mode", "magic"], ["server", "-q", "1"]):
            self.assertFalse(self.parses(wrong), wrong)
        self.assertTrue(self.parses(["client", "-J", "--help"]))
