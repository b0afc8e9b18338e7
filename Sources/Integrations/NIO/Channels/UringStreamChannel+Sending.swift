// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import CompletionIO
internal import NIOCore
internal import Synchronization
internal import SystemPackage
internal import Uring

// Sending: little bytes wait for the end of the loop's turn and go out in one request; many go out at
// once, while they are in the cache.
extension UringStreamChannel {
  func write(_ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
    guard isOpen else { promise.fail(ChannelError.ioOnClosedChannel); return }
    guard output.isOpen else { promise.fail(ChannelError.outputClosed); return }
    output.writes.append(unwrapData(data, as: IOData.self), promise)
    noteUnsent()
  }

  func flush() {
    guard isOpen else { return }
    output.writes.flush()
    guard life == .active, output.isIdle, output.writes.hasFlushed else { return }
    if SendPath.isLarge(output.writes.flushedByteCount) { return sendFlushed() }
    guard !output.isFlushWanted else { return }
    output.isFlushWanted = true
    takeTurn()
  }

  func noteUnsent() {
    if writability.note(output.writes.byteCount, settings.waterMark) {
      pipeline.syncOperations.fireChannelWritabilityChanged()
    }
  }

  /// Sends what is flushed: as much as the socket takes, or by a request.
  func sendFlushed() {
    output.isFlushWanted = false
    guard life == .active, output.isIdle, !output.isSendingNow else { return }
    output.isSendingNow = true
    defer { output.isSendingNow = false }
    let path = SendPath.choose(
      byteCount: output.writes.flushedByteCount, answerCount: loop.answerCountOfTurn)
    var mustWait = false
    // Promises of empty writes are kept, at the least.
    if path == .atOnce { mustWait = sendAtOnce() } else { removeSent(0) }
    guard life == .active else { return }
    if output.writes.hasFlushed { beginSend(waitsFirst: mustWait) } else { finishOutputIfDone() }
  }

  // MARK: At once

  /// Sends what the socket takes without waiting.
  ///
  /// - Returns: Whether the socket has no room for the rest.
  private func sendAtOnce() -> Bool {
    let vectors = uringEventLoop.takeVectors()
    defer { uringEventLoop.giveBack(vectors) }
    while isOpen {
      removeSent(0)
      guard isOpen else { return false }
      let answer: (byteCount: Int, result: Int32)
      switch output.writes.next {
      case .nothing: return false
      case .file(let region):
        guard let piece = readPiece(of: region) else { return false }
        let result = loop.socketCalls.attempt(piece.send(from: 0, to: descriptor, options: []))
        answer = (piece.byteCount, result)
      case .bytes:
        output.writes.gather(into: vectors)
        answer = (vectors.byteCount, loop.socketCalls.attempt(request(of: vectors, [])))
      }
      if answer.result < 0 {
        let error = Errno(rawValue: -answer.result)
        if error == .resourceTemporarilyUnavailable { return true }
        if error != .interrupted { sendFailed(IOError(error, "sendmsg")) }
      } else {
        removeSent(Int(answer.result))
        if Int(answer.result) < answer.byteCount { return true }
      }
    }
    return false
  }

  private func readPiece(of region: FileRegion) -> FilePiece? {
    do {
      return try FilePiece(region)
    } catch {
      sendFailed(error)
      return nil
    }
  }

  private func request(of vectors: SendVectors, _ options: Request.Options) -> Request {
    if let only = unsafe vectors.only {
      return unsafe .send(
        only.address, byteCount: only.byteCount, to: descriptor, options: options)
    }
    return unsafe .sendMessage(
      vectors.header, byteCount: vectors.byteCount, to: descriptor, options: options)
  }

  // MARK: By a request

  private func beginSend(waitsFirst: Bool) {
    let options: Request.Options = waitsFirst ? [.waitForAll, .pollFirst] : .waitForAll
    do throws(LoopError) {
      switch output.writes.next {
      case .nothing:
        return
      case .bytes:
        let vectors = uringEventLoop.takeVectors()
        output.writes.gather(into: vectors)
        let token = try begin(request(of: vectors, options))
        output.sending = .inKernel(token, vectors)
      case .file(let region):
        guard let piece = readPiece(of: region) else { return }
        let token = try begin(piece.send(from: 0, to: descriptor, options: options))
        output.sending = .inKernelOfFile(token, piece)
      }
    } catch {
      close0(error: error, mode: .all, promise: nil)
    }
  }

  func didSend(_ outcome: Outcome) {
    if case .inKernel(_, let vectors) = output.sending { uringEventLoop.giveBack(vectors) }
    output.sending = .idle
    let error = outcome.error
    removeSent(Int(outcome.byteCount))
    guard isOpen else { return failKept(error) }
    if let error, !outcome.isTransient { return sendFailed(IOError(error, "sendmsg")) }
    guard life == .active else { return }
    if output.writes.hasFlushed { sendFlushed() } else { finishOutputIfDone() }
  }

  /// Books sent bytes and keeps the promises of what is sent.
  private func removeSent(_ byteCount: Int) {
    var left = byteCount
    while let write = output.writes.removeSent(&left) { write.promise?.succeed(()) }
    if isOpen { noteUnsent() }
  }

  private func sendFailed(_ error: any Error) {
    guard isOpen else { return }
    // Nothing can be sent any more; what was received is.
    for write in output.writes.removeAll(behind: 0) { write.promise?.fail(error) }
    guard isOpen else { return }
    endOutput(because: error)
    closeAfterReading(because: error)
  }

  // MARK: The end

  func closeOutput(_ promise: EventLoopPromise<Void>?) {
    output.ending = .wanted(promise)
    finishOutputIfDone()
  }

  private func finishOutputIfDone() {
    guard case .wanted(let promise) = output.ending, output.writes.isEmpty else { return }
    output.ending = .ended
    // SHUT_WR (shutdown(2)).
    let result = loop.socketCalls.attempt(.shutdown(descriptor, direction: 1))
    if result == 0 {
      promise?.succeed(())
    } else {
      promise.fail(IOError(Errno(rawValue: -result), "shutdown"))
    }
    pipeline.fireUserInboundEventTriggered(ChannelEvent.outputClosed)
  }

  private func endOutput(because error: any Error) {
    if case .wanted(let promise) = output.ending { promise.fail(error) }
    output.ending = .ended
  }

  /// Ends the sending half of a channel that is being closed.
  ///
  /// What was flushed goes out first, as far as the socket takes it: whoever writes, flushes and
  /// closes loses nothing. What the kernel has stays until its answer, which says what went out.
  func endOutput(atCloseBecause error: any Error) {
    if output.isIdle, output.writes.hasFlushed, isConnected { flushAtClose() }
    var keptCount = 0
    switch output.sending {
    case .idle: break
    case .inKernel(let token, let vectors):
      keptCount = vectors.writeCount
      loop.cancel(token)
    case .inKernelOfFile(let token, _):
      keptCount = 1
      loop.cancel(token)
    }
    if output.writes.byteCount > 0 { writability.end() }
    for write in output.writes.removeAll(behind: keptCount) { write.promise?.fail(error) }
    endOutput(because: error)
  }

  private func flushAtClose() {
    let vectors = uringEventLoop.takeVectors()
    defer { uringEventLoop.giveBack(vectors) }
    while case .bytes = output.writes.next {
      output.writes.gather(into: vectors)
      let count = vectors.byteCount > 0 ? loop.socketCalls.attempt(request(of: vectors, [])) : 0
      guard count >= 0 else { return }
      removeSent(Int(count))
      if Int(count) < vectors.byteCount { return }
    }
  }

  /// Fails what the kernel had when the channel was closed, and has not sent.
  private func failKept(_ error: Errno?) {
    var failure: any Error = ChannelError.ioOnClosedChannel
    if let error, error != .canceled { failure = IOError(error, "sendmsg") }
    for write in output.writes.removeAll(behind: 0) { write.promise?.fail(failure) }
  }
}
#endif
