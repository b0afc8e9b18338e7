// SPDX-License-Identifier: Apache-2.0

import SystemPackage

/// A file on its way out through a handler, part by part.
///
/// Reading waits for the disk, on the loop's thread; a handler has no call that leaves it to the
/// kernel, as `StreamConnection.sendFile` does.
struct FilePassage {
  private let file: OpenFile
  private var offset = 0

  static let partByteCount = 131_072

  init(_ file: OpenFile) {
    self.file = file
  }

  /// Whether all bytes that were promised have been read.
  var isComplete: Bool { offset == file.byteCount }

  /// Reads the next part; `nil` when there is none, or none that can be read.
  mutating func nextPart() -> [UInt8]? {
    var part = [UInt8](repeating: 0, count: min(Self.partByteCount, file.byteCount - offset))
    guard !part.isEmpty else { return nil }
    let count = try? part.withUnsafeMutableBytes { memory in
      try file.descriptor.read(fromAbsoluteOffset: Int64(offset), into: memory)
    }
    guard let count, count > 0 else { return nil }
    part.removeSubrange(count...)
    offset += count
    return part
  }
}
