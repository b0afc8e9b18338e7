// SPDX-License-Identifier: Apache-2.0

internal import CLiburing

extension RawRequest {
  /// Bits of `ioprio` of receives and sends, and of accepts; kernel ABI.
  enum Start {
    static let pollFirst: UInt16 = 1 << 0
    static let multishot: UInt16 = 1 << 1
    static let reportUsage: UInt16 = 1 << 3
    static let bundle: UInt16 = 1 << 4
    static let vectorized: UInt16 = 1 << 5
    static let acceptMultishot: UInt16 = 1 << 0
    static let acceptDoNotWait: UInt16 = 1 << 1
    static let acceptPollFirst: UInt16 = 1 << 2
  }

  static func receive(
    _ socket: TestSocket, into memory: PinnedMemory, count: Int, flags: Int32 = 0,
    start: UInt16 = 0
  ) -> Self {
    Self(
      CURING_OP_RECV, on: socket.descriptor, address: memory.address, length: UInt32(count),
      flags: UInt32(bitPattern: flags), priority: start)
  }

  static func receive(
    _ socket: TestSocket, group: UInt16, start: UInt16 = 0, limit: Int = 0
  ) -> Self {
    Self(CURING_OP_RECV, on: socket.descriptor, length: UInt32(limit), priority: start)
      .selecting(group)
  }

  static func send(
    _ socket: TestSocket, _ memory: PinnedMemory, count: Int, flags: Int32 = 0,
    start: UInt16 = 0
  ) -> Self {
    Self(
      CURING_OP_SEND, on: socket.descriptor, address: memory.address, length: UInt32(count),
      flags: UInt32(bitPattern: flags | CURING_MSG_NOSIGNAL), priority: start)
  }

  static func accept(_ listener: TestSocket, start: UInt16 = 0) -> Self {
    Self(
      CURING_OP_ACCEPT, on: listener.descriptor, flags: UInt32(CURING_SOCK_CLOEXEC),
      priority: start)
  }

  /// An accept into a free place of the direct table, or into a given one.
  static func acceptDirect(
    _ listener: TestSocket, start: UInt16 = 0, place: UInt32? = nil
  ) -> Self {
    Self(CURING_OP_ACCEPT, on: listener.descriptor, priority: start)
      .changed { $0.file_index = place.map { $0 + 1 } ?? .max }
  }

  static func connect(_ socket: TestSocket, _ address: PinnedMemory, byteCount: Int) -> Self {
    Self(
      CURING_OP_CONNECT, on: socket.descriptor, address: address.address,
      offset: UInt64(byteCount))
  }
}

extension RawRequest {
  static var nop: Self { Self(0) }

  static func poll(_ socket: TestSocket, _ events: UInt32, options: UInt32 = 0) -> Self {
    Self(6, on: socket.descriptor, length: options, flags: events)
  }

  /// IORING_OP_TIMEOUT, which ends after a time or after so many completions.
  static func timeout(_ time: PinnedMemory, count: UInt64 = 0, flags: UInt32 = 0) -> Self {
    Self(11, address: time.address, length: 1, offset: count, flags: flags)
  }

  /// IORING_OP_LINK_TIMEOUT, for the linked request before it.
  static func linkTimeout(_ time: PinnedMemory) -> Self {
    Self(15, address: time.address, length: 1)
  }

  static func cancel(token: UInt64) -> Self {
    Self(CURING_OP_ASYNC_CANCEL, address: token).tagged(2)
  }

  /// A cancel by other keys than the token; what `flags` means is kernel ABI.
  static func cancel(_ descriptor: Int32 = -1, flags: UInt32) -> Self {
    Self(CURING_OP_ASYNC_CANCEL, on: descriptor, flags: flags).tagged(2)
  }

  /// IORING_ASYNC_CANCEL_ALL and _ANY (Linux 5.19).
  static var cancelAll: Self { cancel(flags: 1 << 0 | 1 << 2) }

  static func read(_ descriptor: Int32, into memory: PinnedMemory, count: Int) -> Self {
    Self(
      CURING_OP_READ, on: descriptor, address: memory.address, length: UInt32(count),
      offset: .max)
  }

  static func close(_ descriptor: Int32) -> Self { Self(CURING_OP_CLOSE, on: descriptor) }
}
