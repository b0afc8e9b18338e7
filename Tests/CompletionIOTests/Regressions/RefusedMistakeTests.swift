// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// A mistake in one body ended the whole process: it is a thrown error.
@Suite(.timeLimit(.minutes(3))) struct RefusedMistakeTests {
  @Test(arguments: [false, true], [false, true])
  func aSecondReceiverIsRefused(_ firstIntoMemory: Bool, _ secondIntoMemory: Bool) async throws {
    try await withPair { near, far in
      let first = Task {
        if firstIntoMemory { return try await near.receive(4) }
        return try await near.receive(atMost: 2)
      }
      await near.loop.until { near.stream.receiving.receiver != nil }
      let error = await failure { () async throws(SocketError) in
        if secondIntoMemory { return _ = try await near.receive(4) }
        _ = try await near.receive()
      }
      #expect(error?.errno == .resourceBusy && error?.cause == .busy)
      #expect(error?.operation == .receive && error?.peer == near.peerAddress)
      // The first is none the worse, and the next is no second.
      try await far.send([1, 2])
      #expect(try await first.value == [1, 2])
      try await far.send([3])
      #expect(try await near.receive(atMost: 1) == [3])
    }
  }

  /// How a listener is used.
  enum Use: CaseIterable {
    case serve, accept, handle
  }

  @Test(arguments: Use.allCases, Use.allCases)
  func aListenerUsedInTwoWaysIsRefused(_ first: Use, _ second: Use) async throws {
    try await withLoops(2) { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let using = attempt { () async throws(SocketError) in
        try await use(listener, first)
      }
      await listener.home.until { listener.acceptors.allSatisfy { $0.state != .paused } }
      let isShared = first == .accept && second == .accept
      let again = attempt { () async throws(SocketError) in
        try await use(listener, second)
      }
      if !isShared {
        let error = await again.value
        #expect(error?.errno == .resourceBusy && error?.cause == .busy)
        #expect(error?.operation == .accept && error?.peer == listener.localAddress)
      }
      // The first goes on, to the end of the listener.
      let client = try await StreamConnection.connect(to: listener.localAddress, on: group.next())
      await client.close()
      await listener.close()
      _ = await using.value
      _ = await again.value
    }
  }

  private func use(_ listener: StreamListener, _ use: Use) async throws(SocketError) {
    switch use {
    case .serve: try await listener.serve { _ in }
    case .accept: await (try listener.accept()).close()
    case .handle:
      try listener.handle(
        StreamHandler(received: { _, _ in }, ended: { stream, _ in stream.close() }))
    }
  }

  @Test func aGroupOfNoLoopsIsRefused() {
    for count in [0, -1] {
      let error = #expect(throws: RingSetupError.self) { try CompletionLoopGroup(count: count) }
      #expect("\(error as Any)".contains("count"))
    }
  }

  @Test(arguments: [
    "flightLimit", "submissionEntryCount", "bufferCount", "bufferSize", "unclaimedByteLimit",
    "unsentByteLimit", "sendByteLimit", "unclaimedConnectionLimit", "drainTimeLimit",
  ])
  func aConfigurationOfNothingIsRefusedByTheNameOfItsField(_ field: String) {
    var configuration = LoopConfiguration()
    switch field {
    case "flightLimit": configuration.flightLimit = 0
    case "submissionEntryCount": configuration.ring.submissionEntryCount = 0
    case "bufferCount": configuration.bufferCount = 100
    case "bufferSize": configuration.bufferSize = 0
    case "unclaimedByteLimit": configuration.unclaimedByteLimit = -1
    case "unsentByteLimit": configuration.unsentByteLimit = -1
    case "sendByteLimit": configuration.sendByteLimit = 0
    case "unclaimedConnectionLimit": configuration.unclaimedConnectionLimit = 0
    default: configuration.drainTimeLimit = .seconds(-1)
    }
    let error = #expect(throws: RingSetupError.self) {
      try CompletionLoopGroup(count: 1, configuration: configuration)
    }
    #expect("\(error as Any)".contains(field))
  }
}
