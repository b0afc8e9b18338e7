# SPDX-License-Identifier: Apache-2.0

"""Writes a tutorial's program as it is after each step, a folder for each that changes it.

    tutorial_states.py TUTORIAL CODE FOLDER

CODE is the folder with all files of code that the steps show.
"""

import pathlib
import re
import sys


def main():
    tutorial = pathlib.Path(sys.argv[1])
    resources = {path.name: path for path in pathlib.Path(sys.argv[2]).glob("*.swift")}
    folder = pathlib.Path(sys.argv[3])
    state = {}
    number = 0
    pattern = r'@Code\(name: "([^"]+)", file: "([^"]+)"\)'
    for number, match in enumerate(re.finditer(pattern, tutorial.read_text()), 1):
        name, file = match.groups()
        if state.get(name) == file:
            continue
        state[name] = file
        step = folder / f"{number:03}"
        step.mkdir(parents=True)
        for name, file in state.items():
            (step / name).write_text(resources[file].read_text())
    if number == 0:
        sys.exit(f"{tutorial}: no step has code")
    unused = set(resources) - set(re.findall(r'file: "([^"]+)"', tutorial.read_text()))
    if unused:
        sys.exit(f"{tutorial}: no step shows {', '.join(sorted(unused))}")


main()
