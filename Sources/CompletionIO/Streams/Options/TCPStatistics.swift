// SPDX-License-Identifier: Apache-2.0

/// The kernel's figures of a TCP connection: progress, speed, losses.
///
/// The corresponding C structure is `tcp_info`.
public struct TCPStatistics: Hashable, Sendable {
  /// The time from a segment to its acknowledgement, smoothed.
  public let roundTripTime: Duration
  /// How much that time varies.
  public let roundTripVariation: Duration
  /// The shortest round trip of late.
  public let minimumRoundTripTime: Duration
  /// The time without an acknowledgement after which bytes are sent again.
  public let retransmissionTimeout: Duration
  /// The time since bytes were last sent.
  public let timeSinceSend: Duration
  /// The time since bytes last came.
  public let timeSinceReceive: Duration
  /// Bytes of a packet that the way carries whole.
  public let pathByteLimit: Int
  /// Bytes of a segment that is sent.
  public let sendSegmentByteCount: Int
  /// Segments that may be on their way.
  public let congestionWindow: Int
  /// Segments that are on their way.
  public let unacknowledgedSegmentCount: Int
  /// Segments that are taken for lost.
  public let lostSegmentCount: Int
  /// Segments that were sent again since the connection was made.
  public let resentSegmentCount: Int
  /// Bytes that the kernel has taken and not sent.
  public let unsentByteCount: Int
  /// Bytes that the peer has acknowledged.
  public let acknowledgedByteCount: UInt64
  /// Bytes that have come.
  public let receivedByteCount: UInt64
  /// Bytes that were sent, those that were sent again included.
  public let sentByteCount: UInt64
  /// Bytes that were sent again.
  public let resentByteCount: UInt64
  /// Bytes a second that have arrived at the peer of late.
  public let deliveryRate: UInt64
  /// Bytes a second at which the kernel sends; all ones for no limit.
  public let pacingRate: UInt64

  /// Bytes of the structure up to the last field that is read here (Linux 4.19).
  static let byteCount = 216

  /// Copies the kernel's structure, whose fields have had their places since they came
  /// (linux/tcp.h); fails for one that is too short.
  init?(copying bytes: [UInt8]) {
    guard bytes.count >= Self.byteCount else { return nil }
    func number(_ start: Int) -> Int { Int(UInt32(bytes, at: start) ?? 0) }
    func large(_ start: Int) -> UInt64 { UInt64(bytes, at: start) ?? 0 }
    retransmissionTimeout = .microseconds(number(8))
    sendSegmentByteCount = number(16)
    unacknowledgedSegmentCount = number(24)
    lostSegmentCount = number(32)
    timeSinceSend = .milliseconds(number(44))
    timeSinceReceive = .milliseconds(number(52))
    pathByteLimit = number(60)
    roundTripTime = .microseconds(number(68))
    roundTripVariation = .microseconds(number(72))
    congestionWindow = number(80)
    resentSegmentCount = number(100)
    pacingRate = large(104)
    acknowledgedByteCount = large(120)
    receivedByteCount = large(128)
    unsentByteCount = number(144)
    minimumRoundTripTime = .microseconds(number(148))
    deliveryRate = large(160)
    sentByteCount = large(200)
    resentByteCount = large(208)
  }
}
