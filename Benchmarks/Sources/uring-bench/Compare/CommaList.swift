// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Lists on the command line.
enum CommaList {
  /// `1,64,1000`: connection counts, in the order to run them.
  static func connections(_ text: String) throws -> [Int] {
    try connections(text, upTo: 1_000_000)
  }

  /// `1000,2000000`: connection counts up to `limit`.
  static func connections(_ text: String, upTo limit: Int) throws -> [Int] {
    try parts(text).map { part in
      guard let count = Int(part), (1...limit).contains(count) else {
        throw ValidationError("'\(part)' is not a number of connections from 1 to \(limit)")
      }
      return count
    }
  }

  /// `0.01,0.5`: shares of the connections.
  static func shares(_ text: String) throws -> [Double] {
    try parts(text).map { part in
      guard let share = Double(part), share > 0, share <= 1 else {
        throw ValidationError("'\(part)' is not a share above 0, at most 1")
      }
      return share
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
