// SPDX-License-Identifier: Apache-2.0

/// The request line and the fields of a request.
struct RequestHead: Hashable {
  struct Field: Hashable {
    /// In small letters.
    let name: String
    let value: String
  }

  let method: String
  /// The path and query, as they were sent.
  let target: String
  /// The digit behind `HTTP/1.`.
  let minorVersion: Int
  var fields: [Field] = []

  /// The values of all fields of a name.
  func values(of name: String) -> [String] {
    fields.filter { $0.name == name }.map(\.value)
  }

  /// The members of a comma-separated field, in small letters.
  func members(of name: String) -> [String] {
    values(of: name).flatMap { $0.split(separator: ",") }
      .map { $0.trimmingBlanks().lowercased() }
      .filter { !$0.isEmpty }
  }

  /// Whether the peer wants to ask more on the same connection.
  var keepsAlive: Bool {
    let options = members(of: "connection")
    if options.contains("close") { return false }
    return minorVersion > 0 || options.contains("keep-alive")
  }
}

/// A request that has come completely.
struct Request: Hashable {
  let head: RequestHead
  let body: [UInt8]
}

extension Substring {
  /// The text without the spaces and tabs around it.
  func trimmingBlanks() -> Substring {
    var rest = self
    while let first = rest.utf8.first, first == 32 || first == 9 { rest = rest.dropFirst() }
    while let last = rest.utf8.last, last == 32 || last == 9 { rest = rest.dropLast() }
    return rest
  }
}
