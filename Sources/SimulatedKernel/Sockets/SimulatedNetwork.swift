// SPDX-License-Identifier: Apache-2.0

/// How large the buffers of simulated sockets are, and how long things take.
public struct SimulatedNetwork: Hashable, Sendable {
  /// How long bytes, SYNs and FINs travel, from the shortest to the longest time.
  public var latency: ClosedRange<Duration> = .microseconds(10) ... .microseconds(100)
  /// Bytes that a socket takes before a send has to wait; `SO_SNDBUF` sets it to the byte.
  public var sendBufferByteCount = 65536
  /// Bytes that can arrive before they are received; `SO_RCVBUF` sets it to the byte.
  public var receiveBufferByteCount = 65536
  /// Descriptors that can be open at once (`RLIMIT_NOFILE`).
  public var descriptorLimit = 1 << 20

  /// The defaults.
  public init() {}
}
