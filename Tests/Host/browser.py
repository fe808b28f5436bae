"""A real browser without a window: what it makes of a page, and what it complains about."""

import shutil
import struct
import tempfile
import zlib
from html.parser import HTMLParser
from pathlib import Path

from process import run

NAMES = ("chromium-headless-shell", "chromium")
PROGRAM = next((name for name in NAMES if shutil.which(name)), None)
# Elements that have no end tag.
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """The elements of a page: their names, ids, and the rows of tables by their captions."""

    def __init__(self, text):
        super().__init__()
        self.names, self.tables, self.paragraphs, self.labels = set(), {}, [], []
        self._texts, self._rows, self._caption = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append([None, dict(attributes).get("data-value")])
        if tag not in VOID:
            self._texts.append("")

    def handle_startendtag(self, tag, attributes):
        self.names.add(tag)

    def handle_data(self, data):
        if self._texts:
            self._texts[-1] += data

    def handle_endtag(self, tag):
        text = self._texts.pop() if self._texts else ""
        if tag in ("td", "th"):
            self._rows[-1][-1][0] = text
        elif tag == "caption":
            self._caption = text
        elif tag == "table":
            self.tables.setdefault(self._caption, []).append(self._rows)
        elif tag == "p":
            self.paragraphs.append(text)
        elif tag == "text":
            self.labels.append(text)

    def rows(self, caption, number=0):
        """The rows of a table by the text of their first cell: lists of (text, full value)."""
        return {row[0][0]: [tuple(cell) for cell in row[1:]] for row in self.tables[caption][number][1:]}


def browse(file, *options):
    with tempfile.TemporaryDirectory() as profile:
        return run(PROGRAM, "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr",
                   f"--user-data-dir={profile}", *options, Path(file).as_uri(), seconds=50)


def opened(file):
    """The page as the browser holds it, and the lines of its console."""
    seen = browse(file, "--dump-dom")
    if seen.status != 0 or "<body" not in seen.stdout:
        raise AssertionError(f"the browser showed nothing: {seen}")
    return Page(seen.stdout), [line for line in seen.stderr.splitlines() if ":CONSOLE" in line]


def ground(file, *options):
    """The colour of a page's first pixel, (red, green, blue), as the browser draws it."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        seen = browse(file, f"--screenshot={picture}", *options)
        if not picture.exists():
            raise AssertionError(f"the browser drew nothing: {seen}")
        data, at, packed = picture.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    # Every filter leaves the very first pixel as it is (PNG, 9.2).
    return tuple(zlib.decompress(packed)[1:4])
