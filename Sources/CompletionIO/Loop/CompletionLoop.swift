internal import Glibc
internal import Synchronization
internal import SystemPackage
public import Uring

/// A ring, its operations and its jobs, on a thread of their own.
///
/// A task that prefers the loop as its executor runs on the thread that reaps its completions, so
/// that resuming it is a push onto a queue. Operations may be started from other threads too,
/// through a lock and a wake-up, which is slower.
@safe
public final class CompletionLoop: TaskExecutor, @unchecked Sendable {
  // Unchecked: `inbox`, `pool`, `event` and `thread` are made for several threads; everything else
  // belongs to the loop's thread, and to whoever holds `calls` once the loop has ended.

  /// How the loop was made.
  public let configuration: LoopConfiguration
  /// The memory that the kernel receives into.
  public let pool: BufferPool
  /// Names the pool.
  let poolIdentity: UInt
  let core: UnsafeMutablePointer<LoopCore>
  let inbox = Inbox()
  let event: EventDescriptor
  let socketCalls: any SocketCalls
  let registry = Registry()
  private(set) lazy var directPlaces = DirectPlaces(
    capacity: configuration.directDescriptorCount, flightLimit: configuration.flightLimit)
  var acceptorLine = AcceptorLine()
  var jobs: UnsafeMutablePointer<JobQueue>
  /// Whose loop it is; 0 once it has ended, because the identifier will be another thread's then.
  let thread: Atomic<UInt>
  var isStopping = false
  /// Whether nothing will be submitted any more.
  var hasEnded = false
  /// Names the task whose job is running, for as long as it runs; 0 for none.
  var currentJob: UInt = 0
  /// Tasks that serve a connection of this loop.
  var taskCount = 0
  /// Streams with bytes to send that no operation carries yet.
  let senders: UnsafeMutablePointer<SenderLine>
  private var messages: [Inbox.Message] = []
  private var endedBatch: [Completion] = []
  /// Enters that failed in a row without a completion to reap.
  private var failureCount = 0
  /// The loop as an actor's executor: `unownedExecutor` of an actor that is to live on the loop's
  /// thread.
  public let serialExecutor = LoopSerialExecutor()
  /// Where tasks wait that own a stream.
  let parking = Parking()
  lazy var wakeReader = WakeReader(loop: self, event: event)
  /// Held by what is called and run after the loop's end.
  let calls = Mutex(())

  /// Makes a loop bound to the calling thread; ``run(on:)`` or ``turn(on:batch:)`` moves it.
  ///
  /// - Parameters:
  ///   - configuration: How large it is.
  ///   - socketCalls: Make its sockets; the kernel's own if `nil`.
  ///   - features: What its kernel can do.
  /// - Throws: ``RingSetupError`` with ENOMEM or EMFILE.
  package init(
    configuration: LoopConfiguration, socketCalls: (any SocketCalls)? = nil,
    features: KernelFeatures = KernelFeatures(KernelFeature.allCases)
  ) throws(RingSetupError) {
    self.configuration = configuration
    self.socketCalls = socketCalls ?? KernelSocketCalls()
    do throws(Errno) {
      event = try EventDescriptor()
      pool = try BufferPool(
        capacity: configuration.bufferCount, bufferSize: configuration.bufferSize)
    } catch {
      throw RingSetupError.diagnose(error)
    }
    poolIdentity = pool.identity
    unsafe core = .allocate(capacity: 1)
    unsafe core.initialize(
      to: LoopCore(
        flightLimit: configuration.flightLimit, pool: pool,
        usesDirectTable: configuration.directDescriptorCount > 0, features: features))
    unsafe jobs = .allocate(capacity: 1)
    unsafe jobs.initialize(to: JobQueue())
    thread = Atomic(UInt(pthread_self()))
    unsafe senders = .allocate(capacity: 1)
    unsafe senders.initialize(to: SenderLine())
    serialExecutor.loop = self
    pool.onForeignReturn = { [weak self] in self?.wake() }
  }

  deinit {
    unsafe core.deinitialize(count: 1)
    unsafe core.deallocate()
    unsafe jobs.deinitialize(count: 1)
    unsafe jobs.deallocate()
    unsafe senders.deinitialize(count: 1)
    unsafe senders.deallocate()
  }

  /// Whether the calling thread is the loop's.
  @inline(__always)
  public var isCurrent: Bool { UInt(pthread_self()) == thread.load(ordering: .relaxed) }

  /// What the loop has done so far; read it on the loop's thread.
  public var statistics: LoopStatistics {
    unsafe core.pointee.statistics
  }

  /// The forms of requests that the loop uses.
  var forms: RequestForms { unsafe core.pointee.forms }

  /// Operations on their way.
  public var operationCount: Int {
    unsafe core.pointee.table.count
  }

  // MARK: The turn

  /// Runs until the loop is stopped and nothing is on its way.
  package func run<K: Kernel & ~Copyable>(on kernel: inout K) {
    let batch = UnsafeMutableBufferPointer<Completion>.allocate(capacity: 512)
    defer { unsafe batch.deallocate() }
    prepareToTurn()
    while true {
      unsafe turn(on: &kernel, batch: batch)
      if endIfDrained(preparedCount: kernel.preparedCount) { return }
    }
  }

  /// Runs jobs, submits, waits, and delivers what has come: one system call.
  @unsafe
  package func turn<K: Kernel & ~Copyable>(
    on kernel: inout K, batch: UnsafeMutableBufferPointer<Completion>
  ) {
    readInbox()
    runJobs()
    // Gathers what was queued in the last turn into one send a stream.
    unsafe SenderLine.startAll(in: senders)
    unsafe core.pointee.feedBuffers(from: pool, to: &kernel)
    unsafe core.pointee.submit(to: &kernel)
    deliverEnded(on: &kernel)
    if !acceptorLine.isEmpty { resumeAcceptors() }
    enter(&kernel)
    let count = unsafe kernel.reap(into: batch)
    if failureCount > 0 { recover(reapedCount: count, on: &kernel) }
    for index in 0..<count {
      if let delivery = unsafe core.pointee.settle(batch[index], on: &kernel) {
        deliver(delivery)
      }
    }
    if unsafe core.pointee.timers.nextTime != nil {
      unsafe core.pointee.handleDueTimers(at: kernel.now)
      deliverEnded(on: &kernel)
    }
  }

  private func enter<K: Kernel & ~Copyable>(_ kernel: inout K) {
    var mayWait =
      unsafe jobs.pointee.isEmpty && !core.pointee.hasWork && senders.pointee.isEmpty
    if unsafe core.pointee.hasBufferForWaiter(in: pool) { mayWait = false }
    // With at most its own wake-up left, a stopping loop ends it, and then itself.
    if isStopping, taskCount == 0, operationCount <= (wakeReader.isStopping ? 0 : 1) {
      mayWait = false
    }
    if mayWait { mayWait = inbox.fallAsleep() }
    do throws(Errno) {
      let timeout: Duration? = mayWait ? unsafe core.pointee.waitLimit(at: kernel.now) : nil
      unsafe core.pointee.statistics.enters += 1
      _ = try kernel.enter(
        minimumCompletionCount: mayWait ? 1 : 0, timeout: timeout, minimumWait: nil)
    } catch {
      switch EnterVerdict(for: error) {
      case .goOn:
        break
      case .reapAndRetry:
        // The turn goes on to reap; prepared requests stay prepared for the next enter.
        unsafe core.pointee.statistics.enterFailures += 1
        failureCount += 1
      case .ringLost, .programmingError:
        // The kernel may still write to memory that nobody can account for any more.
        fatalError("io_uring_enter(2) failed for good: \(error)")
      }
    }
    if mayWait { inbox.wakeUp() }
  }

  /// Lets the kernel find memory when an enter failed for want of it and nothing could be reaped.
  private func recover<K: Kernel & ~Copyable>(reapedCount: Int, on kernel: inout K) {
    guard reapedCount == 0 else { return failureCount = 0 }
    // Doubled up to some 8 ms: nobody can be served meanwhile, and asking at once would spin.
    kernel.pause(for: .microseconds(1 << min(failureCount, 13)))
  }

  /// Delivers what has ended without the kernel; what handlers end meanwhile comes a turn later,
  /// so that they never starve completions.
  private func deliverEnded<K: Kernel & ~Copyable>(on kernel: inout K) {
    guard unsafe !core.pointee.ended.isEmpty else { return }
    unsafe swap(&endedBatch, &core.pointee.ended)
    for completion in endedBatch {
      if let delivery = unsafe core.pointee.settle(completion, on: &kernel) {
        deliver(delivery)
      }
    }
    endedBatch.removeAll(keepingCapacity: true)
  }

  /// Tells an operation's owner of an answer; its buffer goes with it or back to the pool.
  private func deliver(_ delivery: Delivery) {
    let outcome = delivery.outcome
    var lease: BufferLease?
    if outcome.flags.contains(.buffer) {
      unsafe core.pointee.fill.add(byteCount: Int(max(0, outcome.result)))
      lease = pool.lease(
        UInt16(truncatingIfNeeded: outcome.flags.rawValue >> 16),
        byteCount: Int(max(0, outcome.result)))
    }
    guard let owner = unsafe delivery.owner else { return }
    // The flight, or now this call, holds the reference that keeps the owner alive meanwhile.
    unsafe owner._withUnsafeGuaranteedRef { $0.completed(outcome, lease: lease.take()) }
    if delivery.isLast { unsafe owner.release() }
  }

  private func readInbox() {
    inbox.take(into: &messages)
    guard !messages.isEmpty else { return }
    for message in messages {
      switch message {
      case .job(let job, let isSerial):
        unsafe jobs.pointee.append(JobQueue.Entry(job: job, isSerial: isSerial))
      case .call(let body):
        body()
      }
    }
    messages.removeAll(keepingCapacity: true)
  }

  /// Ends the loop's wait, from any thread.
  func wake() {
    event.signal()
  }

  /// Calls a function on the loop's thread: at once there, soon from anywhere else.
  ///
  /// After the loop has ended the function is called on the calling thread, one at a time.
  public func perform(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { return body() }
    let (isTaken, mustWake) = inbox.add(.call(body))
    guard isTaken else { return afterEnd(body) }
    if mustWake { wake() }
  }
}
