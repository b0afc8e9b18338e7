internal import Glibc

extension SocketAddress {
  /// Reads an address from text.
  ///
  /// - Parameter text: `127.0.0.1:7000`, `[::1]:7000`, `[fe80::1%2]:7000`, `unix:/path` or, for an
  ///   abstract name, `unix:@name`. Hosts are numeric: no name is looked up.
  /// - Throws: ``SocketAddressError``, which says what to write instead.
  ///
  /// The corresponding C function is `inet_pton`.
  public init(parsing text: String) throws(SocketAddressError) {
    if text.hasPrefix("unix:") {
      do throws(SocketAddressError) {
        self = try .unix(String(text.dropFirst(5)))
      } catch {
        throw SocketAddressError(text, error.reason)
      }
      return
    }
    let (host, port) = try Self.splitPort(text)
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let (address, scope) = Self.parseIPv6(String(host.dropFirst().dropLast())) else {
        throw SocketAddressError(text, .notNumeric)
      }
      self.init(storage: .ipv6(address, port: port, flowInfo: 0, scope: scope))
    } else {
      guard let address = Self.parseIPv4(String(host)) else {
        throw SocketAddressError(text, .notNumeric)
      }
      self.init(storage: .ipv4(address, port: port))
    }
  }

  private static func splitPort(
    _ text: String
  ) throws(SocketAddressError) -> (host: Substring, port: UInt16) {
    guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else {
      throw SocketAddressError(text, .missingPort)
    }
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty else { throw SocketAddressError(text, .missingPort) }
    guard let port = decimal(digits, as: UInt16.self) else {
      throw SocketAddressError(text, .badPort)
    }
    return (text[..<colon], port)
  }

  /// Digits only: `UInt16("+1")` would take a sign.
  private static func decimal<Number: FixedWidthInteger>(
    _ digits: some StringProtocol, as type: Number.Type
  ) -> Number? {
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Number(digits)
  }

  static func parseIPv4(_ host: String) -> InternetAddress4? {
    var address = InternetAddress4()
    guard !host.utf8.contains(0), unsafe inet_pton(AF_INET, host, &address) == 1 else { return nil }
    return address
  }

  /// An address and its scope number, 0 when there is none.
  static func parseIPv6(_ host: String) -> (address: InternetAddress6, scope: UInt32)? {
    let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    var scope: UInt32 = 0
    if parts.count == 2 {
      guard let number = decimal(parts[1], as: UInt32.self) else { return nil }
      scope = number
    }
    var address = InternetAddress6()
    guard !host.utf8.contains(0), unsafe inet_pton(AF_INET6, String(parts[0]), &address) == 1
    else { return nil }
    return (address, scope)
  }

  static func text(of address: InternetAddress4) -> String {
    (0..<4).map { String(address[$0]) }.joined(separator: ".")
  }

  static func text(of address: InternetAddress6) -> String {
    var address = address
    return unsafe withUnsafeTemporaryAllocation(
      of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)
    ) { text in
      guard let start = text.baseAddress,
        unsafe inet_ntop(AF_INET6, &address, start, socklen_t(text.count)) != nil
      else { preconditionFailure("\(text.count) bytes hold any IPv6 address (inet_ntop(3))") }
      return unsafe String(cString: start)
    }
  }
}
