// SPDX-License-Identifier: Apache-2.0

internal import CompletionIO
internal import Glibc
internal import SystemPackage

/// The options of a socket: those that have a name in `CompletionIO` and an `int` for a
/// value, and `SO_LINGER`.
struct SimulatedOptions {
  let family: Int32
  let isDatagram: Bool
  private var values: [SocketOptionName: Int32] = [:]
  /// Whether a close waits, and for how many seconds: `struct linger`.
  private var linger: (isOn: Bool, seconds: Int32) = (false, 0)

  init(family: Int32, isDatagram: Bool = false) {
    self.family = family
    self.isDatagram = isDatagram
  }

  var isUnix: Bool { family == AF_UNIX }

  /// Whether a close drops what is on its way and resets the connection (tcp_close).
  var resetsAtClose: Bool { linger.isOn && linger.seconds == 0 }

  /// Values before they are set, as the kernel has them.
  private static let defaults: [SocketOptionName: Int32] = {
    var defaults: [SocketOptionName: Int32] = [
      SocketOption.receiveLowWaterMark.name: 1, SocketOption.incomingCPU.name: -1,
      SocketOption.quickAck.name: 1, SocketOption.keepAliveIdle.name: 7200,
      SocketOption.keepAliveInterval.name: 75, SocketOption.keepAliveCount.name: 9,
      SocketOption.maximumSegmentByteCount.name: 536, SocketOption.connectRetryCount.name: 6,
      SocketOption.ipv4HopLimit.name: 64, SocketOption.ipv6HopLimit.name: 64,
    ]
    let zero = [
      SocketOption.keepAlive.name, SocketOption.reuseAddress.name, SocketOption.reusePort.name,
      SocketOption.sendBufferByteCount.name, SocketOption.receiveBufferByteCount.name,
      SocketOption.priority.name, SocketOption.mark.name, SocketOption.busyPoll.name,
      SocketOption.noDelay.name, SocketOption.cork.name, SocketOption.fastOpen.name,
      SocketOption.userTimeout.name, SocketOption.deferAccept.name,
      SocketOption.unsentLowWaterMark.name, SocketOption.fastOpenBacklog.name,
      SocketOption.ipv4TrafficClass.name, SocketOption.ipv6TrafficClass.name,
      SocketOption.ipv6Only.name, SocketOption.choosesPortAtConnect.name,
      SocketOption.freeBind.name, SocketOption.transparent.name,
    ]
    for name in zero { defaults[name] = 0 }
    return defaults
  }()

  /// Whether a socket of the family has the option's level.
  private func hasLevel(of name: SocketOptionName) -> Bool {
    switch name.level {
    case SOL_SOCKET: true
    case Int32(IPPROTO_TCP): !isUnix && !isDatagram
    case Int32(IPPROTO_IP): !isUnix
    case Int32(IPPROTO_IPV6): family == AF_INET6
    default: false
    }
  }

  /// Keeps a value.
  ///
  /// - Returns: The value.
  mutating func set(_ name: SocketOptionName, to bytes: [UInt8]) throws(Errno) -> Int32 {
    guard hasLevel(of: name) else {
      throw isUnix ? .notSupportedOnSocket : .protocolNotAvailable
    }
    let value = try Self.value(of: bytes, of: name)
    if name == SocketOption.linger.name {
      guard bytes.count >= 8 else { throw .invalidArgument }
      let seconds = try Self.value(of: Array(bytes[4...]), of: name)
      // The seconds of one that is off stay as they were (sk_setsockopt).
      linger = (value != 0, value != 0 ? seconds : linger.seconds)
      return value
    }
    guard Self.defaults[name] != nil else { throw .protocolNotAvailable }
    if isUnix, name == SocketOption.reusePort.name { throw .notSupportedOnSocket }
    values[name] = Self.kept(value, of: name)
    return value
  }

  /// Bytes as an `int`, of which IPv4 takes the first one alone (do_ip_setsockopt).
  private static func value(
    of bytes: [UInt8], of name: SocketOptionName
  ) throws(Errno) -> Int32 {
    if bytes.count < 4, name.level == Int32(IPPROTO_IP), let byte = bytes.first {
      return Int32(byte)
    }
    guard bytes.count >= 4 else { throw .invalidArgument }
    let value = bytes.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Int32(bitPattern: UInt32(littleEndian: value))
  }

  /// The value that the kernel keeps of one that is set: buffers have room for the kernel's own
  /// bookkeeping (sk_setsockopt).
  private static func kept(_ value: Int32, of name: SocketOptionName) -> Int32 {
    switch name {
    case SocketOption.sendBufferByteCount.name: max(value &* 2, 4608)
    case SocketOption.receiveBufferByteCount.name: max(value &* 2, 2304)
    // The bits of congestion notification are the kernel's own.
    case SocketOption.ipv4TrafficClass.name, SocketOption.ipv6TrafficClass.name: value & 0xfc
    default: value
    }
  }

  /// The value of an option.
  func value(of name: SocketOptionName) throws(Errno) -> [UInt8] {
    guard hasLevel(of: name) else {
      // Another errno than for setting, but over IPv6 (do_ip_getsockopt, do_ipv6_getsockopt).
      throw family == AF_INET6 ? .protocolNotAvailable : .notSupportedOnSocket
    }
    let value: Int32
    switch name {
    case SocketOption.linger.name:
      return Self.bytes(of: linger.isOn ? 1 : 0) + Self.bytes(of: linger.seconds)
    case ReadOnlySocketOption.addressFamily.name: value = family
    case ReadOnlySocketOption.socketType.name:
      value = Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue)
    case ReadOnlySocketOption.protocolNumber.name:
      value = isUnix ? 0 : Int32(isDatagram ? IPPROTO_UDP : IPPROTO_TCP)
    default:
      guard let kept = values[name] ?? Self.defaults[name] else { throw .protocolNotAvailable }
      value = kept
    }
    return Self.bytes(of: value)
  }

  private static func bytes(of value: Int32) -> [UInt8] {
    let bits = UInt32(bitPattern: value).littleEndian
    return (0..<4).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) }
  }
}

extension SimulatedSocket {
  /// Sets an option, and does what the machine knows of it.
  func setOption(_ name: SocketOptionName, to bytes: [UInt8]) throws(Errno) {
    let value = try options.set(name, to: bytes)
    switch name {
    case SocketOption.sendBufferByteCount.name: sendLimit = max(1, Int(value))
    case SocketOption.receiveBufferByteCount.name: receiveLimit = max(1, Int(value))
    case SocketOption.reusePort.name: reusesPort = value != 0
    default: break
    }
  }

  /// The value of an option.
  func option(_ name: SocketOptionName) throws(Errno) -> [UInt8] {
    guard name != ReadOnlySocketOption.isListening.name else {
      return [state == .listening ? 1 : 0, 0, 0, 0]
    }
    return try options.value(of: name)
  }
}
