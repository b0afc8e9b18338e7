extension CompletionLoop {
  /// Adds a job of the Swift concurrency runtime.
  ///
  /// - Parameter job: Runs on the loop's thread; on the calling thread once the loop has ended.
  public func enqueue(_ job: consuming ExecutorJob) {
    add(UnownedJob(job), isSerial: false)
  }

  func add(_ job: UnownedJob, isSerial: Bool) {
    if isCurrent {
      unsafe jobs.pointee.append(JobQueue.Entry(job: job, isSerial: isSerial))
      return
    }
    let (isTaken, mustWake) = inbox.add(.job(job, isSerial: isSerial))
    guard isTaken else {
      return afterEnd { run(JobQueue.Entry(job: job, isSerial: isSerial)) }
    }
    if mustWake { wake() }
  }

  /// Runs the jobs that are there, and a bounded number that they add, so that a busy queue never
  /// starves completions.
  func runJobs() {
    var budget = max(256, unsafe jobs.pointee.count)
    while budget > 0, unsafe !jobs.pointee.isEmpty {
      run(unsafe jobs.pointee.removeFirst())
      budget -= 1
    }
  }

  private func run(_ entry: JobQueue.Entry) {
    // A task is one job for all its life, so the job tells the task apart at the price of a load.
    currentJob = unsafe unsafeBitCast(entry.job, to: UInt.self)
    defer { currentJob = 0 }
    if entry.isSerial {
      unsafe entry.job.runSynchronously(on: serialExecutor.asUnownedSerialExecutor())
    } else {
      unsafe entry.job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}

/// A loop as the executor of actors.
///
/// Jobs of actors must run under the actor's executor, those of tasks under the task's; that is why
/// a loop is two executors on one thread.
public final class LoopSerialExecutor: SerialExecutor, @unchecked Sendable {
  // Unchecked: `loop` is written once, by the loop's initialiser.

  unowned(safe) var loop: CompletionLoop?

  init() {}

  /// Adds an actor's job; it runs on the loop's thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard let loop else { preconditionFailure("a job came before its loop was made") }
    loop.add(job, isSerial: true)
  }

  /// Whether the calling thread is the loop's.
  public func isIsolatingCurrentContext() -> Bool? {
    loop?.isCurrent
  }
}
