// SPDX-License-Identifier: Apache-2.0

/// Takes comments and the text of string literals out of Swift source, line by line.
///
/// What a literal interpolates is code and stays.
struct CodeStripper {
  private enum Context: Equatable {
    /// Between `\(` and its `)`, with so many parentheses open.
    case interpolation(depth: Int)
    /// In a comment between `/*` and `*/`.
    case comment
    case literal(isMultiline: Bool)
  }

  /// What the next byte is in, innermost last; empty for plain code.
  private var contexts: [Context] = []

  /// The code of the next line, indented as it is.
  mutating func code(of line: String) -> String {
    var code: [UInt8] = []
    var rest = Array(line.utf8)[...]
    while !rest.isEmpty {
      switch contexts.last {
      case .comment: skipComment(&rest)
      case .literal(let isMultiline): skipLiteral(&rest, isMultiline)
      case .interpolation, nil: take(&rest, &code)
      }
    }
    // A literal of one line ends with it.
    if contexts.last == .literal(isMultiline: false) { contexts.removeLast() }
    return String(decoding: code, as: UTF8.self)
  }

  private mutating func skipComment(_ rest: inout ArraySlice<UInt8>) {
    guard rest.starts(with: "*/".utf8) else { return rest = rest.dropFirst() }
    rest = rest.dropFirst(2)
    contexts.removeLast()
  }

  private mutating func skipLiteral(_ rest: inout ArraySlice<UInt8>, _ isMultiline: Bool) {
    let end = isMultiline ? "\"\"\"" : "\""
    if rest.starts(with: end.utf8) {
      rest = rest.dropFirst(end.utf8.count)
      contexts.removeLast()
    } else if rest.starts(with: "\\(".utf8) {
      rest = rest.dropFirst(2)
      contexts.append(.interpolation(depth: 1))
    } else {
      rest = rest.dropFirst(rest.first == UInt8(ascii: "\\") ? 2 : 1)
    }
  }

  private mutating func take(_ rest: inout ArraySlice<UInt8>, _ code: inout [UInt8]) {
    if rest.starts(with: "//".utf8) { return rest = [] }
    if rest.starts(with: "/*".utf8) {
      contexts.append(.comment)
      return rest = rest.dropFirst(2)
    }
    for (quote, isMultiline) in [("\"\"\"", true), ("\"", false)]
    where rest.starts(with: quote.utf8) {
      contexts.append(.literal(isMultiline: isMultiline))
      // So that words on both sides of a literal stay two.
      code.append(UInt8(ascii: " "))
      return rest = rest.dropFirst(quote.utf8.count)
    }
    let byte = rest.removeFirst()
    if case .interpolation(let depth) = contexts.last {
      let change = byte == UInt8(ascii: "(") ? 1 : byte == UInt8(ascii: ")") ? -1 : 0
      contexts.removeLast()
      guard depth + change > 0 else { return code.append(UInt8(ascii: " ")) }
      contexts.append(.interpolation(depth: depth + change))
    }
    code.append(byte)
  }
}

extension SourceFile {
  /// The lines without comments and without the text of string literals.
  var codeLines: [String] {
    var stripper = CodeStripper()
    return lines.map { stripper.code(of: $0) }
  }
}
