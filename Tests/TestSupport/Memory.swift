// SPDX-License-Identifier: Apache-2.0

package import Uring

/// Memory that stays in place while the kernel uses it.
@safe
package final class Memory {
  package let start: UnsafeMutableRawPointer
  package let byteCount: Int

  package init(_ bytes: [UInt8]) {
    byteCount = bytes.count
    unsafe start = .allocate(byteCount: bytes.count, alignment: 16)
    unsafe start.copyMemory(from: bytes, byteCount: bytes.count)
  }

  /// A copy of a C struct.
  package init<Value: BitwiseCopyable>(of value: Value) {
    byteCount = MemoryLayout<Value>.size
    unsafe start = .allocate(byteCount: byteCount, alignment: 16)
    unsafe start.storeBytes(of: value, as: Value.self)
  }

  /// An address as the kernel takes it.
  package init(_ address: SocketAddress) {
    (unsafe start, byteCount) = unsafe address.withSockaddr { pointer, byteCount in
      let start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
      unsafe start.copyMemory(from: pointer, byteCount: byteCount)
      return unsafe (start, byteCount)
    }
  }

  deinit { unsafe start.deallocate() }

  package subscript(index: Int) -> UInt8 {
    get { unsafe start.load(fromByteOffset: index, as: UInt8.self) }
    set { unsafe start.storeBytes(of: newValue, toByteOffset: index, as: UInt8.self) }
  }

  package var bytes: [UInt8] {
    unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: byteCount))
  }
}
