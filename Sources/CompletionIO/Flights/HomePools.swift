// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The pools of one loop, whose leases a send need not copy.
struct HomePools: Hashable, BitwiseCopyable {
  /// ``BufferPool/identity`` of each.
  let streams: UInt
  let messages: UInt

  @inline(__always)
  func contains(_ identity: UInt) -> Bool { identity == streams || identity == messages }
}
