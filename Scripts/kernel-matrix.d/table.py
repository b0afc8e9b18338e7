#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns what `measure` printed on each kernel into a page: one column a file.

  table.py YYYY-MM-DD RESULT...

Ends with 1 where a guest did not come to its end, a test or an echo failed, or a kernel refused
rings for another reason than what it lacks.
"""
import json
import re
import sys
from collections import Counter
from pathlib import Path

TESTS = {
    "restricted": "Tests of restricted rings: passed / failed / skipped",
    "ring": "Tests of the ring",
    "tour": "Would-block tour",
    "sockets": "Tests on real sockets",
    "readiness": "Tests of readiness",
    "sockets-readiness": "Tests on real sockets, on readiness",
    "sockets-disabled": "Tests on real sockets after `sysctl kernel.io_uring_disabled=2`",
}
ECHOES = {
    "echo-completion-handler": "Echo with handlers",
    "echo-completion-async": "Echo with tasks",
    "echo-completion-handler-readiness": "Echo with handlers on readiness",
    "echo-completion-async-readiness": "Echo with tasks on readiness",
    "echo-disabled": "Echo with tasks after that sysctl",
}
# What fails where there is no ring, because it was measured nevertheless.
WITHOUT_RING = ["sockets-readiness", "echo-completion-handler-readiness",
                "echo-completion-async-readiness", "sockets-disabled", "echo-disabled"]
WORDS = {"behaves": "yes", "absent": "–", "differs": "**differs**"}

HEAD = """\
# Kernel matrix

What the library finds and does on several kernels.

## Overview

`Scripts/kernel-matrix` wrote this page on {date}. It boots Debian's packaged kernels, and an
older one of Ubuntu's, under QEMU's software emulation and measures on each: what
`uring-features` finds by trying, the tests, and an echo of 16 connections, whose every byte is
compared. `–` is absent, or not run.

Debian's 5.10 is not too old: it has the io_uring of Linux 5.15, which the stable series took over
with 5.10.162, and the library asks a kernel what it can do, not for its number. So it gets the
one-shot tier. What a kernel that is too old leads to is shown with Linux 5.4.
"""


def plain(text):
    """Text in a cell or a list."""
    return text.replace("|", "\\|").replace("<", "\\<")


def report(lines):
    """The JSON that uring-features printed; an empty one where there is none."""
    text = "\n".join(lines)
    start = text.find('{"kernel": ')
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start >= 0 else {}
    except ValueError:
        return {}


class Kernel:
    """What was measured on one kernel."""

    def __init__(self, path):
        is_host = path.name.endswith("host")
        self.parts, self.ended, self.is_done = {}, {}, False
        self.title = self.release = ""
        self.skips, self.issues = [], []
        part = []
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            line = line.removesuffix("\r")
            match line.split():
                case ["@@", "kernel", release]:
                    first, second, third, *_ = release.split(".") + ["", ""]
                    self.title = f"{first}.{second}"
                    # What a machine calls its own kernel is nobody's business.
                    patch = re.match(r"\d*", third)[0] or 0
                    self.release = f"{self.title}.{patch}" if is_host else release
                case ["@@", "begin", name]:
                    part = self.parts[name] = []
                case ["@@", "end", name, status]:
                    self.ended[name] = int(status)
                    part = []
                case ["@@", "done"]:
                    self.is_done = True
                case _:
                    part.append(line)
        self.place = "the machine itself" if is_host else "QEMU, 2 CPUs, 1 GiB"
        features = report(self.parts.get("features", []))
        self.tier = features.get("tier")
        self.refusal = features.get("refusal")
        self.checks = {check["name"]: check for check in features.get("checks", [])}
        self.disabled = report(self.parts.get("disabled", [])).get("refusal")
        self.outcomes = {name: self.count_tests(self.parts.get(name, [])) for name in TESTS}

    def count_tests(self, lines):
        """Counts whole tests of Swift Testing, not their cases, and keeps what is to be told.

        A line is a mark, then what ended and how. A test that passed with a case skipped, which the
        test itself tells, counts as skipped.
        """
        outcome, has_skipped_case, told = Counter(), False, set()
        for line in lines:
            if re.match("↳ Test .* skipped: ", line):
                self.skips.append("one case of " + plain(line.removeprefix("↳ Test ")))
                has_skipped_case = True
            if (not re.match("[✔✘➜]+ Test ", line) or " recorded a warning " in line
                    or re.search(" Test (case|run) ", line)):
                continue
            said = line.split(" Test ", 1)[1]
            name = said.split(" recorded an issue ")[0]
            if name != said:
                # The first word of a test says enough here.
                if name not in told:
                    self.issues.append(plain(said[:300]))
                told.add(name)
            elif " skipped" in line:
                outcome["skipped"] += 1
                self.skips.append(plain(said))
            elif " passed after " in line or " failed after " in line:
                passed = "skipped" if has_skipped_case else "passed"
                outcome[passed if " passed after " in line else "failed"] += 1
                has_skipped_case = False
        return outcome

    # Cells.

    def tests(self, name):
        if name not in self.ended:
            return None
        outcome = self.outcomes[name]
        return " / ".join(str(outcome[word]) for word in ("passed", "failed", "skipped"))

    def echo(self, name):
        said = {line.split()[0]: line for line in self.parts.get(name, []) if line.split()}
        if "failures" not in said:
            return None
        count = "".join(said.get("messages", "").split()[1:2])
        is_right = ", 0 bad bytes" in said["failures"]
        return f"{count} messages, {'no byte wrong' if is_right else said['failures']}"

    def behaviours(self):
        count = Counter(check["result"] for check in self.checks.values())
        if not count["behaves"]:
            return None
        return " / ".join(str(count[word]) for word in ("behaves", "differs", "absent", "skipped"))

    def failures(self):
        """What did not do as it should."""
        if not self.is_done:
            yield "the measurement did not come to its end"
        parts = ["features", *TESTS, *ECHOES]
        if self.refusal:
            first, second = map(int, self.title.split("."))
            if "this kernel lacks" not in self.refusal or first > 5 or second >= 10:
                yield "refused: " + self.refusal
            parts = WITHOUT_RING
        elif "disabled" in self.ended and "io_uring_disabled is 2" not in (self.disabled or ""):
            yield f"disabled by sysctl, it said: {self.disabled or ''}"
        for part in parts:
            if status := self.ended.get(part, 0):
                yield f"{part} ended with {status}{', out of time' if status == 137 else ''}"


def table(corner, kernels, rows):
    """Rows of a name and of what tells a kernel's cell."""
    head = [[corner, *(kernel.title for kernel in kernels)], ["---"] * (len(kernels) + 1)]
    body = [[name, *(cell(kernel) or "–" for kernel in kernels)] for name, cell in rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in head + body]
    lines[1] = lines[1].replace(" ", "")
    return lines


def summary(kernels):
    rows = [
        ("Release", lambda kernel: kernel.release),
        ("Runs on", lambda kernel: kernel.place),
        ("Tier that is chosen", lambda kernel: "none: refused" if kernel.refusal else kernel.tier),
        ("Behaviours: as described / otherwise / absent / not tried", Kernel.behaviours),
    ]
    rows += [(title, lambda kernel, name=name: kernel.tests(name)) for name, title in TESTS.items()
             if any(name in kernel.ended for kernel in kernels)]
    rows += [(title, lambda kernel, name=name: kernel.echo(name)) for name, title in ECHOES.items()]
    return table("", kernels, rows)


def behaviours(kernels):
    """A table for each theme, in the order in which uring-features tells of them."""
    def cell(kernel, name):
        result = kernel.checks.get(name, {}).get("result")
        return WORDS.get(result, result)

    checks, themes = {}, {}
    for kernel in kernels:
        checks |= {name: check for name, check in kernel.checks.items() if name not in checks}
    for name, check in checks.items():
        themes.setdefault(check["theme"], []).append((
            f"`{name}` {plain(check['title'])} *{check['since']}*",
            lambda kernel, name=name: cell(kernel, name)))
    for theme, rows in themes.items():
        yield f"\n### {theme[0].upper()}{theme[1:]}\n"
        yield from table("Behaviour and the Linux that brought it", kernels, rows)


def section(heading, lines, before=None):
    if not lines:
        return []
    return [f"\n## {heading}\n", *([before + "\n"] if before else []), *lines]


def page(date, kernels):
    """The page, and whether every kernel did what it should."""
    def told(tell):
        return [f"- {kernel.title}{line}" for kernel in kernels for line in tell(kernel)]

    def refusals(kernel):
        if kernel.refusal:
            yield f": `{kernel.refusal}`"
        if kernel.disabled:
            yield f", after `sysctl kernel.io_uring_disabled=2`: `{kernel.disabled}`"

    def differences(kernel):
        for name, check in kernel.checks.items():
            if check["result"] == "differs":
                yield f", `{name}`: {plain(check['detail'] or '')}"

    failures = told(lambda kernel: [": " + line for line in kernel.failures()])
    lines = [HEAD.format(date=date), *summary(kernels), *section("What failed", failures)]
    lines += section("What failing tests said", told(lambda k: [": " + line for line in k.issues]))
    lines += section(
        "Where no ring can be made", told(refusals),
        "What a program is told, which goes on with readiness (<doc:WithoutARing>) unless it asks"
        " for a ring (more: <doc:Refusals>):")
    lines += section("Where a kernel behaves otherwise", told(differences),
                     "The library does without what it finds so.")
    lines += section("What was skipped", told(lambda k: [": " + line for line in k.skips]),
                     "A skip is not a pass.")
    return "\n".join([*lines, "\n## Behaviours", *behaviours(kernels)]), not failures


def main():
    text, is_right = page(sys.argv[1], [Kernel(Path(path)) for path in sys.argv[2:]])
    print(text)
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
