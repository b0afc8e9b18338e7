// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage
package import Uring

/// The system calls on sockets that are not worth a request: the kernel's, or a simulation's.
///
/// Only set-up and the end of a loop come here, so that an existential costs nothing that matters.
package protocol SocketCalls: Sendable {
  /// Makes a stream socket that children do not inherit: socket(2).
  func makeSocket(family: Int32) throws(Errno) -> FileDescriptor

  /// Makes a socket of datagrams that children do not inherit: socket(2).
  func makeDatagramSocket(family: Int32) throws(Errno) -> FileDescriptor

  /// Makes two connected Unix-domain sockets of datagrams: socketpair(2).
  func makeDatagramPair() throws(Errno) -> (FileDescriptor, FileDescriptor)

  /// Gives a socket of datagrams its peer, which takes no wait: connect(2).
  func connect(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno)

  /// Makes two Unix-domain stream sockets that are connected with each other: socketpair(2).
  func makePair() throws(Errno) -> (FileDescriptor, FileDescriptor)

  /// Sets an option: setsockopt(2).
  func setOption(
    _ level: Int32, _ number: Int32, to bytes: [UInt8], on socket: FileDescriptor
  ) throws(Errno)

  /// Reads an option, at most so many bytes of it: getsockopt(2).
  func option(
    _ level: Int32, _ number: Int32, byteLimit: Int, of socket: FileDescriptor
  ) throws(Errno) -> [UInt8]

  /// Gives a socket its address: bind(2).
  func bind(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno)

  /// Starts to listen: listen(2).
  func listen(_ socket: FileDescriptor, backlog: Int32) throws(Errno)

  /// The socket's own address: getsockname(2).
  func localAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress

  /// The other end's address: getpeername(2).
  func peerAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress

  /// Removes the file of a Unix-domain path, if it is a socket on which nobody listens.
  ///
  /// - Returns: Whether it was removed.
  func removeStaleFile(of address: SocketAddress) -> Bool

  /// Has children not inherit a descriptor: fcntl(2), F_SETFD.
  func closeOnExec(_ socket: FileDescriptor)

  /// Tries a receive, a send, either with a `msghdr` too, or a shutdown once, and does not wait
  /// (``ReadinessCalls/attempt(_:)``).
  func attempt(_ request: Request) -> Int32

  /// Gives a descriptor back: close(2), after which it is gone whatever the answer.
  func close(_ socket: FileDescriptor)
}

extension SocketCalls {
  /// No datagrams where nobody carries them.
  package func makeDatagramSocket(family: Int32) throws(Errno) -> FileDescriptor {
    throw .socketTypeNotSupported
  }

  /// No datagrams where nobody carries them.
  package func makeDatagramPair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
    throw .socketTypeNotSupported
  }

  /// No datagrams where nobody carries them.
  package func connect(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno) {
    throw .socketTypeNotSupported
  }

  /// Everything would wait where nobody tries.
  package func attempt(_ request: Request) -> Int32 {
    -Errno.resourceTemporarilyUnavailable.rawValue
  }

  /// No pair where sockets are found by their addresses only.
  package func makePair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
    throw .notSupportedOnSocket
  }

  /// Nothing is stale where there are no files.
  package func removeStaleFile(of address: SocketAddress) -> Bool { false }

  /// Nothing is inherited where there are no processes.
  package func closeOnExec(_ socket: FileDescriptor) {}
}

/// The kernel's own.
struct KernelSocketCalls: SocketCalls {
  func makeSocket(family: Int32) throws(Errno) -> FileDescriptor {
    try makeSocket(family: family, Int32(SOCK_STREAM.rawValue))
  }

  func makeDatagramSocket(family: Int32) throws(Errno) -> FileDescriptor {
    try makeSocket(family: family, Int32(SOCK_DGRAM.rawValue))
  }

  private func makeSocket(family: Int32, _ type: Int32) throws(Errno) -> FileDescriptor {
    let result = Glibc.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard result >= 0 else { throw Errno(rawValue: Glibc.errno) }
    return FileDescriptor(rawValue: result)
  }

  func makePair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
    try makePair(of: SOCK_STREAM)
  }

  func makeDatagramPair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
    try makePair(of: SOCK_DGRAM)
  }

  private func makePair(
    of type: __socket_type
  ) throws(Errno) -> (FileDescriptor, FileDescriptor) {
    var pair: [Int32] = [-1, -1]
    let type = Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &pair) == 0 else {
      throw Errno(rawValue: Glibc.errno)
    }
    return (FileDescriptor(rawValue: pair[0]), FileDescriptor(rawValue: pair[1]))
  }

  func connect(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno) {
    let result = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        socket.rawValue, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard result == 0 else { throw Errno(rawValue: Glibc.errno) }
  }

  func setOption(
    _ level: Int32, _ number: Int32, to bytes: [UInt8], on socket: FileDescriptor
  ) throws(Errno) {
    let result = unsafe bytes.withUnsafeBytes {
      unsafe setsockopt(
        socket.rawValue, level, number, $0.baseAddress, socklen_t($0.count))
    }
    guard result == 0 else { throw Errno(rawValue: Glibc.errno) }
  }

  func option(
    _ level: Int32, _ number: Int32, byteLimit: Int, of socket: FileDescriptor
  ) throws(Errno) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteLimit)
    var byteCount = socklen_t(byteLimit)
    let result = unsafe bytes.withUnsafeMutableBytes {
      unsafe getsockopt(socket.rawValue, level, number, $0.baseAddress, &byteCount)
    }
    guard result == 0 else { throw Errno(rawValue: Glibc.errno) }
    // Of some options the kernel tells how many bytes there would be.
    bytes.removeSubrange(min(Int(byteCount), byteLimit)...)
    return bytes
  }

  func bind(_ socket: FileDescriptor, to address: SocketAddress) throws(Errno) {
    let result = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.bind(
        socket.rawValue, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard result == 0 else { throw Errno(rawValue: Glibc.errno) }
  }

  func listen(_ socket: FileDescriptor, backlog: Int32) throws(Errno) {
    guard Glibc.listen(socket.rawValue, backlog) == 0 else {
      throw Errno(rawValue: Glibc.errno)
    }
  }

  func localAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress {
    try SocketAddress.local(of: socket)
  }

  func peerAddress(of socket: FileDescriptor) throws(Errno) -> SocketAddress {
    try SocketAddress.peer(of: socket)
  }

  func removeStaleFile(of address: SocketAddress) -> Bool {
    StaleFile(of: address)?.remove() ?? false
  }

  func closeOnExec(_ socket: FileDescriptor) {
    _ = fcntl(socket.rawValue, F_SETFD, FD_CLOEXEC)
  }

  func attempt(_ request: Request) -> Int32 { LinuxCalls.attempt(request) }

  func close(_ socket: FileDescriptor) {
    try? socket.close()
  }
}
