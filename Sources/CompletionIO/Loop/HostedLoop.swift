// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
public import Uring

/// A loop that its caller turns, on the caller's thread: for a host that has a loop of its own.
///
/// ```swift
/// let hosted = try HostedLoop()
/// while hostGoesOn {
///   try hosted.turn(waitingAtMost: .milliseconds(10))
/// }
/// hosted.close()
/// ```
///
/// It needs no thread, no queue and no wake-up of another thread. A host that waits for events of
/// its own polls ``ringDescriptor``, which is readable when completions have come.
@safe
public final class HostedLoop {
  /// The loop, for connections and operations; its thread is the one that has made this object.
  public let loop: CompletionLoop
  /// The interface of the kernel that the loop uses, and why it is not a ring.
  public let kernel: LoopKernel
  private let hosted: HostedKernel
  private let batch: UnsafeMutableBufferPointer<Completion>
  private var hasEnded = false

  /// Makes a loop bound to the calling thread.
  ///
  /// - Parameters:
  ///   - kernel: The interface of the kernel that it uses. The environment variable
  ///     `SWIFT_URING_KERNEL` decides instead where it is set.
  ///   - configuration: How the loop is made.
  /// - Throws: `RingSetupError` when a ring cannot be made and readiness was not allowed or could
  ///   not do it, with the reason and what to do.
  ///
  /// The corresponding C function is `io_uring_setup` or `epoll_create1`.
  public init(
    kernel: KernelChoice = .automatic, configuration: LoopConfiguration = LoopConfiguration()
  ) throws(RingSetupError) {
    (loop, hosted, self.kernel) = try HostedKernel.make(
      kernel.overridden(), configuration)
    unsafe batch = .allocate(capacity: 512)
    loop.prepareToTurn()
    if case .readiness(let error?) = self.kernel { ReadinessNotice.tell(error) }
  }

  /// Ends the loop, as ``close()`` does.
  ///
  /// On another thread nothing can be ended: then the ring, its memory and its connections stay
  /// until the process ends, because the kernel may still use them.
  deinit {
    close()
    guard hasEnded else {
      _ = unsafe Unmanaged.passRetained(hosted)
      _ = unsafe Unmanaged.passRetained(loop)
      return
    }
    unsafe batch.deallocate()
  }

  /// The descriptor of the ring, or of the epoll instance, for poll(2): readable when completions
  /// have come, or could.
  ///
  /// Behind each ``turn(waitingAtMost:)`` that has returned everything is submitted.
  public var ringDescriptor: FileDescriptor { hosted.descriptor }

  /// Whether a turn would do something at once.
  public var hasWork: Bool { !loop.isIdle || hosted.hasWork }

  /// Runs jobs, submits, waits, and delivers what has come: one system call.
  ///
  /// - Parameter limit: How long to wait if there is nothing to do; zero for not at all, `nil` for as
  ///   long as it takes.
  /// - Throws: ``LoopError`` when the call comes from another thread than the loop's, and after
  ///   ``close()``.
  ///
  /// The corresponding C function is `io_uring_enter`.
  public func turn(waitingAtMost limit: Duration?) throws(LoopError) {
    guard !hasEnded else { throw LoopError(.stopped) }
    guard loop.isCurrent else { throw LoopError(.wrongThread) }
    unsafe hosted.turn(loop, batch, limit)
  }

  /// Ends every operation and connection, then the loop: turns it until the kernel has given
  /// everything back.
  ///
  /// Tasks that serve connections of the loop run meanwhile, on the calling thread. A second call
  /// does nothing, nor does a call from another thread than the loop's.
  public func close() {
    guard !hasEnded, loop.isCurrent else { return }
    loop.stop()
    repeat {
      unsafe hosted.turn(loop, batch, nil)
    } while !loop.endIfDrained(preparedCount: hosted.preparedCount)
    hasEnded = true
  }
}
