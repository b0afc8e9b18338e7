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
    switch socket.state {
    case .connected: return .done(0)
    case .connecting: return .wait(.writing)
    case .idle, .dead, .listening:
      let error = socket.takeError()
      return .done(error == 0 ? -Errno.connectionAbort.rawValue : -error)
    }
  }

  /// Readiness as tcp_poll and unix_poll tell it.
  func poll(_ request: ArmedRequest, _ socket: SimulatedSocket) -> Progress {
    let (input, output, error, hangUp): (UInt32, UInt32, UInt32, UInt32) = (1, 4, 8, 16)
    var events: UInt32 = 0
    switch socket.state {
    case .connecting: break
    case .listening:
      if !socket.acceptQueue.isEmpty { events = input }
    case .idle, .dead:
      events = output | hangUp
      if socket.isReceiveShut || !socket.receiveQueue.isEmpty { events |= input }
    case .connected:
      if !socket.receiveQueue.isEmpty || socket.isAtEnd || socket.isReceiveShut { events |= input }
      if socket.isWritable { events |= output }
      if (socket.isAtEnd || socket.isReceiveShut) && socket.isSendShut { events |= hangUp }
    }
    if socket.isUnix {
      events = socket.isWritable && (socket.hasRoom || socket.state != .connected) ? output : 0
      if socket.isReceiveShut || !socket.receiveQueue.isEmpty || !socket.acceptQueue.isEmpty {
        events |= input
      }
      let isShut = socket.isReceiveShut && socket.isSendShut
      if isShut || socket.state == .idle { events |= hangUp }
    }
    if socket.error != 0 { events |= error }
    let endOfPeer: UInt32 = 0x2000  // POLLRDHUP, which a request always hears of (IO_POLL_UNMASK).
    if socket.isAtEnd || socket.isReceiveShut, socket.state != .connecting { events |= endOfPeer }
    let answer = events & (request.request.count | error | hangUp | endOfPeer)
    return answer == 0 ? .watch : .done(Int32(answer))
  }
}
