// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
public import SystemPackage

extension Ring {
  /// Writes a request into the submission queue; the kernel takes it at the next enter.
  ///
  /// - Parameters:
  ///   - request: Memory that it points to stays in place until its final completion.
  ///   - token: Comes back in each of its completions.
  /// - Returns: Whether there was room. Full is an answer, not an error: enter, then try again.
  ///
  /// The corresponding C function is `io_uring_get_sqe`.
  public mutating func prepare(_ request: Request, token: Token) -> Bool {
    guard let entry = unsafe curing_get_sqe(cell) else { return false }
    guard !request.holdsTime else {
      return unsafe encodeTimeout(request, into: entry, token: token)
    }
    unsafe request.encode(into: entry, token: token)
    return true
  }

  /// Requests that are prepared and not yet taken by the kernel.
  public var preparedCount: Int {
    Int(unsafe curing_sq_ready(cell))
  }

  /// Hands prepared requests over and waits for completions, in one system call.
  ///
  /// A count below ``preparedCount`` means that the kernel took only a part and did not wait. A
  /// wait that ran out of time is not an error: the completion queue is then empty.
  ///
  /// - Parameters:
  ///   - minimumCompletionCount: How many completions to wait for, at most as many as the queue
  ///     holds; 0 and less do not wait, but run the work that the kernel has put off.
  ///   - timeout: How long to wait at most; `nil` for as long as it takes.
  ///   - minimumWait: How long to go on collecting once the kernel could return with one
  ///     completion (Linux 6.12; ignored before). Needs a timeout.
  /// - Returns: How many requests the kernel took.
  /// - Throws: EAGAIN or ENOMEM (no memory for a request), EBUSY (completions must be reaped
  ///   first), EINTR (a signal), EBADR (a completion was lost), EEXIST (wrong thread; EINVAL or
  ///   EBADF where the ring's descriptor is registered), EBADFD (ring not enabled), ENXIO.
  ///
  /// The corresponding C function is `io_uring_enter2`.
  public mutating func enter(
    minimumCompletionCount: Int = 0, timeout: Duration? = nil, minimumWait: Duration? = nil
  ) throws(Errno) -> Int {
    var enterFlags: UInt32 = 0
    // A loop that waits for sockets is idle, not waiting for a disk (Linux 6.15).
    if features.contains(.noIOWait) { enterFlags |= CURING_ENTER_NO_IOWAIT }
    let mayWaitMore = features.contains(.minimumTimeout) && timeout != nil
    let result = unsafe curing_enter(
      cell, UInt32(clamping: minimumCompletionCount), enterFlags, timeout?.clampedNanoseconds ?? -1,
      mayWaitMore ? UInt32(clamping: (minimumWait?.clampedNanoseconds ?? 0) / 1000) : 0)
    enterCount += 1
    if result >= 0 { return Int(result) }
    if result == -Errno.timeout.rawValue { return 0 }
    if result == -CURING_EBADFD, flags.contains(.startsDisabled), enable() == 0 {
      return try enter(
        minimumCompletionCount: minimumCompletionCount, timeout: timeout,
        minimumWait: minimumWait)
    }
    throw Errno(rawValue: -result)
  }
}

extension Duration {
  /// Whole nanoseconds, at least 0 and at most what fits.
  package var clampedNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflows else { return seconds < 0 ? 0 : .max }
    let (sum, sumOverflows) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return sumOverflows ? .max : max(0, sum)
  }
}
