// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

/// Which sockets a script runs on.
enum Family: CaseIterable {
  /// Over the loopback interface.
  case tcp
  /// Over Unix-domain sockets with abstract names.
  case unix
}

// Connections of both families, and what a socket says of itself.
extension Stage {
  /// A socket that is not connected.
  func socket(over family: Family = .tcp) throws -> FileDescriptor {
    try calls.makeSocket(family: family == .unix ? AF_UNIX : AF_INET)
  }

  func close(_ sockets: FileDescriptor...) {
    for socket in sockets { calls.close(socket) }
  }

  /// A listener, and where to find it.
  func listener(
    over family: Family = .tcp, backlog: Int32 = 16
  ) throws -> (FileDescriptor, SocketAddress) {
    let listener = try socket(over: family)
    try calls.bind(listener, to: family.freeAddress)
    try calls.listen(listener, backlog: backlog)
    return (listener, try calls.localAddress(of: listener))
  }

  /// A listener without room for another connection, and the one that took its only place.
  func fullListener() throws -> (FileDescriptor, FileDescriptor, SocketAddress) {
    let (listener, address) = try listener(backlog: 0)
    let first = try socket()
    try connect("first", first, to: address)
    return (listener, first, address)
  }

  /// Submits a connect, whose address is read before this returns.
  func startConnect(_ name: String, _ socket: FileDescriptor, to address: SocketAddress) throws {
    try unsafe address.withSockaddr { pointer, byteCount in
      submit(name, unsafe .connect(.file(socket), to: pointer, byteCount: byteCount))
      _ = try kernel.enter(minimumCompletionCount: 0, timeout: nil, minimumWait: nil)
    }
  }

  /// Connects, and logs the result.
  func connect(_ name: String, _ socket: FileDescriptor, to address: SocketAddress) throws {
    try startConnect(name, socket, to: address)
    try complete()
  }

  /// Accepts a connection.
  func accept(from listener: FileDescriptor) throws -> FileDescriptor {
    FileDescriptor(rawValue: try perform("accept", .accept(from: .file(listener))))
  }

  /// Two connected sockets: the one that connected, and the one that was accepted.
  func pair(
    over family: Family = .tcp
  ) throws -> (client: FileDescriptor, server: FileDescriptor) {
    let (listener, address) = try listener(over: family)
    let client = try socket(over: family)
    try connect("connect", client, to: address)
    let server = try accept(from: listener)
    calls.close(listener)
    return (client, server)
  }

  /// Waits until bytes or an end have arrived.
  func waitUntilReadable(_ socket: FileDescriptor) throws {
    try perform("readable", .poll(.file(socket), mask: 1))
  }

  /// Sends so many bytes and logs the result.
  func send(_ name: String, _ byteCount: Int, to socket: FileDescriptor) throws {
    try perform(name, sending(byteCount, to: socket))
  }

  /// Receives at most so many bytes without waiting and logs the result.
  func receive(_ name: String, from socket: FileDescriptor, byteCount: Int = 16) throws {
    try perform(name, receiving(byteCount, from: socket, options: .doNotWait))
  }

  /// More bytes than two sockets have room for.
  static let longByteCount = 16 << 20

  /// Begins to send more than there is room for, and waits for room.
  @discardableResult
  func startLongSend(to socket: FileDescriptor) throws -> Token {
    let send = submit("send", sending(Self.longByteCount, to: socket, options: .waitForAll))
    try completeAtOnce()
    return send
  }

  /// Completes a send for which there was no room, and logs that only a part of it went out.
  ///
  /// - Returns: How many bytes went out.
  @discardableResult
  func completePart() throws -> Int {
    let result = Int(try completeUnseen().result)
    note(result > 0 && result < Self.longByteCount ? "a part" : "\(result)")
    return result
  }

  /// Sends bytes until no more fit, and logs nothing that depends on sizes.
  ///
  /// - Returns: How many bytes went out.
  @discardableResult
  func fill(_ socket: FileDescriptor, pieceByteCount: Int = 1 << 20) throws -> Int {
    let memory = lend(numbered(pieceByteCount))
    var count = 0
    var isFull = false
    while true {
      unsafe submit(
        "fill",
        .send(memory.start, byteCount: pieceByteCount, to: .file(socket), options: .doNotWait))
      let result = try completeUnseen().result
      // What was on its way may make room once more.
      if result > 0 {
        count += Int(result)
        isFull = false
      } else if isFull {
        return count
      } else {
        isFull = true
        settle()
      }
    }
  }

  /// Receives so many bytes, however many receives that takes.
  func receiveAll(_ byteCount: Int, from socket: FileDescriptor) throws {
    let memory = lend(numbered(1 << 20))
    var left = byteCount
    while left > 0 {
      unsafe submit("receive", .receive(.file(socket), into: memory.start, byteCount: 1 << 20))
      let result = try completeUnseen().result
      guard result > 0 else { return note("the stream ends too early: \(result)") }
      left -= Int(result)
    }
  }

  /// Has the peer reset the connection: it closes, and has not received what came.
  ///
  /// The socket must still be able to send, or must have sent what the peer has not received.
  func reset(_ socket: FileDescriptor, by peer: FileDescriptor, sending: Bool = true) throws {
    if sending { try send("unread", 3, to: socket) }
    try waitUntilReadable(peer)
    close(peer)
    settle()
  }

  /// Ends one direction or both, and logs the result.
  func shutDown(_ name: String, _ socket: FileDescriptor, direction: Int32 = 1) {
    note("\(name): shutdown \(kernel.shutdown(.file(socket), direction: direction))")
    settle()
  }

  /// Logs what a poll says of a socket that has something to say.
  func look(_ name: String, _ socket: FileDescriptor) throws {
    try perform("\(name): poll", .poll(.file(socket), mask: 5))
  }

  /// Logs whether a socket has addresses.
  func addresses(_ name: String, of socket: FileDescriptor) {
    note("\(name): local \(Self.text { try calls.localAddress(of: socket) })")
    note("\(name): peer \(Self.text { try calls.peerAddress(of: socket) })")
  }

  /// Logs the pending error, which that takes away.
  func pendingError(_ name: String, of socket: FileDescriptor) {
    note("\(name): pending error \(kernel.pendingError(of: .file(socket)))")
  }

  /// An address as both kernels have it, whatever its port and name.
  private static func text(_ ask: () throws -> SocketAddress) -> String {
    do {
      let address = try ask()
      return address.port.map { $0 == 0 ? "no port" : "a port" } ?? "unix"
    } catch {
      return "\(error)"
    }
  }
}

extension Family {
  /// An address that nobody else on this machine uses.
  var freeAddress: SocketAddress {
    get throws { self == .unix ? try .abstract() : .loopback(port: 0) }
  }
}
