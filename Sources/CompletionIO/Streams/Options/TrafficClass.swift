// SPDX-License-Identifier: Apache-2.0

/// How routers are asked to treat packets: the second byte of an IPv4 header, or the traffic class of
/// an IPv6 one (RFC 2474).
public struct TrafficClass: RawRepresentable, Hashable, Sendable {
  /// The byte: six bits of the code point, and two of congestion notification, which are the
  /// kernel's for TCP.
  public var rawValue: UInt8

  /// Takes the byte as it is.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Makes a class of its code point.
  ///
  /// - Parameter codePoint: The differentiated services code point, 0 to 63; `nil` is returned for
  ///   any other number.
  public init?(codePoint: Int) {
    guard (0...63).contains(codePoint) else { return nil }
    rawValue = UInt8(codePoint) << 2
  }

  /// The differentiated services code point (DSCP).
  public var codePoint: Int { Int(rawValue >> 2) }

  /// As everybody's packets.
  public static var bestEffort: Self { Self(rawValue: 0) }
  /// Behind everybody's packets: copies and updates that can wait (RFC 8622).
  public static var lowerEffort: Self { Self(rawValue: 1 << 2) }
  /// Before others, in little time and without loss: a voice (RFC 3246).
  public static var expeditedForwarding: Self { Self(rawValue: 46 << 2) }
}

extension OptionCoding<TrafficClass> {
  static var trafficClass: Self {
    Self { value in
      [UInt8](Int32(value.rawValue))
    } decode: { bytes in
      Int32(bytes).map { TrafficClass(rawValue: UInt8(truncatingIfNeeded: $0)) }
    }
  }
}
