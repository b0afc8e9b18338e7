// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import Synchronization

/// Stops a ``ReadinessEchoServer`` and reads its counters, from any thread.
public final class ReadinessEchoControl: Sendable {
  private let waker: PollerWaker
  /// Set by any thread, once; read by the server at each turn.
  ///
  /// Relaxed: it orders nothing, and the waker's system call makes the server look.
  private let stops = Atomic<Bool>(false)
  /// Written by the server alone, at the end of each turn; so a load and a store will do.
  private let accepted = Atomic<UInt64>(0)
  private let messages = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let kernelCalls = Atomic<UInt64>(0)

  init(waker: PollerWaker) {
    self.waker = waker
  }

  /// Makes the server close its connections and return.
  public func stop() {
    stops.store(true, ordering: .relaxed)
    waker.wake()
  }

  var mustStop: Bool { stops.load(ordering: .relaxed) }

  func publish(_ counters: ReadinessEchoCounters) {
    accepted.store(counters.acceptedCount, ordering: .relaxed)
    messages.store(counters.messageCount, ordering: .relaxed)
    bytes.store(counters.byteCount, ordering: .relaxed)
    kernelCalls.store(counters.kernelCallCount, ordering: .relaxed)
  }

  /// What the server has done so far; each number is exact as of some recent turn.
  public var counters: ReadinessEchoCounters {
    ReadinessEchoCounters(
      acceptedCount: accepted.load(ordering: .relaxed),
      messageCount: messages.load(ordering: .relaxed),
      byteCount: bytes.load(ordering: .relaxed),
      kernelCallCount: kernelCalls.load(ordering: .relaxed))
  }
}

/// What a ``ReadinessEchoServer`` has done.
public struct ReadinessEchoCounters: Hashable, Sendable {
  /// Connections accepted.
  public var acceptedCount: UInt64 = 0
  /// Receives that delivered bytes.
  public var messageCount: UInt64 = 0
  /// Bytes received.
  public var byteCount: UInt64 = 0
  /// System calls, the poller's included.
  public var kernelCallCount: UInt64 = 0
}
