// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Sends back what each connection receives, until the listener's group drains.
///
/// A connection ends when its peer has ended the stream, or when the group drains while nothing of
/// the peer's is waiting to be sent back.
///
/// - Parameter listener: Is served by nobody else.
/// - Throws: `SocketError` when accepting fails for good.
func serveEcho(on listener: StreamListener) async throws(SocketError) {
  try await listener.serve { connection in
    while let chunk = try await connection.receiveUnlessDraining() {
      // Returns when the last byte is out, so a peer that does not read is not read either.
      try await connection.send(chunk.bytes)
    }
  }
}
