// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionIOLogging
import InMemoryLogging
import Logging
import Testing

@Suite("Logs", .timeLimit(.minutes(3)))
struct LogTests {
  private let handler = InMemoryLogHandler()

  private var logger: Logger {
    var logger = Logger(label: "test") { _ in handler }
    logger.logLevel = .trace
    return logger
  }

  @Test("What a body throws is logged with its peer")
  func bodyThrows() async throws {
    let log = ConnectionLog(logger)
    try await withServer(onError: log.failed, serving: { _ in throw Refusal() }) {
      let answer = try await exchange("", with: $1, on: $0)
      #expect(answer == "")
    }
    let entry = try #require(handler.entries.first)
    #expect(entry.level == .warning)
    #expect(entry.metadata["error"] == "Refusal()")
    #expect("\(entry.metadata["peer"] ?? "")".hasPrefix("127.0.0.1:"))
  }

  @Test("A peer that resets its connection is no warning")
  func peerResets() async throws {
    let log = ConnectionLog(logger)
    try await withServer(onError: log.failed, serving: { while try await $0.receive() != nil {} }) {
      group, address in
      let client = try await StreamConnection.connect(to: address, on: group)
      client.reset()
      while handler.entries.isEmpty { await Task.yield() }
    }
    let entry = try #require(handler.entries.first)
    #expect(entry.level == .debug)
    #expect(entry.metadata["operation"] == "receive")
    #expect(entry.metadata["errno"] == "104")
  }

  @Test("A loop that puts up with trouble is logged once for it")
  func trouble() async throws {
    var configuration = LoopConfiguration()
    configuration.flightLimit = 8
    let group = try CompletionLoopGroup(count: 1, configuration: configuration)
    let log = LoopLog(of: group, logger, delayLimit: .seconds(3600))
    await log.report()
    #expect(handler.entries.isEmpty)
    let loop = group.loops[0]
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      loop.perform {
        let handler = OperationHandler { _, _ in }
        for _ in 0..<20 { _ = try? loop.submit(.nop, handler: handler) }
        continuation.resume()
      }
    }
    await log.report()
    await log.report()
    #expect(handler.entries.map(\.metadata["loop"]) == ["0"])
    #expect(handler.entries.first?.message.description.contains("flightLimit") == true)
    await group.close()
  }

  @Test("A busy loop is logged")
  func busy() async throws {
    let group = try CompletionLoopGroup(count: 1)
    await LoopLog(of: group, logger, delayLimit: .zero).report()
    #expect(handler.entries.map(\.message) == ["a loop was busy"])
    await group.close()
  }
}
