// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// Which sockets a script runs on.
protocol Family {
  static var isUnix: Bool { get }
}

/// Over the loopback interface.
enum OverTCP: Family {
  static var isUnix: Bool { false }
}

/// Over Unix-domain sockets with abstract names.
enum OverUnix: Family {
  static var isUnix: Bool { true }
}

// Connections of both families, and what a socket says of itself.
extension Stage where K: ~Copyable {
  /// A socket that is not connected.
  func socket(over family: (some Family).Type) throws -> FileDescriptor {
    try calls.makeSocket(family: family.isUnix ? AF_UNIX : AF_INET)
  }

  /// A listener, and where to find it.
  func listener(
    over family: (some Family).Type, backlog: Int32 = 16
  ) throws -> (FileDescriptor, SocketAddress) {
    guard family.isUnix else { return try listener(backlog: backlog) }
    let address = try SocketAddress.unix("@" + UniqueName.next())
    let listener = try socket(over: family)
    try calls.bind(listener, to: address)
    try calls.listen(listener, backlog: backlog)
    return (listener, address)
  }

  /// Two connected sockets: the one that connected, and the one that was accepted.
  func pair(
    over family: (some Family).Type
  ) throws -> (client: FileDescriptor, server: FileDescriptor) {
    let (listener, address) = try listener(over: family)
    let client = try socket(over: family)
    try connect("connect", client, to: address)
    try complete()
    submit("accept", .accept(from: .file(listener)))
    let server = FileDescriptor(rawValue: try complete())
    calls.close(listener)
    return (client, server)
  }

  /// Sends so many bytes and logs the result.
  func send(
    _ name: String, _ byteCount: Int, to socket: FileDescriptor, options: Request.Options = []
  ) throws {
    let memory = lend(byteCount: byteCount)
    unsafe submit(
      name, .send(memory.address, byteCount: byteCount, to: .file(socket), options: options))
    try complete()
  }

  /// Receives at most so many bytes without waiting and logs the result.
  func receive(_ name: String, from socket: FileDescriptor, byteCount: Int = 16) throws {
    let memory = lend(byteCount: byteCount)
    unsafe submit(
      name,
      .receive(.file(socket), into: memory.address, byteCount: byteCount, options: .doNotWait))
    try complete()
  }

  /// Sends bytes until no more fit, and logs nothing that depends on sizes.
  ///
  /// - Returns: How many bytes went out.
  @discardableResult
  func fill(_ socket: FileDescriptor, pieceByteCount: Int = 1 << 20) throws -> Int {
    let memory = lend(byteCount: pieceByteCount)
    var count = 0
    var isFull = false
    while true {
      unsafe submit(
        "fill",
        .send(memory.address, byteCount: pieceByteCount, to: .file(socket), options: .doNotWait))
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
    let memory = lend(byteCount: 1 << 20)
    var left = byteCount
    while left > 0 {
      unsafe submit("receive", .receive(.file(socket), into: memory.address, byteCount: 1 << 20))
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
    submit("\(name): poll", .poll(.file(socket), mask: 5))
    try complete()
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

/// Names that nobody else on this machine uses.
enum UniqueName {
  static func next() -> String {
    "swift-uring-contract-\(getpid())-\(UInt64.random(in: .min ... .max))"
  }
}
