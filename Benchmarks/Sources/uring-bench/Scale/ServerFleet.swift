// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The processes of a server under measurement, all on one CPU.
struct ServerFleet {
  let server: ScaleServer
  private let members: [ServerProcess]

  /// Starts them on `cpus.server`, and leaves the calling thread on `cpus.load`.
  ///
  /// - Throws: ``RunFailure``, SystemFailure; what had started has ended.
  init(
    _ server: ScaleServer, _ plan: ServerPlan, cpus: CPUPair?, endsAfter seconds: Double
  ) throws {
    self.server = server
    if let cpus { try CPUs.pin(to: cpus.server) }
    var members: [ServerProcess] = []
    do {
      for _ in 0..<plan.processes {
        let member: ServerProcess =
          switch server {
          case .engine(let engine):
            try ServerProcess(engine: engine, plan, endsAfter: seconds)
          case .foreign(let foreign): try ServerProcess(foreign: foreign, plan)
          }
        members.append(member)
      }
      if let cpus { try CPUs.pin(to: cpus.load) }
    } catch {
      for member in members { member.process.end(within: 2) }
      throw error
    }
    self.members = members
  }

  /// One for each process.
  var ports: [UInt16] { members.map(\.port) }

  /// Resident bytes of all; nil when one has ended.
  var residentBytes: UInt64? {
    members.reduce(UInt64?.some(0)) { sum, member in
      sum.flatMap { sum in member.usage.residentBytes.map { sum + $0 } }
    }
  }

  /// CPU time of all.
  var cpuNanoseconds: UInt64 { members.reduce(0) { $0 + $1.usage.cpuNanoseconds } }

  var usesEpoll: Bool {
    server.usesEpoll ?? members.contains { EpollUse.isSeen(in: $0.process.pid) }
  }

  /// Connections that the server has accepted; nil when it does not tell.
  ///
  /// - Throws: ``RunFailure`` when a process does not answer, because it has ended or hangs.
  func accepted() throws -> UInt64? {
    guard case .engine = server else { return nil }
    var accepted: UInt64 = 0
    for member in members { accepted += try member.counters().accepted }
    return accepted
  }

  /// Ends all: asks first, because a ring that is killed keeps its connections for a while.
  func end() {
    for member in members { member.process.signal(SIGTERM) }
    for member in members { member.process.end(with: nil, within: 30) }
  }
}
