internal import Glibc
internal import SystemPackage
internal import Uring

/// Makes sockets: the few system calls that are not worth a request.
///
/// Sockets are blocking. O_NONBLOCK would not make a request fail with -EAGAIN at once, but it
/// turns the kernel's rare fallback to a worker thread into a spurious one (io_wq_submit_work).
enum SocketFactory {
  /// Makes a stream socket for an address family.
  static func open(
    for address: SocketAddress, _ options: SocketOptions
  ) throws(SocketError) -> FileDescriptor {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let result = socket(address.family, type, 0)
    guard result >= 0 else { throw failure(.open, address) }
    let descriptor = FileDescriptor(rawValue: result)
    do throws(SocketError) {
      try set(options, on: descriptor, address)
    } catch {
      try? descriptor.close()
      throw error
    }
    return descriptor
  }

  private static func set(
    _ options: SocketOptions, on descriptor: FileDescriptor, _ address: SocketAddress
  ) throws(SocketError) {
    let isInternet = address.family == AF_INET || address.family == AF_INET6
    if options.noDelay, isInternet {
      try set(Int32(IPPROTO_TCP), TCP_NODELAY, 1, on: descriptor, address)
    }
    if address.family == AF_INET6 {
      let value: Int32 = options.isIPv6Only ? 1 : 0
      try set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, value, on: descriptor, address)
    }
    if let byteCount = options.sendBufferByteCount {
      try set(SOL_SOCKET, SO_SNDBUF, byteCount, on: descriptor, address)
    }
    if let byteCount = options.receiveBufferByteCount {
      try set(SOL_SOCKET, SO_RCVBUF, byteCount, on: descriptor, address)
    }
  }

  private static func set(
    _ level: Int32, _ name: Int32, _ value: Int32, on descriptor: FileDescriptor,
    _ address: SocketAddress
  ) throws(SocketError) {
    var value = value
    let result = unsafe setsockopt(
      descriptor.rawValue, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    guard result == 0 else { throw failure(.setOption, address) }
  }

  /// Makes listening sockets that share one address, one for each of `count` loops.
  ///
  /// The first is bound without `SO_REUSEPORT`, so that an address that somebody else has is
  /// refused; the option is set afterwards, which lets only our own join.
  static func listen(
    on address: SocketAddress, count: Int, _ options: SocketOptions
  ) throws(SocketError) -> (listeners: [FileDescriptor], address: SocketAddress) {
    var listeners: [FileDescriptor] = []
    do throws(SocketError) {
      let first = try open(for: address, options)
      listeners.append(first)
      try set(SOL_SOCKET, SO_REUSEADDR, 1, on: first, address)
      try bind(first, to: address)
      let bound = try localAddress(of: first, address)
      if count > 1 { try set(SOL_SOCKET, SO_REUSEPORT, 1, on: first, address) }
      for _ in 1..<count {
        let next = try open(for: bound, options)
        listeners.append(next)
        try set(SOL_SOCKET, SO_REUSEADDR, 1, on: next, address)
        try set(SOL_SOCKET, SO_REUSEPORT, 1, on: next, address)
        try bind(next, to: bound)
      }
      for listener in listeners {
        guard Glibc.listen(listener.rawValue, options.backlog) == 0 else {
          throw failure(.listen, address)
        }
      }
      return (listeners, bound)
    } catch {
      for listener in listeners { try? listener.close() }
      throw error
    }
  }

  private static func bind(
    _ descriptor: FileDescriptor, to address: SocketAddress
  ) throws(SocketError) {
    let result = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.bind(
        descriptor.rawValue, pointer.assumingMemoryBound(to: sockaddr.self),
        socklen_t(byteCount))
    }
    guard result == 0 else { throw failure(.bind, address) }
  }

  private static func localAddress(
    of descriptor: FileDescriptor, _ address: SocketAddress
  ) throws(SocketError) -> SocketAddress {
    do throws(Errno) {
      return try SocketAddress.local(of: descriptor)
    } catch {
      throw SocketError(.bind, error, peer: address)
    }
  }

  private static func failure(_ operation: SocketOperation, _ address: SocketAddress) -> SocketError
  {
    SocketError(operation, Errno(rawValue: Glibc.errno), peer: address)
  }
}
