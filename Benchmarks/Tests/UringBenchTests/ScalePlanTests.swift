// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("Spreading very many connections")
struct ScalePlanTests {
  @Test("a million has tables of fewer places than a process may have descriptors")
  func million() {
    let plan = ServerPlan(
      .engine(.completionAsync), connections: 1_000_000, descriptorLimit: 20_000)
    #expect(plan.processes == 1)
    #expect(plan.directDescriptors <= 20_000)
    let mean = 1_000_000 / Double(plan.loops)
    #expect(mean + 6 * mean.squareRoot() < Double(plan.directDescriptors))
    // One loop less would not do.
    let more = 1_000_000 / Double(plan.loops - 1)
    #expect(more + 6 * more.squareRoot() + 64 > 20_000)
  }

  @Test("one ring holds all connections while its table does", arguments: [1, 1000, 19_000])
  func oneRing(connections: Int) {
    let plan = ServerPlan(
      .engine(.completionHandler), connections: connections, descriptorLimit: 20_000)
    #expect(plan.loops == 1 && plan.processes == 1)
    #expect(plan.directDescriptors > connections && plan.directDescriptors <= 20_000)
  }

  @Test(
    "servers with descriptors are as many processes as the load has",
    arguments: [EngineName.readinessEpoll, .nio, .completionAsyncReadiness])
  func processes(engine: EngineName) {
    let plan = ServerPlan(.engine(engine), connections: 100_000, descriptorLimit: 20_000)
    #expect(plan.processes == 6)
    #expect(plan.loops == 1 && plan.directDescriptors == 0)
    #expect(plan.arguments == ["--loops", "1"])
  }

  @Test("a foreign server is told its port, and its loops where it asks for them")
  func foreign() throws {
    let one = try #require(ForeignServer("c=./echo --port {port} --direct 1 --threads {loops}"))
    #expect(
      one.arguments(port: 7000, loops: 53)
        == ["./echo", "--port", "7000", "--direct", "1", "--threads", "53"])
    let many = try #require(ForeignServer("epoll=./echo {port}"))
    #expect(
      ServerPlan(.foreign(one), connections: 1_000_000, descriptorLimit: 20_000).processes == 1)
    #expect(
      ServerPlan(.foreign(many), connections: 100_000, descriptorLimit: 20_000).processes == 6)
    for bad in ["echo {port}", "=echo {port}", "a b=echo {port}", "c=", "c=echo 7000"] {
      #expect(ForeignServer(bad) == nil, "\(bad)")
    }
  }

  @Test("every worker gets its part of the window", arguments: [(1, 1), (1, 7), (10_000, 56)])
  func windows(total: Int, workers: Int) {
    let parts = (0..<workers).map { ActiveWindow.part(of: total, worker: $0, of: workers) }
    #expect(parts.reduce(0, +) == total)
    #expect(parts.max().map { $0 - (parts.min() ?? 0) <= 1 } == true)
    #expect(ActiveWindow.total(share: 0.0001, connections: 100) == 1)
    #expect(ActiveWindow.total(share: 0.01, connections: 1_000_000) == 10_000)
  }

  @Test(
    "orders survive their line",
    arguments: [
      LoadOrder.connect, .sweep(window: 7), .rotate(begin: 1 << 60, length: 5, window: 0),
      .pace(begin: 3, length: 4, perSecond: 0.25), .check, .close,
    ])
  func orders(order: LoadOrder) {
    #expect(LoadOrder(order.line) == order)
    #expect(LoadOrder(order.line + " 1") == nil)
  }

  @Test("connections stand in line in the order in which they came")
  func line() {
    var queue = IndexQueue(capacity: 3)
    var taken: [Int] = []
    for index in 0..<3 { queue.append(index) }
    for index in 3..<10 {
      if let first = queue.popFirst() { taken.append(first) }
      queue.append(index)
    }
    while let first = queue.popFirst() { taken.append(first) }
    #expect(taken == Array(0..<10))
    #expect(queue.count == 0)
  }

  @Test("the time left follows what measurements have taken")
  func remaining() {
    var time = RemainingTime(estimates: [10, 20, 30])
    #expect(time.seconds(after: 4) == 56)
    #expect(time.seconds(after: 15) == 50)
    time.finish(after: 20)
    #expect(time.seconds(after: 0) == 100)
    time.finish(after: 40)
    time.finish(after: 60)
    #expect(time.seconds(after: 0) == 0)
    #expect(RemainingTime.text(89) == "89 s" && RemainingTime.text(600) == "10 min")
  }
}
