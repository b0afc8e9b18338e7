// SPDX-License-Identifier: Apache-2.0

import Testing

/// The code that articles show is code that compiles: the same lines are in `Snippets`, of which the
/// package manager builds each file, or in an example.
@Suite struct SnippetTests {
  /// Blocks that no build of this package can compile, by their first lines.
  private static let uncompiled: Set<String> = [
    // Manifests of other packages, and parts of them.
    "// swift-tools-version: 6.2",
    "dependencies: [.package(url: \"…/swift-uring\", branch: \"main\")],",
    ".package(url: \"…/swift-uring\", from: \"…\", traits: [\"Logging\", \"Metrics\", \"Tracing\"])",
    ".package(url: \"…/swift-uring\", from: \"…\", traits: [\"NIO\"])",
    // A proposal to another package.
    "public protocol NIOChannelMakingEventLoop: EventLoop {",
  ]

  @Test func articlesShowCodeThatCompiles() {
    let sources = CodeIndex(Tree.files(in: ["Snippets", "Examples"]))
    let blocks = Self.articles.flatMap(\.codeBlocks)
    #expect(blocks.count > 40)
    let strange = blocks.filter { block in
      !Self.uncompiled.contains(block.code.first ?? "") && !sources.contains(block.code)
    }
    #expect(strange.map(\.description) == [])
  }

  @Test func everyExceptionIsNeeded() {
    let shown = Set(Self.articles.flatMap(\.codeBlocks).compactMap(\.code.first))
    #expect(Self.uncompiled.subtracting(shown) == [])
  }

  @Test func snippetsNameTheirLicense() {
    let snippets = Tree.files(in: ["Snippets"])
    #expect(snippets.count > 5)
    let nameless = snippets.filter { $0.lines.first != "// SPDX-License-Identifier: Apache-2.0" }
    #expect(nameless.map(\.path) == [])
  }

  @Test func findsTheBlocksOfAnArticle() {
    let article = SourceFile(
      path: "x.md", lines: ["", "```swift", "  a()  // why", "  b()", "```", "```", "c()", "```"])
    #expect(article.codeBlocks.map(\.code) == [["a()", "b()"]])
  }

  @Test func findsCodeWhateverItsIndentation() {
    let file = SourceFile(path: "x.swift", lines: ["f {", "  a {", "    b", "", "  }"])
    let index = CodeIndex([file])
    #expect(index.contains(["a {", "  b", "", "}"]))
    #expect(!index.contains(["a {", "b", "", "}"]))
    #expect(!index.contains(["a {", "  b", "", "}", "c"]))
    #expect(!index.contains([]))
  }

  private static let articles =
    Tree.files(in: ["Sources"], extensions: ["md"]) + ["README.md"].compactMap(Tree.read)
}

/// A block of Swift in an article.
struct CodeBlock: CustomStringConvertible {
  let path: String
  let firstLine: Int
  /// The lines without comments and without the indentation of the whole.
  let code: [String]

  var description: String { "\(path):\(firstLine): \(code.first ?? "")" }
}

extension SourceFile {
  /// The blocks of Swift in this article, in order.
  var codeBlocks: [CodeBlock] {
    var blocks: [CodeBlock] = []
    var start: Int?
    for (number, line) in lines.enumerated() {
      let mark = line.trimmingPrefix(/\s*/)
      if let first = start, mark == "```" {
        let code = lines[first..<number].map(\.code).withoutIndentation
        blocks.append(CodeBlock(path: path, firstLine: first + 1, code: code))
        start = nil
      } else if start == nil, mark == "```swift" {
        start = number + 1
      }
    }
    return blocks
  }
}

/// Files in which lines are looked for.
struct CodeIndex {
  private let files: [[String]]

  init(_ files: [SourceFile]) {
    self.files = files.map { $0.lines.map(\.code) }
  }

  /// Whether a file has these lines in a row, indented as a whole or not.
  func contains(_ code: [String]) -> Bool {
    guard let first = code.first else { return false }
    return files.contains { lines in
      lines.indices.contains { start in
        let end = start + code.count
        guard lines[start].hasSuffix(first), end <= lines.count else { return false }
        return Array(lines[start..<end]).withoutIndentation == code
      }
    }
  }
}

extension String {
  /// A line without its comment and the spaces at its end.
  fileprivate var code: String {
    guard contains("//") else { return self }
    // A comment that is a line stays, because the first line of a manifest is one.
    guard !drop(while: \.isWhitespace).hasPrefix("//") else { return self }
    return String(withoutComment.reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension [String] {
  /// The lines without the indentation of the first, which every other has unless it is empty.
  fileprivate var withoutIndentation: [String] {
    guard let first else { return self }
    let indentation = String(first.prefix(while: \.isWhitespace))
    return map { $0.hasPrefix(indentation) ? String($0.dropFirst(indentation.count)) : $0 }
  }
}
