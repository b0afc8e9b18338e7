// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

extension Ring {
  /// Writes a request into the submission queue, and right behind it a timeout that ends it.
  ///
  /// Both complete, each once, whatever comes first:
  ///
  /// - When the request is in time, it completes as without a timeout and the timeout with
  ///   -ECANCELED; also when the request fails at once or is cancelled.
  /// - When time is up, the timeout completes with -ETIME and the request with -ECANCELED, or with
  ///   the bytes that it has moved so far; on older kernels the other way round.
  /// - When time is up and the request is just ending, the timeout completes with -ENOENT or
  ///   -EALREADY, and the request as it would have.
  ///
  /// A ``Request/cancel(_:)`` finds the request by its token, and never the timeout by its own
  /// (-ENOENT). A multishot request may complete any number of times before its time is up.
  ///
  /// - Parameters:
  ///   - request: Memory that it points to stays in place until its final completion.
  ///   - token: Comes back in each of the request's completions.
  ///   - timeout: How long the request may take from when the kernel takes it, on
  ///     `CLOCK_MONOTONIC`; below zero is zero.
  ///   - timeoutToken: Comes back in the timeout's completion; different from `token`.
  /// - Returns: Whether there was room for both; if not, neither is written. Enter, then try again.
  ///
  /// A kernel without memory for the second request takes the first alone (EAGAIN, or a short count
  /// at the enter): the timeout then completes with -EINVAL, and the request has no time limit.
  ///
  /// The corresponding C function is `io_uring_prep_link_timeout` (Linux 5.5).
  public mutating func prepare(
    _ request: Request, token: Token, timeout: Duration, timeoutToken: Token
  ) -> Bool {
    guard Int(submissionEntryCount) - preparedCount >= 2,
      let entry = unsafe curing_get_sqe(cell)
    else { return false }
    if request.holdsTime {
      unsafe encodeTimeout(request, into: entry, token: token)
    } else {
      unsafe request.encode(into: entry, token: token)
    }
    unsafe curing_link(entry)
    return prepare(.linkTimeout(after: timeout), token: timeoutToken)
  }

  /// Writes a timeout, and its time where it stays until the kernel takes the entry: at the entry's
  /// own place in a table, which no other entry has before.
  ///
  /// - Returns: `true`; kept out of line, for the sake of all other requests.
  @inline(never) @discardableResult
  mutating func encodeTimeout(
    _ request: Request, into entry: UnsafeMutablePointer<curing_kernel_sqe>, token: Token
  ) -> Bool {
    unsafe request.encode(into: entry, token: token)
    let table = unsafe times ?? makeTimes()
    let time = unsafe table + Int(curing_entry_index(cell, entry))
    let (seconds, nanoseconds) = request.operand.quotientAndRemainder(dividingBy: 1_000_000_000)
    unsafe time.pointee = __kernel_timespec(
      tv_sec: Int64(seconds), tv_nsec: Int64(nanoseconds))
    unsafe curing_set_time(entry, time)
    return true
  }

  private mutating func makeTimes() -> UnsafeMutablePointer<__kernel_timespec> {
    let table = UnsafeMutablePointer<__kernel_timespec>.allocate(
      capacity: Int(submissionEntryCount))
    unsafe table.initialize(repeating: __kernel_timespec(), count: Int(submissionEntryCount))
    unsafe times = unsafe table
    return unsafe table
  }
}

extension Request {
  /// Whether its operand is a time in nanoseconds.
  @inline(__always)
  package var holdsTime: Bool { operation == .timeout || operation == .linkTimeout }
}
