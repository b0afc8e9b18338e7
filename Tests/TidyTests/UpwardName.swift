// SPDX-License-Identifier: Apache-2.0

/// A place where a file names what a higher folder declares.
struct UpwardName: CustomStringConvertible {
  let file: String
  let line: Int
  let name: String
  let declaredIn: String

  var description: String { "\(file):\(line): \(name), which \(declaredIn) declares" }

  /// Looks for names that go up.
  ///
  /// A name that this folder or a lower one declares too tells nothing.
  ///
  /// - Parameter layers: The files of each folder, lowest first.
  /// - Returns: Each such name, in the order of files and lines.
  static func all(in layers: [[SourceFile]]) -> [UpwardName] {
    let declared = layers.map { DeclaredNames(of: $0) }
    var found: [UpwardName] = []
    for (height, files) in layers.enumerated() {
      let known = declared[...height].reduce(into: Set<String>()) { $0.formUnion($1.all) }
      let higher = declared[(height + 1)...]
      var own: [String: String] = [:]
      var given: [String: String] = [:]
      for names in higher {
        own.merge(names.own) { first, _ in first }
        given.merge(names.given) { first, _ in first }
      }
      for file in files {
        found += file.words.compactMap { word in
          let name = word.text
          guard !known.contains(name) else { return nil }
          // `.name` alone is a member of whatever type is expected there, mostly a case.
          let place = own[name] ?? (word.isImplicitMember ? nil : given[name])
          return place.map {
            UpwardName(file: file.path, line: word.line, name: name, declaredIn: $0)
          }
        }
      }
    }
    return found
  }
}

extension SourceFile {
  /// A word of code.
  fileprivate struct Word {
    let line: Int
    let text: String
    /// Whether a dot is before it, and nothing that has the member before the dot.
    let isImplicitMember: Bool
  }

  fileprivate var words: [Word] {
    var words: [Word] = []
    var lastOfLines: UInt8?
    for (number, line) in codeLines.enumerated() {
      let characters = Array(line.utf8)
      var position = 0
      while position < characters.count {
        let start = position
        while position < characters.count, characters[position].isOfWord { position += 1 }
        if position == start {
          position += 1
          continue
        }
        let before = characters[..<start]
        words.append(
          Word(
            line: number + 1, text: String(decoding: characters[start..<position], as: UTF8.self),
            isImplicitMember: before.last == UInt8(ascii: ".")
              && !Self.hasOwner(before.dropLast(), after: lastOfLines)))
      }
      lastOfLines = characters.last { $0 != UInt8(ascii: " ") } ?? lastOfLines
    }
    return words
  }

  /// Whether something that has members is before a dot.
  ///
  /// - Parameters:
  ///   - before: What is before it in its line.
  ///   - last: The last character of the lines before, where a chain of calls may have begun.
  /// - Returns: Whether the dot belongs to it.
  private static func hasOwner(_ before: ArraySlice<UInt8>, after last: UInt8?) -> Bool {
    let isFirst = before.allSatisfy { $0 == UInt8(ascii: " ") }
    guard let owner = isFirst ? last : before.last else { return false }
    return owner.isOfWord || (isFirst ? ")]}" : ")]}?!>").utf8.contains(owner)
  }
}
