// SPDX-License-Identifier: Apache-2.0

import Testing

/// Imports go down only: a layer can be deleted with everything above it, and the rest builds.
@Suite struct LayerTests {
  /// What each folder must not import.
  static let forbidden: [(folder: String, imports: [String])] = [
    ("Sources/Uring", ["CompletionIO", "ReadinessIO", "SimulatedKernel"]),
    ("Sources/CompletionIO", ["SimulatedKernel", "CLiburing", "CReadiness"]),
    ("Sources/ReadinessIO", ["CompletionIO", "SimulatedKernel", "CLiburing"]),
    ("Sources/SimulatedKernel", ["CLiburing", "CReadiness"]),
    ("Tests/TestSupport", ["CompletionIO", "ReadinessIO", "SimulatedKernel", "CLiburing"]),
    ("Tests/CompletionTestSupport", ["ReadinessIO", "SimulatedKernel", "CLiburing"]),
  ]

  @Test(arguments: forbidden)
  func importsGoDown(_ rule: (folder: String, imports: [String])) {
    let files = Tree.files(in: [rule.folder])
    let upward = files.filter { !imports($0).isDisjoint(with: rule.imports) }
    #expect(upward.map(\.path) == [])
  }

  @Test func readsImports() {
    let file = SourceFile(
      path: "x.swift",
      lines: [
        "internal import CLiburing", "@testable import Uring", "import struct A.B",
        "// import Commented", "  let important = import2",
      ])
    #expect(imports(file) == ["CLiburing", "Uring", "A"])
  }

  private func imports(_ file: SourceFile) -> Set<String> {
    let pattern = /^(@\w+(\(\w+\))? )?(\w+ )?import (struct |func |enum |class |protocol )?(\w+)/
    let lines = file.lines.filter { $0.contains("import") }
    return Set(lines.compactMap { $0.firstMatch(of: pattern).map { String($0.output.5) } })
  }
}
