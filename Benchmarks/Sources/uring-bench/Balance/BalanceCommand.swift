// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CompletionIO

/// Measures how many short connections is each loop's share.
struct BalanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "balance",
    abstract: "Measure how short connections spread over the loops of a server.",
    discussion: """
      Each connection carries one byte there and back, and is closed. The shares are those of the \
      loop with the fewest and of the loop with the most, over the mean. Chance is what two standard \
      deviations of a hash would give. CPU is of both ends. The exit code is 1 when a connection \
      failed, or one was lost or counted twice.
      """)

  @Option(help: "Loops of the server, separated by commas.", transform: CommaList.connections)
  var loops = [2, 4, 8]

  @Option(help: "Connections of each run.")
  var connections = 20_000

  @Option(help: "Connections that are open at once.")
  var atOnce = 64

  func validate() throws {
    guard (1...1_000_000).contains(connections), (1...10_000).contains(atOnce) else {
      throw ValidationError("--connections from 1 to 1000000, --at-once from 1 to 10000")
    }
  }

  func run() throws {
    DescriptorLimit.raise()
    var groups: [[[String]]] = []
    for count in loops {
      groups.append(
        try Steering.allCases.map { steering in
          let run = BalanceRun(
            loopCount: count, steering: steering, connectionCount: connections, atOnce: atOnce)
          return try run.figures().cells
        })
    }
    for line in TextTable(headings: BalanceFigures.headings, groups: groups).lines { print(line) }
  }
}

/// How connections come to loops.
enum Steering: String, CaseIterable {
  /// By the kernel's hash, to loops that run anywhere.
  case hash
  /// By the kernel's hash, to loops that are each bound to a processor.
  case boundLoops = "hash, bound loops"
  /// To a loop on the processor that the packets come in on.
  case receivingCPU = "receiving CPU"

  var placement: LoopPlacement { self == .hash ? .anywhere : .eachCPU }
}
