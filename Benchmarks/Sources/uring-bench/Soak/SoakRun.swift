// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// A soak: servers on one group of loops, clients on another, in this process.
struct SoakRun: Sendable {
  let settings: SoakSettings
  private let tally = SoakTally()
  private let content = SoakContent()

  init(_ settings: SoakSettings) { self.settings = settings }

  /// Runs it to its end, or to the first point with a fault.
  ///
  /// - Parameter report: Is told of each point, as soon as it is reached.
  /// - Returns: All points, the start first, and the faults.
  /// - Throws: RingSetupError, SocketError when the servers cannot be started.
  func run(report: (SoakPoint) -> Void) async throws -> SoakResult {
    let pipeEnds = OpenDescriptors.current().pipeEnds
    let (servers, clients) = (try makeGroup(), try makeGroup())
    let service = try await SoakServers(on: servers, tally)
    let judgement = SoakJudgement(
      poolBytes: settings.poolBytes,
      pipeEndLimit: pipeEnds + 2 * settings.loops * OpenDescriptors.pipeEndsOfLoop)
    var quiescence = SoakQuiescence([servers, clients])
    var points: [SoakPoint] = []
    var faults: [String] = []
    let begin = MonotonicClock.now
    for (number, seconds) in SoakPhase.lengths(minutes: settings.minutes).enumerated() {
      let end = MonotonicClock.now + MonotonicClock.nanoseconds(seconds)
      await churn(SoakPhase(number: number, end: end), clients, service)
      let point = point(await quiescence.wait(), since: begin)
      points.append(point)
      report(point)
      faults = judgement.faults(points)
      if !faults.isEmpty { break }
    }
    await service.close()
    await clients.close()
    await servers.close()
    return SoakResult(settings: settings, points: points, faults: faults)
  }

  private func makeGroup() throws -> CompletionLoopGroup {
    try CompletionLoopGroup(count: settings.loops, configuration: settings.loopConfiguration)
  }

  private func point(_ holdings: SoakHoldings, since begin: UInt64) -> SoakPoint {
    SoakPoint(
      minutes: Double(MonotonicClock.now - begin) / 60e9, counts: tally.counts,
      holdings: holdings, pipeEnds: OpenDescriptors.current().pipeEnds, memory: .current())
  }

  /// Does everything at once until the phase is over, and returns when the last client is done.
  private func churn(
    _ phase: SoakPhase, _ clients: CompletionLoopGroup, _ servers: SoakServers
  ) async {
    let timers = clients.loops.enumerated().map { index, loop in
      let numbers = SoakNumbers(seed: settings.seed, phase: phase.number, lane: -1 - index)
      return SoakTimers(on: loop, numbers, tally)
    }
    await withTaskGroup { group in
      for number in 0..<settings.lanes {
        let lane = SoakLane(
          number: number, seed: settings.seed, loops: clients.loops, servers: servers,
          content: content, tally: tally)
        group.addTask { await lane.run(phase) }
      }
      for number in 0..<settings.datagramLanes {
        let lane = SoakDatagrams(
          number: settings.lanes + number, seed: settings.seed, loops: clients.loops,
          address: servers.datagramAddress, content: content, tally: tally)
        group.addTask { await lane.run(phase) }
      }
    }
    for timers in timers { timers.stop() }
  }
}
