// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An IPv4 address and a TCP port.
struct IPv4Endpoint: CustomStringConvertible {
  let address: in_addr
  let port: UInt16

  /// - Parameters:
  ///   - host: four numbers with dots; names are not looked up. `localhost` means 127.0.0.1.
  ///   - port: in host order; 0 lets the kernel choose when bound.
  /// - Throws: EINVAL when `host` is anything else.
  init(host: String, port: UInt16) throws(SystemFailure) {
    var address = in_addr()
    let text = host == "localhost" ? "127.0.0.1" : host
    guard unsafe inet_pton(AF_INET, text, &address) == 1 else {
      throw SystemFailure("'\(host)' is not an IPv4 address such as 127.0.0.1", code: EINVAL)
    }
    self.init(address: address, port: port)
  }

  init(address: in_addr, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// 127.0.0.0/8, where any source address may be bound.
  var isLoopback: Bool { UInt32(bigEndian: address.s_addr) >> 24 == 127 }

  var host: String {
    let bits = UInt32(bigEndian: address.s_addr)
    return [24, 16, 8, 0].map { String(bits >> UInt32($0) & 255) }.joined(separator: ".")
  }

  var description: String { "\(host):\(port)" }

  /// Lends the endpoint as the kernel wants it.
  func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var raw = sockaddr_in()
    raw.sin_family = sa_family_t(AF_INET)
    raw.sin_port = port.bigEndian
    raw.sin_addr = address
    return unsafe withUnsafePointer(to: &raw) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
