// SPDX-License-Identifier: Apache-2.0

import CLinux
import CProbes
import Glibc

/// What one message costs.
struct CountedResult {
  /// For each message; without what this machine cannot count.
  var figures: [Measure: Double] = [:]
  /// Completions that an enter found.
  var completionsPerEnter = 0.0
  /// Wall time of a message, client included; told, and never judged.
  var nanosecondsPerMessage = 0.0
}

/// Counts what one style of echo server costs at one number of connections.
struct CountedRun {
  let style: EchoStyle
  let connections: Int
  /// The most instructions that a message may take: windows are counted until one is within.
  var instructionLimit: Double?
  /// Whether places are told: then one long window, because its edges are at places too.
  var tellsPlaces = false

  /// What is counted in a window of its own, because counting it adds to the other counts.
  private enum Probe {
    case none, references, instructions
  }

  func result() throws -> CountedResult {
    let server = try HotPathServer(style)
    var cpu: Int32 = 0
    guard unsafe clinux_allowed_cpus(&cpu, 1) > 0, clinux_pin_thread(cpu) == 0 else {
      throw Failure(call: "sched_setaffinity")
    }
    try server.share(cpu: cpu)
    let client = try LockstepClient(port: server.port, connections: connections)
    defer { client.close() }
    try client.echo(rounds: rounds(for: 2_000))

    var result = CountedResult()
    let start = Self.now
    var figures = try count(.none, messages: 16_384, server, client)
    result.nanosecondsPerMessage =
      Double(Self.now - start) / Double(rounds(for: 16_384) * connections)
    result.completionsPerEnter = (figures[.completions] ?? 0) / (figures[.enters] ?? 1)
    figures[.references] = try count(.references, messages: 4_096, server, client)[.references]
    figures[.instructions] = try fewestInstructions(server, client)
    result.figures = figures
    try server.stop()
    return result
  }

  /// The fewest instructions for a message of several windows.
  ///
  /// A window is short, because each instruction of it raises a signal, and the messages of a window
  /// may be spread over one turn of the loop more or fewer: a single window says 5 % more or less. A
  /// change that costs instructions costs them in every window, so that one within the limit is
  /// enough.
  private func fewestInstructions(
    _ server: HotPathServer, _ client: LockstepClient
  ) throws -> Double? {
    var fewest: Double?
    for _ in 0..<(tellsPlaces ? 1 : 5) {
      let figures = try count(
        .instructions, messages: tellsPlaces ? 512 : 16, server, client)
      guard let figure = figures[.instructions] else { return nil }
      fewest = min(figure, fewest ?? figure)
      if let instructionLimit, figure <= instructionLimit { break }
    }
    return fewest
  }

  private func rounds(for messages: Int) -> Int {
    max(1, messages / connections)
  }

  /// What a message costs, less what the counting itself costs.
  private func count(
    _ probe: Probe, messages: Int, _ server: HotPathServer, _ client: LockstepClient
  ) throws -> [Measure: Double] {
    let rounds = rounds(for: messages)
    let empty = try window(probe, rounds: 0, server, client)
    let full = try window(probe, rounds: rounds, server, client)
    guard let empty, let full else { return [:] }
    var figures = full.merging(empty, uniquingKeysWith: -)
    for measure in figures.keys { figures[measure]? /= Double(rounds * connections) }
    switch probe {
    case .none:
      figures[.references] = nil
      figures[.instructions] = nil
    case .references, .instructions:
      break
    }
    return figures
  }

  /// Counts during a number of rounds; `nil` if this machine cannot.
  private func window(
    _ probe: Probe, rounds: Int, _ server: HotPathServer, _ client: LockstepClient
  ) throws -> [Measure: Double]? {
    try server.settle()
    let start: Reading? = try server.onLoop("the first reading") { loop in
      let isCounting =
        switch probe {
        case .none: true
        case .references: cprobes_watch_references(true)
        case .instructions: cprobes_start_stepping()
        }
      return isCounting ? Reading(of: loop) : nil
    }
    guard let start else { return nil }
    try client.echo(rounds: rounds)
    try server.settle()
    let end = try server.onLoop("the last reading") { loop in
      let reading = Reading(of: loop)
      switch probe {
      case .none: break
      case .references: _ = cprobes_watch_references(false)
      case .instructions: cprobes_stop_stepping()
      }
      return reading
    }
    return Reading.difference(from: start, to: end)
  }

  private static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
