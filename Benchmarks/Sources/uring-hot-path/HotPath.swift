// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CProbes
import FoundationEssentials
import Glibc

/// Counts what a message costs in things that can be counted: the same on every run, so that a
/// limit on them can fail a build where a limit on time could not.
@main
struct HotPath: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uring-hot-path",
    abstract: "Count what one message costs, and hold it against limits.",
    discussion: """
      An echo server and its client share one CPU and work in lock step: a message on each \
      connection, then all the answers. The exit code is 1 when a figure is over its limit.
      """)

  @Option(help: "A JSON file of limits to hold the figures against.")
  var limits: String?

  @Option(help: "Only this style: \(EchoStyle.allCases.map(\.rawValue).joined(separator: ", ")).")
  var style: EchoStyle?

  @Option(help: "Only so many connections; 1 and 64 if not given.")
  var connections: Int?

  @Option(
    help: """
      Write where the instructions were to a file: lines of a count, an offset and the binary it \
      is in, for llvm-symbolizer(1).
      """)
  var places: String?

  func validate() throws {
    guard (1...1024).contains(connections ?? 1) else {
      throw ValidationError("--connections must be 1 to 1024")
    }
  }

  func run() throws {
    let limits = try limits.map { try Limits(path: $0) }
    var problems: [String] = []
    print(ResultLine.header)
    for count in connections.map({ [$0] }) ?? [1, 64] {
      for style in style.map({ [$0] }) ?? EchoStyle.allCases {
        let name = "\(style.rawValue)-\(count)"
        let run = CountedRun(
          style: style, connections: count, instructionLimit: limits?[name, .instructions],
          tellsPlaces: places != nil)
        let result = try run.result()
        print(ResultLine.text(name, result))
        problems += limits?.problems(of: name, result.figures) ?? []
      }
    }
    if let places, unsafe !cprobes_write_places(places) { throw Failure(call: "writing \(places)") }
    for problem in problems { print("failed: \(problem)") }
    if !problems.isEmpty { throw ExitCode.failure }
  }
}

extension EchoStyle: ExpressibleByArgument {}
