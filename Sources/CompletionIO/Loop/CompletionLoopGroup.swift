// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization
public import Uring

/// Loops on threads of their own, one for each core that is to work.
///
/// Nothing is shared between the loops: each has its ring, its buffers, its connections. A group
/// that is dropped stops its loops.
///
/// Where the kernel refuses rings, completions are made of readiness (epoll), and the program is the
/// same.
public final class CompletionLoopGroup: Sendable {
  /// The loops, in no order of importance.
  public let loops: [CompletionLoop]
  /// How the loops were made.
  public let configuration: LoopConfiguration
  /// The interface of the kernel that the loops use, and why it is not a ring.
  public let kernel: LoopKernel
  private let nextIndex = Atomic<Int>(0)
  private let lifetime: GroupLifetime

  /// Starts loops.
  ///
  /// - Parameters:
  ///   - count: How many; one for each processor if `nil`.
  ///   - kernel: The interface of the kernel that they use. The environment variable
  ///     `SWIFT_URING_KERNEL` decides instead where it is set. That readiness stands in for a ring
  ///     is told once on standard error.
  ///   - placement: Where their threads run.
  ///   - configuration: How each is made.
  /// - Throws: `RingSetupError` when a ring cannot be made and readiness was not allowed or could
  ///   not do it, with the reason and what to do; loops that had started are stopped.
  ///
  /// The corresponding C functions are `io_uring_setup` or `epoll_create1`, `pthread_create`, and
  /// `sched_setaffinity`.
  public init(
    count: Int? = nil, kernel: KernelChoice = .automatic, placement: LoopPlacement = .anywhere,
    configuration: LoopConfiguration = LoopConfiguration()
  ) throws(RingSetupError) {
    let count = count ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    guard count > 0 else {
      throw .badConfiguration("CompletionLoopGroup.init(count:)", count, rule: "at least 1")
    }
    self.configuration = configuration
    let cpus = try placement.cpus(ofLoops: count)
    let lifetime = GroupLifetime(count)
    self.lifetime = lifetime
    var choice = try kernel.overridden()
    var used = LoopKernel.ring
    var loops: [CompletionLoop] = []
    do throws(RingSetupError) {
      for cpu in cpus {
        let started = try LoopThread.start(configuration, on: choice, cpu: cpu) {
          lifetime.loopEnded()
        }
        // All loops of a group use what the first has got.
        if loops.isEmpty {
          used = started.kernel
          choice = used == .ring ? .ring : .readiness
        }
        loops.append(started.loop)
      }
    } catch {
      for loop in loops { loop.stop() }
      throw error
    }
    self.loops = loops
    self.kernel = used
    if case .readiness(let error?) = used { ReadinessNotice.tell(error) }
  }

  /// Makes a group of loops that the caller turns, all on the calling thread.
  ///
  /// - Parameters:
  ///   - loops: Made on this thread; ``loopEnded()`` is owed for each.
  ///   - configuration: How they were made.
  ///   - kernel: What they use.
  package init(
    turning loops: [CompletionLoop], configuration: LoopConfiguration,
    kernel: LoopKernel = .ring
  ) {
    precondition(!loops.isEmpty, "a group of no loops")
    self.kernel = kernel
    self.loops = loops
    self.configuration = configuration
    lifetime = GroupLifetime(loops.count)
  }

  deinit {
    for loop in loops { loop.stop() }
  }

  /// Counts one loop of ``init(turning:configuration:)`` that has ended.
  package func loopEnded() {
    lifetime.loopEnded()
  }

  /// The next loop in turn, for a connection that may be on any.
  ///
  /// - Returns: One of ``loops``.
  public func next() -> CompletionLoop {
    let index = nextIndex.wrappingAdd(1, ordering: .relaxed).oldValue
    return loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
  }

  /// Stops accepting, closes every connection, ends every operation, and stops the loops.
  ///
  /// Returns when nothing is with the kernel any more and the rings are closed. Tasks that serve
  /// connections are waited for: their operations end with ESHUTDOWN. A call by such a task returns
  /// at once, because it cannot wait for the task's own end; ``shutdown(grace:)`` throws then, and
  /// ends connections in good order otherwise. A call by a child of such a task, or by another
  /// that prefers a loop of the group as its executor, returns when the caller is cancelled, as
  /// children are with their parents.
  public nonisolated(nonsending) func close() async {
    for loop in loops { loop.stop() }
    // The loop of a task that it serves does not end before the task.
    if await servesCaller() { return }
    if isCallerOnOwnLoop {
      await lifetime.endUnlessCancelled()
    } else {
      await lifetime.end()
    }
  }

  /// Whether the calling task prefers a loop of the group as its executor, as tasks that serve
  /// connections and their child tasks do.
  ///
  /// An unstructured task that one of them has started does not: nobody waits for it.
  private var isCallerOnOwnLoop: Bool {
    unsafe withUnsafeCurrentTask { task in
      guard let executor = unsafe task?.unownedTaskExecutor else { return false }
      return loops.contains { unsafe $0.asUnownedTaskExecutor() == executor }
    }
  }
}
