// SPDX-License-Identifier: Apache-2.0

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
///
/// It belongs to the thread that made it; on any other one all but its waker answers ``wrongThread``.
/// It may be dropped anywhere.
@safe
public struct RingPoller: Poller, ~Copyable {
  /// Ends a wait from another thread.
  public let waker: PollerWaker

  /// What a poller answers on another thread than its own: EACCES, which means nothing else here.
  public static var wrongThread: Errno { .permissionDenied }

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
  /// The registered files that are no sockets.
  var others = EpollRegister()
  /// Tells other pollers of events; made when it is first asked for.
  var notice: Notice?
  private let descriptorLimit: Int
  private let owner: ThreadMark

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
    var configuration = configuration
    // A number in the thread's own table would be a stranger's ring on any other thread, and the
    // table would keep the ring open until its thread ends.
    configuration.registersDescriptor = false
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
    owner = ThreadMark.make()
    unsafe batch = .allocate(capacity: 256)
    unsafe batch.initialize(repeating: Completion(token: Token(rawValue: 0), result: 0))
    // One more than the limit: the waker's event is not the caller's.
    unsafe looks = .allocate(capacity: eventLimit + 1)
    unsafe looks.initialize(repeating: pollfd())
    let slot = Int(waker.descriptor.rawValue)
    registrations = Array(repeating: Registration(), count: slot + 1)
    // By edges, because a wait takes all wakes there are.
    registrations[slot].set(
      token: pollerReservedToken, interest: .readable, mode: .edge, socket: 0)
    listToArm(slot)
  }

  /// Ends the polls before the ring, which the kernel would take down later and on its own: until
  /// then it would keep every polled file open.
  ///
  /// So it does on another thread, which may not enter the ring.
  deinit {
    unsafe batch.deallocate()
    unsafe looks.deallocate()
    guard ThreadMark.current == owner else { return }
    var ring = ring
    for slot in registrations.indices where registrations[slot].state.contains(.armed) {
      let cancel = Request.cancel(Self.pollToken(slot, registrations[slot].generation))
      while !ring.prepare(cancel, token: Self.cancelToken(slot)) {
        guard let count = try? ring.enter(), count > 0 else { break }
      }
    }
    repeat {
      let requestCount = ring.preparedCount
      guard let count = try? ring.enter(), count > 0 || requestCount == 0 else { break }
    } while ring.preparedCount > 0 || ring.hasPendingTaskWork
  }

  /// System calls made so far.
  public var kernelCallCount: UInt64 { ring.enterCount + plainCallCount }

  /// Starts to watch a descriptor.
  ///
  /// See ``Poller/register(_:token:interest:mode:)``.
  ///
  /// - Throws: ``wrongThread``; EMFILE and ENFILE for the first descriptor that is no socket.
  public mutating func register(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    try checkThread()
    defer { giveNotice() }
    guard token != pollerReservedToken else { throw .invalidArgument }
    try interest.check()
    // As epoll refuses to watch itself.
    guard descriptor != notice?.descriptor else { throw .invalidArgument }
    let slot = Int(descriptor.rawValue)
    let socket = try socketNumber(of: descriptor)
    guard slot < descriptorLimit else { throw .noSpace }
    makeRoom(for: slot)
    guard registrations[slot].token != pollerReservedToken else { throw .fileExists }
    guard try isNew(descriptor, socket: socket) else { throw .fileExists }
    if registrations[slot].state.contains(.registered) {
      // Closed before it was deregistered, and its number given to another file.
      do throws(Errno) {
        try release(slot)
      } catch {
        if socket == 0 { try? others.apply(.remove, to: descriptor, &plainCallCount) }
        throw error
      }
    }
    registrations[slot].set(token: token, interest: interest, mode: mode, socket: socket)
    listToArm(slot)
  }

  /// Changes a registration.
  ///
  /// See ``Poller/modify(_:token:interest:mode:)``.
  ///
  /// - Throws: ``wrongThread``.
  public mutating func modify(
    _ descriptor: FileDescriptor, token: UInt64, interest: Interest, mode: PollMode
  ) throws(Errno) {
    try checkThread()
    defer { giveNotice() }
    guard token != pollerReservedToken else { throw .invalidArgument }
    try interest.check()
    let slot = try registeredSlot(of: descriptor)
    try disarm(slot)
    let socket = registrations[slot].socket
    registrations[slot].set(token: token, interest: interest, mode: mode, socket: socket)
    listToArm(slot)
  }

  /// Stops to watch a descriptor.
  ///
  /// See ``Poller/deregister(_:)``.
  ///
  /// When it returns, the kernel has let go of the file.
  ///
  /// - Throws: ``wrongThread``.
  public mutating func deregister(_ descriptor: FileDescriptor) throws(Errno) {
    try checkThread()
    defer { giveNotice() }
    let slot = try registeredSlot(of: descriptor)
    let isSocket = registrations[slot].socket != 0
    try release(slot)
    if !isSocket { try others.apply(.remove, to: descriptor, &plainCallCount) }
  }

  /// Refuses every thread but the poller's own.
  func checkThread() throws(Errno) {
    guard ThreadMark.current == owner else { throw Self.wrongThread }
  }

  private mutating func makeRoom(for slot: Int) {
    guard slot >= registrations.count else { return }
    let count = min(descriptorLimit, max(slot + 1, registrations.count * 2))
    registrations.append(
      contentsOf: repeatElement(Registration(), count: count - registrations.count))
  }
}
