internal import SystemPackage
internal import Uring

extension TCPConnection {
  /// Ends the sending half once everything queued is out: the peer receives the end of the stream.
  ///
  /// - Throws: ``SocketError`` with ENOTCONN, ECANCELED, EBADF after ``close()``.
  ///
  /// The corresponding C function is `shutdown` with `SHUT_WR`.
  public nonisolated(nonsending) func finishSending() async throws(SocketError) {
    let handle = SendHandle()
    let end: SendEnd = await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        stream.loop.perform { [stream] in
          unsafe stream.finishSending(Finisher(continuation: continuation, handle: handle))
        }
      }
    } onCancel: {
      stream.loop.perform { [stream] in stream.cancelFinisher(handle) }
    }
    guard end.result == 0 else { throw stream.error(.shutdown, end.result, cause: end.cause) }
  }

  /// Closes the connection: queued sends go out, then everything that is armed is ended.
  ///
  /// Returns when the kernel has given back all that it held for the connection. A second call
  /// returns at once.
  public nonisolated(nonsending) func close() async {
    unsafe await withUnsafeContinuation { continuation in
      stream.loop.perform { [stream] in
        unsafe stream.close(resuming: continuation)
      }
    }
  }

  /// Closes the connection without waiting for queued sends, whose senders are told.
  public func abort() {
    stream.loop.perform { [stream] in stream.abort() }
  }

  /// What to do when the kernel says "not now" to an operation of this connection.
  ///
  /// - Parameter policy: Takes effect with the next operation.
  public func setPolicy(_ policy: ResubmissionPolicy) {
    stream.loop.perform { [stream] in stream.policy = policy }
  }

  /// Runs a task's body with the connection, and closes it.
  ///
  /// The body's task owns the connection, so that its waits need no cancellation handler: whoever
  /// cancels the task tells the stream (``SocketStream/cancelWaits()``).
  nonisolated(nonsending) func serve(
    _ body: nonisolated(nonsending) @Sendable (TCPConnection) async throws -> Void
  ) async {
    if stream.loop.isCurrent { stream.ownerJob = stream.loop.currentJob }
    do {
      try await body(self)
    } catch {
      // A body that throws ends its own connection and no other.
    }
    stream.loop.perform { [stream] in
      stream.ownerJob = 0
      if stream.isCancelled { stream.abort() }
    }
    await close()
  }
}

/// A task that waits for the end of the sending half.
@safe
struct Finisher {
  let continuation: UnsafeContinuation<SendEnd, Never>
  let handle: SendHandle
}

extension SocketStream {
  /// Shuts the sending half down behind what is queued.
  func finishSending(_ finisher: Finisher) {
    let problem: (Errno, SocketError.Cause)? =
      if finisher.handle.isCancelled || isCancelled {
        (.canceled, loop.isStopping ? .loopStopped : .cancellation)
      } else if closing != .open {
        (.badFileDescriptor, .closed)
      } else if sendFailure != 0 {
        (Errno(rawValue: -sendFailure), .kernel)
      } else {
        nil
      }
    if let (errno, cause) = problem {
      return unsafe finisher.continuation.resume(
        returning: SendEnd(result: -errno.rawValue, unsentByteCount: 0, cause: cause))
    }
    finishers.append(finisher)
    shutDownIfSent()
  }

  /// Shuts the sending half down if somebody waits for that and nothing is left to send.
  func shutDownIfSent() {
    guard hasFinishers, !madeExtras.isShuttingDown, unsafe unsent.isEmpty,
      sending == .idle || sending == .inLine
    else { return }
    let direction: Int32 = 1  // SHUT_WR (shutdown(2)).
    let token = loop.begin(
      .shutdown(descriptor, direction: direction), policy: .completion, owner: self)
    guard token != nil else {
      return endFinishers(
        SendEnd(result: -Errno.noBufferSpace.rawValue, unsentByteCount: 0, cause: .tableFull))
    }
    madeExtras.isShuttingDown = true
    operationCount += 1
  }

  func didShutDown(_ outcome: Outcome) {
    operationCount -= 1
    madeExtras.isShuttingDown = false
    endFinishers(SendEnd(result: outcome.result, unsentByteCount: 0, cause: .kernel))
    if closing == .ending { finishClosingIfDone() }
  }

  func endFinishers(_ end: SendEnd) {
    guard hasFinishers else { return }
    let ended = finishers
    finishers = []
    for finisher in ended { unsafe finisher.continuation.resume(returning: end) }
  }

  /// Ends one task's wait for the end of the sending half, which still comes.
  func cancelFinisher(_ handle: SendHandle) {
    handle.isCancelled = true
    guard let index = finishers.firstIndex(where: { $0.handle === handle }) else { return }
    unsafe finishers.remove(at: index).continuation.resume(
      returning: SendEnd(
        result: -Errno.canceled.rawValue, unsentByteCount: 0, cause: .cancellation))
  }

  func close(resuming continuation: UnsafeContinuation<Void, Never>) {
    guard closing != .closed else { return unsafe continuation.resume() }
    unsafe madeExtras.closeWaiters.append(continuation)
    close()
  }
}
