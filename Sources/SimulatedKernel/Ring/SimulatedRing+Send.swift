// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension SimulatedRing {
  /// The answer to a send that can move nothing, because the socket is not open for it; `nil` for
  /// none.
  func emptySend(_ request: ArmedRequest, on socket: SimulatedSocket) -> Progress? {
    if socket.state == .connecting { return .wait(.writing) }
    if socket.isUnix, let answer = socket.refusedUnixAnswer {
      return .done(request.doneByteCount > 0 ? Int32(request.doneByteCount) : answer)
    }
    let isOpen = socket.state == .connected && !socket.isSendShut
    guard isOpen, socket.error == 0 else {
      // A pending error is told once, after it EPIPE (sk_stream_error); not even that if bytes have
      // moved, which are told instead (io_send).
      let error = socket.takeError()
      if request.doneByteCount > 0 { return .done(Int32(request.doneByteCount)) }
      return .done(-(error == 0 ? Errno.brokenPipe.rawValue : error))
    }
    return nil
  }

  func send(_ request: ArmedRequest, on socket: SimulatedSocket) -> Progress {
    if let answer = emptySend(request, on: socket) { return answer }
    let left = request.byteCount - request.doneByteCount
    let count = machine.faults.cut(min(left, socket.room), by: .shortSend)
    if count == 0, left > 0 { return .wait(.writing) }
    socket.accept(request.pieces, from: request.doneByteCount, count)
    request.doneByteCount += count
    if request.doneByteCount == request.byteCount { return .done(Int32(request.doneByteCount)) }
    let goesOn = request.request.options.contains(.waitForAll) && !request.mustNotWait
    return goesOn ? .wait(.writing) : .done(Int32(request.doneByteCount))
  }

  /// An error that a request is answered with instead of being done.
  func injected(into request: ArmedRequest) -> Int32? {
    let operation = request.request.operation
    let error = machine.faults.answer(
      to: operation, waitsFirst: request.request.options.contains(.pollFirst),
      where: { canAnswer(request, $0) })
    guard let error else { return nil }
    machine.trace.note(at: now, "\(request.token) is answered \(error) on purpose")
    apply(error, to: request)
    // What has moved is told first (io_sendrecv_fail).
    return request.doneByteCount > 0 ? Int32(request.doneByteCount) : -error.rawValue
  }

  /// Whether a kernel could answer so now.
  private func canAnswer(_ request: ArmedRequest, _ error: Errno) -> Bool {
    guard let socket = request.socket else { return true }
    if socket.isDatagram { return canAnswerDatagrams(request, error, socket) }
    let isConnected = socket.state == .connected
    switch (request.request.operation, error) {
    case (.accept, .connectionAbort), (.accept, .protocolError), (.accept, .notPermitted):
      return !socket.acceptQueue.isEmpty
    case (.accept, .tooManyOpenFiles), (.accept, .tooManyOpenFilesInSystem):
      return !request.request.options.contains(.intoDirectTable)
    case (.accept, .canceled), (.receive, .canceled):
      return request.request.isMultishot
    case (.connect, .socketIsConnected):
      return request.hasStarted && isConnected
    case (.connect, .resourceTemporarilyUnavailable):
      return !request.hasStarted && socket.state == .idle && !socket.owesConnectResult
    case (.connect, _):
      return !request.hasStarted && socket.state == .idle && !socket.owesConnectResult
        && !socket.isUnix
    case (_, .connectionReset), (_, .brokenPipe), (_, .timedOut):
      return isConnected
    default:
      return true
    }
  }

  /// Applies an answer to the socket.
  private func apply(_ error: Errno, to request: ArmedRequest) {
    guard let socket = request.socket else { return }
    switch (request.request.operation, error) {
    case (.accept, .connectionAbort), (.accept, .protocolError), (.accept, .notPermitted):
      socket.removeFirstAccepted().abandon()
    case (.connect, .nowInProgress), (.connect, .alreadyInProcess), (.connect, .interrupted),
      (.connect, .resourceTemporarilyUnavailable):
      // Told too early; the handshake goes on by itself.
      if !socket.isUnix, let address = request.peerAddress {
        _ = socket.startConnecting(to: address)
      }
    case (.connect, _):
      break
    case (_, .connectionReset), (_, .brokenPipe), (_, .timedOut):
      socket.fail(error.rawValue)
      _ = socket.takeError()
    default:
      break
    }
  }
}
