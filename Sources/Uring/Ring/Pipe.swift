// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
package import SystemPackage

/// A pipe for bytes on their way from a file or a socket to a socket.
package final class Pipe {
  package let readEnd: FileDescriptor
  package let writeEnd: FileDescriptor
  /// Bytes that fit.
  package let capacity: Int
  /// Bytes that are in it.
  package var byteCount = 0

  /// The capacity that an unprivileged process may ask for (`/proc/sys/fs/pipe-max-size`).
  package static let wantedCapacity = 1 << 20
  /// With less than this, reading and sending is cheaper.
  package static let leastCapacity = 1 << 18

  /// Makes a pipe; `nil` without descriptors, and where the user's pipes have their share of memory
  /// already (`pipe-user-pages-soft`, pipe(7)).
  package init?() {
    var ends: [Int32] = [-1, -1]
    let result = unsafe ends.withUnsafeMutableBufferPointer {
      unsafe curing_make_pipe($0.baseAddress)
    }
    guard result == 0 else { return nil }
    readEnd = FileDescriptor(rawValue: ends[0])
    writeEnd = FileDescriptor(rawValue: ends[1])
    let setPipeSize: Int32 = 1031  // F_SETPIPE_SZ (fcntl(2)).
    capacity = Int(fcntl(ends[1], setPipeSize, Int32(Self.wantedCapacity)))
    guard capacity >= Self.leastCapacity else {
      try? readEnd.close()
      try? writeEnd.close()
      return nil
    }
  }

  /// Takes out all that is in it, which takes no wait.
  package func readAll() -> [UInt8] {
    var bytes: [UInt8] = []
    while byteCount > 0 {
      let part = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { memory, count in
        count = unsafe (try? readEnd.read(into: UnsafeMutableRawBufferPointer(memory))) ?? 0
      }
      // What is there cannot be refused (read(2)).
      guard !part.isEmpty else { break }
      byteCount -= part.count
      bytes += part
    }
    return bytes
  }

  deinit {
    try? readEnd.close()
    try? writeEnd.close()
  }
}
