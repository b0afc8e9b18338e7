// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Which wildcard address.
enum WildcardFamily: String {
  case ipv4 = "0.0.0.0"
  case ipv6 = "[::]"

  /// Binds for both families, or for IPv4 alone where there is no IPv6.
  static func each<Bound>(
    _ isIPv6Only: Bool, _ body: (WildcardFamily) throws(SocketError) -> Bound
  ) throws(SocketError) -> Bound {
    do throws(SocketError) {
      return try body(.ipv6)
    } catch {
      guard error.meansNoIPv6, !isIPv6Only else { throw error }
      return try body(.ipv4)
    }
  }
}

extension SocketError {
  /// Whether a bind to all IPv6 interfaces failed because the machine has no IPv6.
  var meansNoIPv6: Bool {
    guard cause == .kernel else { return false }
    switch errno {
    case .addressFamilyNotSupported, .addressNotAvailable, .protocolNotSupported: return true
    default: return false
    }
  }

  /// What an operation throws whose deadline has passed before it began.
  static func pastDeadline(_ operation: SocketOperation, _ peer: SocketAddress? = nil) -> Self {
    Self(operation, .timedOut, cause: .timeout, peer: peer)
  }
}

extension SocketAddress {
  /// The address of all interfaces.
  static func everywhere(_ family: WildcardFamily, port: UInt16) -> SocketAddress {
    guard let address = try? SocketAddress(parsing: "\(family.rawValue):\(port)") else {
      preconditionFailure("\(family.rawValue) is an address")
    }
    return address
  }

  /// The port of text such as `:8080`, which means all interfaces.
  static func portAlone(_ text: String) -> UInt16? {
    guard text.first == ":", text.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return UInt16(text.dropFirst())
  }
}

func parse(
  _ address: String, for operation: SocketOperation
) throws(SocketError) -> SocketAddress {
  do throws(SocketAddressError) {
    return try SocketAddress(parsing: address)
  } catch {
    throw SocketError(operation, .invalidArgument, cause: .badAddress, addressError: error)
  }
}
