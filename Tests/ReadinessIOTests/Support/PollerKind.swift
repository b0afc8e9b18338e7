// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Uring

@testable import ReadinessIO

/// The pollers that every behaviour is tested on.
enum PollerKind: CaseIterable, Sendable {
  case epoll
  /// As kernels before 5.11 have it: waits are counted in milliseconds.
  case coarseEpoll
  case ring
  /// A submission queue that is nearly always full.
  case tinyRing
  /// As kernels before 6.0 set it up: completions come unasked.
  case plainRing

  func make(eventLimit: Int = 1024) throws -> any AnyPoller {
    switch self {
    case .epoll: PollerBox(try EpollPoller(eventLimit: eventLimit))
    case .coarseEpoll: PollerBox(try Self.coarseEpoll(eventLimit: eventLimit))
    case .ring: PollerBox(try RingPoller(eventLimit: eventLimit))
    case .tinyRing:
      PollerBox(
        try RingPoller(
          eventLimit: eventLimit,
          ring: RingConfiguration(submissionEntryCount: 2, completionEntryCount: 1024)))
    case .plainRing:
      PollerBox(
        try RingPoller(
          eventLimit: eventLimit,
          ring: RingConfiguration(
            submissionEntryCount: 64, completionEntryCount: 1024,
            flagLadder: [[.completionQueueSize]])))
    }
  }

  /// A poller that watches the near end of a stream under the token 7.
  func watching(
    _ interest: Interest, mode: PollMode = .level
  ) throws -> (any AnyPoller, Channel) {
    let poller = try make()
    let channel = try Channel.stream()
    try poller.register(channel.near, token: 7, interest: interest, mode: mode)
    return (poller, channel)
  }

  /// Whether it belongs to the thread that made it.
  var isRing: Bool { self != .epoll && self != .coarseEpoll }

  static func coarseEpoll(eventLimit: Int = 1024) throws(Errno) -> EpollPoller {
    var poller = try EpollPoller(eventLimit: eventLimit)
    poller.countsNanoseconds = false
    return poller
  }
}

/// A poller whose kind is known at run time only.
protocol AnyPoller: AnyObject {
  func register(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno)
  func modify(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno)
  func deregister(_ descriptor: FileDescriptor) throws(Errno)
  /// Does not go on after EINTR.
  func waitOnce(
    into events: inout [ReadinessEvent], timeout: Duration?, limit: Int?
  ) throws(Errno) -> Bool
  var waker: PollerWaker { get }
  var kernelCallCount: UInt64 { get }
  func fileDescriptor() throws(Errno) -> FileDescriptor
}

extension AnyPoller {
  /// Goes on after EINTR: the ring of another test that ran on this thread may still have work for
  /// it, and without deferred task work that interrupts whatever it waits in (`TIF_NOTIFY_SIGNAL`).
  func wait(
    into events: inout [ReadinessEvent], timeout: Duration?, limit: Int? = nil
  ) throws(Errno) -> Bool {
    while true {
      do throws(Errno) {
        return try waitOnce(into: &events, timeout: timeout, limit: limit)
      } catch {
        guard error == .interrupted else { throw error }
      }
    }
  }

  /// What is ready, in the order of the tokens.
  func ready(
    timeout: Duration? = .zero, limit: Int? = nil
  ) throws(Errno) -> [ReadinessEvent] {
    var events: [ReadinessEvent] = []
    _ = try wait(into: &events, timeout: timeout, limit: limit)
    return events.sorted { $0.token < $1.token }
  }
}

private final class PollerBox<P: Poller & ~Copyable>: AnyPoller {
  private var poller: P

  init(_ poller: consuming P) {
    self.poller = poller
  }

  func register(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    try poller.register(descriptor, token: token, interest: interest, mode: mode)
  }

  func modify(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    try poller.modify(descriptor, token: token, interest: interest, mode: mode)
  }

  func deregister(_ descriptor: FileDescriptor) throws(Errno) {
    try poller.deregister(descriptor)
  }

  func waitOnce(
    into events: inout [ReadinessEvent], timeout: Duration?, limit: Int?
  ) throws(Errno) -> Bool {
    guard let limit else { return try poller.wait(into: &events, timeout: timeout) }
    return try poller.wait(into: &events, timeout: timeout, limit: limit)
  }

  var waker: PollerWaker { poller.waker }
  var kernelCallCount: UInt64 { poller.kernelCallCount }

  func fileDescriptor() throws(Errno) -> FileDescriptor {
    try poller.fileDescriptor
  }
}
