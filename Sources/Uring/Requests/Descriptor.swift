// SPDX-License-Identifier: Apache-2.0

public import SystemPackage

/// The object that a request acts on: an ordinary descriptor, or an index in the ring's direct table.
public struct Descriptor: Hashable, Sendable {
  /// The number: a file descriptor or a table index.
  public var rawValue: Int32
  /// Whether the number is an index in the ring's direct table.
  public var isDirect: Bool

  @inlinable
  init(rawValue: Int32, isDirect: Bool) {
    self.rawValue = rawValue
    self.isDirect = isDirect
  }

  /// An ordinary descriptor; the caller keeps it open until the last completion.
  @inlinable
  public static func file(_ descriptor: FileDescriptor) -> Self {
    Self(rawValue: descriptor.rawValue, isDirect: false)
  }

  /// An index in the direct table of the ring that the request is submitted to.
  @inlinable
  public static func direct(_ index: Int32) -> Self {
    Self(rawValue: index, isDirect: true)
  }

  /// The ordinary descriptor, or `nil` for a direct one.
  @inlinable
  public var fileDescriptor: FileDescriptor? {
    isDirect ? nil : FileDescriptor(rawValue: rawValue)
  }
}
