// SPDX-License-Identifier: Apache-2.0

#if NIO
public import CompletionIO
public import Dispatch
public import NIOCore

/// A completion loop as SwiftNIO's event loop: its channels submit requests instead of waiting for
/// readiness.
///
/// The loop may use a ring, completions made of readiness, or a simulated kernel: channels do not
/// see the difference. A ``UringEventLoopGroup`` makes event loops.
public final class UringEventLoop: EventLoop, @unchecked Sendable {
  // Unchecked: what changes is used on the loop's thread only.

  /// The loop that runs the channels.
  public let loop: CompletionLoop
  private let tasks: TaskQueue
  let callbacks = ScheduledCallbacks()
  private var spareVectors: [SendVectors] = []
  /// The memory of the last received bytes, used again once nobody holds it.
  private var receiveBuffer = ByteBuffer()

  /// Many are asked for, and all are the same; made at the first, on the loop's thread.
  private var voidFuture: EventLoopFuture<Void>?

  /// Makes an event loop of a completion loop.
  init(_ loop: CompletionLoop) {
    self.loop = loop
    tasks = TaskQueue(on: loop)
  }

  /// Whether the calling thread is the loop's.
  public var inEventLoop: Bool { loop.isCurrent }

  /// The loop's clock, which in a simulation is a simulated one.
  public var now: NIODeadline { .uptimeNanoseconds(loop.now.nanoseconds) }

  /// A future that has succeeded; on the loop's thread always the same.
  public func makeSucceededVoidFuture() -> EventLoopFuture<Void> {
    if loop.isCurrent, let voidFuture { return voidFuture }
    let promise = makePromise(of: Void.self)
    promise.succeed(())
    // A future keeps its loop, so the loop lets go of it when it stops.
    if loop.isCurrent, tasks.onStop({ [unowned self] in voidFuture = nil }) {
      voidFuture = promise.futureResult
    }
    return promise.futureResult
  }

  // MARK: Tasks

  /// Runs a function on the loop's thread, in its next turn.
  ///
  /// - Parameter task: Called once; on the calling thread if the loop has ended.
  public func execute(_ task: @escaping @Sendable () -> Void) {
    if loop.isCurrent { return tasks.append(task) }
    loop.perform { [tasks] in tasks.append(task) }
  }

  // swift-format-ignore: NoLeadingUnderscores
  /// Runs a function that needs not be `Sendable`, because the caller is on the loop's thread.
  public func _executeIsolatedUnsafeUnchecked(_ task: @escaping () -> Void) {
    tasks.append(task)
  }

  /// Runs a function of a channel in the next turn.
  func performNext(_ task: @escaping () -> Void) {
    tasks.append(task)
  }

  /// Schedules a task on the loop's clock.
  ///
  /// - Parameters:
  ///   - deadline: When it runs, at the earliest.
  ///   - task: Called once, unless it is cancelled or the loop stops before.
  /// - Returns: The task's result, and what cancels it.
  public func scheduleTask<T>(
    deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
  ) -> Scheduled<T> {
    let promise = makePromise(of: T.self)
    let scheduled = ScheduledTask(on: loop) {
      do {
        promise.assumeIsolatedUnsafeUnchecked().succeed(try task())
      } catch {
        promise.fail(error)
      }
    } fail: {
      promise.fail($0)
    }
    loop.perform { scheduled.start(at: deadline) }
    return Scheduled(
      promise: promise, cancellationTask: { [loop] in loop.perform { scheduled.cancel() } })
  }

  /// Schedules a task after a time (``scheduleTask(deadline:_:)``).
  public func scheduleTask<T>(
    in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T
  ) -> Scheduled<T> {
    scheduleTask(deadline: now + delay, task)
  }

  /// The loop as an actor's executor.
  public var executor: any SerialExecutor { loop.serialExecutor }

  /// Adds a job of an actor that lives on the loop; no closure is made of it.
  public func enqueue(_ job: consuming ExecutorJob) {
    loop.serialExecutor.enqueue(job)
  }

  /// Refuses: a loop ends with its group.
  public func shutdownGracefully(
    queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void
  ) {
    queue.async { callback(EventLoopError.unsupportedOperation) }
  }

  // MARK: Memory that its channels share

  /// Vectors for one send; goes back with ``giveBack(_:)``.
  func takeVectors() -> SendVectors { spareVectors.popLast() ?? SendVectors() }

  func giveBack(_ vectors: SendVectors) {
    if spareVectors.count < 64 { spareVectors.append(vectors) }
  }

  /// Copies received bytes, into the memory of the last ones if nobody holds them any more.
  func copy(_ lease: consuming BufferLease) -> ByteBuffer {
    copy(lease.bytes)
  }

  func copy(_ bytes: RawSpan) -> ByteBuffer {
    receiveBuffer.clear(minimumCapacity: bytes.byteCount)
    unsafe bytes.withUnsafeBytes { _ = unsafe receiveBuffer.writeBytes($0) }
    return receiveBuffer
  }
}
#endif
