// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// The memory of a server around a storm, in bytes, and what it may be.
struct StormMemory: Codable, Equatable, Sendable {
  let before: UInt64
  let peak: UInt64
  let after: UInt64
  /// What the peak may be.
  let bound: UInt64

  /// Whether the peak is within the bound.
  var isBounded: Bool { peak <= bound }

  /// A connection's own objects: its stream, its task, its places in the tables of the loop.
  static let bytesOfConnection: UInt64 = 8192

  /// What a server that has slow readers asks for each connection's buffers to be, each way.
  ///
  /// The kernel doubles that (socket(7)); by its own choice a buffer grows to megabytes (tcp(7)).
  static let socketBufferSize: Int32 = 1 << 14

  /// Bytes of the kernel for a peer that does not read, in the buffers of both ends.
  static let kernelBytesOfPeer = UInt64(socketBufferSize) * 6

  /// Slow readers that a machine can have: the server's bytes may take half of what is free, the
  /// kernel's as much as it gives without a check.
  ///
  /// Beyond that the kernel drops what it has received, of everybody, and that would be measured
  /// (tcp(7), `tcp_mem`).
  static func slowReaderLimit(_ machine: FreeMemory) -> Int {
    let each = bound(before: 0, peers: 1, bytes: .max) - bound(before: 0, peers: 0, bytes: 0)
    let limit = min(machine.available / 2 / each, machine.tcp / kernelBytesOfPeer)
    return Int(clamping: max(1, limit))
  }

  /// What a server may come to hold.
  ///
  /// - Parameters:
  ///   - before: what it held before the peers came.
  ///   - peers: how many come.
  ///   - bytes: what each may have on its way.
  /// - Returns: that, the buffers of the pool, and for each peer its own objects and as many bytes
  ///   as the loop's limits let a connection hold: those nobody has claimed, those not sent, and one
  ///   buffer beyond each, because the limits are looked at behind a receive; and an eighth of that
  ///   for what malloc(3) adds to pieces of some size.
  static func bound(before: UInt64, peers: Int, bytes: Int) -> UInt64 {
    let loop = LoopConfiguration()
    let held = loop.unclaimedByteLimit + loop.unsentByteLimit + 2 * loop.bufferSize
    let each = bytesOfConnection + UInt64(min(bytes, held)) * 9 / 8
    return before + UInt64(loop.bufferCount * loop.bufferSize) + UInt64(peers) * each
  }
}
