// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Runs a body with loops of its own, and ends them whatever the body does.
func withLoops(
  _ count: Int = 1, _ body: (CompletionLoopGroup) async throws -> Void
) async throws {
  try await CompletionLoopGroup.with(count: count) { try await body($0) }
}

extension StreamConnection {
  /// Receives so many bytes, or fewer at the end of the stream.
  func receive(atMost byteCount: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < byteCount, let chunk = try await receive() {
      bytes.append(copying: chunk.bytes)
    }
    return bytes
  }

  /// Receives to the end of the stream.
  func receiveAll() async throws -> [UInt8] { try await receive(atMost: .max) }
}
