// SPDX-License-Identifier: Apache-2.0

/// The status and the headers of a response.
struct HTTPResponseHead: Sendable {
  let status: Int
  let reason: String
  /// Whether the server speaks HTTP/1.0, which ends the connection behind a response.
  let isOfVersion10: Bool
  private var headers: [(name: String, value: String)] = []

  /// Reads the first line of a response, such as `HTTP/1.1 200 OK`.
  init(statusLine line: String) throws(ClientError) {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0",
      parts[1].utf8.count == 3, let status = Int(parts[1]), 100...599 ~= status
    else { throw .badResponse("its first line is no status: \(line.prefix(40))") }
    self.status = status
    reason = parts.count > 2 ? String(parts[2]) : ""
    isOfVersion10 = parts[0] == "HTTP/1.0"
  }

  /// Reads one more line of the headers.
  mutating func add(headerLine line: String) throws(ClientError) {
    guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
      !line[..<colon].contains(where: \.isWhitespace)
    else { throw .badResponse("a line is no header: \(line.prefix(40))") }
    let value = line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" }
    let end = value.lastIndex { $0 != " " && $0 != "\t" }
    headers.append(
      (line[..<colon].lowercased(), end.map { String(value[...$0]) } ?? ""))
  }

  /// The values of a header, in order.
  ///
  /// - Parameter name: In lower case.
  /// - Returns: None if the response has no such header.
  func values(of name: String) -> [String] {
    headers.filter { $0.name == name }.map(\.value)
  }

  /// Whether a list of words, such as `Connection`, has a word.
  private func lists(_ word: String, in name: String) -> Bool {
    values(of: name).joined(separator: ",").lowercased().split(separator: ",")
      .contains { $0.filter { $0 != " " } == word }
  }

  /// Whether the server takes another request on the connection.
  var keepsConnection: Bool {
    isOfVersion10 ? lists("keep-alive", in: "connection") : !lists("close", in: "connection")
  }

  /// How the end of a body is told.
  enum Framing: Equatable {
    case none
    case byteCount(Int)
    case chunks
    case endOfStream
  }

  /// Tells how the end of the body is told (RFC 9112, 6.3).
  ///
  /// - Parameter method: Of the request.
  /// - Returns: How the end is told.
  /// - Throws: ``ClientError`` if the headers contradict each other.
  func framing(of method: String) throws(ClientError) -> Framing {
    if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
    if !values(of: "transfer-encoding").isEmpty {
      return lists("chunked", in: "transfer-encoding") ? .chunks : .endOfStream
    }
    let lengths = Set(values(of: "content-length"))
    guard let length = lengths.first else { return .endOfStream }
    guard lengths.count == 1, let count = Int(length), count >= 0 else {
      throw .badResponse("its length is \(lengths.sorted().joined(separator: " and "))")
    }
    return .byteCount(count)
  }
}
