// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

extension SocketAddress {
  /// Reads an address from text.
  ///
  /// - Parameter text: `127.0.0.1:7000`, `[::1]:7000`, `[fe80::1%eth0]:7000`, `unix:/path` or,
  ///   for an abstract name, `unix:@name`. Hosts are numeric: no name is looked up, but those of
  ///   this machine's network interfaces, which become their numbers.
  /// - Throws: ``SocketAddressError``, which says what to write instead.
  ///
  /// The corresponding C functions are `inet_pton` and `if_nametoindex`.
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
      guard let (address, zone) = Self.parseIPv6(String(host.dropFirst().dropLast())) else {
        throw SocketAddressError(text, .notNumeric)
      }
      let scope = try Self.scope(ofZone: zone, in: text)
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
    guard parseIPv6(text) == nil else { throw SocketAddressError(text, .missingBrackets) }
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

  /// An address and what stands behind its `%`, `nil` when there is none.
  static func parseIPv6(_ host: String) -> (address: InternetAddress6, zone: String?)? {
    let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    var address = InternetAddress6()
    guard !host.utf8.contains(0), unsafe inet_pton(AF_INET6, String(parts[0]), &address) == 1
    else { return nil }
    return (address, parts.count == 2 ? String(parts[1]) : nil)
  }

  /// The number of the network interface that a zone names by number or name; 0 without a zone.
  static func scope(
    ofZone zone: String?, in text: String
  ) throws(SocketAddressError) -> UInt32 {
    guard let zone else { return 0 }
    if let number = decimal(zone, as: UInt32.self) { return number }
    let number = unsafe if_nametoindex(zone)
    guard number != 0 else {
      let errno = Errno(rawValue: Glibc.errno)
      // The only answer about the name; all others are about the asking (netdevice(7)).
      guard errno.rawValue == ENODEV else {
        throw SocketAddressError(text, .unaskedZone(name: zone, errno: errno))
      }
      throw SocketAddressError(text, .unknownZone(name: zone))
    }
    return number
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
