// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage
internal import Uring

/// A ring for checks: requests of any shape, and waits that always end.
///
/// It keeps everything that its requests may touch, until the kernel has let go of all of them.
@safe
final class RawRing {
  /// How long to wait for something that is bound to happen.
  static let patience = Duration.seconds(10)

  let cell: UnsafeMutablePointer<io_uring>
  let flags: SetupFlags
  let features: RingFeatures
  /// Sockets and memory that requests may touch.
  var possessions: [AnyObject] = []
  private var inFlight: Set<UInt64> = []
  /// Whether requests are left to the kernel when the ring is closed; what they touch is kept
  /// by someone else.
  var isAbandoned = false

  /// Asks for a ring with exactly these flags.
  init(
    flags: SetupFlags = .usual, entries: UInt32 = 64, completions: UInt32 = 256
  ) throws(Finding) {
    var parameters = curing_kernel_params()
    parameters.flags = flags.union(.completionQueueSize).rawValue
    parameters.cq_entries = completions
    let descriptor = unsafe io_uring_setup(entries, &parameters)
    guard descriptor >= 0 else { throw .refusedSetup(-descriptor, flags) }
    let cell = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
    unsafe cell.initialize(to: io_uring())
    let mapped =
      flags.contains(.noArray)
      ? unsafe curing_map_without_array(descriptor, &parameters, cell)
      : unsafe curing_map(descriptor, &parameters, cell)
    guard mapped == 0 else {
      unsafe cell.deallocate()
      try? FileDescriptor(rawValue: descriptor).close()
      throw .skipped("the ring cannot be mapped: errno \(-mapped)")
    }
    unsafe self.cell = unsafe cell
    self.flags = SetupFlags(rawValue: parameters.flags)
    features = RingFeatures(rawValue: parameters.features)
    // Without it a wait might never end, and so might a check (Linux 5.11).
    guard features.contains(.extendedArgument) else {
      throw .absent("the kernel takes no time limit for a wait")
    }
  }

  deinit {
    letGo()
    unsafe io_uring_queue_exit(cell)
    unsafe cell.deallocate()
  }

  var descriptor: Int32 { unsafe cell.pointee.ring_fd }

  /// Writes requests into the queue, for the next enter.
  func push(_ requests: [RawRequest]) throws(Finding) {
    for request in requests {
      var entry = request.entry
      guard unsafe curing_push_raw(cell, &entry) == 1 else {
        throw .skipped("the check pushes more than its ring holds")
      }
      inFlight.insert(request.token)
    }
  }

  /// Enters once; how many requests were taken, or a negated errno.
  func enterOnce(
    waitFor count: Int = 0, timeout: Duration = patience, minimumMicroseconds: UInt32 = 0
  ) -> Int32 {
    unsafe curing_enter(
      cell, UInt32(count), 0, count == 0 ? -1 : timeout.clampedNanoseconds, minimumMicroseconds)
  }

  /// Enters with flags and an argument of one's own.
  func enterRaw(
    waitFor count: Int, flags: UInt32, argument: UInt64, size: Int
  ) -> Int32 {
    unsafe curing_enter_raw(
      cell, UInt32(count), flags | CURING_ENTER_GETEVENTS, argument, UInt64(size))
  }

  /// Completions that are there without an enter.
  var readyCount: Int { Int(unsafe curing_cq_ready(cell)) }

  /// Whether the kernel says that work waits for the next enter.
  var hasPendingWork: Bool { unsafe curing_sq_flags(cell) & CURING_SQ_TASKRUN != 0 }

  /// Whether completions wait outside the full queue.
  var hasOverflow: Bool { unsafe curing_sq_flags(cell) & CURING_SQ_CQ_OVERFLOW != 0 }

  /// Completions that the kernel dropped.
  var droppedCount: UInt32 { unsafe curing_cq_overflow(cell) }

  /// Takes what is there, without an enter.
  func reap() -> [RawCompletion] {
    var entry = curing_kernel_cqe()
    var reaped: [RawCompletion] = []
    while unsafe curing_reap(cell, &entry, 1) == 1 {
      let completion = RawCompletion(
        token: entry.user_data, result: entry.res, flags: entry.flags)
      if !completion.isArmed { inFlight.remove(completion.token) }
      reaped.append(completion)
    }
    return reaped
  }

  /// Cancels and waits, so that memory is not freed under a request: closing a ring does not wait.
  private func letGo() {
    guard !inFlight.isEmpty, !isAbandoned else { return }
    possessions.forEach { ($0 as? TestSocket)?.close() }
    try? push([.cancelAll.tagged(.max)])
    var turns = 0
    while !inFlight.isEmpty, turns < 64 {
      _ = enterOnce(waitFor: 1, timeout: .seconds(1))
      _ = reap()
      turns += 1
    }
    if !inFlight.isEmpty { possessions.forEach { unsafe _ = Unmanaged.passRetained($0) } }
  }
}
