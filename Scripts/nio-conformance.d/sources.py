# SPDX-License-Identifier: Apache-2.0

"""A file of tests, and which of its tests are left out."""

import dataclasses
import re


@dataclasses.dataclass
class Test:
    suite: str
    name: str
    first_line: int
    last_line: int
    is_swift_testing: bool
    # Others are functions that tests use.
    is_test: bool = True
    reason: str = ""


class Source:
    """The tests of one file; those that are left out are cut out of its text."""

    def __init__(self, file, text, foreign, public):
        self.file = file
        self.original = text
        self.lines = self.original.split("\n")
        self.functions = self._find_functions()
        self.tests = [function for function in self.functions if function.is_test]
        self._leave_out(foreign, public)
        self.apply()

    def take_listed(self, known):
        """Replaces the XCTest tests that are run by those that XCTest has, by their classes."""
        classes = set(re.findall(r"\bclass (\w+)", self.original))
        kept = [test for test in self.tests if test.reason or test.is_swift_testing]
        names = {(test.suite, test.name): test for test in self.tests}
        for suite, name in sorted(known):
            if suite in classes:
                kept.append(names.get((suite, name)) or Test(suite, name, 0, 0, False))
        self.tests = kept

    def _leave_out(self, foreign, public):
        """Leaves out what uses a name of NIOPosix's own, itself or by a function of the file."""
        helpers = {}
        while True:
            found = False
            for function in self.functions:
                if function.reason or function.name in helpers:
                    continue
                body = "\n".join(self.lines[function.first_line:function.last_line + 1])
                match = foreign.search(body)
                name = match.group(0).rstrip("(") if match else next(
                    (helpers[h] for h in helpers if re.search(rf"\b{h}\b", body)), None)
                if name:
                    found = True
                    if function.is_test:
                        function.reason = f"uses NIOPosix's own `{name}`"
                    else:
                        helpers[function.name] = name
                elif function.is_test and public.search(body):
                    function.reason = "connects to a public address"
            if not found:
                return

    def apply(self):
        """Cuts out what is left out, and keeps the numbers of the other lines."""
        lines = list(self.lines)
        for function in self.functions:
            if function.reason:
                for index in range(function.first_line, function.last_line + 1):
                    lines[index] = ""
        self.text = "\n".join(lines)

    def leave_out_at(self, line, reason):
        """Leaves out the function that a line belongs to; says whether there is one."""
        for function in self.functions:
            if function.first_line <= line - 1 <= function.last_line and not function.reason:
                function.reason = reason.replace("|", "\\|")
                return True
        return False

    def _find_functions(self):
        functions = []
        suite = ""
        marked = None
        for index, line in enumerate(self.lines):
            if match := re.match(r"(?:\w+ )*(?:class|struct|extension) (\w+)", line):
                suite = match.group(1)
            if re.match(r"    @Test\b", line):
                marked = index
            match = re.match(r"    (?:@\w+(?:\([^)]*\))? )*(?:\w+ )*func (\w+)[(<]", line)
            if not match:
                continue
            name = match.group(1)
            is_marked = marked is not None
            first = marked if is_marked else self._first_attribute(index)
            functions.append(
                Test(suite, name, first, self._end(index), is_marked,
                     is_marked or name.startswith("test")))
            marked = None
        return functions

    def _first_attribute(self, index):
        while index > 0 and re.match(r"    @", self.lines[index - 1]):
            index -= 1
        return index

    def _end(self, index):
        """The line of the brace that ends a function: the first at its own indentation."""
        for end in range(index, len(self.lines)):
            if self.lines[end] == "    }" or (end == index and self.lines[end].endswith("}")):
                return end
        return len(self.lines) - 1
