// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Memory that an accept stores its peer's address in.
///
/// Lives until the accept's completion, because the kernel writes to it until then; see
/// ``Request/accept(from:options:addressInto:)``.
@safe
package struct AcceptedAddress: ~Copyable {
  /// A `sockaddr_storage` and, right behind it, a `socklen_t`.
  @unsafe package let address: UnsafeMutableRawPointer

  private static var capacity: Int { MemoryLayout<sockaddr_storage>.size }

  /// Makes memory that is ready for an accept.
  package init() {
    unsafe address = .allocate(
      byteCount: Self.capacity + MemoryLayout<socklen_t>.size,
      alignment: MemoryLayout<sockaddr_storage>.alignment)
    reset()
  }

  deinit {
    unsafe address.deallocate()
  }

  /// Makes the memory ready for another accept, which reads how much room there is (accept(2)).
  package func reset() {
    unsafe address.storeBytes(of: sa_family_t(AF_UNSPEC), as: sa_family_t.self)
    unsafe address.storeBytes(
      of: socklen_t(Self.capacity), toByteOffset: Self.capacity, as: socklen_t.self)
  }

  /// The address that the last accept stored; `nil` before it has, and for a family of no ``SocketAddress``.
  package var socketAddress: SocketAddress? {
    let byteCount = unsafe address.load(fromByteOffset: Self.capacity, as: socklen_t.self)
    return unsafe SocketAddress(copying: address, byteCount: min(Int(byteCount), Self.capacity))
  }
}
