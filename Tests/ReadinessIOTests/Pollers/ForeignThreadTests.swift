// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage
import TestSupport
import Testing

@Suite("Pollers on other threads", .timeLimit(.minutes(3)))
struct ForeignThreadTests {
  @Test("A poller on another thread works, or says that it is the wrong one", arguments: cases)
  func used(kind: PollerKind, hasOwn: Bool) throws {
    let (poller, channel) = try kind.watching(.readable)
    #expect(try poller.ready() == [])
    channel.write(1, to: channel.far)
    let handover = PollerHandover()
    handover.put(poller)
    try onOtherThread {
      let own: (any AnyPoller)? = hasOwn ? try? kind.make() : nil
      if let poller = handover.take() { Self.use(poller, of: kind) }
      _ = own
    }
    // Its own thread goes on with it as it was.
    #expect(try poller.ready() == [ReadinessEvent(token: 7, readiness: .readable)])
    try poller.deregister(channel.near)
  }

  private static func use(_ poller: any AnyPoller, of kind: PollerKind) {
    guard let other = try? Channel.stream() else {
      Issue.record("no socket")
      return
    }
    let near = other.near
    let answers = [
      answer { () throws(Errno) in
        try poller.register(near, token: 8, interest: .writable, mode: .edge)
      },
      answer { () throws(Errno) in
        try poller.modify(near, token: 8, interest: .readable, mode: .edge)
      },
      answer { () throws(Errno) in _ = try poller.ready() },
      answer { () throws(Errno) in try poller.deregister(near) },
      answer { () throws(Errno) in _ = try poller.fileDescriptor() },
    ]
    let expected: Errno? = kind.isRing ? RingPoller.wrongThread : nil
    #expect(answers == Array(repeating: expected, count: answers.count))
  }

  private static func answer(_ operation: () throws(Errno) -> Void) -> Errno? {
    do throws(Errno) {
      try operation()
      return nil
    } catch {
      return error
    }
  }

  @Test("A poller may be dropped by another thread after its own has ended", arguments: cases)
  func droppedLater(kind: PollerKind, hasOwn: Bool) throws {
    let channel = try Channel.stream()
    let handover = PollerHandover()
    let watched = channel.near
    try onOtherThread { Self.makePoller(kind, watching: watched, handover) }
    try onOtherThread { Self.drop(handover, hasOwn ? kind : nil) }
    channel.closeNear()
    Self.waitForEnd(channel.far)
  }

  @Test("A poller may be dropped by another thread while its own goes on", arguments: cases)
  func droppedMeanwhile(kind: PollerKind, hasOwn: Bool) throws {
    let channel = try Channel.stream()
    let handover = PollerHandover()
    let watched = channel.near
    let (isMade, isDropped) = (Gate(), Gate())
    let maker = try TestThread {
      Self.makePoller(kind, watching: watched, handover)
      isMade.open()
      isDropped.wait()
    }
    isMade.wait()
    try onOtherThread { Self.drop(handover, hasOwn ? kind : nil) }
    channel.closeNear()
    Self.waitForEnd(channel.far)
    isDropped.open()
    maker.join()
  }

  static let cases = PollerKind.allCases.flatMap { kind in [true, false].map { (kind, $0) } }

  private static func makePoller(
    _ kind: PollerKind, watching end: FileDescriptor, _ handover: PollerHandover
  ) {
    do {
      let poller = try kind.make()
      try poller.register(end, token: 7, interest: .readable, mode: .edge)
      #expect(try poller.ready() == [])
      handover.put(poller)
    } catch {
      Issue.record(error)
    }
  }

  /// Drops a poller where there may be another, which must not come to harm.
  private static func drop(_ handover: PollerHandover, _ ownKind: PollerKind?) {
    do {
      let own = try ownKind?.make()
      let channel = try Channel.stream()
      try own?.register(channel.near, token: 8, interest: .readable, mode: .edge)
      #expect(try own?.ready() ?? [] == [])
      _ = handover.take()
      guard let own else { return }
      channel.write(1, to: channel.far)
      #expect(try own.ready() == [ReadinessEvent(token: 8, readiness: .readable)])
    } catch {
      Issue.record(error)
    }
  }

  /// The kernel lets go of what a ring polled some time after the ring is closed.
  private static func waitForEnd(_ end: FileDescriptor) {
    var state = pollfd(fd: end.rawValue, events: 0, revents: 0)
    while unsafe poll(&state, 1, -1) < 0 {}
    #expect(state.revents & Int16(POLLHUP) != 0)
  }
}
