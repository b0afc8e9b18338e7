// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import ReadinessIO
package import SystemPackage
package import Uring

/// A kernel that completes requests by trying them with calls that do not wait, and again when
/// their descriptors become ready.
///
/// It keeps the contract of a ring: requests are taken in batches, completions are taken out in
/// batches, and one call waits. What it cannot do it answers as an old kernel would.
package struct ReadinessKernel<Calls: ReadinessCalls & ~Copyable>: ~Copyable {
  var calls: Calls
  private let submissionLimit: Int
  private let completionLimit: Int

  /// Requests for the next enter.
  private var prepared: [Entry] = []
  /// Timeouts among them that end a request.
  private var preparedTimerCount = 0
  var completions = CompletionQueue()
  var waiting = WaitingTable()
  /// By descriptor.
  var watches: [Watch] = []
  /// Descriptors with which the next enter goes on without an event.
  var unfinished: [Int32] = []
  var timers = KernelTimers()
  var pool: BufferPool?
  /// Buffers to receive into; the one that came last is in the processor's cache.
  var buffers: [UInt16] = []
  private var events: [ReadinessEvent] = []
  /// Whether the last enter did not look for events, because it had completions already.
  private var hasSkippedEvents = false
  /// System calls that ``takeCallCount()`` has told.
  private var toldCallCount: UInt64 = 0

  /// A place in the submission queue.
  struct Entry {
    var request: Request
    var token: Token
    /// The timeout that ends it.
    var timer: (token: Token, nanoseconds: UInt64)?
  }

  /// Makes a kernel of calls.
  ///
  /// - Parameters:
  ///   - calls: The calls.
  ///   - configuration: Sizes; its flags and its restriction mean nothing here.
  package init(
    _ calls: consuming Calls, _ configuration: RingConfiguration = RingConfiguration()
  ) {
    self.calls = calls
    submissionLimit = max(1, Int(configuration.submissionEntryCount))
    completionLimit = max(1, Int(configuration.completionEntryCount))
    prepared.reserveCapacity(submissionLimit)
  }

  deinit {
    for place in waiting.all { unsafe waiting[place].rest?.freeMessage() }
  }

  /// Whether completions are left, or requests that could go on without an event.
  package var hasWork: Bool { !completions.isEmpty || !unfinished.isEmpty }

  /// Requests that it has taken and not finished.
  package var pendingCount: Int { waiting.count + timers.count }

  /// Of the requests for the next enter.
  var preparedTokens: [Token] { prepared.map(\.token) }

  // MARK: Posting

  func isFull() -> Bool { completions.count >= completionLimit }

  mutating func post(_ token: Token, _ result: Int32, _ flags: Completion.Flags = []) {
    completions.append(Completion(token: token, result: result, flags: flags))
  }

  /// Posts the last completion of a request, and that of its timeout.
  mutating func finish(
    _ entry: WaitingRequest, _ result: Int32, _ flags: Completion.Flags = []
  ) {
    unsafe entry.rest?.freeMessage()
    post(entry.token, result, flags)
    if entry.hasTimer, let timer = timers.remove(endingAt: entry.token) {
      post(timer, -Errno.canceled.rawValue)
    }
  }
}

extension ReadinessKernel: Kernel where Calls: ~Copyable {
  package mutating func prepare(_ request: Request, token: Token) -> Bool {
    guard preparedCount < submissionLimit else { return false }
    prepared.append(Entry(request: request, token: token))
    return true
  }

  package mutating func prepare(
    _ request: Request, token: Token, timeout: Duration, timeoutToken: Token
  ) -> Bool {
    guard preparedCount + 2 <= submissionLimit else { return false }
    let nanoseconds = UInt64(timeout.clampedNanoseconds)
    prepared.append(
      Entry(request: request, token: token, timer: (timeoutToken, nanoseconds)))
    preparedTimerCount += 1
    return true
  }

  package var preparedCount: Int { prepared.count + preparedTimerCount }

  /// Never: completions are kept in memory that grows, and no more is tried when they are many.
  package var hasOverflow: Bool { false }

  package mutating func enter(
    minimumCompletionCount: Int, timeout: Duration?, minimumWait: Duration?
  ) throws(Errno) -> Int {
    let count = startPrepared()
    goOnWithUnfinished()
    // What has completed is handed over first, but not twice without a look at the others.
    if !completions.isEmpty, !hasSkippedEvents || isFull() {
      hasSkippedEvents = true
      return count
    }
    hasSkippedEvents = false
    do throws(Errno) {
      try wait(for: minimumCompletionCount, timeout)
    } catch {
      guard count == 0, completions.isEmpty else { return count }
      throw error
    }
    return count
  }

  private mutating func startPrepared() -> Int {
    guard !prepared.isEmpty else { return 0 }
    let count = preparedCount
    preparedTimerCount = 0
    var taken: [Entry] = []
    swap(&taken, &prepared)
    for entry in taken { start(entry) }
    taken.removeAll(keepingCapacity: true)
    swap(&taken, &prepared)
    return count
  }

  /// Handles events until there are so many completions, or the time is over.
  private mutating func wait(for count: Int, _ timeout: Duration?) throws(Errno) {
    let end = timeout.map { calls.now &+ UInt64($0.clampedNanoseconds) }
    while true {
      let mayWait = completions.count < count && unfinished.isEmpty
      try calls.wait(into: &events, timeout: mayWait ? timeLeft(until: end) : .zero)
      for event in events { handle(event) }
      fireDueTimers()
      if events.isEmpty || completions.count >= count || !unfinished.isEmpty { return }
    }
  }

  /// The time until the caller's end or the first timer's, whichever is first.
  private func timeLeft(until end: UInt64?) -> Duration? {
    guard let first = timers.first.map({ min($0, end ?? .max) }) ?? end else { return nil }
    let now = calls.now
    return .nanoseconds(Int64(clamping: first > now ? first - now : 0))
  }

  @unsafe
  package mutating func reap(into batch: UnsafeMutableBufferPointer<Completion>) -> Int {
    unsafe completions.take(into: batch)
  }

  package mutating func provide(from pool: BufferPool) {
    if self.pool == nil { self.pool = pool }
    pool.takeReturned { buffers.append($0) }
  }

  package mutating func takeCallCount() -> UInt64 {
    defer { toldCallCount = calls.callCount }
    return calls.callCount - toldCallCount
  }

  package var now: UInt64 { calls.now }

  package mutating func pause(for duration: Duration) { calls.pause(for: duration) }

  package mutating func shutdown(_ descriptor: Descriptor, direction: Int32) -> Int32 {
    calls.attempt(.shutdown(descriptor, direction: direction))
  }

  package mutating func connectWithoutWaiting(_ request: Request) -> Int32 {
    calls.attempt(request)
  }

  package mutating func pendingError(of descriptor: Descriptor) -> Int32 {
    calls.pendingError(of: descriptor.rawValue)
  }
}
