internal import SystemPackage
internal import Uring

/// Everything a loop knows, without a thread and without a kernel.
///
/// Its methods decide and book; they run nobody else's code. ``CompletionLoop`` delivers what they
/// return.
struct LoopCore: ~Copyable {
  var table: FlightTable
  /// Flights waiting for a place in the submission queue.
  var backlog: SlotQueue
  /// Flights waiting for a buffer, in order of arrival.
  var bufferLine: SlotQueue
  /// Flights waiting for a descriptor, in order of arrival.
  var descriptorLine: SlotQueue
  var timers: TimerQueue
  /// Requests that nobody waits for: cancels and closes.
  ///
  /// They go before the backlog, so a cancel is never lost because the submission queue is full.
  var controls: [Request] = []
  /// Flights that ended without the kernel.
  var ended: [Completion] = []
  /// Timeouts to be counted from the next look at the clock.
  var freshTimeouts: [FreshTimeout] = []
  var statistics = LoopStatistics()
  var fill = BufferFill()
  var refusals = BufferRefusals()
  /// Bytes waiting to be claimed or sent.
  var chunks = ChunkSlab()
  /// Whether accepted connections are places in a direct table, for those that nobody takes.
  let usesDirectTable: Bool
  let forms: RequestForms
  /// The buffers of the loop's group, to tell an empty group from an unknown one.
  let pool: BufferPool?

  struct FreshTimeout {
    var token: Token
    var nanoseconds: UInt64
  }

  init(
    flightLimit: Int, pool: BufferPool? = nil, usesDirectTable: Bool = false,
    features: KernelFeatures = KernelFeatures(KernelFeature.allCases)
  ) {
    self.pool = pool
    self.usesDirectTable = usesDirectTable
    forms = RequestForms(features)
    table = FlightTable(capacity: flightLimit)
    backlog = SlotQueue(capacity: flightLimit)
    bufferLine = SlotQueue(capacity: flightLimit)
    descriptorLine = SlotQueue(capacity: flightLimit)
    timers = TimerQueue(capacity: flightLimit)
  }

  /// Puts an operation on its way.
  ///
  /// - Returns: Its name; `nil` if the table is full.
  mutating func start(
    _ request: Request, policy: ResubmissionPolicy, facts: Answer.Facts = [],
    timeout: Duration? = nil, owner: OperationOwner?
  ) -> Token? {
    guard let token = table.open(forms.starting(request), policy: policy, owner: owner) else {
      statistics.flightTableFull += 1
      return nil
    }
    if facts != [] { table[token.slot].facts = facts }
    if let timeout {
      freshTimeouts.append(
        FreshTimeout(token: token, nanoseconds: UInt64(timeout.clampedNanoseconds)))
    }
    if request.operation == .timer {
      table[token.slot].state = .pausing
    } else {
      backlog.append(token.slot)
    }
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
    if table[slot].deadline != 0, !table[slot].isTimedOut {
      timers.schedule(slot, at: table[slot].deadline)
    }
  }

  /// Whether anything should happen before the next wait.
  var hasWork: Bool {
    !backlog.isEmpty || !controls.isEmpty || !ended.isEmpty || !freshTimeouts.isEmpty
      || !refusals.buffers.isEmpty
  }
}
