// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionIOMetrics
import MetricsTestKit
import Testing

@Suite("Metrics of a group's loops", .timeLimit(.minutes(3)))
struct LoopMetricsTests {
  private func sum(of label: String, in factory: TestMetrics) -> Int64 {
    factory.counters(label: label).reduce(0) { $0 + $1.totalValue }
  }

  @Test("Counters add up to what the loops have counted")
  func counters() async throws {
    let factory = TestMetrics()
    try await withServer(loops: 2, serving: echo) { group, address in
      let metrics = LoopMetrics(of: group, prefix: "test", factory: factory)
      await metrics.report()
      let answer = try await exchange("four", with: address, on: group)
      #expect(answer == "four")
      await metrics.report()
      await metrics.report()
      // The client and the server are on the group: each byte is sent and received twice.
      #expect(sum(of: "test_received_bytes_total", in: factory) == 8)
      #expect(sum(of: "test_sent_bytes_total", in: factory) == 8)
      #expect(sum(of: "test_accepted_connections_total", in: factory) == 1)
    }
  }

  @Test("Each loop has metrics of its own, and the group's dimensions")
  func dimensions() async throws {
    let factory = TestMetrics()
    try await withServer(loops: 2, serving: echo) { group, _ in
      let metrics = LoopMetrics(of: group, dimensions: [("service", "echo")], factory: factory)
      await metrics.report()
      for loop in ["0", "1"] {
        let dimensions = [("service", "echo"), ("loop", loop)]
        let sockets = try factory.expectMeter("uring_sockets", dimensions)
        #expect(sockets.lastValue == 1)
        #expect(try factory.expectMeter("uring_delay_seconds", dimensions).lastValue ?? -1 >= 0)
      }
    }
  }

  @Test("A run of reports ends with its group, after a last report")
  func run() async throws {
    let factory = TestMetrics()
    let group = try CompletionLoopGroup(count: 1)
    let metrics = LoopMetrics(of: group, factory: factory)
    let running = Task { await metrics.run(every: .seconds(3600)) }
    while factory.counters(label: "uring_enters_total").isEmpty { await Task.yield() }
    await group.close()
    await running.value
    let statistics = await group.statistics()
    #expect(sum(of: "uring_enters_total", in: factory) == statistics[0].counts.enters)
  }
}
