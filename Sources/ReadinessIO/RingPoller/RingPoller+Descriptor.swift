// SPDX-License-Identifier: Apache-2.0

internal import CReadiness
internal import Glibc
public import SystemPackage
internal import Uring

/// A descriptor for other pollers.
extension RingPoller {
  /// Polls readable while a wait would find an event, or the waker has been used.
  ///
  /// It is an epoll instance with the waker, an eventfd, and the ring's own descriptor. With deferred
  /// task work nobody is woken who sleeps on that one; the kernel signals the eventfd instead.
  ///
  /// From the first call on, each register, modify and deregister enters the kernel, and so may the
  /// end of a wait, so that nothing is left that the descriptor could not tell of. It tells early
  /// rather than late: it stays readable until the next wait, also when what made it so has gone, and
  /// it may become readable for what a wait has already found.
  ///
  /// - Throws: ``wrongThread``, EMFILE, ENFILE, ENOMEM; EACCES where the ring is restricted.
  ///
  /// The corresponding C function is `io_uring_register_eventfd` (Linux 5.2).
  public var fileDescriptor: FileDescriptor {
    mutating get throws(Errno) {
      try checkThread()
      if let notice { return notice.descriptor }
      let made: Notice
      if defersTaskWork {
        made = try Notice(beside: [waker.descriptor])
        try ring.notify(made.event.descriptor)
      } else {
        // Not the eventfd: before Linux 5.18 its registration first waits for the end of all
        // requests (io_register_op_must_quiesce), and polls do not end.
        made = try Notice(beside: [waker.descriptor, ring.descriptor])
      }
      plainCallCount += 6
      notice = made
      giveNotice()
      return made.descriptor
    }
  }

  /// Leaves the descriptor readable if a wait has something to do, and unreadable if it has not.
  ///
  /// First everything is handed over that is prepared, because only the kernel can tell of it.
  mutating func giveNotice() {
    guard let notice else { return }
    var isLeft = false
    do throws(Errno) {
      try armListed()
      if ring.preparedCount > 0 { try submit() }
      plainCallCount += 1
      // Without a signal since the last time, one that was put off is still to come.
      if notice.drain(), defersTaskWork {
        plainCallCount += 2
        try ring.renewNotification(notice.event.descriptor)
      }
    } catch {
      // The next wait tries again, and throws if that fails too.
      isLeft = true
    }
    // What was signalled before is seen below; what comes later is signalled anew.
    reap()
    if hidesTaskWork { isLeft = (try? submit()) == nil || isLeft }
    guard isLeft || mayHoldTaskWork || hasCandidate() || failure != nil else { return }
    plainCallCount += 1
    notice.signal()
  }

  /// Whether a descriptor may be ready; passes over entries of the queue that are out of date.
  private mutating func hasCandidate() -> Bool {
    while let slot = candidates.first.map({ Int($0) }) {
      if registrations[slot].state.contains(.candidate) { return true }
      registrations[slot].state.remove(.queued)
      _ = candidates.popFirst()
    }
    return false
  }

  /// Whether completions come only from enters.
  private var defersTaskWork: Bool { ring.flags.contains(.deferTaskrun) }

  /// Whether work is deferred and the ring does not say that there is some.
  private var hidesTaskWork: Bool { defersTaskWork && !ring.flags.contains(.taskrunFlag) }
}

/// An eventfd that its poller signals, and perhaps the kernel, and only the poller takes from.
final class Notice {
  let event: EventDescriptor
  /// Readable while the eventfd is, the waker's, or the ring's descriptor.
  ///
  /// A wake is an eventfd's signal, and the kernel puts off what it signals from within one: on
  /// Linux 6.18 a ring's eventfd was told of the first wake, and of no other.
  let descriptor: FileDescriptor

  /// - Parameter others: What else makes the descriptor readable.
  /// - Throws: EMFILE, ENFILE, ENOMEM, ENOSPC.
  init(beside others: [FileDescriptor]) throws(Errno) {
    let event = try EventDescriptor()
    guard fcntl(event.descriptor.rawValue, F_SETFL, O_NONBLOCK) == 0 else { throw .current }
    let answer = epoll_create1(CREADINESS_CLOEXEC)
    guard answer >= 0 else { throw .current }
    for source in others + [event.descriptor] {
      var interest = unsafe epoll_event()
      unsafe interest.events = Interest.readable.rawValue
      guard unsafe epoll_ctl(answer, EPOLL_CTL_ADD, source.rawValue, &interest) == 0 else {
        let error = Errno.current
        _ = close(answer)
        throw error
      }
    }
    self.event = event
    descriptor = FileDescriptor(rawValue: answer)
  }

  deinit {
    try? descriptor.close()
  }

  func signal() {
    event.signal()
  }

  /// Takes all signals.
  ///
  /// - Returns: Whether there were some.
  func drain() -> Bool {
    var count: eventfd_t = 0
    return unsafe eventfd_read(event.descriptor.rawValue, &count) == 0
  }
}
