// SPDX-License-Identifier: Apache-2.0

/// Bytes that stay in place while the kernel uses them.
@safe
final class Memory {
  let byteCount: Int
  private let buffer: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    precondition(byteCount > 0, "memory that stays in place has a place")
    self.byteCount = byteCount
    unsafe buffer = .allocate(byteCount: byteCount, alignment: 16)
  }

  convenience init(_ bytes: some Collection<UInt8>) {
    self.init(byteCount: bytes.count)
    unsafe buffer.copyBytes(from: bytes)
  }

  deinit {
    unsafe buffer.deallocate()
  }

  /// The first byte's address; the kernel's until the operation has ended.
  @unsafe var start: UnsafeMutableRawPointer {
    guard let start = unsafe buffer.baseAddress else {
      preconditionFailure("\(byteCount) bytes have no address")
    }
    return unsafe start
  }

  /// The first bytes.
  func bytes(_ count: UInt32) -> [UInt8] {
    unsafe Array(buffer[..<Int(count)])
  }
}
