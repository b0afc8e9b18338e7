// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Glibc
internal import SystemPackage
internal import Uring

/// A descriptor, mostly a blocking socket on the loopback address, closed with its last owner.
final class TestSocket {
  private(set) var descriptor: Int32

  /// Kinds of sockets.
  enum Kind {
    case tcp, udp, unixStream, unixDatagram

    var domain: Int32 {
      switch self {
      case .tcp, .udp: AF_INET
      case .unixStream, .unixDatagram: AF_UNIX
      }
    }

    var type: Int32 {
      let kind =
        switch self {
        case .tcp, .unixStream: SOCK_STREAM
        case .udp, .unixDatagram: SOCK_DGRAM
        }
      return Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    }
  }

  init(adopting descriptor: Int32) {
    self.descriptor = descriptor
  }

  convenience init(_ kind: Kind) throws(Finding) {
    self.init(adopting: try Self.must("socket", Glibc.socket(kind.domain, kind.type, 0)))
  }

  deinit { close() }

  /// Closes now.
  func close() {
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }

  static func pair(_ kind: Kind) throws(Finding) -> (TestSocket, TestSocket) {
    var ends: [Int32] = [-1, -1]
    _ = try must("socketpair", unsafe socketpair(kind.domain, kind.type, 0, &ends))
    return (TestSocket(adopting: ends[0]), TestSocket(adopting: ends[1]))
  }

  /// A TCP listener on a free port.
  static func listening(backlog: Int32) throws(Finding) -> TestSocket {
    let listener = try TestSocket(.tcp)
    try listener.bind()
    _ = try must("listen", listen(listener.descriptor, backlog))
    return listener
  }

  /// Binds to a free port of 127.0.0.1.
  func bind() throws(Finding) {
    let address = SocketAddress.loopback
    let result = unsafe address.withSockaddr { pointer, count in
      unsafe Glibc.bind(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(count))
    }
    _ = try Self.must("bind", result)
  }

  func localAddress() throws(Finding) -> SocketAddress {
    do throws(Errno) {
      return try .local(of: FileDescriptor(rawValue: descriptor))
    } catch {
      throw .skipped("getsockname fails: \(error)")
    }
  }

  func connect(to address: SocketAddress) throws(Finding) {
    let result = unsafe address.withSockaddr { pointer, count in
      unsafe Glibc.connect(
        descriptor, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(count))
    }
    _ = try Self.must("connect", result)
  }

  func accept() throws(Finding) -> TestSocket {
    TestSocket(adopting: try Self.must("accept", Glibc.accept(descriptor, nil, nil)))
  }

  /// A system call's result, or why there is nothing to check.
  static func must(_ call: String, _ result: Int32) throws(Finding) -> Int32 {
    guard result >= 0 else { throw .skipped("\(call) fails with errno \(errno)") }
    return result
  }
}

extension SocketAddress {
  /// Any port of 127.0.0.1.
  static var loopback: SocketAddress {
    guard let address = try? SocketAddress.ipv4("127.0.0.1", port: 0) else {
      preconditionFailure("127.0.0.1 is an address")
    }
    return address
  }

  /// The `sockaddr` as bytes.
  var rawBytes: [UInt8] {
    unsafe withSockaddr { pointer, count in
      unsafe [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
    }
  }
}
