// SPDX-License-Identifier: Apache-2.0

package import CompletionIO

extension StreamConnection {
  /// Receives so many bytes, or fewer at the end of the stream.
  package func receive(atMost byteCount: Int) async throws(SocketError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount, let chunk = try await receive() {
      bytes.append(copying: chunk.bytes)
    }
    return bytes
  }

  /// Receives to the end of the stream.
  package func receiveAll() async throws(SocketError) -> [UInt8] {
    try await receive(atMost: .max)
  }
}

/// Sends back what comes, to the end of the stream.
package func echo(_ connection: StreamConnection) async throws(SocketError) {
  while let chunk = try await connection.receive() { try await connection.send(chunk.bytes) }
}
