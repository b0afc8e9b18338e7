internal import SystemPackage
internal import Uring

// What each request does.
extension SimulatedRing {
  func issue(_ request: Request, _ token: Token) {
    machine.requestCount += 1
    machine.mix(token.rawValue)
    machine.trace.note(at: now, "\(token) on \(request.descriptor.rawValue), \(request.count)")
    switch request.operation {
    case .nop:
      post(token, 0)
    case .cancel, .pollRemove:
      cancel(request, token)
    case .close:
      post(token, close(request.descriptor))
    case .read:
      // Of an event descriptor that nobody in a simulation signals: it waits to be cancelled.
      arm(ArmedRequest(request, token, on: self, nil))
    case .shutdown:
      post(token, shutdown(request.descriptor, direction: Int32(request.count)))
    case .accept, .receive, .send, .sendMessage, .sendZeroCopy, .connect, .poll:
      guard let socket = socket(request.descriptor) else {
        return post(token, -Errno.badFileDescriptor.rawValue)
      }
      arm(ArmedRequest(request, token, on: self, socket))
    case .message, .timer, .timeout, .linkTimeout:
      post(token, -Errno.notSupportedOnSocket.rawValue)
    }
  }

  /// One try of a request.
  func progress(of request: ArmedRequest) -> Progress {
    guard let socket = request.socket else { return .wait(.reading) }
    if request.mustWaitFirst {
      request.hasWaited = true
      return .wait(request.request.operation.isSend ? .writing : .reading)
    }
    switch request.request.operation {
    case .accept: return accept(request, from: socket)
    case .receive: return receive(request, on: socket)
    case .send, .sendMessage, .sendZeroCopy: return send(request, on: socket)
    case .connect: return connect(request, socket)
    case .poll: return poll(request, socket)
    case .nop, .pollRemove, .read, .cancel, .shutdown, .close, .message, .timer, .timeout,
      .linkTimeout:
      preconditionFailure("\(request.request.operation) does not wait")
    }
  }

  private func close(_ descriptor: Descriptor) -> Int32 {
    var result: Int32
    if descriptor.isDirect {
      if let socket = directTable.remove(descriptor.rawValue) {
        socket.releaseIfUnused()
        result = 0
      } else {
        machine.report("\(descriptor) is closed and is not open")
        result = -Errno.badFileDescriptor.rawValue
      }
    } else {
      result = machine.closeDescriptor(descriptor.rawValue)
    }
    // The descriptor is gone all the same (close(2)).
    let fault = machine.faults.answer(to: .close, waitsFirst: false) { _ in result == 0 }
    if let fault { result = -fault.rawValue }
    return result
  }

  /// Asks for the end of other requests.
  private func cancel(_ request: Request, _ token: Token) {
    guard request.operation == .cancel, request.count == 1 else {
      return post(token, cancel(Token(rawValue: request.operand), for: token))
    }
    let targets = armed.values.sorted { $0.token.rawValue < $1.token.rawValue }
    var count: Int32 = 0
    for target in targets where cancel(target) { count += 1 }
    post(token, count)
  }

  /// Asks for the end of one request.
  ///
  /// The cancel's own completion comes first, the target's with the work of the same enter
  /// (Linux 6.18).
  private func cancel(_ name: Token, for token: Token) -> Int32 {
    guard let target = armed[name] else { return -Errno.noSuchFileOrDirectory.rawValue }
    if machine.faults.strikes(.cancelMissed) {
      let error: Errno = machine.faults.below(2) == 0 ? .noSuchFileOrDirectory : .alreadyInProcess
      return -error.rawValue
    }
    if machine.faults.strikes(.cancelTooLate) {
      machine.schedule(.interrupt(target), after: machine.latency())
      return -Errno.alreadyInProcess.rawValue
    }
    guard cancel(target) else { return -Errno.alreadyInProcess.rawValue }
    if machine.faults.strikes(.targetBeforeCancel) { run(atMost: work.count) }
    return 0
  }

  /// Has a request end without another try; `false` if it is ending already.
  private func cancel(_ target: ArmedRequest) -> Bool {
    guard !target.isCancelled, !target.isInterrupted else { return false }
    target.isCancelled = true
    stopWaiting(target)
    return true
  }

  /// Stops a request that a cancel found at work.
  func interrupt(_ target: ArmedRequest) {
    guard target.phase != .ended, !target.isCancelled else { return }
    target.isInterrupted = true
    stopWaiting(target)
  }

  private func stopWaiting(_ target: ArmedRequest) {
    guard target.phase == .waiting else { return }
    target.socket?.forget(target)
    wake(target)
  }
}
