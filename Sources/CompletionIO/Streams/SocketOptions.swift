// SPDX-License-Identifier: Apache-2.0

public import Uring

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
  /// How long the newest attempt of a connect to a host has for itself before the next address is
  /// tried beside it; at least 10 ms (RFC 8305, section 5).
  public var attemptDelay = Duration.milliseconds(250)
  /// The own address of a socket that connects, with port 0 for one of the kernel's choice; any if
  /// `nil`.
  ///
  /// With port 0 the port is chosen at the connect, so that one port serves for several peers
  /// (`IP_BIND_ADDRESS_NO_PORT`). A peer of another family fails with EAFNOSUPPORT.
  public var localAddress: SocketAddress?
  /// How long a bind that suspends goes on, every 10 ms, while its address is in use; zero for one
  /// attempt.
  ///
  /// A process that was killed holds its address until the kernel has taken its ring down, 5 to
  /// 40 ms later.
  public var bindRetryLimit = Duration.milliseconds(200)
  /// Whether a bind removes the file of its Unix-domain path, if it is a socket on which nobody
  /// listens.
  ///
  /// A server that is between its own bind and listen at that moment loses its file too.
  public var removesStalePath = false
  /// Whether a listener gives each connection to the loop on the CPU that its first packet came in
  /// on, where the group's loops are bound to CPUs (``LoopPlacement``); else by a hash.
  ///
  /// Each loop's socket gets `SO_INCOMING_CPU`, which kernels before Linux 6.2 do not heed. Loops
  /// share the connections as well as the network's queues, or the peers of this machine, are spread
  /// over the CPUs.
  public var acceptsOnReceivingCPU = false
  /// Of the socket that is made, behind those above.
  var settings: [SocketSetting] = []
  /// Of each connection that it accepts.
  var acceptedSettings: [SocketSetting] = []

  /// The defaults.
  public init() {}
}
