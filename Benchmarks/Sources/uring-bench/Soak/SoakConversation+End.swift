// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

// Ways to leave, of either side.
extension SoakConversation {
  /// Leaves behind `offset` bytes, as the script says; the connection is closed afterwards.
  func leave(at offset: Int) async throws {
    switch script.ending {
    case .halfClose:
      try await connection.finishSending()
      try await peer.receiveEnd(at: offset)
    case .close: break
    case .linger: await connection.close(lingering: LingerLimit(duration: SoakPeer.patience))
    case .reset: connection.reset()
    case .abandon: await abandon(at: offset)
    }
  }

  /// Leaves an answer unread, and perhaps a part of the question unsent.
  private func abandon(at offset: Int) async {
    do throws(SocketError) {
      try await peer.send(1 << 16, at: offset, timeout: .milliseconds(10))
    } catch {
      tally.expected(error)
    }
    connection.abort()
  }

  /// Sends to a server that leaves in the middle, and checks what comes back before that.
  func visitQuitter() async throws {
    async let sending: Void = sendToQuitter()
    do {
      var offset = 0
      while let count = try await peer.receive(at: offset) { offset += count }
    } catch let error as SocketError where error.meansPeerLeft {
      tally.expected(error)
    } catch let error as SocketError where error.isTimeout {
      throw SoakFault.stalled(error)
    }
    try await sending
  }

  private func sendToQuitter() async throws {
    for index in 0..<32 {
      do throws(SocketError) {
        try await peer.send(1 << 12, at: index << 12)
      } catch {
        guard error.meansPeerLeft else { throw error }
        return tally.expected(error)
      }
    }
  }
}
