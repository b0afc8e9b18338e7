// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import Glibc
internal import NIOCore
internal import SystemPackage
internal import Uring

// Receiving: a request stays armed while somebody asks for more. The datagrams of a turn are one
// read, as far as a read goes.
extension UringDatagramChannel {
  /// Most bytes of one datagram that are delivered; more than any of UDP has, where the allocator does
  /// not say always the same.
  private var messageByteLimit: Int {
    guard let limit = settings.readByteLimit else { return 65536 }
    return max(1, limit / max(1, datagramSettings.vectorCount))
  }

  private var room: Int { loop.pool.bufferSize - template.layout.prefixByteCount }

  func armReceive() {
    guard input.isIdle else { return }
    let limit = messageByteLimit
    let request: Request
    if receivesMany, limit <= room {
      input.source = .pool
      request = template.receiveMultishot(
        descriptor, bufferGroup: loop.pool.group, options: .fullLength)
    } else {
      let memory = memory(of: limit)
      input.source = .memory(memory)
      request = memory.receive(descriptor, options: .fullLength)
    }
    do throws(LoopError) {
      input.receiving = .armed(try begin(request))
    } catch {
      receiveFailed(error)
    }
  }

  private func memory(of byteCount: Int) -> MessageMemory {
    if case .memory(let memory) = input.source, memory.byteCount == byteCount { return memory }
    return MessageMemory(template.layout, byteCount: byteCount)
  }

  /// Ends the receive; the next, if one is wanted, takes note of changed options.
  func endReceive() {
    guard case .armed(let token) = input.receiving else { return }
    input.receiving = .ending
    loop.cancel(token)
  }

  func didReceive(_ outcome: Outcome, _ lease: consuming BufferLease?) {
    let layout = template.layout
    if outcome.result >= 0 {
      switch input.source {
      case .pool:
        if let lease = lease.take() { keep(Datagram(lease, layout: layout)) }
      case .memory(let memory):
        keep(Datagram(BufferLease(copying: memory.message(result: outcome.result)), layout: layout))
      }
    }
    guard !outcome.hasMore else { return }
    input.receiving = .idle
    if let error = outcome.error { receiveEnded(error, isTransient: outcome.isTransient) }
    goOnReceiving()
  }

  private func keep(_ datagram: consuming Datagram?) {
    guard life == .active, let datagram else { return }
    let sender = datagram.sender.map { NIOCore.SocketAddress($0) }
    let count = min(datagram.byteCount, messageByteLimit)
    let data = uringEventLoop.copy(datagram.bytes.extracting(first: count))
    input.held.append(
      AddressedEnvelope(
        remoteAddress: sender ?? Self.unnamed, data: data,
        metadata: datagram.metadata(datagramSettings)))
    if isReadPending { takeTurn() } else { endReceive() }
  }

  /// The address of a Unix-domain socket that has none.
  private static var unnamed: NIOCore.SocketAddress {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    return NIOCore.SocketAddress(address)
  }

  private func receiveEnded(_ error: Errno, isTransient: Bool) {
    guard life == .active else { return }
    switch error {
    case .invalidArgument where receivesMany:
      receivesMany = false  // From now on one by one.
    case .canceled, .noBufferSpace, .interrupted: break
    case _ where isTransient: break
    default: receiveFailed(IOError(error, "recvmsg"))
    }
  }

  /// Tells of an error: of an earlier datagram, after which the socket goes on, or of the socket.
  private func receiveFailed(_ error: any Error) {
    isReadPending = isReadPending || !input.held.isEmpty
    deliverHeld()
    guard life == .active else { return }
    pipeline.syncOperations.fireErrorCaught(error)
    if !error.isPassing { close0(error: error, mode: .all, promise: nil) }
  }

  private func goOnReceiving() {
    guard life == .active, isReadPending, input.held.isEmpty else { return }
    armReceive()
  }

  /// Delivers the datagrams of a turn.
  func deliverHeld() {
    while isReadPending, !input.held.isEmpty, life == .active {
      isReadPending = false
      var left = settings.maxMessagesPerRead * UInt(max(1, datagramSettings.vectorCount))
      while left > 0, life == .active, let envelope = input.held.popFirst() {
        left -= 1
        pipeline.syncOperations.fireChannelRead(NIOAny(envelope))
      }
      if life == .active { pipeline.syncOperations.fireChannelReadComplete() }
      readIfWanted()
    }
    goOnReceiving()
  }
}

extension Error {
  /// Whether a socket of datagrams goes on after it.
  fileprivate var isPassing: Bool {
    guard let error = self as? IOError else { return false }
    return !Errno(rawValue: error.errnoCode).endsDatagrams
  }
}
#endif
