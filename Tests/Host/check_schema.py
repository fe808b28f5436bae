#!/usr/bin/env python3
"""Checks what zcrx-bench wrote against docs/zcrx-bench.schema.json.

A file holds one or more JSON values: whole documents (--json, of a server one after the other) or the lines of
--json-stream. Exits 0 when every value is as documented; 1 with the place of every fault; 2 when a file is unreadable.
"""

import argparse
import functools
import json
import re
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "zcrx-bench.schema.json"
WHITE_SPACE = re.compile(r"[ \t\r\n]*")


def strict_object(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} appears twice in one object")
    return members


def strict_constant(name):
    raise ValueError(f"{name} is no JSON")


def values(text):
    """The JSON values of a file, however many follow one another."""
    decoder = json.JSONDecoder(object_pairs_hook=strict_object, parse_constant=strict_constant)
    at = WHITE_SPACE.match(text).end()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        at = WHITE_SPACE.match(text, at).end()


@functools.cache
def validators():
    """By name: a whole document, a line, the document of a test that fell through before any traffic, comparison, sweep."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    names = ("line", "iperf3_refusal", "comparison_document", "sweep_document")
    parts = {name: {"$schema": schema["$schema"], "$ref": f"#/$defs/{name}", "$defs": schema["$defs"]} for name in names}
    return {name: Draft202012Validator(part) for name, part in ({"document": schema} | parts).items()}


def form_of(value):
    """The name of the form that a value of a file has, as far as it can be told: a validator of validators()."""
    if not isinstance(value, dict):
        return "document"
    if "event" in value:
        return "line"
    if "zcrx_bench_comparison" in value:
        return "comparison_document"
    if "zcrx_bench_sweep" in value:
        return "sweep_document"
    return "iperf3_refusal" if "error" in value and "zcrx_bench" not in value else "document"


def validator_for(value):
    return validators()[form_of(value)]


def faults(text):
    """Every fault of a file's text, with its place."""
    number = 0
    try:
        for number, value in enumerate(values(text), start=1):
            for error in sorted(validator_for(value).iter_errors(value), key=lambda error: error.json_path):
                yield f"value {number}, {error.json_path}: {shortened(error.message)}"
    except (ValueError, RecursionError) as error:
        yield f"value {number + 1}: {error}"
    else:
        if number == 0:
            yield "the file holds no JSON value"


def shortened(message):
    return message if len(message) <= 300 else f"{message[:150]} … {message[-150:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE", help="output of zcrx-bench; - is standard input")
    status = 0
    for name in parser.parse_args().files:
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 2
        for fault in faults(text):
            print(f"{name}: {fault}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
