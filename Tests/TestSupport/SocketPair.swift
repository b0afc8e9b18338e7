// SPDX-License-Identifier: Apache-2.0

package import Glibc
package import SystemPackage

/// Two connected Unix-domain sockets that are closed together.
package struct SocketPair: ~Copyable, Sendable {
  package let near: FileDescriptor
  package let far: FileDescriptor

  package init(
    _ type: __socket_type = SOCK_STREAM, isNonblocking: Bool = false
  ) throws(Errno) {
    var ends: [Int32] = [-1, -1]
    let flags = SOCK_CLOEXEC.rawValue | (isNonblocking ? SOCK_NONBLOCK.rawValue : 0)
    guard unsafe socketpair(AF_UNIX, Int32(type.rawValue | flags), 0, &ends) == 0 else {
      throw Errno(rawValue: errno)
    }
    (near, far) = (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
  }

  deinit {
    try? near.close()
    try? far.close()
  }

  /// Gives the descriptors away.
  package consuming func release() -> (near: FileDescriptor, far: FileDescriptor) {
    let ends = (near, far)
    discard self
    return ends
  }

  /// Writes from the far end; of sockets of datagrams one, which may be empty.
  package func write(_ bytes: [UInt8]) throws(Errno) {
    guard unsafe send(far.rawValue, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw Errno(rawValue: errno)
    }
  }

  /// Reads at most so many bytes at the far end.
  package func read(_ count: Int) throws -> [UInt8] {
    try far.readBytes(count)
  }
}

extension FileDescriptor {
  /// Reads at most so many bytes, once.
  package func readBytes(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = unsafe try bytes.withUnsafeMutableBytes { unsafe try self.read(into: $0) }
    return Array(bytes[..<read])
  }
}
