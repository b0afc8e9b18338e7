// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// Options of sockets of datagrams: ip(7), ipv6(7), udp(7).
extension SocketOption<Bool> {
  /// Sends to broadcast addresses too (`SO_BROADCAST`).
  public static var broadcast: Self { Self(.socket(SO_BROADCAST, "SO_BROADCAST"), .flag) }

  /// Whether this machine's sockets receive what this one sends to a group over IPv4
  /// (`IP_MULTICAST_LOOP`); on at first.
  public static var ipv4MulticastLoop: Self {
    Self(.ipv4(IP_MULTICAST_LOOP, "IP_MULTICAST_LOOP"), .flag)
  }

  /// The same over IPv6 (`IPV6_MULTICAST_LOOP`).
  public static var ipv6MulticastLoop: Self {
    Self(.ipv6(IPV6_MULTICAST_LOOP, "IPV6_MULTICAST_LOOP"), .flag)
  }

  /// Whether a socket that is bound to all addresses receives what is sent to groups that others of
  /// this machine have joined (`IP_MULTICAST_ALL`); on at first.
  public static var ipv4MulticastAll: Self {
    Self(.ipv4(IP_MULTICAST_ALL, "IP_MULTICAST_ALL"), .flag)
  }

  static var tellsIPv4Destination: Self { Self(.ipv4(IP_PKTINFO, "IP_PKTINFO"), .flag) }

  static var tellsIPv6Destination: Self {
    Self(.ipv6(IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO"), .flag)
  }

  static var tellsIPv4TrafficClass: Self { Self(.ipv4(IP_RECVTOS, "IP_RECVTOS"), .flag) }

  static var tellsIPv6TrafficClass: Self {
    Self(.ipv6(IPV6_RECVTCLASS, "IPV6_RECVTCLASS"), .flag)
  }

  static var receivesTogether: Self {
    Self(.udp(104, "UDP_GRO"), .flag)  // linux/udp.h, Linux 5.0
  }
}

extension SocketOption<Int> {
  /// Routers that a datagram to a group may pass over IPv4 (`IP_MULTICAST_TTL`): 0 to 255; 1 at
  /// first.
  public static var ipv4MulticastHopLimit: Self {
    Self(.ipv4(IP_MULTICAST_TTL, "IP_MULTICAST_TTL"), .count)
  }

  /// The same over IPv6 (`IPV6_MULTICAST_HOPS`).
  public static var ipv6MulticastHopLimit: Self {
    Self(.ipv6(IPV6_MULTICAST_HOPS, "IPV6_MULTICAST_HOPS"), .count)
  }
}

extension SocketOption<UInt32> {
  /// The index of the interface that datagrams to groups go out by over IPv4 (`IP_MULTICAST_IF`); 0
  /// for the kernel's choice.
  public static var ipv4MulticastInterface: Self {
    Self(
      .ipv4(IP_MULTICAST_IF, "IP_MULTICAST_IF"),
      OptionCoding(byteLimit: 12) { index in
        // struct ip_mreqn: two addresses, then the interface. A read tells an address alone.
        [UInt8](repeating: 0, count: 8) + [UInt8](Int32(bitPattern: index))
      } decode: { bytes in
        bytes.count >= 12 ? UInt32(bytes, at: 8) : nil
      })
  }

  /// The same over IPv6 (`IPV6_MULTICAST_IF`).
  public static var ipv6MulticastInterface: Self {
    Self(.ipv6(IPV6_MULTICAST_IF, "IPV6_MULTICAST_IF"), .bits)
  }
}
