# SPDX-License-Identifier: Apache-2.0

"""Runs swift-nio's own tests on two event loop groups and compares: see Scripts/nio-conformance."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

from sources import Source

ROOT = pathlib.Path.cwd()
SCRATCH = pathlib.Path(os.environ.get("SCRATCH", ".build/nio-conformance")).absolute()
LIMIT = float(os.environ.get("TEST_LIMIT", "30"))
PAGE = ROOT / "Sources/Integrations/NIO/NIOUring.docc/NIOConformance.md"

FILES = [
    "EchoServerClientTest", "StreamChannelsTest", "ChannelTests", "ChannelNotificationTest",
    "SocketOptionProviderTest", "NIOScheduledCallbackTests", "IdleStateHandlerTest",
    "SerialExecutorTests", "EventLoopFutureTest", "EventLoopFutureIsolatedTests",
    "NIOLoopBoundTests", "UniversalBootstrapSupportTest", "EventLoopTest",
    "AsyncChannelBootstrapTests", "BootstrapTest", "FileRegionTest", "AcceptBackoffHandlerTest",
    "DatagramChannelTests", "MulticastTest",
]
SUPPORT = ["TestUtils", "CoWValue", "XCTest+AsyncAwait", "IPv4Header"]

# Names of NIOPosix's own classes and internals, which no other implementation can be cast to.
FOREIGN = re.compile(
    r"\b(SelectableEventLoop|(?:Server)?SocketChannel\(|NonAcceptingServerSocket|ServerSocket\(|"
    r"BaseSocket|Selector\b|NIOPipeBootstrap|DatagramChannel\(|VsockAddress|takeOverGlobal|"
    r"withEventLoopGroup|NIOThreadPool|pinnedCPUIds|isPosixError|threadName|currentEventLoop|"
    r"_unsafe\w*TakingOver|NIORawSocketBootstrap|(?<!Uring)Socket\(|PendingStreamWritesManager|"
    r"MultiThreadedEventLoopGroup\.(?!singleton)\w+|MultiThreadedEventLoopGroup\(\s*\w*[cC]onfig|"
    r"metricsDelegate|threadInitializers|singletonMultiThreadedEventLoopGroup|\w*GroupDescription)")
# Connect to addresses that are not this machine's.
PUBLIC = re.compile(r"ConnectTimeout|198\.51\.100|\bexample\.com")

# What is changed in a file, for both sides.
EDITS = {
    # Pipes are made by NIOPosix only; a second pair of sockets takes their place.
    "TestUtils": [(
        "let r2 = try withCrossConnectedPipeChannels(",
        "let r2 = try withCrossConnectedUnixDomainSocketChannels(")],
    # XCTest on Linux runs no tests that a class inherits, so the base class runs them.
    "NIOScheduledCallbackTests": [(
        re.compile(r"try XCTSkipIf\(type.*?self\.requirements`\"\)", re.S),
        "self.requirements = MTELGScheduledCallbackTests.Requirements()")],
}

MANIFEST = """// swift-tools-version: 6.2
import PackageDescription

let nio = ["NIOCore", "NIOPosix", "NIOEmbedded", "NIOConcurrencyHelpers", "NIOTestUtils", "NIOTLS"]
let products = nio.map { Target.Dependency.product(name: $0, package: "swift-nio") }
let atomics = Target.Dependency.product(name: "Atomics", package: "swift-atomics")
let uring = Target.Dependency.product(name: "NIOUring", package: "swift-uring")

let package = Package(
  name: "conformance",
  dependencies: [
    .package(name: "swift-uring", path: "%s", traits: ["NIO"]),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-atomics", from: "1.1.0"),
  ],
  targets: [
    .testTarget(name: "OnPosix", dependencies: products + [atomics], path: "OnPosix"),
    .testTarget(name: "OnUring", dependencies: products + [atomics, uring], path: "OnUring"),
  ],
  swiftLanguageModes: [.v5]
)
"""

NAMES = """import NIOUring

typealias MultiThreadedEventLoopGroup = UringEventLoopGroup
typealias ServerBootstrap = UringServerBootstrap
typealias ClientBootstrap = UringClientBootstrap
typealias DatagramBootstrap = UringDatagramBootstrap

extension UringEventLoopGroup {
  /// NIOPosix's has no way to fail but to end the program.
  convenience init(numberOfThreads: Int) {
    try! self.init(numberOfThreads: numberOfThreads, kernel: .automatic)
  }
}
"""


def swift(*arguments):
    command = ["swift", *arguments, "--package-path", str(SCRATCH), "--scratch-path",
               str(SCRATCH / ".build")]
    return subprocess.run(command, text=True, capture_output=True)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def resolve():
    """Fetches swift-nio and returns the folder of its tests."""
    write(SCRATCH / "Package.swift", MANIFEST % ROOT)
    for side in ("OnPosix", "OnUring"):
        write(SCRATCH / side / "Names.swift", NAMES if side == "OnUring" else "")
    answer = swift("package", "resolve")
    if answer.returncode != 0:
        sys.exit(answer.stdout + answer.stderr)
    return SCRATCH / ".build/checkouts/swift-nio/Tests/NIOPosixTests"


def edited(folder, name):
    text = (folder / f"{name}.swift").read_text()
    for old, new in EDITS.get(name, []):
        changed = re.sub(old, new, text) if isinstance(old, re.Pattern) else text.replace(old, new)
        if changed == text:
            sys.exit(f"{name} of this version of swift-nio is not what was expected")
        text = changed
    return text


def build(sources):
    """Builds all tests; one that does not compile is left out, with the reason."""
    for attempt in range(12):
        for source in sources:
            for side in ("OnPosix", "OnUring"):
                write(SCRATCH / side / source.file, source.text)
        answer = swift("build", "--build-tests")
        if answer.returncode == 0:
            return
        output = answer.stdout + answer.stderr
        errors = re.findall(r"/On(?:Posix|Uring)/(\w+\.swift):(\d+):\d+: error: (.*)", output)
        found = False
        for file, line, message in dict.fromkeys(errors):
            source = next((s for s in sources if s.file == file), None)
            if source and source.leave_out_at(int(line), "does not compile: " + message):
                found = True
        if not found:
            sys.exit(output[-6000:])
        for source in sources:
            source.apply()
    sys.exit("the tests do not compile")


def binary():
    folder = swift("build", "--show-bin-path").stdout.strip()
    return str(next(pathlib.Path(folder).glob("*PackageTests.xctest")))


def run(program, side, test):
    """Runs one test in a process of its own and tells whether it passed."""
    if test.is_swift_testing:
        selection = ["--testing-library", "swift-testing", "--filter",
                     rf"{side}\..*{test.suite}.*/{test.name}\("]
    else:
        selection = [f"{side}.{test.suite}/{test.name}"]
    try:
        answer = subprocess.run([program, *selection], capture_output=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return "hangs"
    output = answer.stdout + answer.stderr
    # XCTest says of the others that it has found none of its own.
    if not test.is_swift_testing and re.search(rb"Executed 0 tests", output):
        return "not found"
    if answer.returncode == 0:
        return "skipped" if b"skipped" in output and b" 0 skipped" not in output else "passes"
    return "crashes" if answer.returncode < 0 else "fails"


def listed(program):
    """The tests that XCTest knows on both sides: those of a base class are its subclasses'."""
    output = subprocess.run([program, "--list-tests"], text=True, capture_output=True).stdout
    sides = [set(re.findall(rf"^{side}\.(\w+)/(\w+)$", output, re.M)) for side in ("OnPosix", "OnUring")]
    return sides[0] & sides[1]


def compare(sources):
    program = binary()
    known = listed(program)
    for source in sources:
        source.take_listed(known)
    jobs = [(source, test) for source in sources for test in source.tests if not test.reason]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        def both(job):
            return job, run(program, "OnPosix", job[1]), run(program, "OnUring", job[1])
        return list(pool.map(both, jobs))


def table(sources, results):
    lines = ["| Tests | Run | Pass on both | Fail here only | Fail on both | Left out |",
             "|---|---|---|---|---|---|"]
    sums = [0] * 5
    for source in sources:
        own = [(posix, uring) for (s, _), posix, uring in results if s is source]
        here = [1 for posix, uring in own if posix == "passes" and uring != "passes"]
        row = [len(own), sum(pair == ("passes", "passes") for pair in own), len(here),
               sum(posix != "passes" for posix, _ in own), sum(bool(t.reason) for t in source.tests)]
        sums = [a + b for a, b in zip(sums, row)]
        lines.append(f"| {source.file[:-6]} | " + " | ".join(map(str, row)) + " |")
    lines.append("| all | " + " | ".join(map(str, sums)) + " |")
    return lines, sums


def report(sources, results, version):
    lines, sums = table(sources, results)
    text = ["# SwiftNIO's own tests", "",
            "What swift-nio's tests of channels and event loops say of NIOUring.", "",
            "## Overview", "",
            f"`Scripts/nio-conformance` ran them with swift-nio {version}: each test in a process of",
            "its own, on NIOPosix and, with three types renamed, on NIOUring.", "", *lines, ""]
    failed = [(s, t, p, u) for (s, t), p, u in results if p == "passes" and u != "passes"]
    if failed:
        text += ["## Failures", ""]
        text += [f"- `{t.suite}.{t.name}` {u}" for _, t, _, u in failed] + [""]
    text += ["## Left out", "", "| Test | Why |", "|---|---|"]
    for source in sources:
        text += [f"| `{t.suite}.{t.name}` | {t.reason} |" for t in source.tests if t.reason]
    return "\n".join(text) + "\n", len(failed)


def main(names):
    folder = resolve()
    for name in SUPPORT:
        text = edited(folder, name)
        for side in ("OnPosix", "OnUring"):
            write(SCRATCH / side / f"{name}.swift", text)
    sources = [
        Source(f"{name}.swift", edited(folder, name), FOREIGN, PUBLIC) for name in names or FILES]
    wanted = {source.file for source in sources} | {f"{s}.swift" for s in SUPPORT} | {"Names.swift"}
    for side in ("OnPosix", "OnUring"):
        for stale in (SCRATCH / side).glob("*.swift"):
            if stale.name not in wanted:
                stale.unlink()
    build(sources)
    results = compare(sources)
    version = subprocess.run(
        ["git", "-C", str(folder), "describe", "--tags"], text=True, capture_output=True
    ).stdout.strip()
    text, failures = report(sources, results, version)
    if names:
        print(text)
    else:
        write(PAGE, text)
        print(f"Written: {PAGE.relative_to(ROOT)}")
    for (source, test), posix, uring in results:
        if posix != uring:
            print(f"{test.suite}.{test.name}: {posix} on NIOPosix, {uring} on NIOUring")
    return 1 if failures else 0


sys.exit(main(sys.argv[1:]))
