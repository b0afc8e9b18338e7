// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// The effect of each request.
extension SimulatedRing {
  /// Starts what an enter has taken; a timeout that is linked with the request that it ends.
  ///
  /// A request whose timeout was not taken with it has none (io_submit_state_end).
  func issue(_ entries: [Entry]) {
    var rest = entries[...]
    while let entry = rest.popFirst() {
      let timeout = entry.isLinked ? rest.popFirst() : nil
      note(entry)
      guard let timeout else {
        issue(entry.request, entry.token, endedBy: nil)
        continue
      }
      note(timeout)
      let timer = ArmedRequest(timeout.request, timeout.token, on: self, nil)
      timer.target = entry.token
      keep(timer)
      issue(entry.request, entry.token, endedBy: timer)
    }
  }

  private func note(_ entry: Entry) {
    machine.requestCount += 1
    machine.mix(entry.token.rawValue)
    machine.trace.note(
      at: now, "\(entry.token) on \(entry.request.descriptor.rawValue), \(entry.request.count)")
  }

  private func issue(_ request: Request, _ token: Token, endedBy timer: ArmedRequest?) {
    switch request.operation {
    case .nop:
      post(token, 0)
    case .cancel, .pollRemove:
      cancel(request, token)
    case .close:
      post(token, close(request.descriptor))
    case .read:
      // Of an event descriptor that nobody in a simulation signals: it waits to be cancelled.
      return arm(ArmedRequest(request, token, on: self, nil), endedBy: timer)
    case .timeout:
      return armTimeout(ArmedRequest(request, token, on: self, nil), endedBy: timer)
    case .linkTimeout:
      post(token, -Errno.invalidArgument.rawValue)  // Behind no request (io_link_timeout_prep).
    case .shutdown:
      post(token, shutdown(request.descriptor, direction: Int32(bitPattern: request.count)))
    case .accept, .receive, .receiveMessage, .send, .sendMessage, .sendZeroCopy, .connect, .poll:
      if let socket = socket(request.descriptor) {
        return arm(ArmedRequest(request, token, on: self, socket), endedBy: timer)
      }
      post(token, -Errno.badFileDescriptor.rawValue)
    case .splice:
      if let socket = splicedSocket(request) {
        return arm(ArmedRequest(request, token, on: self, socket), endedBy: timer)
      }
      post(token, -Errno.invalidArgument.rawValue)  // There are no files.
    case .readFile:
      post(token, -Errno.invalidArgument.rawValue)
    case .message:
      post(token, -Errno.notSupportedOnSocket.rawValue)
    }
    if let timer { disarm(timer) }
  }

  /// One try of a request.
  func progress(of request: ArmedRequest) -> Progress {
    guard let socket = request.socket else { return .wait(.reading) }
    if request.mustWaitFirst {
      request.hasWaited = true
      return .wait(request.request.operation.isSend ? .writing : .reading)
    }
    if socket.isDatagram { return progressOfDatagrams(of: request, socket) }
    switch request.request.operation {
    case .accept: return accept(request, from: socket)
    case .receive: return receive(request, on: socket)
    case .send, .sendMessage, .sendZeroCopy: return send(request, on: socket)
    case .connect: return connect(request, socket)
    case .poll: return poll(request, socket)
    case .splice: return splice(request, socket)
    // Of a stream nobody has asked for messages yet.
    case .receiveMessage: return .done(-Errno.notSupportedOnSocket.rawValue)
    case .nop, .pollRemove, .read, .cancel, .shutdown, .close, .message, .timeout,
      .linkTimeout, .readFile:
      preconditionFailure("\(request.request.operation) does not wait")
    }
  }

  func close(_ descriptor: Descriptor) -> Int32 {
    var result: Int32
    if descriptor.isDirect {
      if let socket = directTable.remove(descriptor.rawValue) {
        machine.didClose(socket)
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
      return post(token, cancel(Token(rawValue: request.operand)))
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
  func cancel(_ name: Token) -> Int32 {
    guard let target = armed[name] else { return -Errno.noSuchFileOrDirectory.rawValue }
    if target.request.holdsTime {
      guard cancel(target) else { return -Errno.noSuchFileOrDirectory.rawValue }
      if machine.faults.strikes(.targetBeforeCancel) { run(atMost: work.count) }
      return 0
    }
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
    if target.request.holdsTime { return cancelTimeout(target) }
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
