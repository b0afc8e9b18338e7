// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import uring_bench

/// The benchmark's own executable, which the build puts beside the tests.
enum Executable {
  static func path() throws -> String {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &bytes, bytes.count)
    let own = String(
      decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    let end = try #require(own.lastIndex(of: "/"))
    let path = own[...end] + "uring-bench"
    try #require(unsafe access(String(path), X_OK) == 0, "there is no \(path)")
    return String(path)
  }

  /// Runs it to its end.
  ///
  /// - Returns: its lines, and its exit code; nil when a signal ended it.
  static func run(
    _ arguments: [String], seconds: Double
  ) throws -> (lines: [String], code: Int32?) {
    try ChildProcess(arguments, program: path()).end(with: nil, within: seconds)
  }
}
