// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Uring

// What the kernel tells of a datagram in control messages, where the socket has asked for it.
extension Datagram {
  /// How routers were asked to treat the datagram; `nil` without
  /// ``DatagramOptions/tellsTrafficClass``.
  ///
  /// The corresponding C control messages are `IP_TOS` and `IPV6_TCLASS`.
  public var trafficClass: TrafficClass? {
    var offset = 0
    let list = controlBytes
    while let message = ControlMessage.next(in: list, at: &offset) {
      let value = list.extracting(message.value)
      // A byte of IPv4 (ip_cmsg_recv_tos), an int of IPv6.
      guard message.isTrafficClass, value.byteCount > 0 else { continue }
      return TrafficClass(rawValue: value.byte(at: 0))
    }
    return nil
  }

  /// What routers say of congestion on the way; `nil` without
  /// ``DatagramOptions/tellsTrafficClass``.
  public var congestionMark: CongestionMark? { trafficClass?.congestionMark }

  /// The address that the datagram was sent to, with port 0: one of this machine's, or a group's;
  /// `nil` without ``DatagramOptions/tellsDestination``.
  ///
  /// An answer from it: ``DatagramSendOptions/source``.
  ///
  /// The corresponding C control messages are `IP_PKTINFO` and `IPV6_PKTINFO`.
  public var destination: SocketAddress? {
    packetInfo { info, isIPv6 in
      if isIPv6 {
        let isLinkLocal = info.byte(at: 0) == 0xfe && info.byte(at: 1) & 0xc0 == 0x80
        let interface = unsafe info.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt32.self)
        return SocketAddress(
          internetBytes: info.extracting(0..<16), port: 0,
          scope: isLinkLocal ? interface : 0)
      }
      // ipi_addr of struct in_pktinfo.
      return SocketAddress(internetBytes: info.extracting(8..<12), port: 0)
    }
  }

  /// The index of the interface that the datagram came in by; `nil` without
  /// ``DatagramOptions/tellsDestination``.
  ///
  /// The corresponding C control messages are `IP_PKTINFO` and `IPV6_PKTINFO`.
  public var interfaceIndex: UInt32? {
    packetInfo { info, isIPv6 in
      unsafe info.unsafeLoadUnaligned(fromByteOffset: isIPv6 ? 16 : 0, as: UInt32.self)
    }
  }

  private func packetInfo<Value>(_ body: (RawSpan, Bool) -> Value?) -> Value? {
    var offset = 0
    let list = controlBytes
    while let message = ControlMessage.next(in: list, at: &offset) {
      let value = list.extracting(message.value)
      if message.isIPv4PacketInfo, value.byteCount >= 12 { return body(value, false) }
      if message.isIPv6PacketInfo, value.byteCount >= 20 { return body(value, true) }
    }
    return nil
  }

  /// Bytes of each datagram that the kernel has put together into this one, the last of which may
  /// be shorter; `nil` for a single one, and without ``DatagramOptions/receivesTogether``.
  ///
  /// The corresponding C control message is `UDP_GRO` (Linux 5.0).
  public var segmentByteCount: Int? {
    var offset = 0
    let list = controlBytes
    while let message = ControlMessage.next(in: list, at: &offset) {
      guard message.isSegmentSize, message.value.count >= 4 else { continue }
      let size = unsafe list.unsafeLoadUnaligned(
        fromByteOffset: message.value.lowerBound, as: Int32.self)
      return size > 0 ? Int(size) : nil
    }
    return nil
  }
}

extension ControlMessage {
  fileprivate var isTrafficClass: Bool {
    (level == Int32(IPPROTO_IP) && type == IP_TOS)
      || (level == Int32(IPPROTO_IPV6) && type == IPV6_TCLASS)
  }

  fileprivate var isIPv4PacketInfo: Bool { level == Int32(IPPROTO_IP) && type == IP_PKTINFO }

  fileprivate var isIPv6PacketInfo: Bool { level == Int32(IPPROTO_IPV6) && type == IPV6_PKTINFO }

  fileprivate var isSegmentSize: Bool {
    level == UDPConstants.level && type == UDPConstants.receivesTogether
  }
}
