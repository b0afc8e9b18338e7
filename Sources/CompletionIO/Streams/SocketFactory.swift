internal import Glibc
internal import SystemPackage
internal import Uring

/// Makes sockets with the system calls of a kernel.
///
/// Sockets are blocking. O_NONBLOCK would not make a request fail with -EAGAIN at once, but it
/// turns the kernel's rare fallback to a worker thread into a spurious one (io_wq_submit_work).
struct SocketFactory {
  let calls: any SocketCalls

  init(_ calls: any SocketCalls) {
    self.calls = calls
  }

  /// Makes a stream socket for an address family.
  func open(
    for address: SocketAddress, _ options: SocketOptions
  ) throws(SocketError) -> FileDescriptor {
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try calls.makeSocket(family: address.family)
    } catch {
      throw SocketError(.open, error, peer: address)
    }
    do throws(SocketError) {
      try set(options, on: descriptor, address)
    } catch {
      calls.close(descriptor)
      throw error
    }
    return descriptor
  }

  private func set(
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

  private func set(
    _ level: Int32, _ name: Int32, _ value: Int32, on descriptor: FileDescriptor,
    _ address: SocketAddress
  ) throws(SocketError) {
    do throws(Errno) {
      try calls.setOption(level, name, to: value, on: descriptor)
    } catch {
      throw SocketError(.setOption, error, peer: address)
    }
  }

  /// Makes listening sockets that share one address, one for each of `count` loops.
  ///
  /// The first is bound without `SO_REUSEPORT`, so that an address that somebody else has is
  /// refused; the option is set afterwards, which lets only our own join.
  func listen(
    on address: SocketAddress, count: Int, _ options: SocketOptions
  ) throws(SocketError) -> (listeners: [FileDescriptor], address: SocketAddress) {
    var listeners: [FileDescriptor] = []
    do throws(SocketError) {
      let first = try open(for: address, options)
      listeners.append(first)
      try set(SOL_SOCKET, SO_REUSEADDR, 1, on: first, address)
      let bound = try bind(first, to: address)
      if count > 1 { try set(SOL_SOCKET, SO_REUSEPORT, 1, on: first, address) }
      for _ in 1..<count {
        let next = try open(for: bound, options)
        listeners.append(next)
        try set(SOL_SOCKET, SO_REUSEADDR, 1, on: next, address)
        try set(SOL_SOCKET, SO_REUSEPORT, 1, on: next, address)
        _ = try bind(next, to: bound)
      }
      for listener in listeners {
        do throws(Errno) {
          try calls.listen(listener, backlog: options.backlog)
        } catch {
          throw SocketError(.listen, error, peer: address)
        }
      }
      return (listeners, bound)
    } catch {
      for listener in listeners { calls.close(listener) }
      throw error
    }
  }

  /// Binds a socket and tells the address that it has then.
  private func bind(
    _ descriptor: FileDescriptor, to address: SocketAddress
  ) throws(SocketError) -> SocketAddress {
    do throws(Errno) {
      try calls.bind(descriptor, to: address)
      return try calls.localAddress(of: descriptor)
    } catch {
      throw SocketError(.bind, error, peer: address)
    }
  }
}
