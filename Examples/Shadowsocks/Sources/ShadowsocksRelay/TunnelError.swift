// SPDX-License-Identifier: Apache-2.0

public import CompletionIO
public import ShadowsocksProtocol

/// Why a connection, or a datagram, is carried no further.
public enum TunnelError: Error, Hashable, Sendable {
  /// The peer's bytes are refused.
  case refused(ShadowsocksError)
  /// A call on the socket towards the other Shadowsocks program has failed.
  case sealedSide(SocketError)
  /// A call on the socket towards the SOCKS client, or the target, has failed.
  case plainSide(SocketError)
  /// No byte has moved for as long as the idle limit says.
  case idle
  /// The name that a datagram is for has no addresses, or its look-up has taken too long.
  case lookUp(SocketError)
  /// As many names are being looked up as the limit allows; a datagram is for one more.
  case tooManyLookUps(String)
  /// A datagram of so many bytes is longer than a buffer.
  case datagramTooLong(Int)
  /// There are as many senders of datagrams as the limit allows.
  case tooManyAssociations
}

extension TunnelError: CustomStringConvertible {
  /// The reason, in one line.
  public var description: String {
    switch self {
    case .refused(let error): "refused: \(error)"
    case .sealedSide(let error): "the sealed side failed: \(error)"
    case .plainSide(let error): "the plain side failed: \(error)"
    case .idle: "nothing has moved for too long"
    case .lookUp(let error): "a datagram's name was not looked up: \(error)"
    case .tooManyLookUps(let name): "a datagram for \(name), one look-up too many, was dropped"
    case .datagramTooLong(let byteCount): "a datagram of \(byteCount) bytes is too long"
    case .tooManyAssociations: "a datagram of one sender too many was dropped"
    }
  }
}

extension TunnelError {
  /// Runs a body of the protocol's.
  static func refusing<Value>(
    _ body: () throws(ShadowsocksError) -> Value
  ) throws(TunnelError) -> Value {
    do throws(ShadowsocksError) {
      return try body()
    } catch {
      throw .refused(error)
    }
  }

  /// Runs a body that uses the sealed side.
  static func onSealedSide<Value>(
    _ body: () async throws(SocketError) -> Value
  ) async throws(TunnelError) -> Value {
    do throws(SocketError) {
      return try await body()
    } catch {
      throw .sealedSide(error)
    }
  }

  /// Runs a body that uses the plain side.
  static func onPlainSide<Value>(
    _ body: () async throws(SocketError) -> Value
  ) async throws(TunnelError) -> Value {
    do throws(SocketError) {
      return try await body()
    } catch {
      throw .plainSide(error)
    }
  }
}

/// Is told of each connection and datagram that fails, with the peer; on any thread.
public typealias FailureReport = @Sendable (SocketAddress?, TunnelError) -> Void
