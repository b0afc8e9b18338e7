// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// A file of the package, as text.
struct SourceFile: CustomStringConvertible {
  /// From the package's root, with slashes.
  let path: String
  let lines: [String]

  var description: String { path }

  /// The file name without folders and extension.
  var name: String {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return last.split(separator: ".").first.map(String.init) ?? last
  }

  /// The lines that a pattern matches, as `path:line: text`, for a test's message.
  ///
  /// - Parameters:
  ///   - pattern: What to look for.
  ///   - words: A match holds one of these; looking for them first is a hundred times faster.
  ///   - ignoringComments: Whether what follows `//` does not count.
  /// - Returns: The lines, in order.
  func lines(
    matching pattern: Regex<some Any>, of words: [String], ignoringComments: Bool = false
  ) -> [String] {
    lines.enumerated().compactMap { number, line in
      guard words.contains(where: line.contains) else { return nil }
      let text = ignoringComments ? line.withoutComment : line
      guard text.contains(pattern) else { return nil }
      return "\(path):\(number + 1): \(line.trimmingPrefix(/\s*/))"
    }
  }
}

extension String {
  /// A line up to its `//`, so far as no string literal holds one.
  var withoutComment: String {
    guard let range = firstRange(of: /(^|\s)\/\/.*/) else { return self }
    return String(self[..<range.lowerBound])
  }
}

/// The package's own files.
enum Tree {
  /// The package's root, three levels above this file.
  static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

  /// Every file of some folders, and of folders in them, that has one of some extensions.
  ///
  /// Hidden folders hold what builds leave behind. A missing folder has no files.
  static func files(in folders: [String], extensions: Set<String> = ["swift"]) -> [SourceFile] {
    folders.flatMap { files(in: $0, extensions: extensions) }
  }

  private static func files(in folder: String, extensions: Set<String>) -> [SourceFile] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.flatMap { name in
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      var isFolder = false
      guard FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
      else { return [SourceFile]() }
      if isFolder { return files(in: path, extensions: extensions) }
      let fileExtension = name.split(separator: ".").dropFirst().last.map(String.init) ?? ""
      guard extensions.contains(fileExtension) else { return [] }
      return read(path).map { [$0] } ?? []
    }
  }

  /// One file; `nil` if it does not exist or is no text.
  static func read(_ path: String) -> SourceFile? {
    guard let data = FileManager.default.contents(atPath: "\(root)/\(path)") else { return nil }
    guard let text = String(validating: data, as: UTF8.self) else { return nil }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return SourceFile(path: path, lines: lines.last == "" ? lines.dropLast() : lines)
  }

  /// All Swift that people read.
  static let swift = files(in: ["Sources", "Tests", "Examples", "Snippets", "Benchmarks/Sources"])

  /// All text that people read.
  static let text: [SourceFile] = {
    let extensions: Set = ["swift", "h", "c", "modulemap", "md", "json", "yml", "sh", ""]
    let folders = [
      "CLiburing", "Sources", "Tests", "Examples", "Snippets", "Benchmarks/Sources", "Scripts",
    ]
    let rootFiles = [
      "Package.swift", "README.md", "CONTRIBUTING.md", ".ci/run", "Benchmarks/Package.swift",
    ]
    return files(in: folders, extensions: extensions) + rootFiles.compactMap(read)
  }()
}
