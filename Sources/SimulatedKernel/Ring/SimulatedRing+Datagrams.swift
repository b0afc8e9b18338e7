// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

// Requests on sockets of datagrams.
extension SimulatedRing {
  /// One try of a request.
  func progressOfDatagrams(of request: ArmedRequest, _ socket: SimulatedSocket) -> Progress {
    switch request.request.operation {
    case .receive, .receiveMessage: return receiveDatagram(request, on: socket)
    case .send, .sendMessage, .sendZeroCopy: return sendDatagram(request, on: socket)
    case .connect:
      guard let address = request.peerAddress else { return .done(-Errno.badAddress.rawValue) }
      return .done(socket.connectDatagrams(to: address))
    case .poll: return poll(request, socket)
    default: return .done(-Errno.notSupportedOnSocket.rawValue)
    }
  }

  /// Whether a kernel could answer so now.
  func canAnswerDatagrams(
    _ request: ArmedRequest, _ error: Errno, _ socket: SimulatedSocket
  ) -> Bool {
    switch error {
    case .canceled: request.request.isMultishot
    // Of an earlier datagram (udp(7)).
    case .connectionRefused: socket.state == .connected && !socket.isUnix
    case .connectionReset, .brokenPipe, .timedOut: false
    default: request.request.operation != .connect
    }
  }

  func sendDatagram(_ request: ArmedRequest, on socket: SimulatedSocket) -> Progress {
    socket.sendDatagram(request.pieces.bytes, to: request.peerAddress)
  }

  func receiveDatagram(_ request: ArmedRequest, on socket: SimulatedSocket) -> Progress {
    guard request.request.options.contains(.selectBuffer) else {
      return receiveDatagramIntoMemory(request, on: socket)
    }
    // After so many in a row another request gets its turn (MULTISHOT_MAX_RETRY).
    let group = request.request.bufferGroup
    for _ in 0..<32 {
      // As in a receive, a buffer is chosen before the first look at the socket.
      guard let memory = chooseBuffer(of: group) else {
        return .done(-Errno.noBufferSpace.rawValue)
      }
      // A buffer without room for the header goes back before a datagram is looked for
      // (io_recvmsg_prep_multishot, io_kbuf_recycle).
      if request.request.isMultishot, request.request.operation == .receiveMessage,
        memory.byteCount < request.request.messagePrefixByteCount
      {
        return .done(-Errno.badAddress.rawValue)
      }
      if let progress = emptyHandedOfDatagrams(socket) { return progress }
      let datagram = socket.removeFirstDatagram()
      let (result, goesOn) = store(datagram, in: memory, request)
      let flags = commitBuffer(of: group, byteCount: Int(max(0, result)))
      guard request.request.isMultishot, goesOn, !machine.faults.strikes(.multishotEnd),
        postOneOfMany(request.token, result, flags)
      else { return .done(result, flags) }
    }
    return .again
  }

  private func receiveDatagramIntoMemory(
    _ request: ArmedRequest, on socket: SimulatedSocket
  ) -> Progress {
    if let progress = emptyHandedOfDatagrams(socket) { return progress }
    let datagram = socket.removeFirstDatagram()
    guard request.request.operation == .receiveMessage else {
      let memory = MemoryPiece(
        address: UInt(request.request.operand), byteCount: Int(request.request.count))
      return .done(Int32([memory].store(datagram.bytes)))
    }
    let count = request.request.messagePieces.store(datagram.bytes)
    return .done(finish(request, datagram, count))
  }

  /// The answer to a receive that finds no datagram, or an error, which comes before any datagram
  /// (__skb_try_recv_datagram).
  private func emptyHandedOfDatagrams(_ socket: SimulatedSocket) -> Progress? {
    if socket.error != 0 { return .done(-socket.takeError()) }
    return socket.datagrams.isEmpty ? .wait(.reading) : nil
  }

  /// Writes a datagram to a buffer, as the request lays it out.
  ///
  /// - Returns: The result, and whether a request for many goes on: an empty datagram ends it
  ///   (io_recvmsg_multishot).
  private func store(
    _ datagram: SimulatedDatagram, in memory: MemoryPiece, _ request: ArmedRequest
  ) -> (result: Int32, goesOn: Bool) {
    guard request.request.operation == .receiveMessage else {
      let count = [memory].store(datagram.bytes)
      return (Int32(count), count > 0)
    }
    guard request.request.isMultishot else {
      let room = min(memory.byteCount, request.request.messagePieces.first?.byteCount ?? 0)
      let count = [MemoryPiece(address: memory.address, byteCount: room)].store(datagram.bytes)
      return (finish(request, datagram, count), false)
    }
    return (request.request.store(datagram, in: memory), !datagram.bytes.isEmpty)
  }

  /// Leaves the sizes and the flags of one message in the program's `msghdr`.
  private func finish(
    _ request: ArmedRequest, _ datagram: SimulatedDatagram, _ count: Int
  ) -> Int32 {
    request.request.storeHeader(of: datagram, isTruncated: count < datagram.bytes.count)
    let tellsAll = request.request.options.contains(.fullLength)
    return Int32(tellsAll ? datagram.bytes.count : count)
  }
}
