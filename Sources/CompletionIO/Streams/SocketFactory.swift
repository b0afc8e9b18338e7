// SPDX-License-Identifier: Apache-2.0

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

  /// Makes a stream socket that is to connect to an address.
  func open(
    for address: SocketAddress, _ options: SocketOptions
  ) throws(SocketError) -> FileDescriptor {
    var settings = options.settings(for: address.family)
    guard let local = options.localAddress else {
      return try open(for: address, settings + options.settings)
    }
    guard local.family == address.family else {
      throw SocketError(.bind, .addressFamilyNotSupported, peer: local)
    }
    if local.port == 0 { settings.append(SocketSetting(.choosesPortAtConnect, true)) }
    let descriptor = try open(for: address, settings + options.settings)
    do throws(Errno) {
      try calls.bind(descriptor, to: local)
      return descriptor
    } catch {
      calls.close(descriptor)
      throw SocketError(.bind, error, peer: local)
    }
  }

  private func openListening(
    on address: SocketAddress, _ options: SocketOptions
  ) throws(SocketError) -> FileDescriptor {
    // Before the caller's own, which may say something else.
    let settings =
      options.settings(for: address.family) + [SocketSetting(.reuseAddress, true)]
      + options.settings
    return try open(for: address, settings)
  }

  private func open(
    for address: SocketAddress, _ settings: [SocketSetting]
  ) throws(SocketError) -> FileDescriptor {
    try open(for: address, settings) { () throws(Errno) in
      try calls.makeSocket(family: address.family)
    }
  }

  /// Makes a socket and sets its options; what cannot have them is closed.
  func open(
    for address: SocketAddress?, _ settings: [SocketSetting],
    _ make: () throws(Errno) -> FileDescriptor
  ) throws(SocketError) -> FileDescriptor {
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try make()
    } catch {
      throw SocketError(.open, error, peer: address)
    }
    do throws(SocketError) {
      try calls.setOptions(settings, on: descriptor, address)
    } catch {
      calls.close(descriptor)
      throw error
    }
    return descriptor
  }

  /// Makes listening sockets that share one address, one for each loop.
  ///
  /// - Parameters:
  ///   - address: Where to listen.
  ///   - cpus: For each loop the CPU whose connections it is to get; `nil` for any.
  ///   - options: How the sockets are made.
  /// - Returns: The sockets, and the address that they have.
  /// - Throws: ``SocketError``; then no socket is left open.
  func listen(
    on address: SocketAddress, cpus: [Int?], _ options: SocketOptions
  ) throws(SocketError) -> (listeners: [FileDescriptor], address: SocketAddress) {
    let (listeners, bound) = try bindSharing(
      address, count: cpus.count, options
    ) { address throws(SocketError) in try openListening(on: address, options) }
    do throws(SocketError) {
      for (listener, cpu) in zip(listeners, cpus) {
        try listen(listener, at: address, backlog: options.backlog)
        guard let cpu else { continue }
        try calls.setOptions([SocketSetting(.incomingCPU, cpu)], on: listener, address)
      }
    } catch {
      for listener in listeners { calls.close(listener) }
      throw error
    }
    return (listeners, bound)
  }

  private func listen(
    _ listener: FileDescriptor, at address: SocketAddress, backlog: Int32
  ) throws(SocketError) {
    do throws(Errno) {
      try calls.listen(listener, backlog: backlog)
    } catch {
      throw SocketError(.listen, error, peer: address)
    }
  }

  /// Makes sockets that share one address, one for each of `count` loops.
  ///
  /// The first is bound without `SO_REUSEPORT`, so that an address that somebody else has is
  /// refused; the option is set afterwards, which lets only our own join.
  func bindSharing(
    _ address: SocketAddress, count: Int, _ options: SocketOptions,
    _ open: (SocketAddress) throws(SocketError) -> FileDescriptor
  ) throws(SocketError) -> (sockets: [FileDescriptor], address: SocketAddress) {
    var sockets: [FileDescriptor] = []
    do throws(SocketError) {
      let first = try open(address)
      sockets.append(first)
      let bound = try bindFirst(first, to: address, options)
      let sharing = [SocketSetting(.reusePort, true)]
      if count > 1 { try calls.setOptions(sharing, on: first, address) }
      for _ in 1..<max(1, count) {
        let next = try open(bound)
        sockets.append(next)
        try calls.setOptions(sharing, on: next, address)
        _ = try bind(next, to: bound)
      }
      return (sockets, bound)
    } catch {
      for socket in sockets { calls.close(socket) }
      throw error
    }
  }

  /// Binds a socket to an address that nobody else is to have, and removes a stale file if asked to.
  func bindFirst(
    _ descriptor: FileDescriptor, to address: SocketAddress, _ options: SocketOptions
  ) throws(SocketError) -> SocketAddress {
    do throws(SocketError) {
      return try bind(descriptor, to: address)
    } catch {
      guard options.removesStalePath, address.isPath, error.errno == .addressInUse,
        calls.removeStaleFile(of: address)
      else { throw error }
      return try bind(descriptor, to: address)
    }
  }

  /// Binds a socket and tells the address that it has then.
  func bind(
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
