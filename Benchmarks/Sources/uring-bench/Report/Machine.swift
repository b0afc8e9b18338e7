// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// Where and when the numbers were taken.
struct Machine: Encodable {
  let date: String
  let kernel: String
  let cpus: Int
  let cpuModel: String
  let memoryGiB: Double
  /// The commit the benchmark was built from, `-dirty` when changed since; nil without git.
  let commit: String?

  static func describe() -> Machine {
    Machine(
      date: Date().formatted(.iso8601),
      kernel: TextFile.read("/proc/sys/kernel/osrelease")?.trimmed ?? "unknown",
      cpus: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
      cpuModel: field("model name", in: "/proc/cpuinfo") ?? "unknown",
      memoryGiB: memory(), commit: readCommit())
  }

  private static func memory() -> Double {
    let words = (field("MemTotal", in: "/proc/meminfo") ?? "").split(separator: " ")
    return (words.first.flatMap { Double($0) } ?? 0) / 1_048_576
  }

  /// The value of the first `name : value` line of a file.
  private static func field(_ name: String, in path: String) -> String? {
    for line in (TextFile.read(path) ?? "").split(separator: "\n") where line.hasPrefix(name) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      return String(line[line.index(after: colon)...]).trimmed
    }
    return nil
  }

  /// Asks git about the folder this file was compiled from.
  private static func readCommit() -> String? {
    let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let arguments = [
      "-C", folder.joined(separator: "/"), "describe", "--always", "--dirty", "--abbrev=12",
    ]
    guard let git = try? ChildProcess(arguments, program: "git", silencesErrors: true) else {
      return nil
    }
    let ended = git.end(with: nil, within: 5)
    return ended.code == 0 ? ended.lines.first : nil
  }
}

extension String {
  /// Without white space at either end.
  fileprivate var trimmed: String {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    let tail = drop(while: isSpace).reversed().drop(while: isSpace)
    return String(String(tail).reversed())
  }
}
