// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import Glibc
internal import NIOCore
internal import SystemPackage

/// The file in the place of a Unix-domain socket is of another kind, and stays.
public struct UnixDomainSocketPathWrongType: Error, Hashable, Sendable {}

/// The file that a Unix-domain listener leaves behind.
enum SocketFile {
  /// Removes it, if it is there.
  ///
  /// - Throws: ``UnixDomainSocketPathWrongType`` for a file that is no socket; `IOError`.
  static func remove(_ path: String) throws {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw UnixDomainSocketPathWrongType() }
    guard unsafe unlink(path) == 0 else {
      throw IOError(Errno(rawValue: Glibc.errno), "unlink")
    }
  }
}
#endif
