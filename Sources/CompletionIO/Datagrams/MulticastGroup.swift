// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
package import Uring

/// The network interface that a group is joined on.
public enum NetworkInterface: Hashable, Sendable {
  /// The kernel's choice, by its routes.
  case any
  /// By its index.
  case index(UInt32)
  /// By its name, as `eth0`.
  case name(String)

  /// The index; 0 for any.
  ///
  /// - Throws: ENODEV for a name that no interface has.
  ///
  /// The corresponding C function is `if_nametoindex`.
  func index() throws(Errno) -> UInt32 {
    switch self {
    case .any: return 0
    case .index(let index): return index
    case .name(let name):
      let index = unsafe if_nametoindex(name)
      guard index > 0 else { throw Errno(rawValue: Glibc.errno) }
      return index
    }
  }
}

/// A group that a socket joins or leaves: RFC 3678.
package struct MulticastGroup {
  let group: SocketAddress
  let interfaceIndex: UInt32
  let source: SocketAddress?

  /// - Parameters:
  ///   - group: The group's address; its port does not count.
  ///   - interfaceIndex: Where its datagrams come in; 0 for the kernel's choice.
  ///   - source: The only sender that is heard; everybody if `nil`.
  package init(group: SocketAddress, interfaceIndex: UInt32, source: SocketAddress?) {
    self.group = group
    self.interfaceIndex = interfaceIndex
    self.source = source
  }

  /// Joins the group.
  package var joining: SocketSetting {
    source == nil ? setting(42, "MCAST_JOIN_GROUP") : setting(46, "MCAST_JOIN_SOURCE_GROUP")
  }

  /// Leaves it.
  package var leaving: SocketSetting {
    source == nil ? setting(45, "MCAST_LEAVE_GROUP") : setting(47, "MCAST_LEAVE_SOURCE_GROUP")
  }

  private func setting(_ number: Int32, _ symbol: String) -> SocketSetting {
    // struct group_req and struct group_source_req: the index, and addresses aligned to 8 bytes.
    var bytes = [UInt8](Int32(bitPattern: interfaceIndex)) + [UInt8](repeating: 0, count: 4)
    bytes += group.storageBytes
    if let source { bytes += source.storageBytes }
    let name: SocketOptionName =
      group.family == AF_INET6 ? .ipv6(number, symbol) : .ipv4(number, symbol)
    return SocketSetting(SocketOption<[UInt8]>(name, .bytes), bytes)
  }
}

extension SocketAddress {
  /// The address as a `sockaddr_storage`.
  fileprivate var storageBytes: [UInt8] {
    var bytes = unsafe withSockaddr { pointer, byteCount in
      unsafe Array(UnsafeRawBufferPointer(start: pointer, count: byteCount))
    }
    let rest = MemoryLayout<sockaddr_storage>.size - bytes.count
    bytes.append(contentsOf: repeatElement(0, count: max(0, rest)))
    return bytes
  }
}

extension OptionCoding<[UInt8]> {
  fileprivate static var bytes: Self {
    Self {
      $0
    } decode: {
      $0
    }
  }
}
