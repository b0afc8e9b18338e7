// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage

/// A file without a name that holds bytes.
package final class TestFile: Sendable {
  package let descriptor: FileDescriptor

  package init(_ bytes: [UInt8]) throws(Errno) {
    guard let stream = unsafe tmpfile() else { throw Errno(rawValue: errno) }
    defer { unsafe fclose(stream) }
    let number = unsafe dup(fileno(stream))
    guard number >= 0 else { throw Errno(rawValue: errno) }
    descriptor = FileDescriptor(rawValue: number)
    do {
      _ = unsafe try bytes.withUnsafeBytes {
        unsafe try descriptor.writeAll(toAbsoluteOffset: 0, $0)
      }
    } catch {
      throw (error as? Errno) ?? .ioError
    }
  }

  deinit {
    try? descriptor.close()
  }

  /// Cuts the file off.
  package func truncate(to byteCount: Int) {
    _ = ftruncate(descriptor.rawValue, off_t(byteCount))
  }

  /// Where the next plain read would begin.
  package var position: Int { Int(lseek(descriptor.rawValue, 0, SEEK_CUR)) }
}
