// SPDX-License-Identifier: Apache-2.0

/// Reads one direction of a stream that a ``ChunkSealer`` has made, in whatever pieces it comes.
public struct ChunkOpener: Sendable {
  /// The element that comes next.
  private enum State {
    case salt
    case length(SessionCipher)
    case payload(SessionCipher, byteCount: Int)
    case failed(ShadowsocksError)
  }

  private let secret: SharedSecret
  private var state = State.salt
  private var hasOpenedChunk = false
  /// Bytes of an element that has not come completely.
  private var pending: [UInt8] = []

  /// The stream's salt, once it has come; it is the peer's only when a chunk has been opened.
  public private(set) var salt: Salt?

  /// Makes the opener of a new stream.
  ///
  /// - Parameter secret: The method and the key.
  public init(_ secret: SharedSecret) {
    self.secret = secret
  }

  /// Opens the chunks that the next bytes complete.
  ///
  /// - Parameter bytes: The bytes that have come.
  /// - Returns: The payloads of all chunks that are complete now.
  /// - Throws: ``ShadowsocksError/authenticationFailed``, or
  ///   ``ShadowsocksError/badChunkLength(_:)``; then this call and every later one give out no
  ///   payload, also not that of chunks before.
  ///
  /// Complexity: O(n) in the bytes. Keeps less than one chunk between calls.
  public mutating func open(_ bytes: [UInt8]) throws(ShadowsocksError) -> [UInt8] {
    // Without a copy where nothing is left of the last call.
    if pending.isEmpty { pending = bytes } else { pending += bytes }
    var rest = pending[...]
    var payloads: [UInt8] = []
    while rest.count >= neededByteCount {
      let element = rest.prefix(neededByteCount)
      rest = rest.dropFirst(element.count)
      do throws(ShadowsocksError) {
        state = try advanced(by: element, &payloads)
      } catch {
        state = .failed(error)
        pending = []
        throw error
      }
    }
    pending = Array(rest)
    return payloads
  }

  /// Takes note of the stream's end.
  ///
  /// - Throws: ``ShadowsocksError/truncated`` inside a chunk and behind a salt without one; an
  ///   earlier error again. A stream that ends before its salt is one without bytes.
  public func finish() throws(ShadowsocksError) {
    switch state {
    case .failed(let error): throw error
    case .payload: throw .truncated
    case .salt:
      guard pending.isEmpty else { throw .truncated }
    case .length:
      guard pending.isEmpty, hasOpenedChunk else { throw .truncated }
    }
  }

  /// Bytes of the element that comes next, with its tag.
  private var neededByteCount: Int {
    switch state {
    case .salt: CipherMethod.saltByteCount
    case .length: 2 + CipherMethod.tagByteCount
    case .payload(_, let byteCount): byteCount + CipherMethod.tagByteCount
    case .failed: 0
    }
  }

  /// The state behind an element, whose payload is appended if it has one.
  private mutating func advanced(
    by element: ArraySlice<UInt8>, _ payloads: inout [UInt8]
  ) throws(ShadowsocksError) -> State {
    switch state {
    case .salt:
      let salt = Salt(element)
      self.salt = salt
      return .length(secret.cipher(salt: salt))
    case .length(var cipher):
      let length = try cipher.open(element).reduce(0) { $0 << 8 | Int($1) }
      guard 1...ChunkSealer.payloadByteLimit ~= length else { throw .badChunkLength(length) }
      return .payload(cipher, byteCount: length)
    case .payload(var cipher, _):
      payloads += try cipher.open(element)
      hasOpenedChunk = true
      return .length(cipher)
    case .failed(let error):
      throw error
    }
  }
}
