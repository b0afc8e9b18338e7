#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs litmus tests under herd7's model of the architecture.

  litmus.py HERD-COMMAND... -- TEST...

Each test says by ~exists what must never be seen. A line "weaker: A => B" in it names an order that
is needed: with instruction B in the place of A, just that must become possible. Where either of two
orders would do, both are named, with a semicolon between.
"""
import re
import subprocess
import sys
import tempfile

WEAKER = re.compile(r"^\(\* weaker: (.*) \*\)$", re.MULTILINE)
VERDICT = re.compile(r"^Observation \S+ (Never|Sometimes|Always) ", re.MULTILINE)


def verdict(herd, text):
    """Whether the outcome of a test is seen: Never, Sometimes or Always."""
    with tempfile.NamedTemporaryFile("w", suffix=".litmus") as file:
        file.write(text)
        file.flush()
        run = subprocess.run(herd + [file.name], capture_output=True, text=True, check=False)
    found = VERDICT.search(run.stdout)
    if run.returncode or not found:
        sys.exit(f"herd7 gives no verdict:\n{text}\n{run.stdout}{run.stderr}")
    return found[1]


def weakened(text, changes):
    """The test with other instructions in the place of some."""
    head, code = text.split("}\n", 1)
    for change in changes.split("; "):
        strong, weak = (f" {instruction} " for instruction in change.split(" => "))
        if code.count(strong) != 1:
            sys.exit(f"'{strong}' stands {code.count(strong)} times in:\n{text}")
        code = code.replace(strong, weak)
    return head + "}\n" + code


def main():
    split = sys.argv.index("--")
    herd, paths = sys.argv[1:split], sys.argv[split + 1:]
    if not paths:
        sys.exit("no litmus tests")
    failures = []
    variant_count = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        name = text.split()[1]
        variants = WEAKER.findall(text)
        if not variants:
            failures.append(f"{name} names no order that is needed")
        if verdict(herd, text) != "Never":
            failures.append(f"{name}: what must never be seen is possible")
        for changes in variants:
            variant_count += 1
            if verdict(herd, weakened(text, changes)) == "Never":
                failures.append(f"{name}: as well with {changes}")
    for failure in failures:
        print(failure, file=sys.stderr)
    if failures:
        sys.exit(1)
    print(f"{len(paths)} litmus tests: none has the outcome that must never be seen; "
          f"{variant_count} with an order less: each has it.")


main()
