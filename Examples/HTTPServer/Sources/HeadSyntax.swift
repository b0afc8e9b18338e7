// SPDX-License-Identifier: Apache-2.0

/// Reads the lines of a head, which is all ASCII here (RFC 9112, 3 and 5).
enum HeadSyntax {
  typealias Line = ArraySlice<UInt8>

  /// Reads a request line: `GET /hello HTTP/1.1`.
  static func requestLine(_ line: Line) throws(RequestError) -> RequestHead {
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 3 else {
      throw RequestError(.badRequest, "a request line has a method, a target and a version")
    }
    guard isToken(parts[0]) else {
      throw RequestError(.badRequest, "the method is no token")
    }
    let version = Array(parts[2])
    guard version.count == 8, version.starts(with: "HTTP/".utf8), isDigit(version[5]),
      version[6] == UInt8(ascii: "."), isDigit(version[7])
    else { throw RequestError(.badRequest, "the version is none of HTTP") }
    guard version[5] == UInt8(ascii: "1") else {
      throw RequestError(.versionNotSupported, "this server speaks HTTP/1.1")
    }
    let method = text(parts[0])
    return RequestHead(
      method: method, target: try target(parts[1], method), minorVersion: Int(version[7]) - 48)
  }

  /// Reads a field: `Host: example.org`.
  static func field(_ line: Line) throws(RequestError) -> RequestHead.Field {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else {
      throw RequestError(.badRequest, "a field begins with its name and a colon")
    }
    let value = line[(colon + 1)...]
    guard value.allSatisfy({ $0 == 9 || (32...126).contains($0) || $0 >= 128 }) else {
      throw RequestError(.badRequest, "a field holds a control character")
    }
    return RequestHead.Field(
      name: text(line[..<colon]).lowercased(),
      value: String(Substring(text(value)).trimmingBlanks()))
  }

  /// Reads the size of a chunk: hexadecimal digits, and perhaps extensions, which are dropped.
  ///
  /// A size that no body may have is a number above all limits.
  static func chunkSize(_ line: Line) throws(RequestError) -> Int {
    let digits = line.prefix { hexadecimalValue($0) != nil }
    let rest = line.dropFirst(digits.count).drop { $0 == 32 || $0 == 9 }
    guard !digits.isEmpty, rest.isEmpty || rest.first == UInt8(ascii: ";") else {
      throw RequestError(.badRequest, "a chunk begins with its size")
    }
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    guard significant.count <= 15 else { return .max }
    return significant.reduce(0) { $0 << 4 | Int(hexadecimalValue($1) ?? 0) }
  }

  /// Reads a target of a path, or of a whole URI, whose path it returns (RFC 9112, 3.2).
  private static func target(_ bytes: Line, _ method: String) throws(RequestError) -> String {
    guard !bytes.isEmpty, bytes.allSatisfy({ (33...126).contains($0) && $0 != 35 }) else {
      throw RequestError(.badRequest, "the target holds what no URI does")
    }
    let target = text(bytes)
    if target.hasPrefix("/") || (target == "*" && method == "OPTIONS") { return target }
    if target.lowercased().hasPrefix("http://") {
      let rest = target.dropFirst(7)
      guard let slash = rest.firstIndex(of: "/") else { return "/" }
      return String(rest[slash...])
    }
    // What CONNECT has instead is for proxies.
    if method == "CONNECT" { throw RequestError(.notImplemented, "this server is no proxy") }
    throw RequestError(.badRequest, "the target is neither a path nor a URI")
  }

  static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private static func isToken(_ bytes: Line) -> Bool {
    !bytes.isEmpty
      && bytes.allSatisfy { byte in
        isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
  }

  private static func text(_ bytes: Line) -> String { String(decoding: bytes, as: UTF8.self) }
}
