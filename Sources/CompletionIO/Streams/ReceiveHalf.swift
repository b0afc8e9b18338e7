// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// The receiving half of a stream: what is with the kernel, and what has come and nobody has taken.
///
/// It has no loop, no continuation and no clock: events go in, actions come out
/// (``transition(_:_:_:)``), and the stream performs them.
struct ReceiveHalf: ~Copyable {
  // Three words, because very many are idle.

  private var leases = LentQueue<BufferLease>()
  private var packed = PackedReceive()

  private(set) var state: State {
    get { packed.state }
    set { packed.state = newValue }
  }

  /// The receive, or the poll in its place or behind its end, that is with the kernel; without the
  /// operation's name.
  var token: Token {
    get { packed.token }
    set { packed.token = newValue }
  }

  /// The task that waits for bytes or is about to take them.
  var receiver: Receiver? {
    @inline(__always) get { packed.receiver }
    @inline(__always) set { packed.receiver = newValue }
  }

  /// Whether there is such a task.
  var hasReceiver: Bool {
    @inline(__always) get { packed[.hasReceiver] }
  }

  /// Whether the program wants no more bytes, ever.
  private(set) var isStopped: Bool {
    get { packed[.stopped] }
    set { packed[.stopped] = newValue }
  }

  /// Whether the program has paused the half.
  var isPaused: Bool {
    @inline(__always) get { packed[.paused] }
    set { packed[.paused] = newValue }
  }

  /// Whether a receive is armed before anybody asks, because somebody has asked before.
  var armsAhead: Bool {
    get { packed[.armsAhead] }
    set { packed[.armsAhead] = newValue }
  }

  /// Whether the receive that is with the kernel was asked to end.
  var isCancelRequested: Bool {
    get { packed[.cancelRequested] }
    set { packed[.cancelRequested] = newValue }
  }

  /// A task that waits for bytes.
  struct Receiver: Hashable {
    var wait: WaitID
    /// Where a receive that is with the kernel writes to is the task's own memory: why it ends early.
    var earlyEnd: WaitEnd?
  }

  var isEmpty: Bool { leases.isEmpty }

  /// Bytes that nobody has taken.
  var byteCount: Int {
    @inline(__always) get { leases.account.byteCount }
  }

  /// Whether nothing is with the kernel, and the half goes on.
  var isIdle: Bool {
    @inline(__always) get { packed.isIdle }
  }

  /// Whether the half has ended.
  var hasEnded: Bool {
    @inline(__always) get { packed.hasEnded }
  }

  /// How the half has ended, if it has.
  var end: ReceiveEnd? {
    guard hasEnded, case .ended(let end) = state else { return nil }
    return end
  }

  /// Takes note of what has happened, and decides what follows.
  mutating func handle(_ event: Event, _ facts: Facts) -> Action {
    if case .stopped = event { isStopped = true }
    var facts = facts
    facts.isStopped = isStopped
    guard let (next, action) = Self.transition(state, event, facts) else {
      preconditionFailure("\(event) cannot happen to a receiving half that is \(state)")
    }
    state = next
    return action
  }

  /// Says what an answer of the kernel means to a receive.
  ///
  /// - Parameters:
  ///   - outcome: The kernel's answer.
  ///   - wasAsked: Whether the receive was asked to end.
  /// - Returns: What the table takes as an event.
  static func answer(to outcome: Outcome, wasAsked: Bool) -> Answer {
    if outcome.result > 0 { return outcome.hasMore ? .bytes : .lastBytes }
    if outcome.result == 0 { return .endOfStream }
    if wasAsked, outcome.isTransient { return .nothing }
    let failure = StreamFailure(
      code: outcome.result, attempts: Int32(clamping: outcome.attempts))
    return outcome.error == .resourceTemporarilyUnavailable
      ? .wouldBlock(failure) : .failed(failure)
  }

  // MARK: Bytes

  /// Bytes that are few enough to be copied, so that they need no buffer of their own.
  private static var fewByteCount: Int { 4096 }

  /// Keeps bytes until somebody takes them.
  ///
  /// A few bytes are copied behind those that wait already, so that what waits takes memory by its
  /// bytes and not by its segments.
  @inline(__always)
  mutating func keep(_ lease: consuming BufferLease, _ storage: QueueStorage<BufferLease>) {
    let byteCount = lease.byteCount
    if leases.isEmpty { leases.append(lease, lentBy: storage) } else { keepBehind(lease, storage) }
    leases.changeAccount { $0.byteCount += byteCount }
  }

  @inline(never)
  private mutating func keepBehind(
    _ lease: consuming BufferLease, _ storage: QueueStorage<BufferLease>
  ) {
    guard lease.byteCount <= Self.fewByteCount else {
      return leases.append(lease, lentBy: storage)
    }
    if leases[leases.count - 1].append(lease.bytes) { return }
    leases.append(
      lease.hasRoom ? lease : lease.copy(capacity: Self.fewByteCount),
      lentBy: storage)
  }

  /// Takes the bytes that came first.
  @inline(__always)
  mutating func takeFirst(_ storage: QueueStorage<BufferLease>) -> BufferLease {
    let lease = leases.removeFirst()
    leases.changeAccount { $0.byteCount -= lease.byteCount }
    if leases.isEmpty { leases.giveBack(to: storage) }
    return lease
  }

  /// Copies the bytes that came first; what is left of their lease stays.
  ///
  /// - Returns: How many were copied.
  mutating func copyFirst(
    to memory: OutputMemory, _ storage: QueueStorage<BufferLease>
  ) -> Int {
    let count = memory.fill(from: leases[0].bytes)
    leases.changeAccount { $0.byteCount -= count }
    leases[0].removeFirst(count)
    if leases[0].byteCount == 0 { _ = leases.removeFirst() }
    if leases.isEmpty { leases.giveBack(to: storage) }
    return count
  }

  /// Drops everything that nobody has taken.
  mutating func dropAll(_ storage: QueueStorage<BufferLease>) {
    leases.removeAll()
    leases.giveBack(to: storage)
  }
}
