// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Testing
import Uring

/// Where a test's sockets are.
enum SocketFamily: CaseIterable, Sendable {
  case ipv4, ipv6, unix

  /// Where a listener listens.
  func address(_ unixName: String) -> String {
    switch self {
    case .ipv4: "127.0.0.1:0"
    case .ipv6: "[::1]:0"
    case .unix: unixName
    }
  }
}

/// One option, a value for it, and what is read afterwards, whatever its type.
struct OptionCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let name: SocketOptionName
  /// Sockets that have the option.
  let families: Set<SocketFamily>
  /// Whether a process without rights may be refused.
  let isPrivileged: Bool
  let expected: String
  /// Sets the value of a connection, and says what is read then.
  let exchange: @Sendable (StreamConnection) async throws(SocketError) -> String
  /// Reads the value of a listener.
  let readListener: @Sendable (StreamListener) async throws(SocketError) -> String
  /// Has sockets made with the value.
  let add: @Sendable (inout SocketOptions) -> Void

  init<Value: Equatable>(
    _ option: SocketOption<Value>, _ value: Value, reads result: Value? = nil,
    on families: Set<SocketFamily> = [.ipv4, .ipv6], isPrivileged: Bool = false
  ) {
    name = option.name
    testDescription = "\(option.name)"
    self.families = families
    self.isPrivileged = isPrivileged
    expected = "\(result ?? value)"
    exchange = { connection throws(SocketError) in
      try await connection.setOption(option, to: value)
      return "\(try await connection.option(option))"
    }
    readListener = { listener throws(SocketError) in "\(try await listener.option(option))" }
    add = { $0.set(option, to: value) }
  }

  /// Options that a connection can be given, each with another value than it has.
  static let onConnections: [OptionCase] = [
    OptionCase(.noDelay, false),
    OptionCase(.cork, true),
    OptionCase(.quickAck, true),
    OptionCase(.keepAlive, true, on: everywhere),
    OptionCase(.keepAliveIdle, .seconds(30)),
    OptionCase(.keepAliveInterval, .milliseconds(4001), reads: .seconds(5)),
    OptionCase(.keepAliveCount, 3),
    OptionCase(.userTimeout, .milliseconds(5001)),
    OptionCase(.unsentLowWaterMark, 16384),
    OptionCase(.connectRetryCount, 3),
    OptionCase(.congestionControl, "reno"),
    OptionCase(.reuseAddress, true, on: everywhere),
    OptionCase(.sendBufferByteCount, 8192, reads: 16384, on: everywhere),
    OptionCase(.receiveBufferByteCount, 8192, reads: 16384, on: everywhere),
    OptionCase(.receiveLowWaterMark, 10, on: everywhere),
    OptionCase(.priority, 5, on: everywhere),
    OptionCase(.incomingCPU, 0, on: everywhere),
    OptionCase(.linger, .some(.zero), on: everywhere),
    OptionCase(.linger, .none, on: everywhere),
    OptionCase(.mark, 0xf000_0001, on: everywhere, isPrivileged: true),
    OptionCase(.busyPoll, .microseconds(50), on: everywhere, isPrivileged: true),
    OptionCase(.boundDevice, "lo", on: everywhere, isPrivileged: true),
    OptionCase(.ipv4TrafficClass, .expeditedForwarding),
    OptionCase(.ipv4HopLimit, 9),
    OptionCase(.choosesPortAtConnect, true),
    OptionCase(.freeBind, true),
    OptionCase(.transparent, true, isPrivileged: true),
    OptionCase(.ipv6TrafficClass, .expeditedForwarding, on: [.ipv6]),
    OptionCase(.ipv6HopLimit, 9, on: [.ipv6]),
    OptionCase(.raw(level: 6, number: 1), 0),
    OptionCase(.raw(level: 1, number: 13, byteLimit: 8), [1, 0, 0, 0, 0, 0, 0, 0], on: everywhere),
  ]

  /// Options of sockets that are not connected yet.
  static let atCreation: [OptionCase] = [
    OptionCase(.maximumSegmentByteCount, 1000),
    OptionCase(.deferAccept, .seconds(7)),
    OptionCase(.fastOpenBacklog, 16),
    OptionCase(.fastOpen, true),
    OptionCase(.reusePort, true),
    OptionCase(.ipv6Only, true, on: [.ipv6]),
  ]

  private static let everywhere: Set<SocketFamily> = [.ipv4, .ipv6, .unix]
}

extension SocketError {
  /// Whether the machine has no IPv6, or the process not the rights, so that there is nothing to see.
  var isNoFault: Bool {
    [.addressNotAvailable, .addressFamilyNotSupported, .notPermitted].contains(errno)
  }
}
