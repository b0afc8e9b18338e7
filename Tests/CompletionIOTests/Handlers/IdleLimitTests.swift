// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

@Suite("Idle limits of streams with delegates", .timeLimit(.minutes(3)))
struct IdleLimitTests {
  /// Notes when its stream stood still, and lets it go on so many times.
  private final class Patient: SocketDelegate, @unchecked Sendable {
    let seen = Mutex<[(direction: IdleDirection, at: LoopInstant)]>([])
    let end = Mutex<SocketError?>(nil)
    let isClosed = Event()
    private let patience: Int

    init(_ patience: Int = 0) {
      self.patience = patience
      super.init()
    }

    override func mayGoOn(idle direction: IdleDirection, on stream: SocketStream) -> Bool {
      let count = seen.withLock { seen in
        seen.append((direction, stream.loop.now))
        return seen.count
      }
      return count <= patience
    }

    override func ended(_ error: SocketError?, on stream: SocketStream) {
      end.withLock { $0 = error }
    }

    override func closed(_ stream: SocketStream) { isClosed.happen() }
  }

  static let limit = Duration.milliseconds(8)

  @Test(
    "What stands still ends at its limit and never before",
    arguments: [IdleDirection.receiving, .sending, .both])
  func ends(_ direction: IdleDirection) async throws {
    try await withPair(options: .tight) { near, _ in
      let stream = near.stream
      let patient = Patient()
      let long = Duration.seconds(3600)
      let start = near.loop.now
      await stream.loop.ask {
        stream.start(patient)
        stream.setIdleLimits(
          IdleLimits(
            receiving: direction == .receiving ? Self.limit : long,
            sending: direction == .sending ? Self.limit : long,
            both: direction == .both ? Self.limit : long))
        if direction == .sending {
          unsafe stream.enqueue(copying: [UInt8](repeating: 0, count: 1 << 20).span.bytes)
        }
      }
      await patient.isClosed.wait()
      let error = patient.end.withLock { $0 }
      #expect(error?.errno == .timedOut && error?.cause == .timeout)
      #expect(error?.operation == (direction == .sending ? .send : .receive))
      let seen = patient.seen.withLock { $0 }
      #expect(seen.map(\.direction) == [direction])
      #expect(seen.allSatisfy { start + Self.limit <= $0.at })
      #expect(await near.loop.ask { near.loop.core.timers.count == 0 })
    }
  }

  @Test("A delegate that goes on is asked again a limit later")
  func goesOn() async throws {
    try await withPair { near, _ in
      let patient = Patient(3)
      let start = near.loop.now
      near.stream.start(patient)
      near.stream.setIdleLimits(IdleLimits(receiving: Self.limit))
      await patient.isClosed.wait()
      let times = patient.seen.withLock { $0.map(\.at) }
      #expect(times.count == 4)
      for (earlier, later) in zip([start] + times, times) {
        #expect(earlier + Self.limit <= later)
      }
    }
  }

  @Test("Bytes begin the time anew, and a pause or nothing to send does not count")
  func moves() async throws {
    try await withPair { near, _ in
      let stream = near.stream
      let patient = Patient()
      await stream.loop.ask {
        stream.start(patient)
        stream.pauseReceiving()
        stream.setIdleLimits(
          IdleLimits(receiving: Self.limit / 4, sending: Self.limit / 4, both: Self.limit))
      }
      await patient.isClosed.wait()
      #expect(patient.seen.withLock { $0.map(\.direction) } == [.both])
    }
  }

  @Test("Limits that are set anew or that end with their stream leave no timer")
  func leavesNothing() async throws {
    try await withLoops { group in
      let loop = group.loops[0]
      let pair = try await ConnectionPair(on: group)
      let stream = pair.near.stream
      stream.start(Patient())
      for _ in 0..<5 { stream.setIdleLimits(IdleLimits(both: .seconds(3600))) }
      #expect(await loop.ask { loop.core.waits.count } <= 2)
      stream.setIdleLimits(IdleLimits())
      #expect(await loop.ask { stream.extras?.watch == nil })
      stream.setIdleLimits(IdleLimits(both: .seconds(3600)))
      await pair.close()
      #expect(await loop.ask { loop.core.waits.count == 0 && loop.core.timers.count == 0 })
    }
  }

  @Test("The limits of a listener are those of its streams")
  func ofListener() async throws {
    try await withLoops { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let patient = Patient()
      try listener.handle(limits: ServeLimits(receiveTime: Self.limit)) { _ in patient }
      let client = try await StreamConnection.connect(
        to: listener.localAddress, on: group.loops[0])
      #expect(try await client.receiveAll() == [])
      #expect(patient.seen.withLock { $0.map(\.direction) } == [.receiving])
      await client.close()
    }
  }
}
