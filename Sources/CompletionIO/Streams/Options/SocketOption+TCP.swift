// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// Options of TCP sockets: tcp(7).
extension SocketOption<Bool> {
  /// Sends small pieces at once (`TCP_NODELAY`); ``SocketOptions/noDelay`` has it on.
  public static var noDelay: Self { Self(.tcp(TCP_NODELAY, "TCP_NODELAY"), .flag) }

  /// Sends full segments only, for 200 ms at most, until it is off again (`TCP_CORK`).
  public static var cork: Self { Self(.tcp(TCP_CORK, "TCP_CORK"), .flag) }

  /// Acknowledges at once (`TCP_QUICKACK`); the kernel turns it off and on by itself.
  public static var quickAck: Self { Self(.tcp(TCP_QUICKACK, "TCP_QUICKACK"), .flag) }

  /// Sends the first bytes with the SYN (`TCP_FASTOPEN_CONNECT`); set at creation.
  ///
  /// To a peer that has given a cookie before, the connect says that it has succeeded before it has
  /// begun, and a failure comes with the first send (tcp_fastopen_defer_connect).
  public static var fastOpen: Self {
    Self(.tcp(TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT"), .flag)
  }
}

extension SocketOption<Duration> {
  /// How long a connection says nothing before the first keep-alive probe, in seconds
  /// (`TCP_KEEPIDLE`): 1 to 32767; with ``SocketOption/keepAlive``.
  public static var keepAliveIdle: Self { Self(.tcp(TCP_KEEPIDLE, "TCP_KEEPIDLE"), .time(.second)) }

  /// The time between two keep-alive probes, in seconds (`TCP_KEEPINTVL`): 1 to 32767.
  public static var keepAliveInterval: Self {
    Self(.tcp(TCP_KEEPINTVL, "TCP_KEEPINTVL"), .time(.second))
  }

  /// How long sent bytes may stay without an answer before the connection fails with ETIMEDOUT, in
  /// milliseconds (`TCP_USER_TIMEOUT`, RFC 5482); zero for as long as the kernel tries.
  public static var userTimeout: Self {
    Self(.tcp(TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"), .time(.millisecond))
  }

  /// How long a listener keeps a connection to itself until its first bytes come, in seconds
  /// (`TCP_DEFER_ACCEPT`); the kernel makes it a number of retransmissions, whose time is read.
  public static var deferAccept: Self {
    Self(.tcp(TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"), .time(.second))
  }
}

extension SocketOption<Int> {
  /// Keep-alive probes without an answer after which the connection fails (`TCP_KEEPCNT`): 1 to 127.
  public static var keepAliveCount: Self { Self(.tcp(TCP_KEEPCNT, "TCP_KEEPCNT"), .count) }

  /// Bytes that the kernel takes beyond what it has sent (`TCP_NOTSENT_LOWAT`); zero for the sysctl
  /// `net.ipv4.tcp_notsent_lowat`.
  public static var unsentLowWaterMark: Self {
    Self(.tcp(TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT"), .unsignedCount)
  }

  /// Bytes of a segment at most (`TCP_MAXSEG`): 88 to 32767.
  ///
  /// Of a connection the kernel's own reckoning is read.
  public static var maximumSegmentByteCount: Self { Self(.tcp(TCP_MAXSEG, "TCP_MAXSEG"), .count) }

  /// Connections that may come to a listener with bytes in their SYN, before their handshake is over
  /// (`TCP_FASTOPEN`); needs the bit 2 of the sysctl `net.ipv4.tcp_fastopen`.
  public static var fastOpenBacklog: Self { Self(.tcp(TCP_FASTOPEN, "TCP_FASTOPEN"), .count) }

  /// SYNs that a connect sends again before it fails with ETIMEDOUT (`TCP_SYNCNT`): 1 to 127; set at
  /// creation.
  public static var connectRetryCount: Self { Self(.tcp(TCP_SYNCNT, "TCP_SYNCNT"), .count) }
}

extension SocketOption<String> {
  /// The algorithm that decides how fast to send, as `cubic` or `bbr` (`TCP_CONGESTION`).
  ///
  /// ENOENT for one that the kernel does not have, EPERM for one that only CAP_NET_ADMIN may use.
  public static var congestionControl: Self {
    Self(.tcp(TCP_CONGESTION, "TCP_CONGESTION"), .text(byteLimit: 16))  // TCP_CA_NAME_MAX
  }
}
