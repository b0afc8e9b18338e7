// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Plain TCP socket calls, for the blocking engine and the load generator.
enum TCP {
  /// Opens a socket bound to `endpoint` that listens.
  ///
  /// - Returns: the descriptor, owned by the caller, and the port it got.
  /// - Throws: EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE.
  static func listen(
    at endpoint: IPv4Endpoint, backlog: Int32
  ) throws(SystemFailure) -> (descriptor: Int32, port: UInt16) {
    let descriptor = try open(nonblocking: false)
    var failure: SystemFailure?
    set(SO_REUSEADDR, level: SOL_SOCKET, on: descriptor)
    if unsafe endpoint.withSockaddr({ unsafe bind(descriptor, $0, $1) }) != 0 {
      failure = SystemFailure("bind \(endpoint)")
    } else if Glibc.listen(descriptor, backlog) != 0 {
      failure = SystemFailure("listen \(endpoint)")
    }
    if let failure {
      close(descriptor)
      throw failure
    }
    return (descriptor, localPort(of: descriptor))
  }

  /// A new TCP socket, closed on exec.
  static func open(nonblocking: Bool) throws(SystemFailure) -> Int32 {
    var type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    if nonblocking { type |= Int32(SOCK_NONBLOCK.rawValue) }
    let descriptor = socket(AF_INET, type, 0)
    guard descriptor >= 0 else { throw SystemFailure("socket") }
    return descriptor
  }

  /// Sets an integer option; a socket that refuses it works all the same, only slower.
  static func set(_ option: Int32, level: Int32, to value: Int32 = 1, on descriptor: Int32) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Sends each write at once instead of waiting to fill a segment.
  static func setNoDelay(_ descriptor: Int32) {
    set(TCP_NODELAY, level: Int32(IPPROTO_TCP), on: descriptor)
  }

  /// Sets how much the kernel may keep, each way; what a listener accepts inherits that.
  static func setBuffers(of descriptor: Int32, to byteCount: Int32) {
    for option in [SO_RCVBUF, SO_SNDBUF] {
      set(option, level: SOL_SOCKET, to: byteCount, on: descriptor)
    }
  }

  /// Makes close(2) reset the connection, so that it leaves no TIME_WAIT behind: a benchmark that
  /// closes 10,000 connections each second would overflow tcp_max_tw_buckets.
  static func setResetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, size)
  }

  /// What became of a nonblocking connect: 0, or the errno.
  ///
  /// Reading it clears it.
  static func pendingError(of descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
  }

  /// The port that a socket is bound to.
  static func localPort(of descriptor: Int32) -> UInt16 {
    var raw = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = unsafe withUnsafeMutablePointer(to: &raw) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &size)
      }
    }
    return UInt16(bigEndian: raw.sin_port)
  }
}
