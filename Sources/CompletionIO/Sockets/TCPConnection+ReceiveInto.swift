internal import SystemPackage
internal import Uring

extension TCPConnection {
  /// Receives into the caller's memory.
  ///
  /// The kernel writes straight to the span, unless bytes already wait in a buffer of the pool
  /// because ``receive(timeout:)`` was used before; then they are copied.
  ///
  /// - Parameters:
  ///   - bytes: The kernel's until the call returns; filled from its start.
  ///   - timeout: How long to wait; `nil` for as long as it takes.
  /// - Returns: How many bytes were received, at least 1; 0 at the end of the stream, or for an
  ///   empty span.
  /// - Throws: As ``receive(timeout:)``; under other policies than `.completion` also EAGAIN.
  ///
  /// The corresponding C function is `io_uring_prep_recv` (Linux 5.6).
  public nonisolated(nonsending) func receive(
    into bytes: inout MutableRawSpan, timeout: Duration? = nil
  ) async throws(SocketError) -> Int {
    guard bytes.byteCount > 0 else { return 0 }
    let byteCount = min(bytes.byteCount, Int(Int32.max))
    let address = unsafe bytes.withUnsafeMutableBytes { UInt(bitPattern: $0.baseAddress) }
    let handle = ReceiveHandle()
    let end = await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        stream.loop.perform { [stream] in
          unsafe stream.receive(
            into: address, byteCount, timeout: timeout, handle, resuming: continuation)
        }
      }
    } onCancel: {
      stream.loop.perform { [stream] in stream.cancel(handle) }
    }
    guard end.result >= 0 else {
      throw stream.error(.receive, end.result, cause: end.cause, attempts: Int(end.attempts))
    }
    return Int(end.result)
  }
}

/// Lets a task's cancellation name a receive that is about to start.
@safe
final class ReceiveHandle: OperationOwner, @unchecked Sendable {
  // Unchecked: used on the loop's thread only.
  var token: Token?
  var isCancelled = false
  /// Where a receiver wants the bytes that come in a buffer of the pool; `nil` for a lease.
  var memory: (address: UInt, byteCount: Int)?
  private var stream: SocketStream?
  private var continuation: UnsafeContinuation<ReceiveEnd, Never>?

  func begin(_ stream: SocketStream, _ continuation: UnsafeContinuation<ReceiveEnd, Never>) {
    self.stream = stream
    unsafe self.continuation = unsafe continuation
  }

  override func completed(_ outcome: Outcome, lease: consuming BufferLease?) {
    let stream = stream
    self.stream = nil
    guard let continuation = unsafe continuation else { return }
    unsafe self.continuation = nil
    var end = ReceiveEnd(result: outcome.result, attempts: Int32(clamping: outcome.attempts))
    // Bytes that came at the last moment have come, and a reset will not be told again. An end that
    // was not confirmed, because the receive was asked to end, comes again.
    let wasAskedToEnd =
      outcome.isTimedOut || isCancelled || stream?.isCancelled == true || stream?.closing != .open
    let isUnconfirmed =
      outcome.result == 0 && wasAskedToEnd && stream?.hasSendUnderWay == true
    let isEnded = outcome.wasCancelled || (wasAskedToEnd && outcome.isTransient)
    if isUnconfirmed || isEnded {
      end.cause = cause(of: outcome, stream)
      if end.cause != .kernel {
        end.result = -(outcome.isTimedOut ? Errno.timedOut : .canceled).rawValue
      }
    }
    if let stream, stream.closing == .open, end.result <= 0 {
      (end.result, end.cause) = stream.knowingSends(end.result, end.cause)
    }
    stream?.didReceiveDirectly(self, end)
    unsafe continuation.resume(returning: end)
  }

  override var hasSendUnderWay: Bool { stream?.hasSendUnderWay == true }

  private func cause(of outcome: Outcome, _ stream: SocketStream?) -> SocketError.Cause {
    if outcome.isTimedOut { return .timeout }
    if isCancelled || stream?.isCancelled == true {
      return stream?.loop.isStopping == true ? .loopStopped : .cancellation
    }
    // Or nobody asked, and the kernel said so by itself.
    return stream?.closing == .open ? .kernel : .closed
  }
}

extension SocketStream {
  /// Receives into memory that stays in place until the continuation is resumed.
  func receive(
    into address: UInt, _ byteCount: Int, timeout: Duration?, _ handle: ReceiveHandle,
    resuming continuation: UnsafeContinuation<ReceiveEnd, Never>
  ) {
    if handle.isCancelled || isCancelled {
      return unsafe continuation.resume(
        returning: ReceiveEnd(
          result: -Errno.canceled.rawValue, cause: loop.isStopping ? .loopStopped : .cancellation))
    }
    guard closing == .open else {
      return unsafe continuation.resume(
        returning: ReceiveEnd(result: -Errno.badFileDescriptor.rawValue, cause: .closed))
    }
    if unsafe copyUnclaimed(to: address, byteCount, resuming: continuation) { return }
    guard receiving == .idle else {
      // A multishot receive is armed: what it brings is copied.
      handle.memory = (address, byteCount)
      return unsafe wait(timeout: timeout, handle: handle, resuming: continuation)
    }
    guard let memory = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
      preconditionFailure("a span that is not empty has memory")
    }
    precondition(directReceive == nil, "a connection has one receiver at a time")
    var request = unsafe Request.receive(descriptor, into: memory, byteCount: byteCount)
    if policy.asksNotToWait { request.askNotToWait() }
    let token = loop.begin(request, policy: policy, timeout: timeout, owner: handle)
    guard let token else {
      return unsafe continuation.resume(
        returning: ReceiveEnd(result: -Errno.noBufferSpace.rawValue, cause: .tableFull))
    }
    unsafe handle.begin(self, continuation)
    handle.token = token
    directReceive = handle
    operationCount += 1
  }

  /// Serves a direct receive from what has been received into the pool, or has ended.
  private func copyUnclaimed(
    to address: UInt, _ byteCount: Int,
    resuming continuation: UnsafeContinuation<ReceiveEnd, Never>
  ) -> Bool {
    if unsafe !unclaimed.isEmpty {
      let count = copyFirstUnclaimed(to: address, atMost: byteCount)
      unsafe continuation.resume(returning: ReceiveEnd(result: Int32(count)))
      return true
    }
    guard receiving == .ended else { return false }
    unsafe continuation.resume(returning: ReceiveEnd(result: endResult))
    return true
  }

  /// Copies received bytes that wait; what is left of their chunk stays.
  func copyFirstUnclaimed(to address: UInt, atMost limit: Int) -> Int {
    let chunk = unsafe loop.core.pointee.chunks[unclaimed.head]
    let count = min(limit, Int(chunk.byteCount))
    if let source = unsafe UnsafeRawPointer(bitPattern: chunk.address),
      let memory = unsafe UnsafeMutableRawPointer(bitPattern: address)
    {
      unsafe memory.copyMemory(from: source, byteCount: count)
    }
    if count < Int(chunk.byteCount) {
      unsafe unclaimed.trimFirst(by: UInt32(count), in: loop.core.pointee.chunks)
    } else {
      let done = unsafe unclaimed.removeFirst(from: &loop.core.pointee.chunks)
      releaseEnded(done, SendEnd(result: 0, unsentByteCount: 0, cause: .kernel))
      resumeReceive()
    }
    return count
  }

  func didReceiveDirectly(_ handle: ReceiveHandle, _ end: ReceiveEnd) {
    guard directReceive === handle else { return }
    directReceive = nil
    operationCount -= 1
    let isFinal = end.result <= 0 && end.cause == .kernel
    if isFinal, end.result != -Errno.resourceTemporarilyUnavailable.rawValue {
      receiving = .ended
      endResult = end.result
    }
    if closing == .ending { finishClosingIfDone() }
  }

  func cancel(_ handle: ReceiveHandle) {
    handle.isCancelled = true
    if let token = handle.token {
      loop.end(token)
    } else if receiver?.handle === handle {
      endReceiver(ReceiveEnd(result: -Errno.canceled.rawValue, cause: .cancellation))
    }
  }
}
