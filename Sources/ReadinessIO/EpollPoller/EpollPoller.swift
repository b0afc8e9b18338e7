// SPDX-License-Identifier: Apache-2.0

internal import CReadiness
internal import Glibc
public import SystemPackage
internal import Uring

/// A ``Poller`` that is epoll itself.
@safe
public struct EpollPoller: Poller, ~Copyable {
  /// Ends a wait from another thread.
  public let waker: PollerWaker
  /// System calls made so far.
  public internal(set) var kernelCallCount: UInt64 = 0

  /// Polls readable while a wait would find an event, or the waker has been used.
  ///
  /// It is the epoll instance itself.
  public var fileDescriptor: FileDescriptor { epoll }

  let epoll: FileDescriptor
  /// Where the kernel writes events.
  private let arrivals: UnsafeMutableBufferPointer<epoll_event>
  /// Whether the kernel has waits in nanoseconds, as far as is known; decided by its first answer.
  var countsNanoseconds = true

  /// Makes a poller.
  ///
  /// - Parameter eventLimit: Most events in one wait; from 1 to 134,217,726, the kernel's limit.
  /// - Throws: EINVAL (another event limit), EMFILE, ENFILE, ENOMEM.
  ///
  /// The corresponding C function is `epoll_create1` (Linux 2.6.27).
  public init(eventLimit: Int = 1024) throws(Errno) {
    guard pollerEventLimits.contains(eventLimit) else { throw .invalidArgument }
    let waker = try PollerWaker()
    let answer = epoll_create1(CREADINESS_CLOEXEC)
    guard answer >= 0 else { throw .current }
    let epoll = FileDescriptor(rawValue: answer)
    do throws(Errno) {
      try Self.control(
        epoll, EPOLL_CTL_ADD, waker.descriptor, pollerReservedToken, .readable, .level)
    } catch {
      try? epoll.close()
      throw error
    }
    self.waker = waker
    self.epoll = epoll
    unsafe arrivals = .allocate(capacity: eventLimit)
    unsafe arrivals.initialize(repeating: epoll_event())
  }

  deinit {
    unsafe arrivals.deallocate()
    try? epoll.close()
  }

  /// Starts to watch a descriptor.
  ///
  /// See ``Poller/register(_:token:interest:mode:)``.
  public mutating func register(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    guard token != pollerReservedToken else { throw .invalidArgument }
    try interest.check()
    kernelCallCount += 1
    try Self.control(epoll, EPOLL_CTL_ADD, descriptor, token, interest, mode)
  }

  /// Changes a registration.
  ///
  /// See ``Poller/modify(_:token:interest:mode:)``.
  public mutating func modify(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    guard token != pollerReservedToken else { throw .invalidArgument }
    try interest.check()
    kernelCallCount += 1
    try Self.control(epoll, EPOLL_CTL_MOD, descriptor, token, interest, mode)
  }

  /// Stops to watch a descriptor.
  ///
  /// See ``Poller/deregister(_:)``.
  public mutating func deregister(_ descriptor: FileDescriptor) throws(Errno) {
    kernelCallCount += 1
    try Self.control(epoll, EPOLL_CTL_DEL, descriptor, 0, [], .level)
  }

  private static func control(
    _ epoll: FileDescriptor, _ operation: Int32, _ descriptor: FileDescriptor, _ token: UInt64,
    _ interest: Interest, _ mode: PollMode
  ) throws(Errno) {
    var event = unsafe epoll_event(
      events: interest.intersection(.all).rawValue | mode.epollBits, data: epoll_data_t(u64: token))
    guard unsafe epoll_ctl(epoll.rawValue, operation, descriptor.rawValue, &event) == 0 else {
      throw .current
    }
  }

  /// Waits for events.
  ///
  /// See ``Poller/wait(into:timeout:limit:)``.
  public mutating func wait(
    into events: inout [ReadinessEvent], timeout: Duration?, limit: Int = .max
  ) throws(Errno) -> Bool {
    events.removeAll(keepingCapacity: true)
    guard limit > 0 else { throw .invalidArgument }
    let places = unsafe min(limit, arrivals.count)
    let count = wait(timeout, places: places)
    guard count >= 0 else { throw .current }
    let wasWoken = take(count, into: &events)
    guard count == places else { return wasWoken }
    // The waker's event is not the caller's. It leaves the only place to one that is; where there
    // are more, another wait could report a descriptor a second time.
    if wasWoken, places == 1 { _ = take(wait(.zero, places: 1), into: &events) }
    // And it may have found no place.
    return wasWoken || waker.drainIfPending(&kernelCallCount)
  }

  /// Reports what has arrived.
  ///
  /// - Returns: Whether the waker is in it.
  private mutating func take(_ count: Int, into events: inout [ReadinessEvent]) -> Bool {
    var wasWoken = false
    for index in 0..<max(0, count) {
      let event = unsafe arrivals[index]
      let token = unsafe event.data.u64
      if token == pollerReservedToken {
        waker.drain()
        kernelCallCount += 1
        wasWoken = true
      } else {
        let readiness = Readiness(rawValue: unsafe event.events)
        events.append(ReadinessEvent(token: token, readiness: readiness))
      }
    }
    return wasWoken
  }

  /// How many events have arrived in the first places; below 0 for an error.
  private mutating func wait(_ timeout: Duration?, places: Int) -> Int {
    // Newer headers of glibc (2.42) take no null here.
    guard let events = unsafe arrivals.baseAddress else { return 0 }
    let limit = Int32(clamping: places)
    kernelCallCount += 1
    guard let timeout else {
      return Int(unsafe epoll_wait(epoll.rawValue, events, limit, -1))
    }
    let nanoseconds = timeout.clampedNanoseconds
    guard countsNanoseconds, nanoseconds > 0 else {
      let milliseconds = Self.milliseconds(notBelow: nanoseconds)
      return Int(unsafe epoll_wait(epoll.rawValue, events, limit, milliseconds))
    }
    // epoll_wait(2) counts in milliseconds; this call, since Linux 5.11, in nanoseconds.
    var time = timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    let count = unsafe epoll_pwait2(epoll.rawValue, events, limit, &time, nil)
    guard count < 0, Errno.current == .noFunction else { return Int(count) }
    countsNanoseconds = false
    return wait(timeout, places: places)
  }

  /// A time for epoll_wait(2): never less than was asked, so that nobody's wait ends too early.
  static func milliseconds(notBelow nanoseconds: Int64) -> Int32 {
    let whole = nanoseconds / 1_000_000
    return Int32(clamping: nanoseconds % 1_000_000 > 0 ? whole + 1 : whole)
  }
}

extension PollMode {
  /// The flag of epoll_ctl(2) for the mode.
  fileprivate var epollBits: UInt32 {
    switch self {
    case .level: 0
    case .edge: CREADINESS_EDGE
    case .oneshot: CREADINESS_ONESHOT
    }
  }
}
