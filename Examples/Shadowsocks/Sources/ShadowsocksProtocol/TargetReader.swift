// SPDX-License-Identifier: Apache-2.0

/// Reads the target that a client's stream begins with, over as many chunks as it takes.
public struct TargetReader: Sendable {
  private var bytes: [UInt8] = []

  /// Makes a reader for the beginning of a stream.
  public init() {}

  /// A target, and the bytes for it that have come with it.
  public typealias Head = (target: Target, early: [UInt8])

  /// Takes the next bytes of the stream, until the target is complete.
  ///
  /// - Parameter payload: Opened bytes.
  /// - Returns: The target, once it is complete, with the bytes behind it.
  /// - Throws: ``ShadowsocksError/unknownAddressType(_:)`` or ``ShadowsocksError/badName``.
  public mutating func read(_ payload: [UInt8]) throws(ShadowsocksError) -> Head? {
    bytes += payload
    var rest = bytes[...]
    guard let target = try Target.read(from: &rest) else { return nil }
    return (target, Array(rest))
  }

  /// Takes note of the stream's end before the target was complete.
  ///
  /// - Throws: ``ShadowsocksError/truncated`` if some of it has come.
  public func finish() throws(ShadowsocksError) {
    guard bytes.isEmpty else { throw .truncated }
  }
}
