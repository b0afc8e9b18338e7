// SPDX-License-Identifier: Apache-2.0

import Testing

/// Names go down only, also between the folders of a module, which no import tells apart.
@Suite struct FolderLayerTests {
  /// The folders of `CompletionIO`, lowest first.
  static let folders = [
    "Policy", "Flights", "Readiness", "Loop", "Streams", "Datagrams", "Sockets",
  ]

  private static let root = "Sources/CompletionIO"

  @Test func namesGoDown() {
    let layers = Self.folders.map { Tree.files(in: ["\(Self.root)/\($0)"]) }
    #expect(layers.filter(\.isEmpty).count == 0)
    #expect(UpwardName.all(in: layers).map(\.description) == [])
  }

  @Test func everyFolderIsALayer() {
    let found = Tree.files(in: [Self.root]).compactMap { file in
      file.path.dropFirst(Self.root.count + 1).split(separator: "/").first.map(String.init)
    }
    #expect(Set(found).sorted() == Self.folders.sorted())
  }

  private static let lower = SourceFile(
    path: "Low/Turn.swift",
    lines: [
      "struct Turn {", "  var count = 0", "  func run() {", "  }", "}",
    ])

  private static let higher = SourceFile(
    path: "High/Wheel.swift",
    lines: [
      "@_exported public import struct Rim.Tyre", "final class Wheel {", "  enum Spoke {", "  }",
      "  var count = 0", "}", "",
      "extension Turn {", "  var wheels: Int { 0 }", "  private var hidden: Int { 0 }",
      "  func spin() {", "    let speed = 1", "  }", "}",
    ])

  /// What is found when the lower folder has a second file with these lines.
  private func names(in lines: String) -> [String] {
    let planted = SourceFile(
      path: "Low/Planted.swift", lines: lines.split(separator: "\n").map(String.init))
    return UpwardName.all(in: [[Self.lower, planted], [Self.higher]]).map(\.name)
  }

  @Test(arguments: [
    ("let wheel: Wheel? = nil", ["Wheel"]),
    ("func f(_ spoke: Wheel.Spoke) {}", ["Wheel", "Spoke"]),
    ("turn.spin(); _ = turn.wheels", ["spin", "wheels"]),
    ("let text = \"has \\(turn.wheels) wheels\"", ["wheels"]),
    ("extension Turn { func f() { spin() } }", ["spin"]),
    ("if let count = turn?.wheels {}", ["wheels"]),
    ("turn\n    .spin()", ["spin"]),
  ])
  func findsWhatGoesUp(_ lines: String, _ expected: [String]) {
    #expect(names(in: lines) == expected)
  }

  @Test(arguments: [
    "import Rim", "let turn = Turn(count: 1)", "/// Like a Wheel.", "let a = 1  // Wheel",
    "/* Wheel */",
    "let text = \"Wheel\"", "let speed = hidden", "let text = \"a \\\" Wheel\"",
    "use(.spin)", "switch a { case .x,\n    .wheels: 1 }", "let x = y ? .spin : .wheels",
  ])
  func passesWhatDoesNot(_ lines: String) {
    #expect(names(in: lines) == [])
  }

  @Test func whatIsHighMayNameWhatIsLow() {
    #expect(UpwardName.all(in: [[Self.lower], [Self.higher]]).map(\.description) == [])
  }

  @Test func stripsCommentsAndLiterals() {
    let file = SourceFile(
      path: "x.swift",
      lines: [
        "a(\"b\") // c", "let d = \"\"\"", "  e \\(f(\"g\")) h", "  \"\"\" + i", "/* j", " */ k",
      ])
    let words = file.codeLines.map { $0.split { !$0.isLetter }.map(String.init) }
    #expect(words == [["a"], ["let", "d"], ["f"], ["i"], [], ["k"]])
  }
}
