// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("What very many connections take")
struct ScaleNeedsTests {
  /// A machine that holds a million.
  private static let ample = MachineLimits(
    availableMemory: 64 << 30, descriptors: 20_000, openFiles: 4_000_000, ephemeralPorts: 28_232,
    backlog: 65_535, hasLoopbackSources: true, threads: 100_000, trackedConnections: 2_000_000)

  private static func shortages(
    _ server: ScaleServer = .engine(.completionHandler), _ connections: Int = 1_000_000,
    _ change: (inout MachineLimits) -> Void
  ) -> [Shortage] {
    var limits = ample
    change(&limits)
    return ScaleNeeds(server: server, connections: connections).shortages(limits: limits)
  }

  @Test("an ample machine holds a million", arguments: EngineName.allCases)
  func ampleMachine(engine: EngineName) {
    let found = Self.shortages(.engine(engine)) { limits in
      limits.threads = 2_000_000
    }
    #expect(found == [])
  }

  @Test("a limit that is too low is the one shortage, with the command that raises it")
  func eachAlone() {
    typealias Row = (change: (inout MachineLimits) -> Void, setting: String?, command: String?)
    let rows: [Row] = [
      ({ $0.availableMemory = 8 << 30 }, nil, nil),
      ({ $0.descriptors = 256 }, "RLIMIT_NOFILE", "ulimit -n "),
      ({ $0.openFiles = 1_999_999 }, "fs.file-max", "sysctl -w fs.file-max=2004096"),
      (
        { $0.ephemeralPorts = 16 }, "net.ipv4.ip_local_port_range",
        "sysctl -w net.ipv4.ip_local_port_range="
      ),
      ({ $0.backlog = 128 }, "net.core.somaxconn", "sysctl -w net.core.somaxconn=448"),
      ({ $0.hasLoopbackSources = false }, "127.0.0.0/8", "ip address replace 127.0.0.1/8 dev lo"),
      ({ $0.threads = 100 }, "kernel.threads-max", "sysctl -w kernel.threads-max="),
      (
        { $0.trackedConnections = 262_144 }, "net.netfilter.nf_conntrack_max",
        "sysctl -w net.netfilter.nf_conntrack_max=1001024"
      ),
    ]
    for row in rows {
      let found = Self.shortages { row.change(&$0) }
      #expect(found.count == 1, "\(row.setting ?? "memory")")
      #expect(found.first?.setting == row.setting)
      let begins = row.command.flatMap { found.first?.command?.hasPrefix($0) }
      #expect(begins == (row.command == nil ? nil : true))
    }
  }

  @Test("the named descriptor limit is enough, and one less is not")
  func leastDescriptors() throws {
    let first = Self.shortages { $0.descriptors = 256 }.first
    let needed = try #require(first.flatMap { Int($0.needed) })
    #expect(Self.shortages { $0.descriptors = needed } == [])
    #expect(Self.shortages { $0.descriptors = needed - 1 }.count == 1)
  }

  @Test("limits that do not bind are not looked at")
  func unbound() {
    let found = Self.shortages { limits in
      limits.openFiles = nil
      limits.trackedConnections = nil
    }
    #expect(found == [])
  }

  @Test(
    "the largest number fits, and one more does not",
    arguments: [EngineName.completionHandler, .completionAsync, .readinessEpoll, .nio])
  func largest(engine: EngineName) {
    var limits = Self.ample
    limits.availableMemory = 4 << 30
    let largest = ScaleNeeds.largest(for: .engine(engine), limits: limits)
    #expect(largest > 100_000 && largest < 1_000_000)
    func fits(_ connections: Int) -> Bool {
      ScaleNeeds(server: .engine(engine), connections: connections).shortages(limits: limits)
        .isEmpty
    }
    #expect(fits(largest))
    #expect(!fits(largest + 1))
  }

  @Test("what does not fit is left out with its reason, and the rest is kept")
  func choice() {
    var limits = Self.ample
    limits.availableMemory = 13 << 30
    let servers = [ScaleServer.engine(.completionHandler), .engine(.nio)]
    let choice = ScaleChoice(servers: servers, connections: [1000, 1_000_000], limits: limits)
    #expect(
      choice.measurements == [
        .init(server: servers[0], connections: 1000), .init(server: servers[1], connections: 1000),
        .init(server: servers[0], connections: 1_000_000),
      ])
    #expect(choice.messages.first == "1,000,000 connections with nio are left out:")
    #expect(choice.messages.dropFirst().first?.contains("13.0 GiB, must be 16.") == true)
    #expect(choice.messages.count == 4)
    let all = ScaleChoice(servers: servers, connections: [1000], limits: limits)
    #expect(all.messages == [])
  }

  @Test("this machine's limits can be read")
  func reading() {
    let limits = MachineLimits.read()
    #expect(limits.availableMemory > 1 << 20)
    #expect(limits.descriptors > 64)
    #expect(limits.ephemeralPorts > 1)
    #expect(limits.backlog > 0)
    #expect(limits.threads > 0)
  }
}
