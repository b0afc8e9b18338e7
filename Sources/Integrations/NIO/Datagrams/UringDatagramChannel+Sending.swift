// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import Glibc
internal import NIOCore
internal import SystemPackage
internal import Uring

// Sending: each datagram goes out with the flush. One for which the socket has no room waits with the
// kernel, and the others behind it.
extension UringDatagramChannel {
  func write(_ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    let peer = remoteAddress
    let write: PendingDatagrams.Write
    if let envelope = tryUnwrapData(data, as: AddressedEnvelope<ByteBuffer>.self) {
      if let peer, envelope.remoteAddress != peer {
        promise.fail(
          DatagramChannelError.WriteOnConnectedSocketWithInvalidAddress(
            envelopeRemoteAddress: envelope.remoteAddress, connectedRemoteAddress: peer))
        return
      }
      write = PendingDatagrams.Write(
        data: envelope.data, address: peer == nil ? envelope.remoteAddress : nil,
        metadata: envelope.metadata, promise: promise)
    } else {
      let data = unwrapData(data, as: ByteBuffer.self)
      guard peer != nil else {
        promise.fail(DatagramChannelError.WriteOnUnconnectedSocketWithoutAddress())
        return
      }
      write = PendingDatagrams.Write(data: data, address: nil, metadata: nil, promise: promise)
    }
    writes.append(write)
    noteUnsent()
  }

  func noteUnsent() {
    if writability.note(writes.byteCount, settings.waterMark) {
      pipeline.syncOperations.fireChannelWritabilityChanged()
    }
  }

  /// Sends what is flushed, as much as the socket takes.
  func sendFlushed() {
    guard life == .active, waiting == nil, !isSendingNow else { return }
    isSendingNow = true
    defer { isSendingNow = false }
    while life == .active, let write = writes.firstFlushed {
      guard let block = block(of: write) else { continue }
      let result = attempt(write, block)
      if result == -Errno.resourceTemporarilyUnavailable.rawValue {
        return waitForRoom(with: block, write)
      }
      blocks.put(block)
      finishFirst(result)
    }
  }

  /// Describes a datagram to the kernel; one whose address is of no family that it knows fails.
  private func block(of write: PendingDatagrams.Write) -> MessageBlock? {
    var address: Uring.SocketAddress?
    if let to = write.address {
      address = Uring.SocketAddress(to)
      guard address != nil else {
        finishFirst(-Errno.addressFamilyNotSupported.rawValue)
        return nil
      }
    }
    let block = blocks.take()
    block.setAddress(address)
    block.setControl(DatagramSendOptions(write.metadata), isIPv6: family == AF_INET6)
    // The storage stays in place while the queue holds the buffer.
    unsafe write.data.withUnsafeReadableBytes { bytes in
      block.setBytes(at: UInt(bitPattern: bytes.baseAddress), byteCount: bytes.count)
    }
    return block
  }

  private func attempt(_ write: PendingDatagrams.Write, _ block: MessageBlock) -> Int32 {
    let request = block.send(byteCount: write.data.readableBytes, to: descriptor)
    while true {
      let result = loop.socketCalls.attempt(request)
      if result != -Errno.interrupted.rawValue { return result }
    }
  }

  private func waitForRoom(with block: MessageBlock, _ write: PendingDatagrams.Write) {
    let request = block.send(byteCount: write.data.readableBytes, to: descriptor)
    do throws(LoopError) {
      waiting = Waiting(token: try begin(request), block: block)
    } catch {
      blocks.put(block)
      close0(error: error, mode: .all, promise: nil)
    }
  }

  func didSend(_ outcome: Outcome) {
    guard let sent = waiting.take() else { return }
    blocks.put(sent.block)
    finishFirst(outcome.result)
    sendFlushed()
  }

  /// Keeps or fails the promise of the first datagram.
  private func finishFirst(_ result: Int32) {
    let write = writes.removeFirst()
    if result >= 0 {
      write.promise?.succeed(())
    } else {
      write.promise.fail(Self.error(of: Errno(rawValue: -result), isOpen: isOpen))
    }
    if isOpen { noteUnsent() }
  }

  private static func error(of error: Errno, isOpen: Bool) -> any Error {
    switch error {
    case .messageTooLong: return ChannelError.writeMessageTooLarge
    case .noRouteToHost: return ChannelError.writeHostUnreachable
    case .canceled where !isOpen: return ChannelError.ioOnClosedChannel
    default: return IOError(error, "sendmsg")
    }
  }

  /// Sends what was flushed before a close, as far as the socket takes it.
  func sendAtClose() {
    guard waiting == nil, hasBeenActive else { return }
    while let write = writes.firstFlushed {
      guard let block = block(of: write) else { continue }
      let result = attempt(write, block)
      blocks.put(block)
      if result == -Errno.resourceTemporarilyUnavailable.rawValue { return }
      finishFirst(result)
    }
  }

  /// Fails every write but the one that the kernel has.
  func failWrites(_ error: any Error) {
    for write in writes.removeAll(behind: waiting == nil ? 0 : 1) { write.promise.fail(error) }
    if isOpen { noteUnsent() }
  }
}
#endif
