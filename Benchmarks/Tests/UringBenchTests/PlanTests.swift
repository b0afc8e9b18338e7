// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import uring_bench

@Suite("Spreading the load")
struct PlanTests {
  @Test(
    "covers every connection once, within the descriptor limit",
    arguments: [1, 17_999, 18_001, 100_000])
  func sharesCoverAll(connections: Int) {
    let plan = WorkerPlan(connections: connections, descriptorLimit: 20_000, ports: 28_232)
    var next = 0
    for share in plan.shares {
      #expect(share.first == next)
      #expect(share.count > 0 && share.count <= 18_000)
      next += share.count
    }
    #expect(next == connections)
    #expect(plan.window >= 8)
  }

  @Test("uses more processes under a low descriptor limit")
  func lowLimit() {
    let plan = WorkerPlan(connections: 1000, descriptorLimit: 164, ports: 28_232)
    #expect(plan.shares.count == 10)
  }

  @Test("has the asked share of connections send", arguments: [0.0, 0.01, 0.1, 0.5, 1.0])
  func activeShare(share: Double) throws {
    let shape = try LoadShape.parse(["--port", "1", "--active", "\(share)"])
    let active = (0..<1000).filter { shape.isActive($0) }.count
    #expect(active == Int(1000 * share))
  }

  @Test("hands workers the options it was given")
  func workerArguments() throws {
    let given = ["--host", "127.0.0.2", "--port", "9", "--connections", "3", "--size", "5"]
    let shape = try LoadShape.parse(
      given + ["--pipeline", "7", "--active", "0.5", "--server-pid", "1"])
    let again = try LoadShape.parse(shape.arguments)
    #expect(again.arguments == shape.arguments)
    #expect(again.pipeline == 7 && again.serverPid == 1)
  }

  @Test("a list on the command line says which part is wrong")
  func lists() throws {
    #expect(try CommaList.connections("1,64,1,1000") == [1, 64, 1000])
    #expect(try CommaList.engines("nio,nio") == [.nio])
    #expect(throws: ValidationError.self) { try CommaList.connections("1,,2") }
    #expect(throws: ValidationError.self) { try CommaList.connections("0") }
    #expect(throws: ValidationError.self) { try CommaList.engines("nio,epol") }
  }

  @Test("every engine is first once")
  func order() {
    let engines = EngineName.allCases
    let settings = CompareSettings(
      engines: engines, connections: [1], size: 64, rounds: 1, seconds: 1)
    let firsts = engines.indices.map { settings.order(inRound: $0).first }
    #expect(Set(firsts) == Set(engines))
    #expect(Set(settings.order(inRound: 1)) == Set(engines))
  }
}
