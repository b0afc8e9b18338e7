// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

extension SimulatedRing {
  func receive(_ request: ArmedRequest, on socket: SimulatedSocket) -> Progress {
    guard request.request.options.contains(.selectBuffer) else {
      return receiveIntoMemory(request, on: socket)
    }
    // After so many in a row another request gets its turn (MULTISHOT_MAX_RETRY).
    let group = request.request.bufferGroup
    for _ in 0..<32 {
      // A buffer is chosen before the first look at the socket, so an empty group is told even
      // without data, and at the end of the stream (io_recv, io_buffer_select).
      guard let buffer = chooseBuffer(of: group) else {
        return .done(-Errno.noBufferSpace.rawValue)
      }
      guard !socket.receiveQueue.isEmpty else { return emptyHanded(socket) }
      let count = machine.faults.cut(
        min(buffer.byteCount, socket.receiveQueue.count), by: .shortReceive)
      socket.deliver(count, to: buffer.address)
      var flags = commitBuffer(of: group, byteCount: count)
      let hasMore = !socket.receiveQueue.isEmpty
      if hasMore { flags.insert(.socketNonEmpty) }
      guard request.request.isMultishot, !machine.faults.strikes(.multishotEnd),
        postOneOfMany(request.token, Int32(count), flags)
      else { return .done(Int32(count), flags) }
      if !hasMore { return .wait(.reading) }
    }
    return .again
  }

  private func receiveIntoMemory(
    _ request: ArmedRequest, on socket: SimulatedSocket
  ) -> Progress {
    guard !socket.receiveQueue.isEmpty else {
      let progress = emptyHanded(socket)
      if case .done = progress, request.doneByteCount > 0 {
        return .done(Int32(request.doneByteCount))
      }
      return progress
    }
    let left = Int(request.request.count) - request.doneByteCount
    let count = machine.faults.cut(min(left, socket.receiveQueue.count), by: .shortReceive)
    socket.deliver(count, to: UInt(request.request.operand) + UInt(request.doneByteCount))
    guard request.request.options.contains(.waitForAll) else { return .done(Int32(count)) }
    request.doneByteCount += count
    return count == left ? .done(Int32(request.doneByteCount)) : .wait(.reading)
  }

  /// The answer to a receive that finds no bytes: an error once, the end, or nothing yet.
  func emptyHanded(_ socket: SimulatedSocket) -> Progress {
    if socket.isUnix {
      return socket.emptyUnixAnswer.map { .done($0) } ?? .wait(.reading)
    }
    // Behind the peer's end an error is nobody's news here: it is left to sends (SOCK_DONE,
    // tcp_recvmsg_locked).
    if socket.isAtEnd { return .done(0) }
    if socket.error != 0 { return .done(-socket.takeError()) }
    if socket.isReceiveShut { return .done(0) }
    switch socket.state {
    case .idle, .listening: return .done(-Errno.socketNotConnected.rawValue)
    case .dead: return .done(0)
    case .connecting, .connected: return .wait(.reading)
    }
  }
}
