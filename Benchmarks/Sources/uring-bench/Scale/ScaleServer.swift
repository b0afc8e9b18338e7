// SPDX-License-Identifier: Apache-2.0

/// A server that `scale` measures: an engine, or a program that is told its port.
enum ScaleServer: Hashable {
  case engine(EngineName)
  case foreign(ForeignServer)

  /// As in tables and legends.
  var name: String {
    switch self {
    case .engine(let engine): engine.rawValue
    case .foreign(let server): server.name
    }
  }
}

/// An echo server that is not one of the engines.
struct ForeignServer: Hashable {
  let name: String
  /// The program and its arguments, with `{port}`, and `{loops}` where it has several.
  let command: [String]

  private static let nameBytes = Set(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_".utf8)

  /// Reads `name=program --port {port}`; words are parted by spaces.
  ///
  /// Nil when there is no name of letters, digits, `-` and `_`, no program, or no `{port}`.
  init?(_ text: String) {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = text[..<equals]
    let words = text[text.index(after: equals)...].split(separator: " ").map(String.init)
    let isNamed = !name.isEmpty && name.utf8.allSatisfy { Self.nameBytes.contains($0) }
    guard isNamed, words.contains(where: { $0.contains("{port}") }) else { return nil }
    self.name = String(name)
    command = words
  }

  /// Whether one process holds all connections with as many rings as that takes.
  var choosesLoops: Bool { command.contains { $0.contains("{loops}") } }

  /// The command for one process.
  func arguments(port: UInt16, loops: Int) -> [String] {
    command.map { word in
      word.replacing("{port}", with: "\(port)").replacing("{loops}", with: "\(loops)")
    }
  }
}
