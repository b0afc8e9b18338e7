// SPDX-License-Identifier: Apache-2.0

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
  // Unchecked: `inbox`, `pool`, `event` and `leftovers` are made for several threads;
  // everything else belongs to the loop's thread, and to whoever runs leftovers after its end.

  /// How the loop was made.
  public let configuration: LoopConfiguration
  /// The CPU that the loop's thread is bound to (``LoopPlacement``); `nil` for none.
  public let cpu: Int?
  /// The memory that the kernel receives into, one arrival a buffer.
  public let pool: BufferPool
  /// The memory of streams, filled in pieces where the kernel can do that; else ``pool``.
  package let streamPool: BufferPool
  let homePools: HomePools
  /// The loop as the executor of actors that are to live on its thread (`unownedExecutor`).
  public let serialExecutor: LoopSerialExecutor
  // Without checks at run time, which would cost each message; neither calls anybody.
  @exclusivity(unchecked) private var coreStorage: LoopCore
  @exclusivity(unchecked) private var jobStorage = RingQueue<Job>()
  @exclusivity(unchecked) private var enlistedStorage = MemberQueue()
  /// Memory for the queues of the loop's streams.
  let sendQueues: QueueStorage<SendPiece>
  let receiveQueues: QueueStorage<BufferLease>
  /// An object that the layer above keeps with the loop.
  var attachment: OperationOwner?
  let inbox = Inbox()
  let event: EventDescriptor
  package let socketCalls: any SocketCalls
  /// Reads the loop's clock, in nanoseconds, on any thread.
  let clock: @Sendable () -> UInt64
  /// Scopes of ``withDeadline(_:_:)`` that are open, so that tasks without one look nothing up.
  let deadlineScopeCount = Atomic<Int>(0)
  let registry = Registry()
  let leftovers = Leftovers()
  /// How far the loop's life is.
  var life = Life.running
  /// Identifies the task whose job is running, for as long as it runs; 0 for none.
  var currentJob: UInt = 0
  /// Tasks that serve a connection of this loop.
  var taskCount = 0
  /// Connections that listeners have accepted on this loop and that are not closed.
  var acceptedCount = 0
  /// Bound sockets of datagrams on which somebody receives, and that are not closed.
  var datagramServiceCount = 0
  /// Waits for the end of all of them.
  var drainWaits: [WaitID] = []
  /// Messages that the loop has taken and not yet handled; kept for their memory.
  var messages: [Inbox.Message] = []
  var endedBatch: [Completion] = []
  /// Enters that failed in a row without a completion to reap.
  private var failureCount = 0
  /// Where tasks wait that own a stream.
  let parking = Parking()
  /// Brings tasks that run elsewhere to the loop's thread.
  let isolation: LoopIsolation
  lazy var wakeReader = WakeReader(loop: self, event: event)

  var core: LoopCore {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &coreStorage) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &coreStorage) { unsafe $0 }
    }
  }

  /// Jobs of the Swift concurrency runtime waiting for the loop's thread, in order.
  var jobs: RingQueue<Job> {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &jobStorage) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &jobStorage) { unsafe $0 }
    }
  }

  /// Members that have asked for a turn before the next submission, in order.
  var enlisted: MemberQueue {
    @inline(__always) unsafeAddress {
      unsafe withUnsafeMutablePointer(to: &enlistedStorage) { unsafe UnsafePointer($0) }
    }
    @inline(__always) unsafeMutableAddress {
      unsafe withUnsafeMutablePointer(to: &enlistedStorage) { unsafe $0 }
    }
  }

  /// Makes a loop bound to the calling thread; ``run(on:)`` or ``turn(on:batch:)`` moves it.
  ///
  /// - Parameters:
  ///   - configuration: How large it is.
  ///   - socketCalls: Make its sockets; the kernel's own if `nil`.
  ///   - clock: Its kernel's clock, in nanoseconds; `CLOCK_MONOTONIC` if `nil`.
  ///   - features: What its kernel can do.
  ///   - cpu: The CPU that its thread is bound to; `nil` for none.
  /// - Throws: ``RingSetupError`` with ENOMEM or EMFILE.
  package init(
    configuration: LoopConfiguration, socketCalls: (any SocketCalls)? = nil,
    clock: (@Sendable () -> UInt64)? = nil,
    features: KernelFeatures = KernelFeatures(KernelFeature.allCases), cpu: Int? = nil
  ) throws(RingSetupError) {
    self.configuration = configuration
    self.cpu = cpu
    self.socketCalls = socketCalls ?? KernelSocketCalls()
    self.clock = clock ?? monotonicNanoseconds
    try configuration.check()
    do throws(Errno) {
      event = try EventDescriptor()
    } catch {
      throw RingSetupError.diagnose(error)
    }
    let memory = try ReceiveMemory(configuration, features)
    (pool, streamPool, homePools) = (memory.pool, memory.streamPool, HomePools(memory))
    sendQueues = QueueStorage()
    receiveQueues = QueueStorage()
    unsafe coreStorage = LoopCore(
      flightLimit: configuration.flightLimit, memory: memory,
      usesDirectTable: configuration.directDescriptorCount > 0, features: features)
    serialExecutor = LoopSerialExecutor(leftovers)
    isolation = LoopIsolation(serialExecutor)
    serialExecutor.setLoop(self)
    // Not by the loop, references to which would be counted more slowly if one were weak.
    memory.onForeignReturn { [event] in event.signal() }
  }

  deinit {
    sendQueues.destroy()
    receiveQueues.destroy()
  }

  /// Whether the calling thread is the loop's.
  @inline(__always)
  public var isCurrent: Bool { leftovers.isCurrent }

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
  ///
  /// - Parameters:
  ///   - kernel: Takes the requests.
  ///   - batch: Memory for the completions of one turn.
  ///   - limit: How long the turn may wait; `nil` for as long as it takes.
  @unsafe
  package func turn<K: Kernel & ~Copyable>(
    on kernel: inout K, batch: UnsafeMutableBufferPointer<Completion>, limit: Duration? = nil
  ) {
    if !inbox.isEmpty { readInbox() }
    runJobs()
    runEnlisted()
    core.feedBuffers(from: pool, streamPool, to: &kernel)
    core.submit(to: &kernel)
    if !core.ended.isEmpty { deliverEnded(on: &kernel) }
    if !core.roomWaiters.isEmpty { runRoomWaiters() }
    enter(&kernel, limit)
    let count = unsafe kernel.reap(into: batch)
    core.answerCountOfTurn = count
    if failureCount > 0 { recover(reapedCount: count, on: &kernel) }
    for index in 0..<count {
      if let delivery = unsafe core.settle(batch[index], on: &kernel) { deliver(delivery) }
    }
    handleDueTimers(on: &kernel)
  }

  private func enter<K: Kernel & ~Copyable>(_ kernel: inout K, _ limit: Duration?) {
    var mayWait = jobs.isEmpty && enlisted.isEmpty && !core.hasWork
    if core.hasBufferForWaiter { mayWait = false }
    if isStopping, hasOnlyItself { mayWait = false }
    if mayWait { mayWait = inbox.fallAsleep() }
    do throws(Errno) {
      let timeout = mayWait ? shorter(core.waitLimit(at: kernel.now), limit) : nil
      core.statistics.enters += 1
      _ = try kernel.enter(
        minimumCompletionCount: mayWait ? 1 : 0, timeout: timeout, minimumWait: nil)
      core.statistics.otherSystemCalls += kernel.takeCallCount()
    } catch {
      switch EnterVerdict(for: error) {
      case .goOn:
        break
      case .reapAndRetry:
        // The turn goes on to reap; prepared requests stay prepared for the next enter.
        core.statistics.enterFailures += 1
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

  private func handleDueTimers<K: Kernel & ~Copyable>(on kernel: inout K) {
    guard core.timers.count > 0 else { return }
    while let wait = core.handleDueTimers(at: kernel.now) { cancel(wait, because: .timedOut) }
    if !core.ended.isEmpty { deliverEnded(on: &kernel) }
  }
}
