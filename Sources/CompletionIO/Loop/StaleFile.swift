// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
internal import Uring

/// The file of a Unix-domain path that its server has left behind.
struct StaleFile {
  private let address: SocketAddress
  private let path: String

  /// Fails for an address that is no path.
  init?(of address: SocketAddress) {
    let text = address.description
    guard address.isUnixDomain, text.hasPrefix("unix:"), !text.hasPrefix("unix:@"), text.count > 5
    else { return nil }
    self.address = address
    path = String(text.dropFirst(5))
  }

  /// Removes the file, if it is a socket and a connect to it is refused.
  ///
  /// - Returns: Whether it was removed.
  func remove() -> Bool {
    guard let before = identity, isRefused, identity == before else { return false }
    return unsafe unlink(path) == 0
  }

  /// Which file it is; `nil` if it is none, or no socket.
  private var identity: Identity? {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return Identity(device: status.st_dev, number: status.st_ino)
  }

  private struct Identity: Equatable {
    let device: dev_t
    let number: ino_t
  }

  /// Whether nobody listens: a listener with a full backlog answers EAGAIN, one of another type
  /// EPROTOTYPE (unix_find_bsd).
  private var isRefused: Bool {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(AF_UNIX, type, 0)
    guard socket >= 0 else { return false }
    defer { _ = Glibc.close(socket) }
    let result = unsafe address.withSockaddr { pointer, byteCount in
      unsafe connect(
        socket, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    return result != 0 && errno == ECONNREFUSED
  }
}
