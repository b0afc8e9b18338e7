// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Uring

/// A TCP socket whose calls wait.
final class BlockingSocket: Sendable {
  let descriptor: FileDescriptor

  init(owning descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  /// A socket with small buffers, so that they are soon full.
  init() throws(Errno) {
    let answer = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard answer >= 0 else { throw Self.lastError }
    descriptor = FileDescriptor(rawValue: answer)
    try set(SO_SNDBUF, to: Int32(65536))
    try set(SO_RCVBUF, to: Int32(65536))
  }

  deinit {
    try? descriptor.close()
  }

  static var lastError: Errno { Errno(rawValue: Glibc.errno) }

  /// Accepted sockets inherit the small buffers.
  static func listen(backlog: Int32 = 16) throws(Errno) -> BlockingSocket {
    let listener = try BlockingSocket()
    let bound = unsafe SocketAddress.loopback(port: 0).withSockaddr { pointer, byteCount in
      unsafe bind(
        listener.descriptor.rawValue, pointer.assumingMemoryBound(to: sockaddr.self),
        socklen_t(byteCount))
    }
    guard bound == 0, Glibc.listen(listener.descriptor.rawValue, backlog) == 0 else {
      throw lastError
    }
    return listener
  }

  var address: SocketAddress {
    get throws(Errno) { try .local(of: descriptor) }
  }

  func accept() throws(Errno) -> BlockingSocket {
    let answer = Glibc.accept(descriptor.rawValue, nil, nil)
    guard answer >= 0 else { throw Self.lastError }
    return BlockingSocket(owning: FileDescriptor(rawValue: answer))
  }

  func connect(to address: SocketAddress) throws(Errno) {
    let answer = unsafe address.withSockaddr { pointer, byteCount in
      unsafe Glibc.connect(
        descriptor.rawValue, pointer.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    guard answer == 0 else { throw Self.lastError }
  }

  static func connected(to address: SocketAddress) throws(Errno) -> BlockingSocket {
    let socket = try BlockingSocket()
    try socket.connect(to: address)
    return socket
  }

  /// Receives once; nothing at the end of the stream.
  func receive(atMost byteCount: Int = 65536) throws(Errno) -> [UInt8] {
    var failure: Errno?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { memory, count in
      let answer = unsafe recv(descriptor.rawValue, memory.baseAddress, memory.count, 0)
      if answer < 0 { failure = Self.lastError }
      count = max(0, answer)
    }
    if let failure { throw failure }
    return bytes
  }

  /// Receives to the end and checks every byte.
  func receivePattern() throws {
    var check = PatternCheck()
    while case let bytes = try receive(), !bytes.isEmpty { check.add(bytes) }
    try check.finish()
  }

  /// Sends once, from a place on.
  func send(_ bytes: [UInt8], from start: Int = 0) throws(Errno) -> Int {
    let answer = unsafe bytes.withUnsafeBytes { memory in
      let rest = unsafe UnsafeRawBufferPointer(rebasing: memory[start...])
      return unsafe Glibc.send(
        descriptor.rawValue, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
    }
    guard answer >= 0 else { throw Self.lastError }
    return answer
  }

  func finishSending() {
    _ = shutdown(descriptor.rawValue, Int32(SHUT_WR))
  }

  /// How long a call waits at most, in each direction: Python's `settimeout`.
  func setTimeout(milliseconds: Int) throws(Errno) {
    let time = timeval(tv_sec: 0, tv_usec: milliseconds * 1000)
    try set(SO_RCVTIMEO, to: time)
    try set(SO_SNDTIMEO, to: time)
  }

  private func set<Value: BitwiseCopyable>(_ option: Int32, to value: Value) throws(Errno) {
    var value = value
    let size = socklen_t(MemoryLayout<Value>.size)
    guard unsafe setsockopt(descriptor.rawValue, SOL_SOCKET, option, &value, size) == 0 else {
      throw Self.lastError
    }
  }
}
