// SPDX-License-Identifier: Apache-2.0

import Testing

/// The tables of a page of kernel versions.
struct VersionPage {
  /// A row of a table.
  struct Row {
    /// The heading that the table is under.
    let section: String
    let cells: [String]
    /// The words of the first cell that are code.
    let names: [String]
  }

  let rows: [Row]

  /// Reads a page.
  init(_ path: String) throws {
    let file = try #require(Tree.read(path))
    var section = ""
    var rows: [Row] = []
    for line in file.lines {
      if line.hasPrefix("## ") { section = String(line.dropFirst(3)) }
      guard line.hasPrefix("| ") else { continue }
      let cells = line.split(separator: "|").map(String.init)
      rows.append(Row(section: section, cells: cells, names: cells[0].codeWords))
    }
    self.rows = rows
  }

  /// Rows under headings that begin with a word.
  func rows(under word: String) -> [Row] {
    rows.filter { $0.section.hasPrefix("\(word) ") || $0.section == word }
  }

  /// The names in first cells that belong to a type.
  func names(of type: String) -> Set<String> {
    Set(rows.flatMap(\.names).filter { $0.hasPrefix("\(type).") })
  }

  /// The versions in the rows of a name, whatever the labels of its parameters.
  func versions(of name: String) -> Set<String> {
    let matching = rows.filter { row in
      row.names.contains { $0 == name || $0.hasPrefix("\(name)(") }
    }
    return Set(matching.flatMap { $0.cells.dropFirst().flatMap(\.versions) })
  }

  /// The names of operations: a type's name and, in the second cell, its operations'; or both.
  var operations: Set<String> {
    Set(
      rows(under: "Operations").flatMap { row in
        guard row.cells.count == 2, let type = row.names.first else { return row.names }
        return row.cells[1].codeWords.map { "\(type).\($0)" }
      })
  }
}

extension String {
  /// The words between backticks.
  var codeWords: [String] { matches(of: /`([^`]+)`/).map { String($0.1) } }

  /// Numbers of the form of a kernel's version.
  var versions: [String] { matches(of: /\b\d\.\d+\b/).map { String($0.0) } }
}

/// What a module declares for everybody, as `Tests/PublicAPI` lists it.
struct PublicNames {
  private let declarations: [(name: String, declaration: String)]

  init(_ module: String) throws {
    let file = try #require(Tree.read("Tests/PublicAPI/\(module).txt"))
    declarations = file.lines.compactMap { line in
      guard let range = line.firstRange(of: ": ") else { return nil }
      return (String(line[..<range.lowerBound]), String(line[range.upperBound...]))
    }
  }

  /// Every name, without labels of parameters.
  var all: Set<String> { Set(declarations.map { String($0.name.prefix { $0 != "(" }) }) }

  /// Names of declarations that are wanted.
  func names(where isWanted: (String, String) -> Bool) -> Set<String> {
    Set(declarations.filter { isWanted($0.name, $0.declaration) }.map(\.name))
  }
}
