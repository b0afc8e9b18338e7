internal import SystemPackage
public import Uring

extension CompletionLoop {
  /// Starts an operation and tells a handler of each answer to it.
  ///
  /// For framework authors: no task, no continuation, and no allocation for each operation. Must be
  /// called on the loop's thread (``perform(_:)``).
  ///
  /// - Parameters:
  ///   - request: What to do; memory that it points to stays in place until the handler has been
  ///     called without ``Outcome/hasMore``.
  ///   - policy: What to do with would-block answers; the loop's if `nil`.
  ///   - timeout: How long it may take; then it is cancelled and ends with ETIMEDOUT.
  ///   - handler: Called on the loop's thread, once, or for a multishot request several times.
  /// - Returns: A name for ``end(_:)``.
  /// - Throws: ``SocketError`` with ENOBUFS when the loop's operations are at their limit, and
  ///   ESHUTDOWN when the loop is stopping.
  @unsafe
  public func submit(
    _ request: Request, policy: ResubmissionPolicy? = nil, timeout: Duration? = nil,
    handler: OperationHandler
  ) throws(SocketError) -> Token {
    precondition(isCurrent, "operations start on the loop's thread")
    guard !isStopping else { throw .loopStopped(.operation) }
    var request = request
    let policy = policy ?? configuration.policy
    if policy.asksNotToWait { request.askNotToWait() }
    guard let token = begin(request, policy: policy, timeout: timeout, owner: handler) else {
      throw .tableFull(.operation)
    }
    return token
  }

  /// Asks for an operation's end; its handler is still called once for the last time.
  ///
  /// Asking is not ending: until that call the kernel may use the operation's memory, and an
  /// operation that could not be stopped ends with its own result.
  ///
  /// - Parameter token: From ``submit(_:policy:timeout:handler:)``; one that has ended is ignored.
  public func end(_ token: Token) {
    precondition(isCurrent, "operations end on the loop's thread")
    unsafe core.pointee.cancel(token)
  }

  func begin(
    _ request: Request, policy: ResubmissionPolicy, facts: Answer.Facts = [],
    timeout: Duration? = nil, owner: OperationOwner?
  ) -> Token? {
    guard !hasEnded else { return nil }
    let token = unsafe core.pointee.start(
      request, policy: policy, facts: facts, timeout: timeout, owner: owner)
    // Or the loop would wait for it, having told all others to end.
    if isStopping, let token { unsafe core.pointee.cancel(token) }
    return token
  }

  /// Closes a descriptor with the next batch, or at once when there will be none.
  func close(_ descriptor: Descriptor) {
    guard !hasEnded else {
      // A direct one has gone with its table.
      if let descriptor = descriptor.fileDescriptor { socketCalls.close(descriptor) }
      return
    }
    unsafe core.pointee.post(.close(descriptor))
  }

  /// Closes a descriptor that no request uses any more, at the price of a system call.
  func closeNow(_ descriptor: FileDescriptor) {
    socketCalls.close(descriptor)
    if !hasEnded { unsafe core.pointee.wakeDescriptorLine() }
  }
}

extension Request {
  /// Lets the kernel say "not now" instead of waiting, where it can be asked to.
  mutating func askNotToWait() {
    switch operation {
    case .accept, .receive, .send, .sendMessage, .sendZeroCopy:
      if !isMultishot { options.insert(.doNotWait) }
    case .nop, .connect, .poll, .pollRemove, .read, .cancel, .shutdown, .close, .message, .timer,
      .timeout, .linkTimeout:
      break
    }
  }
}
