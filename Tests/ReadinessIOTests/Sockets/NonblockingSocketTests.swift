// SPDX-License-Identifier: Apache-2.0

import ReadinessIO
import SystemPackage
import TestSupport
import Testing
import Uring

@Suite("Non-blocking sockets", .timeLimit(.minutes(3)))
struct NonblockingSocketTests {
  @Test("Accept from an empty queue would block")
  func accept() throws {
    let listener = try NonblockingSocket.listen(at: .loopback(port: 0))
    let error = #expect(throws: NonblockingSocketError.self) { _ = try listener.accept() }
    #expect(error == .wouldBlock(.accept, .resourceTemporarilyUnavailable))
    #expect(error?.isWouldBlock == true)
    #expect(Errno.resourceTemporarilyUnavailable == Errno.wouldBlock)
  }

  @Test("Receive would block, then gives the bytes, then the end")
  func receive() throws {
    let ends = try Channel.stream().release()
    let near = NonblockingSocket(owning: ends.near)
    let far = NonblockingSocket(owning: ends.far)
    var buffer = [UInt8](repeating: 0, count: 16)
    let error = #expect(throws: NonblockingSocketError.self) {
      _ = try Self.receive(from: near, &buffer)
    }
    #expect(error == .wouldBlock(.receive, .resourceTemporarilyUnavailable))
    try Self.send([1, 2, 3], to: far)
    #expect(try Self.receive(from: near, &buffer) == 3)
    #expect(buffer[..<3] == [1, 2, 3])
    try far.shutdown(.sending)
    #expect(try Self.receive(from: near, &buffer) == 0)
  }

  @Test("Send fills the buffer, would block, and loses nothing")
  func send() throws {
    let ends = try Channel.stream().release()
    let near = NonblockingSocket(owning: ends.near)
    let far = NonblockingSocket(owning: ends.far)
    let block = numbered(65536)
    var sent: [UInt8] = []
    let error = #expect(throws: NonblockingSocketError.self) {
      while true {
        sent += block[..<(try Self.send(block, to: near))]
      }
    }
    #expect(error == .wouldBlock(.send, .resourceTemporarilyUnavailable))
    try near.shutdown(.sending)
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = try Self.receive(from: far, &buffer), count > 0 {
      received += buffer[..<count]
    }
    #expect(firstDifference(received, sent) == nil)
  }

  @Test("Send to a peer that has gone is EPIPE, not a signal")
  func brokenPipe() throws {
    let ends = try Channel.stream().release()
    let near = NonblockingSocket(owning: ends.near)
    let far = NonblockingSocket(owning: ends.far)
    try far.close()
    let error = #expect(throws: NonblockingSocketError.self) {
      _ = try Self.send([1], to: near)
    }
    #expect(error == .failed(.send, .brokenPipe))
  }

  @Test("Connect is in progress, then already, while the listener's queue is full")
  func connectInProgress() throws {
    let listener = try NonblockingSocket.listen(at: .loopback(port: 0), backlog: 0)
    let address = try listener.localAddress
    let queued = HeldSocket(try .connected(to: address))
    let socket = try NonblockingSocket(for: address)
    let first = #expect(throws: NonblockingSocketError.self) { try socket.connect(to: address) }
    #expect(first == .wouldBlock(.connect, .nowInProgress))
    let second = #expect(throws: NonblockingSocketError.self) { try socket.connect(to: address) }
    #expect(second == .wouldBlock(.connect, .alreadyInProcess))
    let early = #expect(throws: NonblockingSocketError.self) { try socket.finishConnect() }
    #expect(early == .wouldBlock(.connect, .nowInProgress))
    withExtendedLifetime(queued) {}
  }

  @Test("Connect ends, and once more is EISCONN")
  func connect() throws {
    let listener = try NonblockingSocket.listen(at: .loopback(port: 0))
    let address = try listener.localAddress
    let socket = try NonblockingSocket(for: address)
    try Self.connect(socket, to: address)
    try socket.connect(to: address)  // The call that ends a connect in progress succeeds.
    let error = #expect(throws: NonblockingSocketError.self) { try socket.connect(to: address) }
    #expect(error == .failed(.connect, .socketIsConnected))
    let accepted = try listener.accept()
    #expect(try SocketAddress.peer(of: accepted.descriptor) == socket.localAddress)
  }

  @Test("A refused connect says so")
  func refused() throws {
    let bound = try PlainSocket.bound()
    let address = try bound.localAddress
    let socket = try NonblockingSocket(for: address)
    let error = #expect(throws: NonblockingSocketError.self) {
      try Self.connect(socket, to: address)
    }
    #expect(error == .failed(.connect, .connectionRefused))
  }

  @Test("A Unix-domain listener with a full queue makes connect EAGAIN")
  func unixConnect() throws {
    let name = "@readiness-io-\(UInt64.random(in: 0 ... .max))"
    let listener = try NonblockingSocket.listen(at: .unix(name), backlog: 0)
    let address = try listener.localAddress
    let queued = try NonblockingSocket(for: address)
    try queued.connect(to: address)
    let socket = try NonblockingSocket(for: address)
    let error = #expect(throws: NonblockingSocketError.self) { try socket.connect(to: address) }
    #expect(error == .wouldBlock(.connect, .resourceTemporarilyUnavailable))
    _ = try listener.accept()
    try socket.connect(to: address)
  }

  @discardableResult
  private static func send(
    _ bytes: [UInt8], to socket: borrowing NonblockingSocket
  ) throws(NonblockingSocketError) -> Int {
    try socket.send(unsafe bytes.span.bytes)
  }

  private static func receive(
    from socket: borrowing NonblockingSocket, _ buffer: inout [UInt8]
  ) throws -> Int {
    var span = buffer.mutableSpan
    var bytes = unsafe span.mutableBytes
    return try socket.receive(into: &bytes)
  }

  /// Connects and waits with a poller where a blocking connect would wait.
  private static func connect(
    _ socket: borrowing NonblockingSocket, to address: SocketAddress
  ) throws {
    do throws(NonblockingSocketError) {
      return try socket.connect(to: address)
    } catch {
      guard error.isWouldBlock else { throw error }
    }
    let poller = try PollerKind.epoll.make()
    try poller.register(socket.descriptor, token: 0, interest: .writable, mode: .oneshot)
    _ = try poller.ready(timeout: nil)
    try poller.deregister(socket.descriptor)
    try socket.finishConnect()
  }
}
