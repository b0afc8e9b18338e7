// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Everything a loop knows, without a thread and without a kernel.
///
/// Its methods decide and book; they run nobody else's code. ``CompletionLoop`` delivers what they
/// return.
struct LoopCore: ~Copyable {
  var table: FlightTable
  /// Tasks that wait for something, and timers of frameworks.
  var waits = WaitTable()
  /// Flights waiting for a place in the submission queue.
  var backlog = RingQueue<Int>()
  /// Flights waiting for a buffer, in order of arrival.
  var bufferLine = RingQueue<Int>()
  /// Those that wait for one of the streams' own pool, where streams have one.
  var streamBufferLine = RingQueue<Int>()
  /// Flights waiting for a descriptor, in order of arrival.
  var descriptorLine = RingQueue<Int>()
  /// Members that wait for room in the flight table, in order.
  var roomWaiters = MemberQueue()
  /// Called with the last answer of an operation that somebody has cancelled.
  var releaseHandlers: [Token: () -> Void] = [:]
  /// When flights and waits are looked at.
  var timers = TimerQueue()
  /// Requests that nobody waits for: cancels and closes.
  ///
  /// They go before the backlog, so a cancel is never lost because the submission queue is full.
  var controls: [Request] = []
  /// Flights that ended without the kernel.
  var ended: [Completion] = []
  /// Timeouts to be counted from the next look at the clock.
  var freshTimeouts: [FreshTimeout] = []
  /// Delegates that have asked for a turn before the next submission, in order.
  var turnTakers: [OperationDelegate] = []
  /// Answers of the kernel that came in this turn.
  var answerCountOfTurn = 0
  var statistics = LoopStatistics()
  var fill = BufferFill()
  var refusals = BufferRefusals()
  /// Whether accepted connections are places in a direct table, for those that nobody takes.
  let usesDirectTable: Bool
  let forms: RequestForms
  /// The loop's pools, to tell an empty group from an unknown one.
  let memory: ReceiveMemory

  /// A timeout that has no time yet, because nobody has looked at the clock.
  struct FreshTimeout {
    enum Subject {
      case flight(Token)
      case wait(WaitID)
    }

    var subject: Subject
    /// From the next look at the clock on, or on the clock.
    var nanoseconds: UInt64
    var isInstant = false
  }

  init(
    flightLimit: Int, memory: ReceiveMemory, usesDirectTable: Bool = false,
    features: KernelFeatures = KernelFeatures(KernelFeature.allCases)
  ) {
    self.memory = memory
    self.usesDirectTable = usesDirectTable
    forms = RequestForms(features)
    table = FlightTable(capacity: flightLimit)
  }

  /// Puts an operation on its way.
  ///
  /// - Returns: The operation's identifier; `nil` if the table is full.
  mutating func start(
    _ request: Request, policy: ResubmissionPolicy, facts: Answer.Facts = [],
    timeout: Duration? = nil, context: UInt = 0, owner: OperationOwner?
  ) -> Token? {
    let token = table.open(
      forms.starting(request), policy: policy, context: context, owner: owner)
    guard let token else {
      statistics.flightTableFull += 1
      return nil
    }
    if facts != [] { table[token.slot].facts = facts }
    if let timeout {
      freshTimeouts.append(
        FreshTimeout(
          subject: .flight(token), nanoseconds: UInt64(timeout.clampedNanoseconds)))
    }
    backlog.append(token.slot)
    return token
  }

  mutating func endWithoutKernel(_ slot: Int, result: Int32) {
    table[slot].state = .inKernel  // As if the kernel had answered.
    ended.append(Completion(token: table.token(of: slot), result: result))
  }

  /// Submits a request whose result nobody waits for.
  mutating func post(_ request: Request) {
    controls.append(request)
    if request.operation == .close { wakeDescriptorLine() }
  }

  /// Lets flights that wait for a descriptor try again, behind the close that frees one.
  mutating func wakeDescriptorLine() {
    while !descriptorLine.isEmpty {
      let slot = descriptorLine.removeFirst()
      timers.remove(slot)
      enqueue(slot)
    }
  }

  mutating func enqueue(_ slot: Int) {
    table[slot].state = .queued
    backlog.append(slot)
    guard table[slot].hasRest else { return }
    let rest = table[restOf: slot]
    if rest.deadline != 0, !rest.isTimedOut { timers.schedule(slot, at: rest.deadline) }
  }

  /// Whether anything should happen before the next wait.
  var hasWork: Bool {
    !backlog.isEmpty || !controls.isEmpty || !ended.isEmpty || !freshTimeouts.isEmpty
      || !refusals.buffers.isEmpty || !turnTakers.isEmpty
  }
}
