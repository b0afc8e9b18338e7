// SPDX-License-Identifier: Apache-2.0

/// Why bytes of a peer are refused.
public enum ShadowsocksError: Error, Hashable, Sendable {
  /// A tag does not fit: the peer has another password or method, or the bytes were changed.
  case authenticationFailed
  /// A salt has been seen before: the bytes are a copy of earlier ones.
  case replayed
  /// A stream or a packet ends inside an element.
  case truncated
  /// A chunk has no bytes, or more than ``ChunkSealer/payloadByteLimit``.
  case badChunkLength(Int)
  /// An address has a type that is neither IPv4, nor a name, nor IPv6.
  case unknownAddressType(UInt8)
  /// A name is empty, has a zero byte, or is no UTF-8 text.
  case badName
}

extension ShadowsocksError: CustomStringConvertible {
  /// The reason, in one line.
  public var description: String {
    switch self {
    case .authenticationFailed: "the bytes are not sealed with our password and method"
    case .replayed: "the salt has been used before"
    case .truncated: "the bytes end too early"
    case .badChunkLength(let length): "a chunk cannot have \(length) bytes"
    case .unknownAddressType(let type): "there is no address type \(type)"
    case .badName: "the address is not a name"
    }
  }
}
