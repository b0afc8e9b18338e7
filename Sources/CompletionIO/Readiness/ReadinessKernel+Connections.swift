internal import SystemPackage
internal import Uring

extension ReadinessKernel where Calls: ~Copyable {
  mutating func accept(_ request: inout WaitingRequest) -> Progress {
    for _ in 0..<32 {
      let result = calls.attempt(request.request)
      guard result >= 0 else { return emptyHanded(request, result) }
      guard request.request.isMultishot, !isFull() else { return .done(result) }
      post(request.token, result, .more)
    }
    return .goOn
  }

  mutating func connect(_ request: inout WaitingRequest) -> Progress {
    guard request.hasStarted else {
      let result = calls.attempt(request.request)
      // Only the connect that has started the handshake waits for it (io_connect).
      guard result == -Errno.nowInProgress.rawValue, !request.mustNotWait else {
        return .done(result)
      }
      request.hasStarted = true
      return .wait
    }
    // A socket that is connecting is not writable, and one that could not connect is.
    let descriptor = request.request.descriptor
    let writable: UInt32 = 0x4  // POLLOUT (poll(2)).
    let events = calls.attempt(.poll(descriptor, mask: writable))
    guard events != 0 else { return .wait }
    return .done(events < 0 ? events : calls.pendingError(of: descriptor.rawValue))
  }

  mutating func poll(_ request: inout WaitingRequest) -> Progress {
    let events = calls.attempt(request.request)
    guard events != 0 else { return .wait }
    guard events > 0, request.request.isMultishot, !isFull() else { return .done(events) }
    post(request.token, events, .more)
    return .wait
  }
}
