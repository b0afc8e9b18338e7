// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether a process has an epoll instance.
enum EpollUse {
  /// Looks at its first descriptors: a server opens its epoll instance before its connections.
  static func isSeen(in process: pid_t) -> Bool {
    (0..<64).contains { target(of: "/proc/\(process)/fd/\($0)") == "anon_inode:[eventpoll]" }
  }

  private static func target(of link: String) -> String? {
    var bytes = [CChar](repeating: 0, count: 256)
    let count = unsafe readlink(link, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
