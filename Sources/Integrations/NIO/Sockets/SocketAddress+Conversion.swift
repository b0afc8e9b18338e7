// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import Glibc
internal import NIOCore
internal import SystemPackage
internal import Uring

extension Uring.SocketAddress {
  /// The same address, if it is of a family that NIO and this library both have.
  init?(_ address: NIOCore.SocketAddress) {
    let copy = unsafe address.withSockAddr { pointer, byteCount in
      unsafe Uring.SocketAddress(copying: UnsafeRawPointer(pointer), byteCount: byteCount)
    }
    guard let copy else { return nil }
    self = copy
  }
}

extension NIOCore.SocketAddress {
  /// The same address as NIO describes it.
  init(_ address: Uring.SocketAddress) {
    self = unsafe address.withSockaddr { pointer, byteCount in
      switch address.family {
      case AF_INET:
        return NIOCore.SocketAddress(unsafe pointer.loadUnaligned(as: sockaddr_in.self))
      case AF_INET6:
        return NIOCore.SocketAddress(unsafe pointer.loadUnaligned(as: sockaddr_in6.self))
      default:
        var path = sockaddr_un()
        unsafe withUnsafeMutableBytes(of: &path) {
          unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: byteCount))
        }
        return NIOCore.SocketAddress(path)
      }
    }
  }
}

extension IOError {
  /// An answer of the kernel, as NIO tells it.
  init(_ error: Errno, _ call: String) {
    self.init(errnoCode: error.rawValue, reason: call)
  }
}
#endif
