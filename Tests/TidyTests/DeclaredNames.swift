// SPDX-License-Identifier: Apache-2.0

/// The names that the files of a folder declare.
struct DeclaredNames {
  /// Types at any depth, and functions and variables of the module, each with its file.
  private(set) var own: [String: String] = [:]
  /// Members that extensions give to types of other folders or modules, each with its file.
  private(set) var given: [String: String] = [:]
  /// Everything that a word such as `var` introduces: a name of several things tells nothing.
  private(set) var all: Set<String> = []

  init(of files: [SourceFile]) {
    for file in files { addOwn(of: file) }
    for file in files { addGiven(of: file) }
  }

  private mutating func addOwn(of file: SourceFile) {
    for line in file.codeLines {
      let words = CodeWords(line)
      guard !words.isImport else { continue }
      for (_, name) in words.declarations(by: CodeWords.types) {
        // Of `class func` and its kin.
        guard !["func", "var", "let", "subscript"].contains(name) else { continue }
        all.insert(name)
        if !words.isPrivate { own[name] = file.path }
      }
      for (word, name) in words.declarations(by: CodeWords.members) {
        all.insert(name)
        let isOutermost = line.utf8.first != UInt8(ascii: " ")
        if isOutermost, word != "case", !words.isPrivate { own[name] = file.path }
      }
    }
  }

  /// Reads formatted code: what a file declares is not indented, its members are by two.
  private mutating func addGiven(of file: SourceFile) {
    var isForeignExtension = false
    for line in file.codeLines {
      let words = CodeWords(line)
      if line.utf8.first != UInt8(ascii: " "), let name = words.extendedName {
        isForeignExtension = own[name] == nil && !words.isPrivate
      } else if line.hasPrefix("}") {
        isForeignExtension = false
      }
      let isMember = line.hasPrefix("  ") && !line.hasPrefix("   ")
      guard isForeignExtension, isMember, !words.isPrivate else { continue }
      for (_, name) in words.declarations(by: CodeWords.members) { given[name] = file.path }
    }
  }
}
