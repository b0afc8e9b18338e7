// SPDX-License-Identifier: Apache-2.0

/// The path of a target in its parts, decoded; only one that leads down a folder.
struct RequestPath: Hashable {
  let segments: [String]

  /// Reads the path of a target, such as `/pictures/a%20cat.png?size=2`.
  ///
  /// - Throws: 400 for what cannot be decoded. A part that could lead elsewhere (`..`, a coded slash,
  ///   a name that begins with a dot) is 404, as if there were no such file.
  init(target: String) throws(RequestError) {
    let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
    var segments: [String] = []
    for part in path.dropFirst().split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    {
      segments.append(try Self.decode(Array(part)))
    }
    // A path that ends with a slash is that of a folder's own page.
    if segments.last?.isEmpty ?? true {
      segments = segments.dropLast() + ["index.html"]
    }
    guard segments.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { throw Self.nowhere }
    self.segments = segments
  }

  private static let nowhere = RequestError(.notFound, "there is no such thing here")

  private static func decode(_ part: [UInt8]) throws(RequestError) -> String {
    var bytes: [UInt8] = []
    var rest = part[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(HeadSyntax.hexadecimalValue),
        let low = rest.popFirst().flatMap(HeadSyntax.hexadecimalValue)
      else { throw RequestError(.badRequest, "a percent sign stands before two digits") }
      bytes.append(high << 4 | low)
    }
    guard !bytes.contains(UInt8(ascii: "/")) else { throw nowhere }
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw RequestError(.badRequest, "the path is no text")
    }
    return text
  }
}
