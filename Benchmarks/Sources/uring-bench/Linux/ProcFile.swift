// SPDX-License-Identifier: Apache-2.0

/// Numbers in files of /proc.
enum ProcFile {
  /// The numbers of a file that holds nothing else.
  static func numbers(_ path: String) -> [Int] {
    (TextFile.read(path) ?? "").split { $0 == "\t" || $0 == " " || $0 == "\n" }.compactMap {
      Int($0)
    }
  }

  /// The only number, or the first.
  static func number(_ path: String) -> Int? { numbers(path).first }

  /// The value of a line `name:   12345 kB`, in bytes.
  static func bytes(of name: String, in text: String) -> Int? {
    for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
      let words = line.dropFirst(name.utf8.count + 1).split { $0 == " " || $0 == "\t" }
      return words.first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }
}
