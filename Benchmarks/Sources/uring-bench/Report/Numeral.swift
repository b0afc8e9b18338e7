// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Numbers as people read them.
enum Numeral {
  /// `digits` places after the point.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    let scale = pow(10, Double(digits))
    let scaled = Int64((value.magnitude * scale).rounded())
    let unit = Int64(scale)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % unit)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(scaled / unit).\(zeros)\(fraction)"
  }

  /// A whole number with its thousands apart.
  static func grouped(_ value: Double) -> String {
    var text = fixed(value.magnitude, 0)
    var groups: [String] = []
    while text.count > 3 {
      groups.insert(String(text.suffix(3)), at: 0)
      text.removeLast(3)
    }
    groups.insert(text, at: 0)
    return (value <= -0.5 ? "-" : "") + groups.joined(separator: ",")
  }

  /// Three significant digits.
  static func significant(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    switch value.magnitude {
    case ..<10: return fixed(value, 2)
    case ..<100: return fixed(value, 1)
    default: return grouped(value)
    }
  }

  /// Bytes in GiB.
  static func gibibytes(_ bytes: Int) -> String { fixed(Double(bytes) / Double(1 << 30), 1) }

  /// A share as a percentage: `1 %`, `0.5 %`.
  static func percent(_ share: Double) -> String {
    let text = fixed(share * 100, 3)
    let kept = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(String(kept).reversed()) + " %"
  }

  /// Without trailing zeros: `50`, `99.9`.
  static func short(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : String(value)
  }

  /// Microseconds in the unit that keeps them short.
  static func duration(_ microseconds: Double) -> String {
    switch microseconds {
    case ..<1000: compact(microseconds) + " µs"
    case ..<1_000_000: compact(microseconds / 1000) + " ms"
    default: compact(microseconds / 1_000_000) + " s"
    }
  }

  /// Short numbers such as `0.02`, `2.5`, `50`, `1,000`: as short as the size allows.
  static func compact(_ value: Double) -> String {
    switch value {
    case ..<0.1: Numeral.fixed(value, 3)
    case ..<1: Numeral.fixed(value, 2)
    case ..<10: value == value.rounded() ? Numeral.fixed(value, 0) : Numeral.fixed(value, 1)
    default: Numeral.grouped(value)
    }
  }
}
