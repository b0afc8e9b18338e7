// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import Testing
import Uring

/// Two connected stream sockets that are closed together.
struct SocketPair: ~Copyable {
  let near: FileDescriptor
  let far: FileDescriptor

  init() throws {
    var descriptors: [Int32] = [-1, -1]
    let result = unsafe socketpair(
      AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &descriptors)
    try #require(result == 0)
    near = FileDescriptor(rawValue: descriptors[0])
    far = FileDescriptor(rawValue: descriptors[1])
  }

  deinit {
    try? near.close()
    try? far.close()
  }

  /// Writes from the far end.
  func write(_ bytes: [UInt8]) throws {
    #expect(try far.writeAll(bytes) == bytes.count)
  }

  /// Reads at most so many bytes at the far end.
  func read(_ count: Int) throws -> [UInt8] {
    try far.readBytes(count)
  }
}

extension FileDescriptor {
  /// Reads at most so many bytes, once.
  func readBytes(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = unsafe try bytes.withUnsafeMutableBytes { unsafe try self.read(into: $0) }
    return Array(bytes[..<read])
  }
}
