import ArgumentParser

/// Lists on the command line.
enum CommaList {
  /// `1,64,1000`: connection counts, in the order to run them.
  static func connections(_ text: String) throws -> [Int] {
    try parts(text).map { part in
      guard let count = Int(part), (1...1_000_000).contains(count) else {
        throw ValidationError("'\(part)' is not a number of connections from 1 to 1000000")
      }
      return count
    }
  }

  /// `nio,readiness-epoll`: engines by name.
  static func engines(_ text: String) throws -> [EngineName] {
    try parts(text).map { part in
      guard let engine = EngineName(rawValue: part) else {
        throw ValidationError("no engine is called '\(part)'; there are \(EngineName.allNames)")
      }
      return engine
    }
  }

  /// Each part once.
  private static func parts(_ text: String) -> [String] {
    var seen: Set<Substring> = []
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    return parts.filter { seen.insert($0).inserted }.map(String.init)
  }
}
