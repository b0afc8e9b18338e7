// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import Uring

/// A `sockaddr` in memory that stays while the kernel may read it.
@safe
final class SocketAddressMemory: @unchecked Sendable {
  // Unchecked: never changes.

  private let memory: UnsafeMutableRawPointer
  private let byteCount: Int

  init(_ address: Uring.SocketAddress) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
    byteCount = unsafe address.withSockaddr { pointer, byteCount in
      unsafe memory.copyMemory(from: pointer, byteCount: byteCount)
      return byteCount
    }
    unsafe self.memory = unsafe memory
  }

  deinit { unsafe memory.deallocate() }

  func connect(_ socket: Descriptor) -> Request {
    unsafe .connect(socket, to: memory, byteCount: byteCount)
  }
}
#endif
