// SPDX-License-Identifier: Apache-2.0

/// A value of RFC 8259, written with its members in order.
///
/// Our own, because Foundation would double the size of a program that is meant to be carried to
/// other machines.
indirect enum JSON {
  case null
  case bool(Bool)
  case string(String)
  case array([JSON])
  case object([(name: String, value: JSON)])

  init(_ text: String?) {
    self = text.map(JSON.string) ?? .null
  }

  init(_ flag: Bool?) {
    self = flag.map(JSON.bool) ?? .null
  }

  /// The value as text, without line breaks except between the elements of arrays of objects.
  var text: String {
    switch self {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .string(let string): Self.quoted(string)
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",\n") + "]"
    case .object(let members):
      "{"
        + members.map { Self.quoted($0.name) + ": " + $0.value.text }.joined(separator: ", ")
        + "}"
    }
  }

  private static func quoted(_ string: String) -> String {
    var quoted = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
