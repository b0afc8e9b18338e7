// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Small text files: /proc, and the report.
enum TextFile {
  /// The whole file, or nil when it cannot be read.
  ///
  /// Works on /proc, whose files state no size.
  static func read(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      var chunk = [UInt8](repeating: 0, count: 16384)
      let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 { return nil }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// Writes `text` to `path`, replacing what was there.
  static func write(_ text: String, to path: String) throws(SystemFailure) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemFailure("open \(path)") }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { throw SystemFailure("write \(path)") }
      rest = rest.dropFirst(count)
    }
  }

  /// Makes the directory and those above it, as `mkdir -p` does.
  static func makeDirectory(_ path: String) throws(SystemFailure) {
    var partial = path.hasPrefix("/") ? "/" : ""
    for component in path.split(separator: "/") {
      partial += component + "/"
      if unsafe mkdir(partial, 0o755) != 0, errno != EEXIST {
        throw SystemFailure("mkdir \(partial)")
      }
    }
  }
}
