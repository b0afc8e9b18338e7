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
    for line in file.codeLines where !line.isImport {
      for match in line.matches(of: /\b(class|struct|enum|protocol|actor|typealias) (\w+)/) {
        let name = String(match.output.2)
        // Of `class func` and its kin.
        guard !["func", "var", "let", "subscript"].contains(name) else { continue }
        all.insert(name)
        if !line.isPrivate { own[name] = file.path }
      }
      for (word, name) in line.declarations {
        all.insert(name)
        let isOutermost = line.first != " "
        if isOutermost, word != "case", !line.isPrivate { own[name] = file.path }
      }
    }
  }

  /// Reads formatted code: what a file declares is not indented, its members are by two.
  private mutating func addGiven(of file: SourceFile) {
    var isForeignExtension = false
    for line in file.codeLines {
      if let match = line.firstMatch(of: /^(\w+ )?extension (\w+)/) {
        isForeignExtension = own[String(match.output.2)] == nil && !line.isPrivate
      } else if line.hasPrefix("}") {
        isForeignExtension = false
      }
      let isMember = line.hasPrefix("  ") && !line.hasPrefix("   ")
      guard isForeignExtension, isMember, !line.isPrivate else { continue }
      for (_, name) in line.declarations { given[name] = file.path }
    }
  }
}

extension String {
  fileprivate var isPrivate: Bool { contains(#/\b(file)?private /#) }

  /// Whether the line imports a declaration of another module.
  fileprivate var isImport: Bool { contains(#/^(@\w+ )?(\w+ )?import /#) }

  /// The words that declare something else than a type, each with the name behind it.
  fileprivate var declarations: [(word: String, name: String)] {
    matches(of: /\b(func|var|let|case) `?(\w+)/).map { (String($0.output.1), String($0.output.2)) }
  }
}
