// SPDX-License-Identifier: Apache-2.0

/// A request without a body.
struct HTTPRequest: Sendable {
  let method: String
  let target: HTTPTarget

  /// Describes a request.
  init(_ target: HTTPTarget, method: String = "GET") {
    self.method = method
    self.target = target
  }

  /// Whether a server that gets the request twice does no more than one that gets it once
  /// (RFC 9110, 9.2.2).
  var isIdempotent: Bool {
    ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(method)
  }

  /// The request as it is sent.
  var bytes: [UInt8] {
    var lines = ["\(method) \(target.path) HTTP/1.1", "Host: \(target.host)", "Accept: */*"]
    if method != "GET", method != "HEAD" { lines.append("Content-Length: 0") }
    return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
  }
}
