// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import Glibc
internal import NIOCore

/// A `msghdr` and its vectors, in memory that stays while the kernel may read it.
@safe
final class SendVectors {
  /// How many pieces one send gathers.
  static let capacity = 64

  let header: UnsafeMutablePointer<msghdr>
  private let vectors: UnsafeMutablePointer<iovec>
  private(set) var byteCount = 0
  private(set) var count = 0
  /// Writes that the pieces are of; empty ones have no piece.
  var writeCount = 0

  init() {
    unsafe header = .allocate(capacity: 1)
    unsafe vectors = .allocate(capacity: Self.capacity)
    unsafe header.initialize(to: msghdr())
    unsafe vectors.initialize(repeating: iovec(), count: Self.capacity)
    unsafe header.pointee.msg_iov = unsafe vectors
  }

  deinit {
    unsafe header.deallocate()
    unsafe vectors.deallocate()
  }

  var isFull: Bool { count == Self.capacity }

  func removeAll() {
    byteCount = 0
    count = 0
    writeCount = 0
  }

  /// Adds the readable bytes of a buffer, which its owner keeps until the send has ended.
  ///
  /// The storage of a `ByteBuffer` stays in place while somebody holds it: who changes another value
  /// of the same storage gets a copy.
  func append(_ buffer: ByteBuffer) {
    unsafe buffer.withUnsafeReadableBytes { bytes in
      unsafe vectors[count] = unsafe iovec(
        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
      byteCount += bytes.count
    }
    count += 1
    unsafe header.pointee.msg_iovlen = count
  }

  /// The only piece, if there is no other.
  var only: (address: UnsafeRawPointer, byteCount: Int)? {
    guard count == 1, let address = unsafe vectors[0].iov_base else { return nil }
    return unsafe (UnsafeRawPointer(address), vectors[0].iov_len)
  }
}
#endif
