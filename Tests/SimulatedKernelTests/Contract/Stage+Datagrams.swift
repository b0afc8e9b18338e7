// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO
@testable import Uring

// Sockets of datagrams of both families.
extension Stage {
  /// The room for a sender's address.
  static func layout(over family: Family) -> MessageLayout {
    MessageLayout(nameByteCount: family == .unix ? 112 : 16, controlByteCount: 0)
  }

  /// A socket that has no address.
  func datagramSocket(over family: Family) throws -> FileDescriptor {
    try calls.makeDatagramSocket(family: family == .unix ? AF_UNIX : AF_INET)
  }

  /// A socket with an address.
  func boundDatagrams(
    over family: Family
  ) throws -> (socket: FileDescriptor, address: SocketAddress) {
    let socket = try datagramSocket(over: family)
    try calls.bind(socket, to: family.freeAddress)
    return (socket, try calls.localAddress(of: socket))
  }

  /// Sends so many bytes as one datagram, and logs the result.
  func sendDatagram(
    _ name: String, _ byteCount: Int, from socket: FileDescriptor, to address: SocketAddress? = nil,
    options: Request.Options = .doNotWait
  ) throws {
    try startDatagram(name, byteCount, from: socket, to: address, options: options)
    try complete()
    settle()
  }

  /// Submits a send, which may have to wait.
  func startDatagram(
    _ name: String, _ byteCount: Int, from socket: FileDescriptor, to address: SocketAddress? = nil,
    options: Request.Options = []
  ) throws {
    let memory = lend(numbered(max(1, byteCount)))
    let message = lend([UInt8](repeating: 0, count: 256))
    let header = unsafe message.start.assumingMemoryBound(to: msghdr.self)
    let vector = unsafe (message.start + 64).assumingMemoryBound(to: iovec.self)
    unsafe vector.pointee = unsafe iovec(iov_base: memory.start, iov_len: byteCount)
    unsafe header.pointee.msg_iov = unsafe vector
    unsafe header.pointee.msg_iovlen = 1
    unsafe address?.withSockaddr { pointer, byteCount in
      unsafe (message.start + 96).copyMemory(from: pointer, byteCount: byteCount)
      unsafe header.pointee.msg_name = unsafe message.start + 96
      unsafe header.pointee.msg_namelen = socklen_t(byteCount)
    }
    unsafe submit(
      name,
      .sendMessage(
        message.start, byteCount: byteCount, to: .file(socket), options: options))
    try submitAll()
  }

  private func submitAll() throws {
    _ = try kernel.enter(minimumCompletionCount: 0, timeout: nil, minimumWait: nil)
  }

  /// Receives a datagram without waiting, and logs it.
  func receiveDatagram(
    _ name: String, from socket: FileDescriptor, room: Int = 100, sender: SocketAddress? = nil,
    over family: Family, options: Request.Options = []
  ) throws {
    let memory = MessageMemory(Self.layout(over: family), byteCount: room)
    let result = try perform(
      name, memory.receive(.file(socket), options: options.union(.doNotWait)))
    guard result >= 0 else { return }
    describe(name, memory.message(result: result), sender, memory.layout)
  }

  /// Logs what is in a message's buffer.
  func describe(
    _ name: String, _ bytes: RawSpan, _ sender: SocketAddress?, _ layout: MessageLayout
  ) {
    guard let message = ReceivedMessage(parsing: bytes, layout: layout) else {
      return note("\(name): no message")
    }
    let address = SocketAddress(copying: bytes.extracting(message.name))
    let isRight = unsafe bytes.extracting(message.payload).withUnsafeBytes { payload in
      unsafe payload.elementsEqual(numbered(payload.count))
    }
    note(
      "\(name): \(message.payload.count) of \(message.messageByteCount) bytes, "
        + "flags \(message.flags.rawValue), \(isRight ? "right" : "wrong"), sender "
        + (message.name.isEmpty ? "unnamed" : address == sender ? "right" : "wrong"))
  }

  /// Logs the datagram that a completion of a receive into provided buffers has brought.
  func completeDatagram(
    _ name: String, sender: SocketAddress?, _ layout: MessageLayout
  ) throws {
    let completion = try completeSeen()
    guard let lease = pool.lease(for: completion) else { return note("\(name): no buffer") }
    describe(name, lease.bytes, sender, layout)
  }
}
