// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// Options that the kernel alone decides: socket(7).
extension ReadOnlySocketOption<Int32> {
  /// The address family, as `AF_INET` (`SO_DOMAIN`).
  public static var addressFamily: Self { Self(.socket(SO_DOMAIN, "SO_DOMAIN"), .int) }

  /// The type, as `SOCK_STREAM` (`SO_TYPE`).
  public static var socketType: Self { Self(.socket(SO_TYPE, "SO_TYPE"), .int) }

  /// The protocol, as `IPPROTO_TCP`; 0 for Unix-domain sockets (`SO_PROTOCOL`).
  public static var protocolNumber: Self { Self(.socket(SO_PROTOCOL, "SO_PROTOCOL"), .int) }
}

extension ReadOnlySocketOption<Bool> {
  /// Whether the socket listens (`SO_ACCEPTCONN`).
  public static var isListening: Self { Self(.socket(SO_ACCEPTCONN, "SO_ACCEPTCONN"), .flag) }
}

extension ReadOnlySocketOption<UInt64> {
  /// The number by which this machine tells the socket from all others (`SO_COOKIE`, Linux 4.12).
  public static var cookie: Self {
    Self(.socket(SO_COOKIE, "SO_COOKIE"), byteLimit: 8) { UInt64($0) }
  }
}

extension ReadOnlySocketOption<PeerCredentials?> {
  /// Who the peer of a Unix-domain socket was when it connected or listened (`SO_PEERCRED`); `nil`
  /// for other sockets.
  public static var peerCredentials: Self {
    Self(.socket(SO_PEERCRED, "SO_PEERCRED"), byteLimit: 12) { bytes in
      guard let process = Int32(bytes), let user = UInt32(bytes, at: 4),
        let group = UInt32(bytes, at: 8)
      else { return nil }
      // The kernel's answer for a socket that has no such peer (sk_getsockopt).
      if user == .max, group == .max { return .some(nil) }
      return PeerCredentials(processID: process, userID: user, groupID: group)
    }
  }
}

extension ReadOnlySocketOption<TCPStatistics> {
  /// The kernel's figures of a TCP connection (`TCP_INFO`).
  public static var tcpStatistics: Self {
    Self(.tcp(TCP_INFO, "TCP_INFO"), byteLimit: TCPStatistics.byteCount) {
      TCPStatistics(copying: $0)
    }
  }
}
