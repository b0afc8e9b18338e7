/// How sockets are made: the options that most programs set, and any other by ``set(_:to:)``.
public struct SocketOptions: Hashable, Sendable {
  /// Sends small pieces at once (`TCP_NODELAY`).
  public var noDelay = true
  /// Connections that may wait to be accepted (listen(2)); the kernel lowers it to `somaxconn`.
  public var backlog: Int32 = 4096
  /// Bytes of the send buffer (`SO_SNDBUF`), which the kernel doubles; its choice if `nil`.
  public var sendBufferByteCount: Int32?
  /// Bytes of the receive buffer (`SO_RCVBUF`), which the kernel doubles; its choice if `nil`.
  public var receiveBufferByteCount: Int32?
  /// Whether IPv6 sockets refuse IPv4 peers (`IPV6_V6ONLY`).
  public var isIPv6Only = false
  /// Of the socket that is made, behind those above.
  var settings: [SocketSetting] = []
  /// Of each connection that it accepts.
  var acceptedSettings: [SocketSetting] = []

  /// The defaults.
  public init() {}
}
