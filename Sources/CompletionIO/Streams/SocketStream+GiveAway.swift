// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

/// A socket that a connection has given away.
public struct GivenDescriptor: Sendable {
  /// Belongs to the caller; blocking, unless it was adopted otherwise.
  public let descriptor: FileDescriptor
  /// Bytes that had been received and that nobody has taken; those that the descriptor receives come
  /// behind them.
  public let unread: [UInt8]
}

extension SocketStream {
  /// Gives the socket away: the stream is closed, and the descriptor stays open.
  ///
  /// Queued sends go out first, up to ``LoopConfiguration/drainTimeLimit``; what is left then is
  /// lost, and its senders are told. The delegate is told that the stream has ended and is closed.
  ///
  /// - Parameter completion: Called once, on the loop's thread, behind the delegate: with the
  ///   descriptor and what has been received from it and not delivered, or with a ``SocketError``:
  ///   EOPNOTSUPP for a direct descriptor, EBADF when the stream is closed or being closed, ESHUTDOWN
  ///   when its loop is stopping. Then the descriptor is closed with the stream.
  public func giveAway(
    _ completion: @escaping @Sendable (Result<GivenDescriptor, SocketError>) -> Void
  ) {
    onLoop { stream in
      do throws(SocketError) {
        try stream.prepareToGiveAway()
        stream.giveAwayOnceBack(completion)
      } catch {
        completion(.failure(error))
      }
    }
  }

  private func giveAwayOnceBack(
    _ completion: @escaping @Sendable (Result<GivenDescriptor, SocketError>) -> Void
  ) {
    guard closing == .open, let descriptor = descriptor.fileDescriptor else {
      return completion(.failure(error(.giveAway, .closed)))
    }
    guard hasReceiveBack else {
      return loop.performLater { [self] in giveAwayOnceBack(completion) }
    }
    let given = GivenDescriptor(descriptor: descriptor, unread: takeUnread())
    madeExtras.whenClosed = chained(madeExtras.whenClosed) { completion(.success(given)) }
    madeExtras.isGivenAway = true
    close()
  }

  private func chained(
    _ first: (() -> Void)?, _ second: @escaping () -> Void
  ) -> () -> Void {
    guard let first else { return second }
    return {
      first()
      second()
    }
  }
}

// How a stream lets its descriptor go; on the loop's thread.
extension SocketStream {
  /// Receives nothing more, and keeps what has come.
  func prepareToGiveAway() throws(SocketError) {
    try checkMayGiveAway()
    guard descriptor.fileDescriptor != nil else {
      throw SocketError(
        .giveAway, .notSupportedOnSocket, cause: .directDescriptor, peer: peerAddress)
    }
    guard !receiving.hasReceiver else { throw error(.giveAway, .busy) }
    receiving.isPaused = true
    perform(receiveEvent(.full))
  }

  func checkMayGiveAway() throws(SocketError) {
    guard closing == .open else { throw error(.giveAway, .closed) }
  }

  /// Whether no receive is with the kernel.
  var hasReceiveBack: Bool {
    switch receiving.state {
    case .idle, .ended: true
    case .armed, .pausing, .reading, .quieting, .polling, .confirming: false
    }
  }

  /// Takes everything that has come and that nobody has taken.
  func takeUnread() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(receiving.byteCount)
    while !receiving.isEmpty {
      let lease = receiving.takeFirst(loop.receiveQueues)
      bytes.append(copying: lease.bytes)
    }
    return bytes
  }

  /// Closes the stream behind its queued sends, but not the descriptor.
  func letGo() -> WaitID? {
    madeExtras.isGivenAway = true
    return close(lingering: nil)
  }
}
