// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import SystemPackage
internal import Uring

// Receiving: a request stays armed while somebody asks for more. What it brings when nobody does is
// held, and the request asked to end.
extension UringStreamChannel {
  func read() {
    guard isOpen, !input.isClosed else { return }
    isReadPending = true
    guard life == .active else { return }
    if input.held.isEmpty {
      armReceive()
    } else {
      wantDelivery()
    }
  }

  private func wantDelivery() {
    input.isDeliveryWanted = true
    takeTurn()
  }

  private func armReceive() {
    guard input.isIdle else { return }
    // Each arrival is copied to a ByteBuffer, so buffers that are filled in pieces save nothing here.
    let group = loop.pool.group
    let request: Request =
      loop.receivesMultishot
      ? .receiveMultishot(descriptor, bufferGroup: group)
      : .receive(descriptor, bufferGroup: group)
    do throws(LoopError) {
      input.receiving = .armed(try begin(request))
    } catch {
      receiveFailed(error)
    }
  }

  private func endReceive() {
    guard case .armed(let token) = input.receiving else { return }
    input.receiving = .ending
    loop.cancel(token)
  }

  func didReceive(_ outcome: Outcome, _ lease: consuming BufferLease?) {
    if !outcome.hasMore { input.receiving = .idle }
    if outcome.result > 0, let lease = lease.take() {
      received(uringEventLoop.copy(lease))
    } else if !outcome.hasMore {
      receiveEnded(outcome)
    }
    goOnReceiving()
  }

  private func received(_ buffer: ByteBuffer) {
    guard life == .active, !input.isClosed else { return }
    if mayDeliver, input.held.isEmpty {
      deliver(buffer)
    } else {
      input.held.append(buffer)
      endReceive()
    }
  }

  private var mayDeliver: Bool { isReadPending || input.drainsToEnd }

  private func receiveEnded(_ outcome: Outcome) {
    guard life == .active, !input.isClosed else { return }
    switch outcome.error {
    case nil: endOfStream()
    case .canceled, .noBufferSpace, .interrupted: break
    case let error?: receiveFailed(IOError(error, "recv"))
    }
  }

  /// Arms the receive again where it is wanted, or waits for the peer's end where it is not.
  private func goOnReceiving() {
    guard life == .active, input.isIdle else { return }
    if let error = input.lastError { return closeBehindInput(error) }
    guard !input.isClosed else { return }
    if isReadPending || input.drainsToEnd {
      if input.held.isEmpty { armReceive() }
    } else {
      watchForEnd()
    }
  }

  // MARK: Delivering

  func deliverHeld() {
    input.isDeliveryWanted = false
    while mayDeliver, life == .active, let buffer = input.held.popFirst() { deliver(buffer) }
    goOnReceiving()
  }

  private func deliverAllHeld() {
    while life == .active, let buffer = input.held.popFirst() { deliver(buffer) }
  }

  private func deliver(_ buffer: ByteBuffer) {
    isReadPending = false
    guard let limit = settings.readByteLimit, buffer.readableBytes > limit else {
      pipeline.syncOperations.fireChannelRead(NIOAny(buffer))
      return readComplete()
    }
    // The rest waits for the next read, as it would in the socket.
    var rest = buffer
    guard let first = rest.readSlice(length: max(1, limit)) else { return }
    pipeline.syncOperations.fireChannelRead(NIOAny(first))
    guard life == .active else { return }
    input.held.prepend(rest)
    readComplete()
    if mayDeliver, life == .active, !input.held.isEmpty { wantDelivery() }
  }

  private func readComplete() {
    if life == .active { pipeline.syncOperations.fireChannelReadComplete() }
    readIfWanted()
  }

  // MARK: The end

  /// Waits for the peer's end while nobody reads, because NIO tells of it all the same.
  func watchForEnd() {
    guard input.endWatch == nil, input.isIdle, !input.isClosed, life == .active else { return }
    // POLLRDHUP (poll(2)).
    input.endWatch = try? begin(.poll(descriptor, mask: 0x2000))
  }

  func didSeeEnd(_ outcome: Outcome) {
    input.endWatch = nil
    guard outcome.result > 0, life == .active, !input.isClosed else { return }
    drainToEnd()
  }

  private func drainToEnd() {
    input.drainsToEnd = true
    deliverAllHeld()
    if life == .active, input.isIdle { armReceive() }
  }

  private func endOfStream() {
    // What came before the end is held back by nobody.
    deliverAllHeld()
    guard life == .active else { return }
    pipeline.syncOperations.fireChannelReadComplete()
    guard life == .active else { return }
    isReadPending = false
    close0(
      error: ChannelError.eof, mode: settings.allowsRemoteHalfClosure ? .input : .all,
      promise: nil)
  }

  private func receiveFailed(_ error: any Error) {
    deliverAllHeld()
    guard life == .active else { return }
    pipeline.syncOperations.fireErrorCaught(error)
    close0(error: error, mode: .all, promise: nil)
  }

  /// Closes the channel because its sends fail, behind everything that the peer has sent before.
  func closeAfterReading(because error: any Error) {
    guard life == .active, !input.isClosed else {
      return close0(error: error, mode: .all, promise: nil)
    }
    input.lastError = error
    input.drainsToEnd = true
    endReceive()
    goOnReceiving()
  }

  private func closeBehindInput(_ error: any Error) {
    deliverAllHeld()
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 16384, alignment: 16)
    defer { unsafe memory.deallocate() }
    while life == .active {
      let request = unsafe Request.receive(descriptor, into: memory, byteCount: 16384)
      let count = Int(loop.socketCalls.attempt(request))
      guard count > 0 else { break }
      var buffer = allocator.buffer(capacity: count)
      unsafe buffer.writeBytes(UnsafeRawBufferPointer(start: memory, count: count))
      deliver(buffer)
    }
    deliverAllHeld()
    if life == .active { close0(error: error, mode: .all, promise: nil) }
  }

  /// Ends the receiving half: nothing more is delivered.
  func closeInput(because error: any Error) {
    input.isClosed = true
    input.held.removeAll()
    // The peer has ended it where this is the end of the stream.
    if !error.isEndOfStream {
      _ = loop.socketCalls.attempt(.shutdown(descriptor, direction: 0))  // SHUT_RD (shutdown(2)).
    }
    endReceive()
  }

  func endInput() {
    if let watch = input.endWatch { loop.cancel(watch) }
    input.held.removeAll()
    endReceive()
  }
}

extension Error {
  fileprivate var isEndOfStream: Bool {
    if let error = self as? ChannelError, case .eof = error { true } else { false }
  }
}
#endif
