// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

/// A `msghdr` with its vectors, for one gathered send.
@safe
final class GatheredMessage {
  /// Pieces that one send can gather.
  static let pieceLimit = 16

  private let header: UnsafeMutablePointer<msghdr>
  private let vectors: UnsafeMutablePointer<iovec>

  init() {
    unsafe header = .allocate(capacity: 1)
    unsafe vectors = .allocate(capacity: Self.pieceLimit)
    unsafe header.initialize(to: msghdr())
    unsafe vectors.initialize(repeating: iovec(), count: Self.pieceLimit)
    unsafe header.pointee.msg_iov = unsafe vectors
  }

  deinit {
    unsafe header.deallocate()
    unsafe vectors.deallocate()
  }

  /// Sets a piece of the next send.
  func set(_ index: Int, address: UInt, byteCount: Int) {
    unsafe vectors[index] = unsafe iovec(
      iov_base: UnsafeMutableRawPointer(bitPattern: address), iov_len: byteCount)
  }

  /// A send of the first pieces; the others may name memory that is somebody else's by now.
  func send(pieceCount: Int, byteCount: Int, to descriptor: Descriptor) -> Request {
    unsafe header.pointee.msg_iovlen = pieceCount
    return unsafe .sendMessage(UnsafeRawPointer(header), byteCount: byteCount, to: descriptor)
  }
}
