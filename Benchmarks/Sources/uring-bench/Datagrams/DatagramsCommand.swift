// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `uring-bench datagrams`: UDP echo servers against one in C, in one interleaved run.
struct DatagramsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "datagrams",
    abstract: "Compare UDP echo servers with one in C (recvmmsg and sendmmsg).",
    discussion: """
      CPU is the server's, a datagram; 'vs C' is the C server's over this one's, the median of the \
      rounds: above 1 is cheaper than C. Calls are system calls a datagram.
      """)

  @Option(help: "Sockets of the load, separated by commas.", transform: CommaList.connections)
  var sockets = [1, 64]

  @Option(
    help: "Datagrams that each keeps on their way, separated by commas; up to 256.",
    transform: CommaList.connections)
  var windows = [1, 16]

  @Option(help: "Bytes of a datagram, 16 to 2048.")
  var size = 64

  @Option(help: "Seconds of a measurement.")
  var seconds = 1.0

  @Option(help: "Rounds, of which the medians count.")
  var rounds = 5

  func validate() throws {
    guard (16...2048).contains(size) else { throw ValidationError("--size must be 16 to 2048") }
    guard windows.allSatisfy({ $0 <= 256 }) else {
      throw ValidationError("--windows must be 1 to 256")
    }
    guard seconds > 0, seconds < 3600 else { throw ValidationError("--seconds must be above 0") }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1000") }
  }

  func run() throws {
    let cpus = CPUs.allowed
    print("server              sockets  window  datagrams/s  CPU µs   vs C  calls   lost")
    for count in sockets {
      for window in windows {
        let shape = DatagramShape(sockets: count, window: window, size: size)
        let figures = try measure(shape, cpus)
        for engine in DatagramEngineName.allCases { show(engine, shape, figures) }
      }
    }
  }

  private typealias Rounds = [DatagramEngineName: [DatagramFigures]]

  /// Measures all servers in turn, round by round.
  private func measure(_ shape: DatagramShape, _ cpus: [Int]) throws -> Rounds {
    var figures: Rounds = [:]
    for _ in 0..<rounds {
      for engine in DatagramEngineName.allCases {
        let run = DatagramRun(
          engine: engine, shape: shape, seconds: seconds,
          serverCPU: cpus.count > 1 ? cpus[0] : nil, loadCPU: cpus.count > 1 ? cpus[1] : nil)
        figures[engine, default: []].append(try run.figures())
      }
    }
    return figures
  }

  private func show(_ engine: DatagramEngineName, _ shape: DatagramShape, _ figures: Rounds) {
    let own = figures[engine] ?? []
    let base = figures[.recvmmsg] ?? []
    let ratios = zip(base, own).map { $0.microseconds / $1.microseconds }
    func median(_ values: [Double]) -> Double { Spread(values)?.median ?? 0 }
    let cells: [(String, Int)] = [
      ("\(shape.sockets)", 9), ("\(shape.window)", 8),
      (Numeral.grouped(median(own.map(\.perSecond))), 13),
      (Numeral.fixed(median(own.map(\.microseconds)), 2), 8),
      (Numeral.fixed(median(ratios), 2), 7), (Numeral.fixed(median(own.map(\.kernelCalls)), 3), 7),
      (Numeral.fixed(median(own.map(\.lostShare)) * 100, 2) + "%", 7),
    ]
    let name = engine.rawValue
    let start = name + String(repeating: " ", count: max(0, 18 - name.count))
    print(
      cells.reduce(start) { line, cell in
        line + String(repeating: " ", count: max(1, cell.1 - cell.0.count)) + cell.0
      })
  }
}
