// SPDX-License-Identifier: Apache-2.0

public import SystemPackage
internal import Uring

/// Bytes of a Unix-domain connection, and the descriptors that came with them.
///
/// Owns the descriptors: those that nobody has taken are closed when it ends.
public struct ReceivedDescriptors: ~Copyable, Sendable {
  /// Bytes that were received, at least 1.
  public let byteCount: Int
  /// Whether the kernel has closed descriptors of the message, because there was no room for them or
  /// the process has no number left for them (`MSG_CTRUNC`).
  public let isTruncated: Bool
  private var descriptors: [FileDescriptor]

  init(byteCount: Int, descriptors: [FileDescriptor] = [], isTruncated: Bool = false) {
    self.byteCount = byteCount
    self.descriptors = descriptors
    self.isTruncated = isTruncated
  }

  deinit {
    for descriptor in descriptors { try? descriptor.close() }
  }

  /// Descriptors that nobody has taken.
  public var descriptorCount: Int { descriptors.count }

  /// Takes the first descriptor that nobody has taken.
  ///
  /// - Returns: A descriptor that belongs to the caller, with `FD_CLOEXEC`; `nil` if none is left.
  /// - Complexity: O(n) for n descriptors.
  public mutating func takeDescriptor() -> FileDescriptor? {
    descriptors.isEmpty ? nil : descriptors.removeFirst()
  }

  /// Takes all descriptors that nobody has taken, in the order in which they were passed.
  ///
  /// - Returns: Descriptors that belong to the caller, with `FD_CLOEXEC`.
  public mutating func takeDescriptors() -> [FileDescriptor] {
    let taken = descriptors
    descriptors = []
    return taken
  }
}
