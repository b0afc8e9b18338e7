// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Uring

extension CompletionLoop {
  /// A job of the Swift concurrency runtime, and which of the loop's executors it was given to.
  struct Job {
    var job: UnownedJob
    var isSerial: Bool
  }

  /// Adds a job of the Swift concurrency runtime.
  ///
  /// - Parameter job: Runs on the loop's thread; on the calling thread once the loop has ended.
  public func enqueue(_ job: consuming ExecutorJob) {
    add(UnownedJob(job), isSerial: false)
  }

  func add(_ job: UnownedJob, isSerial: Bool) {
    if isCurrent, !hasEnded { return jobs.append(Job(job: job, isSerial: isSerial)) }
    send(.job(job, isSerial: isSerial))
  }

  /// Calls a function on the loop's thread: at once there, soon from anywhere else.
  ///
  /// After the loop has ended the function is called on a thread that uses the loop, one function
  /// at a time.
  public func perform(_ body: @escaping @Sendable () -> Void) {
    if isCurrent { return body() }
    send(.call(body))
  }

  /// Calls a function on the loop's thread, when what runs there now has returned.
  func performLater(_ body: @escaping @Sendable () -> Void) {
    send(.call(body))
  }

  private func send(_ message: Inbox.Message) {
    let (isTaken, mustWake) = inbox.add(message)
    guard isTaken else { return leftovers.add { [self] in runLeftover(message) } }
    if mustWake { wake() }
  }

  /// Takes what other threads have sent.
  func readInbox() {
    inbox.take(into: &messages)
    guard !messages.isEmpty else { return }
    for message in messages {
      switch message {
      case .job(let job, let isSerial): jobs.append(Job(job: job, isSerial: isSerial))
      case .call(let body): body()
      }
    }
    messages.removeAll(keepingCapacity: true)
  }

  /// Runs what came after the loop's end, on a thread that is the loop's meanwhile.
  private func runLeftover(_ message: Inbox.Message) {
    switch message {
    case .job(let job, let isSerial): run(Job(job: job, isSerial: isSerial))
    case .call(let body): body()
    }
  }

  /// Ends the loop's wait, from any thread.
  func wake() {
    event.signal()
  }

  /// Runs the jobs that are there, and a bounded number that they add, so that a busy queue never
  /// starves completions.
  func runJobs() {
    var budget = max(256, jobs.count)
    while budget > 0, !jobs.isEmpty {
      run(jobs.removeFirst())
      budget -= 1
    }
  }

  private func run(_ entry: Job) {
    // A task is one job for all its life, so the job tells the task apart at the price of a load.
    currentJob = unsafe unsafeBitCast(entry.job, to: UInt.self)
    defer { currentJob = 0 }
    if entry.isSerial {
      serialExecutor.run(entry.job)
    } else {
      unsafe entry.job.runSynchronously(on: asUnownedTaskExecutor())
    }
  }
}
