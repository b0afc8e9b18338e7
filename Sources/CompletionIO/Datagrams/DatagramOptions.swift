// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Uring

/// How sockets of datagrams are made: the options that most programs set, and any other by
/// ``set(_:to:)``.
public struct DatagramOptions: Hashable, Sendable {
  /// Datagrams that may have come before anybody takes them; then the socket stops receiving, and
  /// the rest waits in the kernel, which drops what does not fit in its buffer.
  ///
  /// ``LoopConfiguration/unclaimedByteLimit`` holds too. What has come already is never dropped.
  public var unclaimedDatagramLimit = 256
  /// Whether each datagram tells to which address it was sent, and by which interface it came
  /// (`IP_PKTINFO`, `IPV6_RECVPKTINFO`).
  public var tellsDestination = false
  /// Whether each datagram tells its traffic class and congestion mark (`IP_RECVTOS`,
  /// `IPV6_RECVTCLASS`).
  public var tellsTrafficClass = false
  /// Whether the kernel may put datagrams of one sender together into one (`UDP_GRO`, Linux 5.0):
  /// ``Datagram/segmentByteCount``.
  public var receivesTogether = false
  /// Options of every socket.
  var common: SocketOptions = {
    var options = SocketOptions()
    options.noDelay = false  // TCP's.
    return options
  }()

  /// The defaults.
  public init() {}

  /// Bytes of the send buffer (`SO_SNDBUF`), which the kernel doubles; its choice if `nil`.
  public var sendBufferByteCount: Int32? {
    get { common.sendBufferByteCount }
    set { common.sendBufferByteCount = newValue }
  }

  /// Bytes of the receive buffer (`SO_RCVBUF`), which the kernel doubles; its choice if `nil`.
  public var receiveBufferByteCount: Int32? {
    get { common.receiveBufferByteCount }
    set { common.receiveBufferByteCount = newValue }
  }

  /// Whether IPv6 sockets refuse IPv4 peers (`IPV6_V6ONLY`).
  public var isIPv6Only: Bool {
    get { common.isIPv6Only }
    set { common.isIPv6Only = newValue }
  }

  /// How long a bind that suspends goes on while its address is in use
  /// (``SocketOptions/bindRetryLimit``).
  public var bindRetryLimit: Duration {
    get { common.bindRetryLimit }
    set { common.bindRetryLimit = newValue }
  }

  /// Whether a bind removes the file of its Unix-domain path, if no socket has it any more.
  public var removesStalePath: Bool {
    get { common.removesStalePath }
    set { common.removesStalePath = newValue }
  }

  /// Sets an option of the socket that is made, before it is bound or connected.
  ///
  /// - Parameters:
  ///   - option: Which option.
  ///   - value: What it becomes; the last value counts. One that the option cannot have fails the
  ///     bind, with ERANGE.
  ///
  /// The corresponding C function is `setsockopt`.
  public mutating func set<Value>(_ option: SocketOption<Value>, to value: Value) {
    common.set(option, to: value)
  }

  /// All settings of a socket of a family.
  func settings(for family: Int32) -> [SocketSetting] {
    var settings = common.settings(for: family)
    if family == AF_INET || family == AF_INET6 {
      // An IPv6 socket gets the datagrams of IPv4 peers too (udpv6_recvmsg).
      if tellsDestination { settings.append(SocketSetting(.tellsIPv4Destination, true)) }
      if tellsTrafficClass { settings.append(SocketSetting(.tellsIPv4TrafficClass, true)) }
      if receivesTogether { settings.append(SocketSetting(.receivesTogether, true)) }
    }
    if family == AF_INET6 {
      if tellsDestination { settings.append(SocketSetting(.tellsIPv6Destination, true)) }
      if tellsTrafficClass { settings.append(SocketSetting(.tellsIPv6TrafficClass, true)) }
    }
    return settings + common.settings
  }

  /// The room that a datagram's header needs.
  package func layout(for family: Int32) -> MessageLayout {
    var control = 0
    if tellsDestination {
      // struct in_pktinfo, struct in6_pktinfo.
      control += ControlMessage.byteCount(forValueOf: family == AF_INET6 ? 20 : 12)
    }
    if tellsTrafficClass { control += ControlMessage.byteCount(forValueOf: 4) }
    if receivesTogether { control += ControlMessage.byteCount(forValueOf: 4) }
    // Sizes of sockaddr_in, sockaddr_in6 and sockaddr_un, the last two rounded up.
    let name =
      switch family {
      case AF_INET: 16
      case AF_INET6: 32
      default: 112
      }
    return MessageLayout(nameByteCount: name, controlByteCount: control)
  }
}
