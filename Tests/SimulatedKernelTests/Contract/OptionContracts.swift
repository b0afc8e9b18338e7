// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// Options that are set and read, which both kernels answer alike.
@Suite struct OptionContracts {
  /// Options with another value than they have, none of which needs rights.
  static let values: [(name: SocketOptionName, value: Int32)] = [
    (SocketOption.keepAlive.name, 1), (SocketOption.reuseAddress.name, 1),
    (SocketOption.reusePort.name, 1), (SocketOption.sendBufferByteCount.name, 8192),
    (SocketOption.sendBufferByteCount.name, 1), (SocketOption.receiveBufferByteCount.name, 8192),
    (SocketOption.receiveBufferByteCount.name, 1), (SocketOption.receiveLowWaterMark.name, 10),
    (SocketOption.priority.name, 5), (SocketOption.incomingCPU.name, 0),
    (SocketOption.noDelay.name, 1), (SocketOption.cork.name, 1), (SocketOption.quickAck.name, 0),
    (SocketOption.keepAliveIdle.name, 30), (SocketOption.keepAliveInterval.name, 5),
    (SocketOption.keepAliveCount.name, 3), (SocketOption.userTimeout.name, 5000),
    (SocketOption.unsentLowWaterMark.name, -1), (SocketOption.deferAccept.name, 7),
    (SocketOption.maximumSegmentByteCount.name, 1000),
    (SocketOption.connectRetryCount.name, 3), (SocketOption.ipv4TrafficClass.name, 0xb8),
    (SocketOption.ipv4HopLimit.name, 9), (SocketOption.choosesPortAtConnect.name, 1),
    (SocketOption.freeBind.name, 1), (SocketOption.ipv6TrafficClass.name, 0xb8),
    (SocketOption.ipv6HopLimit.name, 9), (SocketOption.ipv6Only.name, 1),
    (ReadOnlySocketOption.addressFamily.name, 1), (ReadOnlySocketOption.socketType.name, 1),
    (ReadOnlySocketOption.protocolNumber.name, 1), (ReadOnlySocketOption.isListening.name, 1),
    (SocketOptionName(level: SOL_SOCKET, number: 9999), 1),
    (SocketOptionName(level: Int32(IPPROTO_TCP), number: 9999), 1),
    (SocketOptionName(level: 77, number: 1), 1),
  ]

  /// Options that depend on the machine until they are set, or that are not of all kernels.
  static let unreadBefore: Set<SocketOptionName> = [
    SocketOption.sendBufferByteCount.name, SocketOption.receiveBufferByteCount.name,
  ]

  @Test func ipv4() throws { try setAndRead(AF_INET) }
  @Test(.enabled(if: hasIPv6, "the machine has no IPv6")) func ipv6() throws {
    try setAndRead(AF_INET6)
  }
  // Before Linux 6.13 a Unix-domain socket takes SO_REUSEPORT and does nothing with it.
  @Test(.enabled(if: refusesReusePort, "the kernel is older than Linux 6.13")) func unix() throws {
    try setAndRead(AF_UNIX)
  }

  private func setAndRead(_ family: Int32) throws {
    try Contract.check { stage in
      for (name, value) in Self.values {
        let socket = try stage.calls.makeSocket(family: family)
        if !Self.unreadBefore.contains(name) { stage.read("\(name) before", name, of: socket) }
        stage.set("\(name)", name, to: Self.bytes(value), on: socket)
        stage.set("\(name) short", name, to: [1, 0], on: socket)
        stage.read("\(name) after", name, of: socket)
        stage.close(socket)
      }
    }
  }

  /// What a TCP listener has, its connections have; a Unix-domain one's do not.
  @Test(.onCapableKernels, arguments: Family.allCases) func inheriting(family: Family) throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener(over: family)
      let name = SocketOption.receiveLowWaterMark.name
      stage.set("listener", name, to: Self.bytes(9), on: listener)
      stage.read("listens", ReadOnlySocketOption.isListening.name, of: listener)
      let client = try stage.socket(over: family)
      try stage.connect("connect", client, to: address)
      let server = try stage.accept(from: listener)
      stage.read("client", name, of: client)
      stage.read("server", name, of: server)
      stage.set("server", name, to: Self.bytes(3), on: server)
      stage.read("server", name, of: server)
      stage.read("listener", name, of: listener)
      stage.read("server listens", ReadOnlySocketOption.isListening.name, of: server)
      stage.close(client, server, listener)
    }
  }

  /// The one option here whose value is a structure.
  @Test(arguments: Family.allCases) func linger(family: Family) throws {
    try Contract.check { stage in
      let name = SocketOption.linger.name
      let socket = try stage.socket(over: family)
      stage.read("before", name, of: socket, byteLimit: 8)
      for (isOn, seconds) in [(1, 0), (1, 70), (0, 3), (2, 1)] as [(Int32, Int32)] {
        stage.set("linger", name, to: Self.bytes(isOn) + Self.bytes(seconds), on: socket)
        stage.read("after", name, of: socket, byteLimit: 8)
      }
      stage.set("short", name, to: Self.bytes(1), on: socket)
      stage.read("a part", name, of: socket)
      stage.close(socket)
    }
  }

  /// An `int` in the machine's order.
  private static func bytes(_ value: Int32) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
  }

  /// Whether this machine can make IPv6 sockets.
  static let hasIPv6: Bool = {
    let number = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    if number >= 0 { close(number) }
    return number >= 0
  }()

  static let refusesReusePort: Bool = {
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    var value: Int32 = 1
    return unsafe setsockopt(number, SOL_SOCKET, SO_REUSEPORT, &value, 4) != 0
  }()
}

extension Stage {
  /// Sets an option and logs the answer.
  fileprivate func set(
    _ name: String, _ option: SocketOptionName, to bytes: [UInt8], on socket: FileDescriptor
  ) {
    do throws(Errno) {
      try calls.setOption(option.level, option.number, to: bytes, on: socket)
      note("\(name): set")
    } catch {
      note("\(name): \(error)")
    }
  }

  /// Reads an option and logs it.
  fileprivate func read(
    _ name: String, _ option: SocketOptionName, of socket: FileDescriptor, byteLimit: Int = 4
  ) {
    do throws(Errno) {
      let value = try calls.option(
        option.level, option.number, byteLimit: byteLimit, of: socket)
      note("\(name): \(value)")
    } catch {
      note("\(name): \(error)")
    }
  }
}
