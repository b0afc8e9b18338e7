// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Uring

@testable import CompletionIO

/// Many connections that are cancelled, cut short and left in every way, until their loops are shut
/// down at a random moment.
struct Storm: Sendable {
  let plan: StormPlan

  /// Runs to the end.
  ///
  /// - Returns: What went wrong.
  func run() async throws -> [String] {
    let record = StormRecord(limit: plan.actionLimit)
    let servers = try CompletionLoopGroup(count: plan.serverLoopCount, configuration: plan.server)
    let clients = try CompletionLoopGroup(count: plan.clientLoopCount)
    let listener = try await StreamListener.bind(
      to: "127.0.0.1:0", on: servers, options: plan.options)
    let serving = Task { await serve(listener) }
    let address = listener.localAddress
    let visitors = (0..<plan.clientCount).map { index in
      let client = StormClient(
        plan: plan, index: index, address: address, loop: clients.next(), record: record)
      // Half of them on the thread of their loop, half elsewhere.
      return Task(executorPreference: index % 2 == 0 ? client.loop : nil) { await client.run() }
    }
    await record.isRipe.wait()
    await begin(listener, serving, servers, clients)
    record.end()
    // In any order, and more than once.
    async let first: Void = servers.close()
    async let second: Void = clients.close()
    _ = await (first, second)
    for visitor in visitors { await visitor.value }
    await serving.value
    await clients.close()
    return record.violations + (servers.loops + clients.loops).flatMap(leftovers)
  }

  private func begin(
    _ listener: StreamListener, _ serving: Task<Void, Never>, _ servers: CompletionLoopGroup,
    _ clients: CompletionLoopGroup
  ) async {
    switch plan.end {
    case .serversStop: await servers.close()
    case .clientsStop: await clients.close()
    case .bothStop: break
    case .serveIsCancelled: serving.cancel()
    case .listenerCloses: listener.abort()
    }
  }

  private func serve(_ listener: StreamListener) async {
    switch plan.style {
    case .bytes:
      try? await listener.serve { try await echo($0) }
    case .lease:
      try? await listener.serve { connection in
        while let chunk = try await connection.receive() { try await connection.enqueue(chunk) }
      }
    case .intoMemory:
      try? await listener.serve { connection in
        while true {
          let bytes = try await connection.receive(3000)
          if bytes.isEmpty { return }
          try await connection.send(bytes)
        }
      }
    case .handler:
      try? listener.handle(
        StreamHandler(
          received: { stream, chunk in stream.enqueue(chunk) },
          ended: { stream, _ in stream.close() }))
    }
  }

  /// What a loop that has ended must not have.
  private func leftovers(of loop: CompletionLoop) -> [String] {
    var found: [String] = []
    if !loop.hasEnded { found.append("a loop goes on") }
    if loop.operationCount != 0 { found.append("\(loop.operationCount) operations") }
    if loop.taskCount != 0 { found.append("\(loop.taskCount) tasks") }
    let statistics = loop.statistics
    if statistics.staleCompletions != 0 {
      found.append("\(statistics.staleCompletions) stale completions")
    }
    if statistics.controlFailures != 0 {
      found.append("\(statistics.controlFailures) failed closes or cancels")
    }
    return found
  }
}
