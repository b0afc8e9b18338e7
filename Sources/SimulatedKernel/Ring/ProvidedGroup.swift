// SPDX-License-Identifier: Apache-2.0

internal import Uring

/// The buffers of one pool that a simulated ring has.
struct ProvidedGroup {
  private let pool: BufferPool
  private var buffers = Line<UInt16>()
  private var holds: [Bool]
  /// Bytes of the first buffer that are filled already.
  private var filledCount = 0

  init(_ pool: BufferPool) {
    self.pool = pool
    holds = Array(repeating: false, count: pool.capacity)
  }

  var isEmpty: Bool { buffers.isEmpty }
  var heldCount: Int { buffers.count }

  /// Bytes that the next buffer has room for.
  var room: Int { pool.bufferSize - filledCount }

  /// The memory of the next buffer; `nil` if there is none.
  var first: MemoryPiece? {
    guard let index = buffers.first else { return nil }
    return MemoryPiece(address: pool.address(of: index) + UInt(filledCount), byteCount: room)
  }

  /// Takes a buffer; `false` if it has it already.
  mutating func hold(_ index: UInt16) -> Bool {
    defer {
      holds[Int(index)] = true
      buffers.append(index)
    }
    return !holds[Int(index)]
  }

  /// Gives the first buffer away with what was written to it, or keeps it for what comes behind
  /// (io_kbuf_commit, `IOU_PBUF_RING_INC`).
  mutating func commit(_ byteCount: Int) -> Completion.Flags {
    guard let index = buffers.first else { return [] }
    var flags = Completion.Flags(rawValue: UInt32(index) << 16).union(.buffer)
    if pool.isIncremental, byteCount < room {
      filledCount += byteCount
      flags.insert(.bufferMore)
      return flags
    }
    filledCount = 0
    _ = buffers.removeFirst()
    holds[Int(index)] = false
    return flags
  }
}
