// SPDX-License-Identifier: Apache-2.0

internal import ReadinessIO
internal import SystemPackage
internal import Uring

extension SimulatedRing {
  func accept(_ request: ArmedRequest, from listener: SimulatedSocket) -> Progress {
    while true {
      // A Unix-domain listener that is shut down still gives away whom it has (unix_accept).
      let givesAway = listener.isUnix && !listener.acceptQueue.isEmpty
      guard listener.state == .listening, !listener.isReceiveShut || givesAway else {
        return .done(-Errno.invalidArgument.rawValue)
      }
      let isDirect = request.request.options.contains(.intoDirectTable)
      // A descriptor is taken before the connection, so its want is told with nobody waiting
      // (io_accept).
      if !isDirect, machine.descriptors.isFull {
        return .done(-Errno.tooManyOpenFiles.rawValue)
      }
      guard !listener.acceptQueue.isEmpty else { return .wait(.reading) }
      let socket = listener.removeFirstAccepted()
      request.request.storePeerAddress(socket.peerName)
      let number = isDirect ? directTable.insert(socket) : machine.descriptors.insert(socket)
      guard let number else {
        // Into a table the file is put after the accept, and closed when the table is full.
        socket.releaseIfUnused()
        return .done(-Errno.tooManyOpenFilesInSystem.rawValue)
      }
      let flags: Completion.Flags = listener.acceptQueue.isEmpty ? [] : .socketNonEmpty
      guard request.request.isMultishot, !machine.faults.strikes(.multishotEnd) else {
        return .done(number, flags)
      }
      guard postOneOfMany(request.token, number, flags) else { return .done(number, flags) }
    }
  }

  func connect(_ request: ArmedRequest, _ socket: SimulatedSocket) -> Progress {
    if !request.hasStarted {
      request.hasStarted = true
      if request.request.disconnects {
        socket.owesConnectResult = false
        socket.fail(Errno.connectionReset.rawValue)
        return .done(0)
      }
      guard let address = request.peerAddress else {
        return .done(-Errno.badAddress.rawValue)
      }
      let result = socket.startConnecting(to: address)
      if socket.isUnix, result == -Errno.resourceTemporarilyUnavailable.rawValue,
        !request.mustNotWait, let listener = machine.listener(at: address)
      {
        request.hasStarted = false
        return .queue(at: listener)
      }
      // Only the connect that has started the handshake waits for it (io_connect).
      return result == -Errno.nowInProgress.rawValue ? .wait(.writing) : .done(result)
    }
    return socket.state == .connecting ? .wait(.writing) : .done(socket.takeConnectResult())
  }

  /// Of the end of the peer's half a request always hears (IO_POLL_UNMASK).
  func poll(_ request: ArmedRequest, _ socket: SimulatedSocket) -> Progress {
    let always: Readiness = [.error, .hangup, .peerClosed]
    let answer = socket.readiness.rawValue & (request.request.count | always.rawValue)
    return answer == 0 ? .watch : .done(Int32(answer))
  }
}
