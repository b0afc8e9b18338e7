// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// Options of IPv4 and IPv6 sockets: ip(7), ipv6(7).
extension SocketOption<TrafficClass> {
  /// How routers treat packets over IPv4 (`IP_TOS`); an IPv6 socket has it too, for its IPv4 peers.
  public static var ipv4TrafficClass: Self { Self(.ipv4(IP_TOS, "IP_TOS"), .trafficClass) }

  /// How routers treat packets over IPv6 (`IPV6_TCLASS`).
  public static var ipv6TrafficClass: Self {
    Self(.ipv6(IPV6_TCLASS, "IPV6_TCLASS"), .trafficClass)
  }
}

extension SocketOption<Int> {
  /// Routers that a packet over IPv4 may pass (`IP_TTL`): 1 to 255.
  public static var ipv4HopLimit: Self { Self(.ipv4(IP_TTL, "IP_TTL"), .count) }

  /// Routers that a packet over IPv6 may pass (`IPV6_UNICAST_HOPS`): 0 to 255.
  public static var ipv6HopLimit: Self {
    Self(.ipv6(IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"), .count)
  }
}

extension SocketOption<Bool> {
  /// Whether an IPv6 socket refuses IPv4 peers (`IPV6_V6ONLY`); can be set before the bind only:
  /// ``SocketOptions/isIPv6Only``.
  public static var ipv6Only: Self { Self(.ipv6(IPV6_V6ONLY, "IPV6_V6ONLY"), .flag) }

  /// Binds an address without a port, which the connect chooses: more connections than ports
  /// (`IP_BIND_ADDRESS_NO_PORT`).
  public static var choosesPortAtConnect: Self {
    Self(.ipv4(IP_BIND_ADDRESS_NO_PORT, "IP_BIND_ADDRESS_NO_PORT"), .flag)
  }

  /// Binds an address that this machine does not have yet (`IP_FREEBIND`); IPv6 sockets take it too.
  public static var freeBind: Self { Self(.ipv4(IP_FREEBIND, "IP_FREEBIND"), .flag) }

  /// Takes connections to addresses of others, for a proxy that nobody sees (`IP_TRANSPARENT`);
  /// needs CAP_NET_ADMIN.
  ///
  /// IPv6 sockets take it too.
  public static var transparent: Self { Self(.ipv4(IP_TRANSPARENT, "IP_TRANSPARENT"), .flag) }
}
