// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// What a soak runs.
struct SoakSettings: Codable, Sendable {
  let minutes: Double
  /// Loops of the servers, and as many of the clients.
  let loops: Int
  let seed: UInt64
  /// Connections at a time.
  var lanes = 64
  /// Sockets of datagrams at a time.
  var datagramLanes = 4

  /// Small pools, so that they run out of buffers, and so that their pages are soon used.
  var loopConfiguration: LoopConfiguration {
    var configuration = LoopConfiguration()
    configuration.bufferCount = 32
    configuration.bufferSize = 1 << 15
    return configuration
  }

  /// Bytes of all pools.
  var poolBytes: UInt64 {
    let configuration = loopConfiguration
    return UInt64(2 * loops * configuration.bufferCount * configuration.bufferSize)
  }
}
