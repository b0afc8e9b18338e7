// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The streams that a listener handles on one loop, within its limits.
final class HandledStreams: @unchecked Sendable {
  // Unchecked: everything that changes is used on the loop's thread only.

  private let handling: Handling
  /// Until it closes.
  private var acceptor: Acceptor?
  private var count = 0
  /// Connections that came beyond the limit, before accepting had paused.
  private var heldBack = RingQueue<SocketStream>()

  init(_ handling: Handling) {
    self.handling = handling
  }

  func start(_ acceptor: Acceptor, ended: @escaping @Sendable (SocketError?) -> Void) {
    guard acceptor.state == .paused else {
      return acceptor.start(accepted: { $0.close() }, ended: ended)
    }
    self.acceptor = acceptor
    acceptor.refused = handling.onRefused
    acceptor.closing = { [self] in acceptorCloses() }
    acceptor.start(accepted: { [self] stream in accept(stream) }, ended: ended)
  }

  private var isFull: Bool { count >= handling.limits.connectionLimit }

  private func accept(_ stream: SocketStream) {
    switch (isFull, handling.limits.excess) {
    case (false, _): start(stream)
    case (true, .waits): heldBack.append(stream)
    case (true, .refused): return stream.refuse(.limit, handling.onRefused)
    }
    if isFull, handling.limits.excess == .waits { acceptor?.pause() }
  }

  private func start(_ stream: SocketStream) {
    count += 1
    stream.madeExtras.whenClosed = { [self] in streamClosed() }
    stream.setIdleLimits(handling.limits.idleLimits)
    stream.attach(handling.delegate(stream))
  }

  private func streamClosed() {
    count -= 1
    if !heldBack.isEmpty, !isFull { start(heldBack.removeFirst()) }
    if !isFull { acceptor?.resumeIfPaused() }
  }

  /// As the listener's backlog, which nobody has begun to serve either.
  private func acceptorCloses() {
    acceptor = nil
    while !heldBack.isEmpty { heldBack.removeFirst().refuse(.closing, handling.onRefused) }
  }
}

/// What a call of ``StreamListener/handle(limits:onRefused:ended:_:)`` does with each connection.
struct Handling: Sendable {
  let limits: ServeLimits
  let onRefused: (@Sendable (RefusedConnection) -> Void)?
  let delegate: @Sendable (SocketStream) -> SocketDelegate
}
