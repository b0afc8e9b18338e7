# SPDX-License-Identifier: Apache-2.0

"""Prints the public declarations of a symbol graph, one a line, in the order of their names."""

import json
import pathlib
import sys


def main():
    lines = set()
    for graph in pathlib.Path(sys.argv[1]).glob("*.symbols.json"):
        for symbol in json.loads(graph.read_text())["symbols"]:
            if "::SYNTHESIZED::" in symbol["identifier"]["precise"]:
                continue
            path = ".".join(symbol["pathComponents"])
            text = "".join(part["spelling"] for part in symbol["declarationFragments"])
            lines.add(f"{path}: {' '.join(text.split())}")
    print("\n".join(sorted(lines)))


main()
