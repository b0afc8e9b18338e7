// SPDX-License-Identifier: Apache-2.0

internal import Glibc

// Options of every socket: socket(7).
extension SocketOption<Bool> {
  /// Asks a peer that says nothing whether it is there (`SO_KEEPALIVE`); TCP only.
  public static var keepAlive: Self { Self(.socket(SO_KEEPALIVE, "SO_KEEPALIVE"), .flag) }

  /// Binds although connections of an earlier socket still wait for their ends (`SO_REUSEADDR`).
  ///
  /// Listeners have it on.
  public static var reuseAddress: Self { Self(.socket(SO_REUSEADDR, "SO_REUSEADDR"), .flag) }

  /// Shares the address with other sockets that have the option (`SO_REUSEPORT`).
  ///
  /// Set at creation it shares with those of other processes. Unix-domain sockets refuse it since
  /// Linux 6.13, and did nothing with it before.
  public static var reusePort: Self { Self(.socket(SO_REUSEPORT, "SO_REUSEPORT"), .flag) }
}

extension SocketOption<Int> {
  /// Bytes of the send buffer (`SO_SNDBUF`).
  ///
  /// The kernel doubles the number, for its own bookkeeping, and that is what is read; it lowers it
  /// to the sysctl `net.core.wmem_max` before.
  public static var sendBufferByteCount: Self { Self(.socket(SO_SNDBUF, "SO_SNDBUF"), .count) }

  /// Bytes of the receive buffer (`SO_RCVBUF`).
  ///
  /// The kernel doubles the number, for its own bookkeeping, and that is what is read; it lowers it
  /// to the sysctl `net.core.rmem_max` before. For a TCP window above 64 KiB set it at creation.
  public static var receiveBufferByteCount: Self { Self(.socket(SO_RCVBUF, "SO_RCVBUF"), .count) }

  /// Bytes that must have come before a receive ends (`SO_RCVLOWAT`).
  public static var receiveLowWaterMark: Self { Self(.socket(SO_RCVLOWAT, "SO_RCVLOWAT"), .count) }

  /// The priority of packets in the queues of this machine (`SO_PRIORITY`); above 6 with
  /// CAP_NET_ADMIN only.
  public static var priority: Self { Self(.socket(SO_PRIORITY, "SO_PRIORITY"), .count) }

  /// The CPU that packets come in on; -1 for none (`SO_INCOMING_CPU`).
  ///
  /// Of listeners that share a port, the one with the CPU gets connections from there (Linux 6.2).
  public static var incomingCPU: Self {
    Self(.socket(SO_INCOMING_CPU, "SO_INCOMING_CPU"), .number)
  }
}

extension SocketOption<UInt32> {
  /// The mark by which this machine's routes and filters tell packets (`SO_MARK`); needs
  /// CAP_NET_ADMIN, or CAP_NET_RAW (Linux 5.17).
  public static var mark: Self { Self(.socket(SO_MARK, "SO_MARK"), .bits) }
}

extension SocketOption<Duration> {
  /// How long a receive asks the device again and again before it waits, in microseconds
  /// (`SO_BUSY_POLL`); more than it is needs CAP_NET_ADMIN.
  public static var busyPoll: Self {
    Self(.socket(SO_BUSY_POLL, "SO_BUSY_POLL"), .time(.microsecond))
  }
}

extension SocketOption<Duration?> {
  /// How long the kernel's close waits for sent bytes to arrive, in seconds (`SO_LINGER`); `nil` for
  /// a close that returns at once, and sends them all the same.
  ///
  /// With zero a close resets the connection and drops them. With more, the close holds up its loop
  /// and all that is on it (inet_release): ``StreamConnection/close(lingering:)`` does not.
  public static var linger: Self { Self(.socket(SO_LINGER, "SO_LINGER"), .linger) }
}

extension SocketOption<String> {
  /// The network interface that packets must come and go by (`SO_BINDTODEVICE`); empty for any.
  public static var boundDevice: Self {
    Self(.socket(SO_BINDTODEVICE, "SO_BINDTODEVICE"), .text(byteLimit: Int(IFNAMSIZ)))
  }
}
