// SPDX-License-Identifier: Apache-2.0

public import Uring

/// What the kernel is told of one datagram that is sent.
public struct DatagramSendOptions: Hashable, Sendable {
  /// Cuts the bytes into datagrams of so many bytes, the last of which may be shorter; one send for
  /// at most 64 of them (`UDP_SEGMENT`, Linux 4.18).
  ///
  /// A size that does not fit the way to the peer is EINVAL or EMSGSIZE, and so are too many
  /// datagrams; a device that cannot do it is EIO. Unix-domain sockets: EOPNOTSUPP.
  public var segmentByteCount: Int?
  /// How routers are asked to treat it, with its congestion mark; the socket's if `nil` (`IP_TOS`,
  /// `IPV6_TCLASS`).
  public var trafficClass: TrafficClass?
  /// The own address that it comes from; the kernel's choice if `nil` (`IP_PKTINFO`,
  /// `IPV6_PKTINFO`).
  ///
  /// Its port does not count.
  /// An address that this machine does not have is EINVAL.
  public var source: SocketAddress?
  /// The index of the interface that it goes out by; the kernel's choice if `nil`.
  public var interfaceIndex: UInt32?

  /// Tells the kernel nothing.
  public init() {}

  /// Cuts the bytes into datagrams.
  ///
  /// - Parameter byteCount: Bytes of each, the last of which may be shorter.
  /// - Returns: Options that tell the kernel this alone.
  public static func segments(of byteCount: Int) -> Self {
    var options = Self()
    options.segmentByteCount = byteCount
    return options
  }

  /// Whether there is anything to tell.
  var isEmpty: Bool {
    segmentByteCount == nil && trafficClass == nil && source == nil && interfaceIndex == nil
  }
}
