// SPDX-License-Identifier: Apache-2.0

/// The two bits by which routers and ends tell each other of congestion (RFC 3168).
public enum CongestionMark: UInt8, Hashable, Sendable {
  /// The ends do not take part (Not-ECT).
  case notCapable = 0
  /// The ends take part, and want fine marks (ECT(1), RFC 9331).
  case capable1 = 1
  /// The ends take part (ECT(0)).
  case capable0 = 2
  /// A router on the way was congested (CE).
  case experienced = 3
}

extension TrafficClass {
  /// The two bits of congestion notification.
  public var congestionMark: CongestionMark {
    get { CongestionMark(rawValue: rawValue & 3) ?? .notCapable }
    set { rawValue = rawValue & ~3 | newValue.rawValue }
  }
}
