// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Tries, waits and ends of requests.
extension SimulatedRing {
  /// Goes on with requests whose sockets have become ready.
  func run(atMost limit: Int) {
    for _ in 0..<min(limit, work.count) {
      // The end of a linked request may have gone on with all of it.
      guard !work.isEmpty else { return }
      if work.count > 1, machine.faults.strikes(.reordering) {
        work.moveToFront(machine.faults.below(work.count))
      }
      switch work.removeFirst() {
      case .request(let request):
        guard request.phase == .ready else { continue }
        attempt(request)
      case .notice(let notice):
        if !notice.isUntouched {
          machine.report("the memory of \(notice.token) was written to before its notification")
        }
        notices.removeAll { $0 == notice.token }
        post(notice.token, 0, .notification)
      }
    }
  }

  /// Keeps a request whose socket it holds open, and tries it.
  func arm(_ request: ArmedRequest, endedBy timer: ArmedRequest?) {
    keep(request)
    request.timer = timer
    request.socket?.holderCount += 1
    attempt(request)
    if let timer { start(timer) }
  }

  /// Remembers a request until it ends.
  func keep(_ request: ArmedRequest) {
    if armed[request.token] != nil {
      machine.report("\(request.token) is submitted and has not ended")
    }
    armed[request.token] = request
    machine.armedCount += 1
  }

  private func attempt(_ request: ArmedRequest) {
    request.phase = .working
    if request.isCancelled { return end(request, result(ofEnding: request, .canceled)) }
    if request.request.holdsTime { return fire(request) }
    if !request.isInterrupted, let result = injected(into: request) {
      return end(request, result)
    }
    let progress = progress(of: request)
    switch progress {
    case .done(let result, let flags):
      end(request, result, flags)
    case .again:
      request.phase = .ready
      work.append(.request(request))
    case .watch where !request.isInterrupted:
      request.phase = .waiting
      request.socket?.readers.append(request)
      request.socket?.writers.append(request)
    case .queue(let listener) where !request.isInterrupted && !request.mustNotWait:
      request.phase = .waiting
      request.awaitedListener = listener
      listener.connectors.append(request)
    case .wait, .watch, .queue:
      if request.isInterrupted {
        end(request, result(ofEnding: request, .interrupted))
      } else if request.mustNotWait {
        end(request, result(ofEnding: request, .resourceTemporarilyUnavailable))
      } else if case .wait(let side) = progress {
        park(request, until: side)
      }
    }
  }

  /// Bytes that have moved are told instead of the reason why no more do (io_sendrecv_fail).
  private func result(ofEnding request: ArmedRequest, _ error: Errno) -> Int32 {
    request.doneByteCount > 0 ? Int32(request.doneByteCount) : -error.rawValue
  }

  private func park(_ request: ArmedRequest, until side: SimulatedSocket.Side) {
    guard let socket = request.socket else { return request.phase = .waiting }
    if socket.isReady(side) {
      request.phase = .ready
      work.append(.request(request))
      return
    }
    request.phase = .waiting
    if side == .reading { socket.readers.append(request) } else { socket.writers.append(request) }
  }

  /// A request's socket has become ready.
  func wake(_ request: ArmedRequest) {
    guard request.phase == .waiting else { return }
    if request.request.operation == .poll { request.socket?.forget(request) }
    if machine.faults.strikes(.lateWakeUp) {
      request.phase = .late
      machine.schedule(.wake(request), after: machine.latency() * 4)
    } else {
      request.phase = .ready
      work.append(.request(request))
    }
  }

  /// A late request has noticed.
  func isReady(_ request: ArmedRequest) {
    guard request.phase == .late else { return }
    request.phase = .ready
    work.append(.request(request))
  }

  func isReady(_ notice: ZeroCopyNotice) {
    work.append(.notice(notice))
  }

  func end(_ request: ArmedRequest, _ result: Int32, _ flags: Completion.Flags = []) {
    request.phase = .ended
    armed[request.token] = nil
    machine.armedCount -= 1
    if request.request.operation == .sendZeroCopy {
      // Its memory is the kernel's until the notification, whatever it came to.
      post(request.token, result, flags.union(.more))
      notices.append(request.token)
      machine.schedule(.notify(ZeroCopyNotice(request)), after: machine.latency())
    } else {
      post(request.token, result, flags)
    }
    if let timer = request.timer { disarm(timer) }
    guard let socket = request.socket else { return }
    socket.holderCount -= 1
    socket.releaseIfUnused()
  }

  // MARK: Completions

  /// Posts the last completion of a request, if need be outside the queue.
  func post(_ token: Token, _ result: Int32, _ flags: Completion.Flags = []) {
    let completion = Completion(token: token, result: result, flags: flags)
    record(completion)
    let hasPlace = overflow.isEmpty && completions.count < completionLimit
    if hasPlace, !machine.faults.strikes(.completionQueueOverflow) {
      completions.append(completion)
    } else {
      overflow.append(completion)
    }
  }

  /// Posts one of several completions; `false` without a place, which ends the request
  /// (io_cqe_cache_refill).
  func postOneOfMany(_ token: Token, _ result: Int32, _ flags: Completion.Flags) -> Bool {
    guard overflow.isEmpty, completions.count < completionLimit else { return false }
    let completion = Completion(token: token, result: result, flags: flags.union(.more))
    record(completion)
    completions.append(completion)
    return true
  }

  /// Brings completions in that were kept outside.
  func bringIn() {
    while !overflow.isEmpty, completions.count < completionLimit {
      completions.append(overflow.removeFirst())
    }
  }

  private func record(_ completion: Completion) {
    machine.mix(completion.token.rawValue)
    machine.mix(
      UInt64(UInt32(bitPattern: completion.result)) << 32 | UInt64(completion.flags.rawValue))
    machine.mix(machine.now)
    switch completion.token.operation {
    case .cancel, .close, .nop, .pollRemove, nil: break
    case .timeout, .linkTimeout: if completion.error == .timeout { machine.usefulCount += 1 }
    default: if completion.result >= 0 { machine.usefulCount += 1 }
    }
    machine.trace.note(at: now, "\(completion.token) → \(completion.traced)")
  }
}

extension Completion {
  fileprivate var traced: String {
    var text = error.map { "\($0)" } ?? "\(result)"
    if hasMore { text += ", more" }
    if let bufferIndex { text += ", buffer \(bufferIndex)" }
    if flags.contains(.notification) { text += ", notification" }
    return text
  }
}
