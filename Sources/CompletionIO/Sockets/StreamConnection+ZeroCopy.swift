// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension StreamConnection {
  /// Sends bytes, all of them, from the caller's memory without a copy in the kernel, and returns
  /// when the kernel has let go of the memory.
  ///
  /// An ordinary send returns once the kernel has copied the bytes, this one once nothing needs them
  /// any more: with TCP when the peer has acknowledged them, so that a peer which does not read keeps
  /// the memory. It pays for large pieces on a network card that gathers. On loopback, and where a
  /// card cannot, the kernel copies after all and the notification comes on top. Measured on
  /// loopback (Linux 6.18), one send at a time, the sender takes 3.9 times as much CPU time for 4 KiB,
  /// 2.0 for 16 KiB, 1.6 for 64 KiB and 0.9 for 1 MiB. On a Unix-domain connection, and on a kernel
  /// before Linux 6.0, it is an ordinary send.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns; nothing else may change them meanwhile.
  ///   - timeout: How long it may take; `nil` for as long as it takes. A send that ends before its
  ///     time, by this or by the cancellation of its task, resets the connection if the kernel still
  ///     has bytes of it that the peer has not acknowledged: only so their memory is free.
  /// - Throws: As ``send(_:timeout:)-(RawSpan,_)``.
  ///
  /// The corresponding C function is `io_uring_prep_send_zc` (Linux 6.0).
  public nonisolated(nonsending) func sendZeroCopy(
    _ bytes: RawSpan, timeout: Duration? = nil
  ) async throws(SocketError) {
    guard !bytes.isEmpty else { return await Task.yield() }
    try await sendZeroCopy(InputMemory(bytes), timeout)
  }

  private nonisolated(nonsending) func sendZeroCopy(
    _ bytes: InputMemory, _ timeout: Duration?
  ) async throws(SocketError) {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.sendZeroCopy(bytes, timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    let isOwner = isOwnersTask
    let wait =
      stream.canSendZeroCopy
      ? try stream.queueSpecial(.zeroCopy, bytes, timeout: timeout, isOwner: isOwner) { _ in nil }
      : try stream.send(bytes, timeout: timeout, isOwner: isOwner)
    try check(await result(of: wait, isOwner: isOwner))
  }
}
