internal import Glibc
public import SystemPackage
public import Uring

/// A ``Poller`` on io_uring: the same answers as epoll's, from `IORING_OP_POLL_ADD`.
///
/// A completion of a poll is a hint that a descriptor may be ready. It tells what woke the poll,
/// which may be gone by the time of the wait, and it tells only the first of several causes
/// (io_poll_check_events). epoll_wait(2) looks at each file again before it reports it; so does
/// this poller, for all hints of a wait in one poll(2).
///
/// Level and edge mode both keep one multishot poll armed, which costs no submission per event: in
/// level mode a descriptor that was reported is simply looked at again by the next wait.
/// `IORING_POLL_ADD_LEVEL` would be another way; the kernel refuses it (-EINVAL, Linux 6.18).
@safe
public struct RingPoller: Poller, ~Copyable {
  /// Ends a wait from another thread.
  public let waker: PollerWaker

  var ring: Ring
  /// Indexed by descriptor.
  var registrations: [Registration]
  /// Descriptors whose polls the next wait hands to the kernel.
  var toArm: [Int32] = []
  var candidates = CandidateQueue()
  /// A poll that could not be armed; thrown by the wait that finds it.
  var failure: Errno?
  /// System calls other than those of the ring.
  var plainCallCount: UInt64 = 0
  /// Completions on their way from the ring's queue.
  let batch: UnsafeMutableBufferPointer<Completion>
  /// Candidates on their way through poll(2).
  let looks: UnsafeMutableBufferPointer<pollfd>
  private let descriptorLimit: Int

  /// Makes a poller for the calling thread.
  ///
  /// - Parameters:
  ///   - eventLimit: Most events in one wait; from 1 to 134,217,726, epoll's own limit.
  ///   - descriptorLimit: Descriptors below this number can be registered; from 1 to
  ///     `Token.slotLimit`.
  ///   - configuration: Sizes of the ring.
  /// - Throws: `RingSetupError`, which says what stands in the way, or which limit cannot be.
  ///
  /// The corresponding C function is `io_uring_setup`.
  public init(
    eventLimit: Int = 1024, descriptorLimit: Int = 1 << 20,
    ring configuration: RingConfiguration = RingConfiguration(completionEntryCount: 4096)
  ) throws(RingSetupError) {
    guard pollerEventLimits.contains(eventLimit) else {
      throw .badConfiguration(
        "RingPoller.init(eventLimit:)", eventLimit,
        rule: "from 1 to \(pollerEventLimits.upperBound)")
    }
    // A token has to name the descriptor.
    guard (1...Token.slotLimit).contains(descriptorLimit) else {
      throw .badConfiguration(
        "RingPoller.init(descriptorLimit:)", descriptorLimit, rule: "from 1 to \(Token.slotLimit)")
    }
    let ring = try Ring(configuration)
    let waker: PollerWaker
    do throws(Errno) {
      waker = try PollerWaker()
    } catch {
      throw RingSetupError(errno: error, reason: .descriptorLimit)
    }
    self.ring = ring
    self.waker = waker
    self.descriptorLimit = descriptorLimit
    unsafe batch = .allocate(capacity: 256)
    unsafe batch.initialize(repeating: Completion(token: Token(rawValue: 0), result: 0))
    // One more than the limit: the waker's event is not the caller's.
    unsafe looks = .allocate(capacity: eventLimit + 1)
    unsafe looks.initialize(repeating: pollfd())
    let slot = Int(waker.descriptor.rawValue)
    registrations = Array(repeating: Registration(), count: slot + 1)
    // By edges, because a wait takes all wakes there are.
    registrations[slot].set(token: pollerReservedToken, interest: .readable, mode: .edge)
    listToArm(slot)
  }

  /// Ends the polls before the ring, which the kernel would take down later and on its own: until
  /// then it would keep every polled file open.
  deinit {
    var ring = ring
    for slot in registrations.indices where registrations[slot].state.contains(.armed) {
      let cancel = Request.cancel(Self.pollToken(slot, registrations[slot].generation))
      while !ring.prepare(cancel, token: Self.cancelToken(slot)) {
        guard let count = try? ring.enter(), count > 0 else { break }
      }
    }
    repeat {
      guard (try? ring.enter()) != nil else { break }
    } while ring.preparedCount > 0 || ring.hasPendingTaskWork
    unsafe batch.deallocate()
    unsafe looks.deallocate()
  }

  /// System calls made so far.
  public var kernelCallCount: UInt64 { ring.enterCount + plainCallCount }

  /// Starts to watch a descriptor.
  ///
  /// See ``Poller/register(_:token:interest:mode:)``.
  public mutating func register(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    guard token != pollerReservedToken else { throw .invalidArgument }
    try interest.check()
    try checkPollable(descriptor)
    let slot = Int(descriptor.rawValue)
    guard slot < descriptorLimit else { throw .noSpace }
    if slot >= registrations.count {
      let count = min(descriptorLimit, max(slot + 1, registrations.count * 2))
      registrations.append(
        contentsOf: repeatElement(Registration(), count: count - registrations.count))
    }
    guard !registrations[slot].state.contains(.registered) else { throw .fileExists }
    registrations[slot].set(token: token, interest: interest, mode: mode)
    listToArm(slot)
  }

  /// Changes a registration.
  ///
  /// See ``Poller/modify(_:token:interest:mode:)``.
  public mutating func modify(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    guard token != pollerReservedToken else { throw .invalidArgument }
    try interest.check()
    let slot = try registeredSlot(of: descriptor)
    try disarm(slot)
    registrations[slot].set(token: token, interest: interest, mode: mode)
    listToArm(slot)
  }

  /// Stops to watch a descriptor.
  ///
  /// See ``Poller/deregister(_:)``.
  ///
  /// When it returns, the kernel has let go of the file.
  public mutating func deregister(_ descriptor: FileDescriptor) throws(Errno) {
    let slot = try registeredSlot(of: descriptor)
    let isArmed = registrations[slot].state.contains(.armed)
    try disarm(slot)
    registrations[slot].clear()
    if isArmed {
      try submit()
      try collectTaskWork()
    }
  }

  private mutating func registeredSlot(of descriptor: FileDescriptor) throws(Errno) -> Int {
    let slot = Int(descriptor.rawValue)
    if registrations.indices.contains(slot), registrations[slot].state.contains(.registered) {
      return slot
    }
    try checkPollable(descriptor)
    throw .noSuchFileOrDirectory
  }
}
