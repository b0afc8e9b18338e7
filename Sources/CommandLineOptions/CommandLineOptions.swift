// SPDX-License-Identifier: Apache-2.0

/// The options of a command line: `--name value` and `--name`.
///
/// Our own, because a package that uses a library of this one fetches all its dependencies, and
/// three options are not worth one.
package struct CommandLineOptions {
  private var values: [String: String] = [:]
  private var flags: Set<String> = []

  /// Reads a command line.
  ///
  /// - Parameters:
  ///   - arguments: Without the program's name.
  ///   - valued: Names of options that take a value.
  ///   - flags: Names of options that take none.
  /// - Throws: ``CommandLineError`` at the first argument that is none of these.
  package init(
    _ arguments: [String], valued: Set<String>, flags: Set<String>
  ) throws(CommandLineError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else { throw .unexpected(argument) }
      let name = String(argument.dropFirst(2))
      if flags.contains(name) {
        self.flags.insert(name)
      } else if valued.contains(name) {
        guard let value = rest.popFirst() else { throw .missingValue(name) }
        values[name] = value
      } else {
        throw .unexpected(argument)
      }
    }
  }

  /// Whether an option without a value was given.
  package func has(_ name: String) -> Bool { flags.contains(name) }

  /// The value of an option, or `nil` if it was not given.
  package func text(_ name: String) -> String? { values[name] }

  /// The value of an option that must be a whole number.
  package func number<Number: FixedWidthInteger>(
    _ name: String, default number: Number
  ) throws(CommandLineError) -> Number {
    guard let value = values[name] else { return number }
    guard let parsed = Number(value) else { throw .notANumber(name, value) }
    return parsed
  }
}

/// Why a command line is refused.
package enum CommandLineError: Error, CustomStringConvertible {
  case unexpected(String)
  case missingValue(String)
  case notANumber(String, String)

  package var description: String {
    switch self {
    case .unexpected(let argument): "unexpected argument '\(argument)'"
    case .missingValue(let name): "--\(name) needs a value"
    case .notANumber(let name, let value): "--\(name) needs a whole number, not '\(value)'"
    }
  }
}
