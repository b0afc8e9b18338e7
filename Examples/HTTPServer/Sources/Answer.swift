// SPDX-License-Identifier: Apache-2.0

/// What goes back for a request: bytes, and perhaps a file behind them.
struct Answer {
  /// The head, and a body that is in memory.
  var bytes: [UInt8]
  var file: OpenFile?
  /// Whether the connection ends behind it.
  var isLast: Bool

  /// Asks for the body of a request (RFC 9110, 10.1.1).
  static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

/// The status, fields and body of a response.
struct Response {
  enum Body {
    case bytes([UInt8])
    case file(OpenFile)
  }

  var status = Status.ok
  var contentType = "text/plain; charset=utf-8"
  /// The methods that a resource has, for who has used another.
  var allowed: String?
  var body: Body

  init(_ body: Body, contentType: String) {
    self.body = body
    self.contentType = contentType
  }

  /// Makes a response that tells, in one line, what is wrong.
  init(_ status: Status, _ reason: String? = nil, allowed: String? = nil) {
    self.status = status
    self.allowed = allowed
    body = .bytes(Array("\(reason ?? status.phrase)\n".utf8))
  }

  /// Writes the response for a connection.
  ///
  /// - Parameters:
  ///   - isLast: Whether the connection ends behind it.
  ///   - hasBody: Whether the body is sent too; its length is told all the same.
  ///   - minorVersion: Of the request: a peer with HTTP/1.0 is told that the connection stays.
  /// - Returns: What goes out.
  func answer(isLast: Bool, hasBody: Bool = true, minorVersion: Int = 1) -> Answer {
    let byteCount =
      switch body {
      case .bytes(let bytes): bytes.count
      case .file(let file): file.byteCount
      }
    var lines = [
      "HTTP/1.1 \(status.rawValue) \(status.phrase)", "Content-Type: \(contentType)",
      "Content-Length: \(byteCount)",
    ]
    if let allowed { lines.append("Allow: \(allowed)") }
    if isLast {
      lines.append("Connection: close")
    } else if minorVersion == 0 {
      lines.append("Connection: keep-alive")
    }
    let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    switch body {
    case .bytes(let bytes):
      return Answer(bytes: hasBody ? head + bytes : head, isLast: isLast)
    case .file(let file):
      return Answer(bytes: head, file: hasBody ? file : nil, isLast: isLast)
    }
  }
}
