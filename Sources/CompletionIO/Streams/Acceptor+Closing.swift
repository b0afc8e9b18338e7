// SPDX-License-Identifier: Apache-2.0

internal import Uring

// Closing.
extension Acceptor {
  /// Stops accepting and closes the listening socket; waiting connections are refused.
  func close() {
    guard state < .closing else { return }
    state = .closing
    closing()
    closing = {}
    if accepts.isEmpty { return finish() }
    cancelAccepts()
  }

  /// Closes and opens a wait for the end of that; `nil` if the socket is closed already.
  func closeAndWait() -> WaitID? {
    close()
    guard state != .closed else { return nil }
    let wait = loop.openWait(for: self, timeout: nil)
    closers.append(wait)
    return wait
  }

  func finish() {
    guard state != .closed else { return }
    if registryIndex >= 0 { loop.streams.acceptorCount -= 1 }
    state = .closed
    for connection in waiting { refuse(connection.descriptor, connection.peer, .closing) }
    waiting = []
    // Not by a request: who has waited for this binds the address again at once.
    loop.closeNow(listener)
    loop.forgetRoom(self)
    loop.registry.remove(self)
    for wait in closers { loop.finish(wait) }
    closers = []
    let ended = ended
    self.ended = { _ in }
    accepted = { $0.close() }
    wouldBlock = { _ in }
    refused = nil
    draining = {}
    ended(failure)
  }
}

extension Acceptor.State: Comparable {
  var mayAccept: Bool {
    switch self {
    case .paused, .accepting: true
    case .onDemand, .closing, .closed: false
    }
  }

  private var rank: Int {
    switch self {
    case .paused, .accepting, .onDemand: 0
    case .closing: 1
    case .closed: 2
    }
  }

  static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
