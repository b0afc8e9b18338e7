#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of table.py, on what `measure` could have printed."""
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
from table import Kernel, page

CHECKS = [
    {"name": "accept", "theme": "sockets", "title": "Accept | <many>", "since": "5.19",
     "result": "behaves", "detail": None},
    {"name": "poll", "theme": "waiting", "title": "Poll", "since": "5.1",
     "result": "differs", "detail": "a \"quoted\" <detail>"},
    {"name": "bind", "theme": "sockets", "title": "Bind", "since": "6.11",
     "result": "absent", "detail": None},
]
TESTS = """\
✔ Test first() passed after 0.001 seconds.
↳ Test second(_:) with 1 skipped: no IPv6
✔ Test second(_:) passed after 0.001 seconds.
✔ Test case passing 1 argument passed after 0.001 seconds.
➜ Test third() skipped: "not here"
✘ Test fourth() recorded an issue at A.swift:1:1: a < b
✘ Test fourth() recorded an issue at A.swift:2:1: again
✘ Test fourth() failed after 0.1 seconds with 2 issues.
✔ Test run with 4 tests passed after 1 second."""
ECHO = "connections 16\nmessages 1200 in 2 s\nfailures 0, 0 bad bytes"


def part(name, text, status=0):
    return f"@@ begin {name}\n{text}\n@@ end {name} {status}\n"


def features(status=0, **members):
    head = {"kernel": "6.1.0-1", "tier": "full", "refusal": None, "checks": CHECKS}
    return part("features", json.dumps(head | members, ensure_ascii=False).replace("}, ", "},\n"),
                status)


class TableTests(unittest.TestCase):
    def measured(self, text, name="6.1", release="6.1.0-1-cloud"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            text = f"@@ kernel {release}\n{text}".replace("\n", "\r\n")
            path.write_text(text, encoding="utf-8", newline="")
            return Kernel(path)

    def page(self, *kernels):
        return page("2026-01-02", kernels)

    def test_a_kernel_that_does_all(self):
        kernel = self.measured(
            features() + part("ring", TESTS.split("✘")[0]) + part("echo-completion-async", ECHO)
            + "@@ done\n")
        text, is_right = self.page(kernel)
        self.assertTrue(is_right)
        for line in [
            "wrote this page on 2026-01-02.", "| Release | 6.1.0-1-cloud |",
            "| Tier that is chosen | full |", "absent / not tried | 1 / 1 / 1 / 0 |",
            "| Tests of the ring | 1 / 0 / 2 |", "| Echo with handlers | – |",
            "| Echo with tasks | 1200 messages, no byte wrong |", "### Sockets",
            "| `accept` Accept \\| \\<many> *5.19* | yes |", "| `bind` Bind *6.11* | – |",
            "- 6.1, `poll`: a \"quoted\" \\<detail>", "- 6.1: one case of second(_:) with 1",
            "- 6.1: third() skipped: \"not here\"",
        ]:
            self.assertIn(line, text)
        self.assertNotIn("What failed", text)
        self.assertNotIn("Would-block tour", text)

    def test_failures(self):
        text, is_right = self.page(self.measured(
            features() + part("ring", TESTS, 1) + part("tour", "", 137)
            + part("disabled", '{"kernel": "6.1", "refusal": "another reason"}', 1)))
        self.assertFalse(is_right)
        for line in [
            "- 6.1: the measurement did not come to its end", "- 6.1: ring ended with 1\n",
            "- 6.1: tour ended with 137, out of time", "it said: another reason",
            "- 6.1: fourth() recorded an issue at A.swift:1:1: a \\< b", "| 1 / 1 / 2 |",
        ]:
            self.assertIn(line, text)
        self.assertNotIn("again", text)

    def test_refusals(self):
        refusal = "this kernel lacks \"bundles\""
        old = self.measured(
            features(1, refusal=refusal, tier=None, checks=[]) + "@@ done\n", release="5.4.0-26")
        new = self.measured(features(refusal="EPERM", tier=None) + "@@ done\n")
        text, is_right = self.page(old)
        self.assertTrue(is_right)
        self.assertIn("| Tier that is chosen | none: refused |", text)
        text, is_right = self.page(old, new)
        self.assertFalse(is_right)
        self.assertIn("- 6.1: refused: EPERM", text)
        self.assertIn(f"- 5.4: `{refusal}`\n", text)

    def test_a_host_keeps_its_name_to_itself(self):
        text, _ = self.page(self.measured("@@ done\n", name="host", release="6.18.44-secret"))
        self.assertIn("| Release | 6.18.44 |", text)
        self.assertIn("| Runs on | the machine itself |", text)


if __name__ == "__main__":
    unittest.main()
