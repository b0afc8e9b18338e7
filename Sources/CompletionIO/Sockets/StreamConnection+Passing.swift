// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

// Descriptors between processes, over Unix-domain connections.
extension StreamConnection {
  /// Sends bytes, all of them, and passes descriptors with the first one.
  ///
  /// The receiver gets descriptors of its own for the same open files, with
  /// ``receive(into:descriptorLimit:timeout:)``; a plain receive drops them.
  ///
  /// - Parameters:
  ///   - bytes: Borrowed until the call returns; at least one.
  ///   - descriptors: Stay the caller's, open until the call returns; up to 253, and one may be there
  ///     twice. With none it is an ordinary send.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: As ``send(_:timeout:)-(RawSpan,_)``; with the cause `.descriptors` EBADF for a
  ///   descriptor that is not open, EINVAL for more than 253, for one of an io_uring and without
  ///   bytes, ETOOMANYREFS, and EOPNOTSUPP on a TCP connection. The connection is as good as before
  ///   then, and nothing went out.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` with `SCM_RIGHTS` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ bytes: RawSpan, passing descriptors: [FileDescriptor], timeout: Duration? = nil
  ) async throws(SocketError) {
    guard !descriptors.isEmpty else { return try await send(bytes, timeout: timeout) }
    try await send(InputMemory(bytes), descriptors, timeout)
  }

  /// Sends the bytes of an array, all of them, and passes descriptors with the first one.
  ///
  /// - Parameters:
  ///   - bytes: Not copied; at least one.
  ///   - descriptors: Stay the caller's, open until the call returns; up to 253.
  ///   - timeout: How long it may take; `nil` for as long as it takes.
  /// - Throws: As the send of a `RawSpan`.
  ///
  /// The corresponding C function is `io_uring_prep_sendmsg` with `SCM_RIGHTS` (Linux 5.3).
  public nonisolated(nonsending) func send(
    _ bytes: [UInt8], passing descriptors: [FileDescriptor], timeout: Duration? = nil
  ) async throws(SocketError) {
    unsafe try await send(bytes.span.bytes, passing: descriptors, timeout: timeout)
  }

  private nonisolated(nonsending) func send(
    _ bytes: InputMemory, _ descriptors: [FileDescriptor], _ timeout: Duration?
  ) async throws(SocketError) {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.send(bytes, descriptors, timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    try checkPassing(bytes, descriptors)
    let message = DescriptorMessage(bytes, passing: descriptors)
    let isOwner = isOwnersTask
    let wait = try stream.send(bytes, message, timeout: timeout, isOwner: isOwner)
    let result = await result(of: wait, isOwner: isOwner)
    await forgetSpecial(wait)
    withExtendedLifetime(message) {}
    try check(result)
  }

  /// Throws if a message cannot pass descriptors, which the kernel would not say, or say later.
  private func checkPassing(
    _ bytes: InputMemory, _ descriptors: [FileDescriptor]
  ) throws(SocketError) {
    let errno: Errno
    if !stream.isUnixDomain {
      errno = .notSupportedOnSocket
    } else if bytes.byteCount == 0 || descriptors.count > DescriptorMessage.descriptorLimit {
      errno = .invalidArgument
    } else {
      return
    }
    throw stream.refused(.send, StreamFailure(errno, .descriptors))
  }

  /// Has the stream forget what a special send of this task has left with it.
  nonisolated(nonsending) func forgetSpecial(_ wait: WaitID) async {
    if stream.loop.isCurrent { return stream.forgetSpecial(wait) }
    await stream.loop.isolation.run { _ in self.stream.forgetSpecial(wait) }
  }

  /// Receives what has come, or waits for it, with the descriptors that were passed with it.
  ///
  /// Two messages that pass descriptors are never received as one. An ordinary receive drops the
  /// descriptors that come with its bytes; on a loop one may be armed ahead of demand, and this call
  /// ends it first. So a program that expects descriptors receives in this way from the connection's
  /// first byte on, or at least before the peer can have passed any; an ordinary receive between two
  /// of these takes one message's bytes and drops its descriptors alone.
  ///
  /// - Parameters:
  ///   - bytes: The kernel's until the call returns; filled from its start.
  ///   - descriptorLimit: How many descriptors to take, up to 253; the kernel closes what is more.
  ///   - timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: How many bytes came, and the descriptors, which close themselves unless they are
  ///   taken; `nil` at the end of the stream.
  /// - Throws: As ``receive(timeout:)``; EOPNOTSUPP with the cause `.descriptors` on a TCP connection.
  ///
  /// The corresponding C function is `io_uring_prep_recvmsg` with `MSG_CMSG_CLOEXEC` (Linux 5.3).
  public nonisolated(nonsending) func receive(
    into bytes: inout MutableRawSpan, descriptorLimit: Int, timeout: Duration? = nil
  ) async throws(SocketError) -> ReceivedDescriptors? {
    guard bytes.byteCount > 0 else {
      await Task.yield()
      return ReceivedDescriptors(byteCount: 0)
    }
    return try await receive(OutputMemory(&bytes), descriptorLimit, timeout)
  }

  private nonisolated(nonsending) func receive(
    _ memory: OutputMemory, _ descriptorLimit: Int, _ timeout: Duration?
  ) async throws(SocketError) -> ReceivedDescriptors? {
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try await self.receive(memory, descriptorLimit, timeout)
      }
    }
    if mustLetOthersGoOn { await letOthersGoOn() }
    if stream.loop.hasDeadlines, isPastDeadline() { throw await refuseToReceive() }
    let isOwner = isOwnersTask
    while try !stream.prepareForMessages(isOwner: isOwner) { await stream.loop.passTurn() }
    let message = DescriptorMessage(into: memory, descriptorLimit: descriptorLimit)
    let wait: WaitID
    switch try stream.receive(message, into: memory, timeout: timeout) {
    case .count(let count): return ReceivedDescriptors(byteCount: count)
    case .wait(let id): wait = id
    default: return nil
    }
    let result = await result(of: wait, isOwner: isOwner)
    let descriptors = message.takeDescriptors()
    guard stream.loop.isCurrent else {
      return try await stream.loop.isolation.run { _ throws(SocketError) in
        try self.finish(result, memory, message, descriptors)
      }
    }
    return try finish(result, memory, message, descriptors)
  }

  private func finish(
    _ result: WaitResult, _ memory: OutputMemory, _ message: DescriptorMessage,
    _ descriptors: [FileDescriptor]
  ) throws(SocketError) -> ReceivedDescriptors? {
    switch try stream.finishReceive(result, into: memory) {
    case .count(let count):
      return ReceivedDescriptors(
        byteCount: count, descriptors: descriptors, isTruncated: message.isTruncated)
    default:
      return nil
    }
  }
}
