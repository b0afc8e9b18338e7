// SPDX-License-Identifier: Apache-2.0

/// What a request is for: a server and what is asked of it.
struct HTTPTarget: Hashable, Sendable {
  let host: HTTPHost
  /// Begins with a slash.
  let path: String

  /// Reads a URL; `nil` if it is none that the client can get.
  ///
  /// - Parameter url: `http://host/path`, with a port if it is not 80, and an IPv6 address in
  ///   brackets.
  init?(_ url: String) {
    let scheme = "http://"
    guard url.hasPrefix(scheme) else { return nil }
    let rest = url.dropFirst(scheme.count).prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    let path = rest[authority.endIndex...]
    guard let host = HTTPHost(authority), path.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else {
      return nil
    }
    self.host = host
    self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
  }
}

extension HTTPTarget: CustomStringConvertible {
  /// The URL.
  var description: String { "http://\(host)\(path)" }
}

/// A server: its name or address, and its port.
struct HTTPHost: Hashable, Sendable {
  /// A name or a numeric address without brackets.
  let name: String
  let port: UInt16

  /// Reads the part of a URL that names a server; `nil` if it names none.
  ///
  /// - Parameter text: `host`, `host:port` or `[address]:port`.
  init?(_ text: some StringProtocol) {
    let name: Substring
    var rest = Substring(text)
    if rest.first == "[" {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      name = rest[..<end].dropFirst()
      rest = rest[end...].dropFirst()
    } else {
      name = rest.prefix { $0 != ":" }
      rest = rest[name.endIndex...]
    }
    let isPlain = name.utf8.allSatisfy { 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "@") }
    guard !name.isEmpty, isPlain else { return nil }
    self.name = String(name)
    if rest.isEmpty {
      port = 80
    } else {
      guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else {
        return nil
      }
      port = number
    }
  }
}

extension HTTPHost: CustomStringConvertible {
  /// The name and the port, as the header `Host` has them.
  var description: String {
    let host = name.contains(":") ? "[\(name)]" : name
    return port == 80 ? host : "\(host):\(port)"
  }
}
