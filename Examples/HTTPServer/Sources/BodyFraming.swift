// SPDX-License-Identifier: Apache-2.0

/// How long the body of a request is (RFC 9112, 6.3).
enum BodyFraming: Hashable {
  case counted(Int)
  case chunked

  /// Decides by the fields of a head.
  ///
  /// What two readers could understand in two ways is refused, because a proxy in front of this
  /// server may have understood it in the other.
  init(of head: RequestHead, limit: Int) throws(RequestError) {
    let codings = head.values(of: "transfer-encoding")
    let lengths = head.values(of: "content-length")
    guard codings.isEmpty else {
      guard lengths.isEmpty, head.minorVersion > 0 else {
        throw RequestError(.badRequest, "the body has two lengths, or a coding of HTTP/1.1")
      }
      guard codings.count == 1, codings[0].lowercased() == "chunked" else {
        throw RequestError(.notImplemented, "this server knows the coding chunked alone")
      }
      self = .chunked
      return
    }
    guard lengths.count <= 1 else {
      throw RequestError(.badRequest, "the body has two lengths")
    }
    let digits = lengths.first ?? "0"
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
      throw RequestError(.badRequest, "the length of the body is no number")
    }
    guard let count = Int(digits), count <= limit else {
      throw RequestError(.contentTooLarge, "a body has at most \(limit) bytes")
    }
    self = .counted(count)
  }
}
