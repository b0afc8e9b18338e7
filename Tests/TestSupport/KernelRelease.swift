// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// The release of the running kernel, for behaviour that no feature stands for.
package enum KernelRelease {
  /// Whether the kernel is of this release or a later one.
  package static func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
    let (ownMajor, ownMinor) = own
    return (ownMajor, ownMinor) >= (major, minor)
  }

  private static let own: (Int, Int) = {
    let numbers = text().split { $0 == "." || $0 == "-" }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
  }()

  private static func text() -> String {
    let path = FilePath("/proc/sys/kernel/osrelease")
    guard let file = try? FileDescriptor.open(path, .readOnly) else {
      return ""
    }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = unsafe (try? bytes.withUnsafeMutableBytes { unsafe try file.read(into: $0) }) ?? 0
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
