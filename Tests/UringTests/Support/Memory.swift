// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Memory that stays in place while the kernel uses it.
@safe
final class Memory {
  let start: UnsafeMutableRawPointer
  let byteCount: Int

  init(_ bytes: [UInt8]) {
    byteCount = bytes.count
    unsafe start = .allocate(byteCount: bytes.count, alignment: 16)
    unsafe start.copyMemory(from: bytes, byteCount: bytes.count)
  }

  /// A copy of a C struct.
  init<Value: BitwiseCopyable>(of value: Value) {
    byteCount = MemoryLayout<Value>.size
    unsafe start = .allocate(byteCount: byteCount, alignment: 16)
    unsafe start.storeBytes(of: value, as: Value.self)
  }

  deinit { unsafe start.deallocate() }

  var bytes: [UInt8] {
    unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: byteCount))
  }
}

/// The bytes of a span, to be compared.
func array(_ span: borrowing RawSpan) -> [UInt8] {
  span.byteOffsets.map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
}
