// SPDX-License-Identifier: Apache-2.0

// One send of several pieces.
extension StreamConnection {
  /// Sends two pieces as one: no other task's bytes come between them.
  ///
  /// - Parameters:
  ///   - first: Borrowed until the call returns, as the others are; may be empty.
  ///   - second: What comes behind it.
  ///   - timeout: How long all may take; `nil` for as long as it takes.
  /// - Throws: As ``send(_:timeout:)-(RawSpan,_)``; ``SocketError/byteCount`` says how many bytes of
  ///   all pieces together went out.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ first: RawSpan, _ second: RawSpan, timeout: Duration? = nil
  ) async throws(SocketError) {
    var parts = InputParts()
    parts.append(first)
    parts.append(second)
    try await send(parts, timeout)
  }

  /// Sends three pieces as one: no other task's bytes come between them.
  ///
  /// - Parameters:
  ///   - first: Borrowed until the call returns, as the others are; may be empty.
  ///   - second: What comes behind it.
  ///   - third: What comes last.
  ///   - timeout: How long all may take; `nil` for as long as it takes.
  /// - Throws: As the send of two pieces.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ first: RawSpan, _ second: RawSpan, _ third: RawSpan, timeout: Duration? = nil
  ) async throws(SocketError) {
    var parts = InputParts()
    parts.append(first)
    parts.append(second)
    parts.append(third)
    try await send(parts, timeout)
  }

  /// Sends any number of pieces as one: no other task's bytes come between them.
  ///
  /// A system call takes up to 16 of them.
  ///
  /// - Parameters:
  ///   - parts: Not copied; may be empty.
  ///   - timeout: How long all may take; `nil` for as long as it takes.
  /// - Throws: As the send of two pieces.
  /// - Complexity: O(n) for n pieces.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` (Linux 5.3).
  public nonisolated(nonsending) func send(
    gathering parts: [[UInt8]], timeout: Duration? = nil
  ) async throws(SocketError) {
    // The kernel reads the arrays' memory until the send has returned.
    defer { withExtendedLifetime(parts) {} }
    var pieces = InputParts()
    for part in parts { unsafe pieces.append(part.span.bytes) }
    try await send(pieces, timeout)
  }

  private nonisolated(nonsending) func send(
    _ parts: InputParts, _ timeout: Duration?
  ) async throws(SocketError) {
    guard parts.count > 0 else { return await Task.yield() }
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.send(parts, timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    let wait = try stream.send(parts, timeout: timeout, isOwner: isOwner)
    try check(await result(of: wait, isOwner: isOwner))
  }
}
