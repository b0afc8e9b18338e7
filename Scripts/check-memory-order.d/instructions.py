#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for the instructions that order memory in functions compiled for aarch64.

  instructions.py c|swift < DISASSEMBLY

The disassembly is that of `llvm-objdump -d --no-show-raw-insn`, with its names demangled.
"""
import re
import sys

LOAD = "(ldar|ldapr)h? "
EXCHANGE = "(ldaxrb stlxrb|swpalb) "
ADD = "(ldaxr stlxr|casal|ldaddal) "

# What each function has of these, in this order. A load that the sleep of an inbox or the end of a
# wait for signals rests on is never an ldapr, which may go before an stlr.
EXPECTED = {
    "c": {
        "curing_sq_ready": LOAD,
        "curing_enter": "stlr " + LOAD,
        "curing_enter_raw": "stlr " + LOAD,
        "curing_reap": LOAD + "stlr ",
        "curing_cq_ready": LOAD,
        "curing_buffer_ring_publish": "stlrh ",
    },
    "swift": {
        "Inbox.add(_:)": "stlr " + EXCHANGE,
        "Inbox.take(into:)": LOAD + "stlr ",
        "Inbox.isEmpty.getter": LOAD,
        "Inbox.fallAsleep()": "stlrb ldar stlrb ",
        "static SignalTable.fill(_:wanted:descriptor:)": "stlr stlr stlr ",
        "static SignalTable.empty(_:)": "stlr stlr ldar ",
        "static SignalTable.take(_:from:)": "(ldaxr stlxr|ldclral) ",
        "static SignalTable.handle(_:)": ADD + "ldar (ldaxr stlxr|ldsetal) ldar " + ADD,
    },
}

HEAD = re.compile(r"^[0-9a-f]+ <(.*)>:$")
ORDERING = re.compile(r"^\s+[0-9a-f]+:\s+((?:lda|stl|swp|cas|ldadd|ldset|ldclr|dmb)\w*)")


def functions(lines):
    """The ordering instructions of each function, each with a space behind it."""
    found, name = {}, None
    for line in lines:
        if head := HEAD.match(line):
            name = head[1]
            found[name] = ""
        elif name and (instruction := ORDERING.match(line)):
            found[name] += instruction[1] + " "
    return found


def main():
    found = functions(sys.stdin)
    wrong = []
    for name, pattern in EXPECTED[sys.argv[1]].items():
        if name not in found:
            wrong.append(f"{name} is not among the functions")
        elif not re.search("(^| )" + pattern, found[name]):
            wrong.append(f"{name} has {found[name] or 'none '}instead of {pattern}")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
