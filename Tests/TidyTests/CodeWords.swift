// SPDX-License-Identifier: Apache-2.0

/// The words of a line of code.
///
/// Found byte by byte: a pattern for each line would take the tests of the tree minutes.
struct CodeWords {
  /// A word, and whether no more than a space is between it and the one before.
  private let words: [(text: String, isNext: Bool)]

  /// Words that introduce a type.
  static let types: Set = ["class", "struct", "enum", "protocol", "actor", "typealias"]
  /// Words that introduce something else.
  static let members: Set = ["func", "var", "let", "case"]

  init(_ line: String) {
    let bytes = Array(line.utf8)
    var words: [(String, Bool)] = []
    var (position, end) = (0, 0)
    while position < bytes.count {
      let start = position
      while position < bytes.count, bytes[position].isOfWord { position += 1 }
      guard position > start else {
        position += 1
        continue
      }
      let gap = bytes[end..<start]
      let isNext = gap.elementsEqual(" ".utf8) || gap.elementsEqual(" `".utf8)
      words.append((String(decoding: bytes[start..<position], as: UTF8.self), isNext))
      end = position
    }
    self.words = words
  }

  var isPrivate: Bool { words.contains { $0.text == "private" || $0.text == "fileprivate" } }

  /// Whether the line imports a declaration of another module.
  var isImport: Bool { words.prefix(3).contains { $0.text == "import" } }

  /// The type that the line begins an extension of.
  var extendedName: String? {
    guard let index = words.prefix(2).firstIndex(where: { $0.text == "extension" }) else {
      return nil
    }
    return index + 1 < words.count ? words[index + 1].text : nil
  }

  /// Each word of some, with the name that it introduces.
  func declarations(by introducers: Set<String>) -> [(word: String, name: String)] {
    zip(words, words.dropFirst()).compactMap { word, name in
      introducers.contains(word.text) && name.isNext ? (word.text, name.text) : nil
    }
  }
}

extension UInt8 {
  /// Whether the byte is part of a word: of a letter, of a digit, an underscore.
  var isOfWord: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
      true
    default: false
    }
  }
}
