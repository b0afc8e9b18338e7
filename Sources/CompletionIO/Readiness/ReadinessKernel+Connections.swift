// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

extension ReadinessKernel where Calls: ~Copyable {
  mutating func accept(_ request: inout WaitingRequest) -> Progress {
    if !request.hasStarted {
      // Another process may take the connection of which an event has told.
      let result = calls.makeNonblocking(request.request.descriptor.rawValue)
      guard result == 0 else { return .done(result) }
      request.hasStarted = true
    }
    for _ in 0..<32 {
      let result = calls.attempt(request.request)
      if Self.wouldWait(result), isShutDown(request.request.descriptor) {
        return .done(-Errno.invalidArgument.rawValue)
      }
      guard result >= 0 else { return emptyHanded(request, result) }
      guard request.request.isMultishot, !isFull() else { return .done(result) }
      post(request.token, result, .more)
    }
    return .goOn
  }

  /// Whether an event has told of the end of a listener for which somebody waits.
  ///
  /// Of a Unix-domain one an accept that does not wait is told EAGAIN, then and for ever
  /// (unix_accept, __skb_recv_datagram).
  private mutating func isShutDown(_ listener: Descriptor) -> Bool {
    let number = Int(listener.rawValue)
    guard watches.indices.contains(number), watches[number].facts.contains(.isUnusual) else {
      return false
    }
    let (hangUp, endOfPeer): (Int32, Int32) = (0x10, 0x2000)  // POLLHUP, POLLRDHUP (poll(2)).
    let events = calls.attempt(.poll(listener, mask: UInt32(endOfPeer)))
    return events > 0 && events & (hangUp | endOfPeer) != 0
  }

  mutating func connect(_ request: inout WaitingRequest) -> Progress {
    guard request.hasStarted else {
      let result = calls.attempt(request.request)
      // Only the connect that has started the handshake waits for it (io_connect).
      guard result == -Errno.nowInProgress.rawValue, !request.mustNotWait else {
        return .done(result)
      }
      request.hasStarted = true
      keepAddress(of: &request)
      return .wait
    }
    // A socket that is connecting is not writable, and one that could not connect is.
    let descriptor = request.request.descriptor
    let (writable, error): (Int32, Int32) = (0x4, 0x8)  // POLLOUT, POLLERR (poll(2)).
    let events = calls.attempt(.poll(descriptor, mask: UInt32(writable)))
    guard events != 0 else { return .wait }
    if events < 0 { return .done(events) }
    if events & error != 0 { return .done(calls.pendingError(of: descriptor.rawValue)) }
    return endConnect(&request)
  }

  /// Takes the result of a connect that has succeeded, which the socket owes until the next
  /// connect(2); that it is connected already says that somebody else has taken it (io_connect).
  private mutating func endConnect(_ request: inout WaitingRequest) -> Progress {
    guard let header = unsafe request.rest, let name = unsafe header.pointee.msg_name else {
      return .done(calls.pendingError(of: request.request.descriptor.rawValue))
    }
    let byteCount = unsafe Int(header.pointee.msg_namelen)
    let result = calls.attempt(
      unsafe .connect(request.request.descriptor, to: name, byteCount: byteCount))
    switch -result {
    case Errno.alreadyInProcess.rawValue, Errno.nowInProgress.rawValue: return .wait
    case Errno.socketIsConnected.rawValue:
      return .done(calls.pendingError(of: request.request.descriptor.rawValue))
    default: return .done(result)
    }
  }

  /// Copies the address of a connect, which is the caller's until the submission only.
  private func keepAddress(of request: inout WaitingRequest) {
    var header = unsafe msghdr()
    unsafe header.msg_name = unsafe UnsafeMutableRawPointer(
      bitPattern: UInt(request.request.operand))
    unsafe header.msg_namelen = request.request.count
    unsafe request.rest = unsafe withUnsafeMutablePointer(to: &header) {
      unsafe .copyMessage($0)
    }
  }

  mutating func poll(_ request: inout WaitingRequest) -> Progress {
    let events = calls.attempt(request.request)
    guard events != 0 else { return .wait }
    guard events > 0, request.request.isMultishot, !isFull() else { return .done(events) }
    post(request.token, events, .more)
    return .wait
  }
}
