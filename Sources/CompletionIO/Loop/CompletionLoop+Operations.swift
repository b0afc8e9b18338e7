// SPDX-License-Identifier: Apache-2.0

public import Uring

// The face for framework authors: no task, no continuation, no allocation for each operation.
extension CompletionLoop {
  /// Starts an operation and notifies a handler of each answer to it.
  ///
  /// Must be called on the loop's thread (``perform(_:)``).
  ///
  /// - Parameters:
  ///   - request: What to do; memory that it points to stays in place until the handler has been
  ///     called without ``Outcome/hasMore``.
  ///   - policy: What to do with would-block answers; the loop's if `nil`.
  ///   - timeout: How long it may take; then it is cancelled and ends with ETIMEDOUT.
  ///   - context: A word of the caller's, which comes back as ``Outcome/context``.
  ///   - handler: Called on the loop's thread, once, or for a multishot request several times.
  /// - Returns: Identifies the operation for `cancel(_:)`.
  /// - Throws: ``LoopError`` when the loop's operations are at their limit, when it is stopping, and
  ///   when the call comes from another thread.
  @unsafe
  public func submit(
    _ request: Request, policy: ResubmissionPolicy? = nil, timeout: Duration? = nil,
    context: UInt = 0, handler: OperationHandler
  ) throws(LoopError) -> Token {
    try unsafe submit(request, policy: policy, timeout: timeout, context: context, owner: handler)
  }

  /// Starts an operation and notifies a delegate of each answer to it.
  ///
  /// Must be called on the loop's thread (``perform(_:)``). A close lets accepts that wait for a
  /// descriptor try again.
  ///
  /// - Parameters:
  ///   - request: What to do; memory that it points to stays in place until the delegate has been
  ///     notified without ``Outcome/hasMore``.
  ///   - policy: What to do with would-block answers; the loop's if `nil`.
  ///   - timeout: How long it may take; then it is cancelled and ends with ETIMEDOUT.
  ///   - context: A word of the caller's, which comes back as ``Outcome/context``.
  ///   - delegate: Notified once, or for a multishot request several times; of this loop.
  /// - Returns: Identifies the operation for ``cancel(_:whenReleased:)``.
  /// - Throws: ``LoopError`` when the loop's operations are at their limit, when it is stopping, and
  ///   when the call comes from another thread.
  @unsafe
  public func submit(
    _ request: Request, policy: ResubmissionPolicy? = nil, timeout: Duration? = nil,
    context: UInt = 0, delegate: OperationDelegate
  ) throws(LoopError) -> Token {
    try unsafe submit(request, policy: policy, timeout: timeout, context: context, owner: delegate)
  }

  @unsafe
  private func submit(
    _ request: Request, policy: ResubmissionPolicy?, timeout: Duration?, context: UInt,
    owner: OperationOwner
  ) throws(LoopError) -> Token {
    guard isCurrent else { throw LoopError(.wrongThread) }
    guard !isStopping else { throw LoopError(.stopped) }
    var request = request
    let policy = policy ?? configuration.policy
    if policy.asksNotToWait { request.askNotToWait() }
    // What is left of a stream's buffer may be too little for a message: an unknown group.
    if request.operation == .receiveMessage, core.memory.isDivided,
      request.bufferGroup == streamPool.group
    {
      request.bufferGroup -= 1
    }
    let token = begin(request, policy: policy, timeout: timeout, context: context, owner: owner)
    guard let token else { throw LoopError(.tableFull) }
    if request.operation == .close { core.wakeDescriptorLine() }
    return token
  }

  /// Asks the kernel to cancel an operation; its handler is still called for the last time.
  ///
  /// Until that call the kernel may use the operation's memory. A cancel can come too late: then
  /// the operation ends with its own result, and an accept may still carry a descriptor, a receive
  /// bytes, which belong to the handler.
  ///
  /// - Parameters:
  ///   - token: From ``submit(_:policy:timeout:context:handler:)``; one that has ended is ignored.
  ///   - whenReleased: Called on the loop's thread behind the handler's last call, when the kernel
  ///     uses nothing of the operation any more; at once if it has ended already.
  public func cancel(_ token: Token, whenReleased: (@Sendable () -> Void)? = nil) {
    perform { [self] in
      if let whenReleased {
        guard core.table.slot(for: token) != nil else { return whenReleased() }
        core.releaseHandlers[token] = whenReleased
      }
      core.cancel(token)
    }
  }
}

extension Request {
  /// Lets the kernel say "not now" instead of waiting, where it can be asked to.
  mutating func askNotToWait() {
    switch operation {
    case .accept, .receive, .receiveMessage, .send, .sendMessage, .sendZeroCopy:
      if !isMultishot { options.insert(.doNotWait) }
    case .nop, .connect, .poll, .pollRemove, .read, .cancel, .shutdown, .close, .message,
      .timeout, .linkTimeout, .readFile, .splice:
      break
    }
  }
}
