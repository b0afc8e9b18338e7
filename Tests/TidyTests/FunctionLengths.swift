// SPDX-License-Identifier: Apache-2.0

/// A function and how many lines it has, from its declaration to its closing brace.
struct FunctionLength {
  let file: String
  let line: Int
  let length: Int
}

extension SourceFile {
  /// Measures functions by their braces.
  ///
  /// The words since the last brace or blank line tell what a brace opens.
  var functionLengths: [FunctionLength] {
    var found: [FunctionLength] = []
    var open: [Int?] = []
    var declaration: Int?
    for (number, line) in lines.enumerated() {
      let code = line.codeCharacters
      if code.isEmpty { declaration = nil }
      if line.declaresFunction { declaration = number }
      for character in code where character == .openingBrace || character == .closingBrace {
        if character == .openingBrace {
          open.append(declaration)
        } else if let start = open.popLast().flatMap({ $0 }) {
          found.append(FunctionLength(file: path, line: start + 1, length: number - start + 1))
        }
        declaration = nil
      }
    }
    return found
  }
}

extension UInt8 {
  fileprivate static var openingBrace: Self { UInt8(ascii: "{") }
  fileprivate static var closingBrace: Self { UInt8(ascii: "}") }
}

extension String {
  fileprivate var declaresFunction: Bool {
    let words = utf8.split { !$0.isOfWord }
    return words.contains { word in
      ["func", "init", "deinit", "subscript"].contains { word.elementsEqual($0.utf8) }
    }
  }

  /// The bytes that are neither white space nor in a string literal or a comment.
  fileprivate var codeCharacters: [UInt8] {
    var code: [UInt8] = []
    var isInLiteral = false
    var isEscaped = false
    for byte in utf8 {
      if isInLiteral {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInLiteral = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isInLiteral = true
      } else if byte == UInt8(ascii: "/"), code.last == byte {
        code.removeLast()
        break
      } else if byte > UInt8(ascii: " ") {
        code.append(byte)
      }
    }
    return code
  }
}
