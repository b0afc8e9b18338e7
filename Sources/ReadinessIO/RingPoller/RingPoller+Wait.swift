// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import SystemPackage
internal import Uring

extension RingPoller {
  /// Waits for events.
  ///
  /// See ``Poller/wait(into:timeout:limit:)``.
  public mutating func wait(
    into events: inout [ReadinessEvent], timeout: Duration?, limit: Int = .max
  ) throws(Errno) -> Bool {
    events.removeAll(keepingCapacity: true)
    try checkThread()
    guard limit > 0 else { throw .invalidArgument }
    defer { giveNotice() }
    var remaining = timeout.map { max(.zero, $0) }
    let deadline = remaining.flatMap { $0 == .zero ? nil : ContinuousClock.now.advanced(by: $0) }
    while true {
      try armListed()
      reap()  // Without deferred task work completions come unasked.
      let mayBlock = candidates.isEmpty && remaining != .zero && !mayHoldTaskWork
      if mayBlock {
        try sleep(timeout: remaining, until: deadline)
      } else if ring.preparedCount > 0 {
        try submit()
      }
      try collectTaskWork()
      let wasWoken = try deliver(into: &events, limit: limit)
      if wasWoken || !events.isEmpty { return wasWoken }
      if let failure {
        self.failure = nil
        throw failure
      }
      if let deadline { remaining = max(.zero, ContinuousClock.now.duration(to: deadline)) }
      if remaining == .zero { return false }
    }
  }

  /// Whether completions wait for an enter to be made.
  var mayHoldTaskWork: Bool {
    ring.hasPendingTaskWork || ring.hasOverflow
  }

  /// Takes in everything that is ready now.
  ///
  /// Only then is an event whole, and a cancelled poll without its file: an arrival that is left
  /// behind would be reported a second time.
  ///
  /// An enter runs no more than 20 pieces of deferred work (`IO_LOCAL_TW_DEFAULT_MAX`, Linux 6.13).
  mutating func collectTaskWork() throws(Errno) {
    var rounds = 0
    while mayHoldTaskWork, rounds < collectionLimit {
      try submit()
      rounds += 1
    }
  }

  /// Enough for every event of a wait; more could go on for ever while descriptors keep firing.
  private var collectionLimit: Int { unsafe looks.count / 16 + 4 }

  /// Looks at candidates and reports those that are ready.
  private mutating func deliver(
    into events: inout [ReadinessEvent], limit: Int
  ) throws(Errno) -> Bool {
    let count = gather(limit)
    guard count > 0 else { return false }
    try look(at: count)
    var wasWoken = false
    for index in 0..<count {
      let look = unsafe looks[index]
      let slot = Int(look.fd)
      let seen = UInt32(UInt16(bitPattern: look.revents))
      guard seen & UInt32(POLLNVAL) == 0 else {
        // Closed before it was deregistered; epoll forgets such a file too.
        try disarm(slot)
        registrations[slot].clear()
        continue
      }
      guard seen != 0 else {
        settleFalseAlarm(slot)
        continue
      }
      if registrations[slot].token == pollerReservedToken {
        waker.drain()
        plainCallCount += 1
        wasWoken = true
      } else {
        events.append(
          ReadinessEvent(
            token: registrations[slot].token, readiness: Readiness(rawValue: seen)))
      }
      try settleDelivered(slot)
    }
    return wasWoken
  }

  /// Moves candidates out of the queue: the waker, which is no event of the caller's, and so many
  /// more.
  private mutating func gather(_ limit: Int) -> Int {
    var count = 0
    if take(Int(waker.descriptor.rawValue), to: count) { count += 1 }
    let end = unsafe count + min(limit, looks.count - 1)
    while count < end, let entry = candidates.popFirst() {
      registrations[Int(entry)].state.remove(.queued)
      if take(Int(entry), to: count) { count += 1 }
    }
    return count
  }

  /// Has the next look include a descriptor, if that is a candidate.
  private mutating func take(_ slot: Int, to index: Int) -> Bool {
    guard registrations[slot].state.contains(.candidate) else { return false }
    registrations[slot].state.remove(.candidate)
    unsafe looks[index] = pollfd(
      fd: Int32(slot), events: Int16(registrations[slot].interest.rawValue), revents: 0)
    return true
  }

  private mutating func look(at count: Int) throws(Errno) {
    repeat {
      plainCallCount += 1
      if unsafe poll(looks.baseAddress, nfds_t(count), 0) >= 0 { return }
    } while Errno.current == .interrupted
    let error = Errno.current
    // Nothing was reported, so nothing may be lost.
    for index in 0..<count { addCandidate(Int(unsafe looks[index].fd)) }
    throw error
  }

  /// Does what a mode asks for after an event.
  private mutating func settleDelivered(_ slot: Int) throws(Errno) {
    let isArmed = registrations[slot].state.contains(.armed)
    switch registrations[slot].mode {
    case .level where isArmed:
      addCandidate(slot)  // Still ready at the next wait, for all we know.
    case .level, .edge:
      if !isArmed { listToArm(slot) }
    case .oneshot:
      try disarm(slot)
    }
  }

  /// What was ready is so no longer, or it was not what was asked for.
  private mutating func settleFalseAlarm(_ slot: Int) {
    guard !registrations[slot].state.contains(.armed) else { return }
    registrations[slot].state.insert(.falselyAlarmed)
    listToArm(slot)
  }
}
