// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage
package import Uring

/// Looks up the addresses of a host; blocks meanwhile.
package struct HostResolver: Sendable {
  package typealias Answer = Result<[SocketAddress], ResolutionFailure>

  package let resolve: @Sendable (_ host: String, _ port: UInt16) -> Answer

  /// The system's, by /etc/hosts, DNS and whatever nsswitch.conf(5) names.
  ///
  /// The corresponding C function is `getaddrinfo`.
  package static let system = HostResolver { host, port in
    // A NUL would end the name early.
    guard !host.utf8.contains(0) else { return .failure(ResolutionFailure(code: EAI_NONAME)) }
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    // Without AI_ADDRCONFIG: a family that this machine lacks costs an attempt that fails at once,
    // and with it "localhost" depends on the machine's other addresses.
    unsafe hints.ai_flags = AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, String(port), &hints, &list)
    let errno = Errno(rawValue: Glibc.errno)
    guard code == 0 else { return .failure(ResolutionFailure(code: code, systemErrno: errno)) }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = unsafe list
    while let current = unsafe entry {
      if let pointer = unsafe current.pointee.ai_addr,
        let address = unsafe SocketAddress(
          copying: pointer, byteCount: Int(current.pointee.ai_addrlen))
      {
        addresses.append(address)
      }
      unsafe entry = unsafe current.pointee.ai_next
    }
    return addresses.isEmpty
      ? .failure(ResolutionFailure(code: EAI_NONAME)) : .success(addresses)
  }
}

extension ResolutionFailure {
  /// Describes an answer of getaddrinfo(3), and for EAI_SYSTEM the errno behind it.
  init(code: Int32, systemErrno: Errno? = nil) {
    let text = unsafe gai_strerror(code).map { unsafe String(cString: $0) }
    let errno: Errno =
      switch code {
      case EAI_SYSTEM: systemErrno ?? .ioError
      case EAI_MEMORY: .noMemory
      case EAI_AGAIN: .resourceTemporarilyUnavailable
      default: .noSuchAddressOrDevice
      }
    self.init(code: code, text: text ?? "unknown answer", errno: errno)
  }
}

extension ResolutionFailure {
  /// The remedy.
  var advice: String {
    switch code {
    case EAI_NONAME: "no such name; look at its spelling, /etc/hosts and the DNS zone"
    case EAI_AGAIN: "the name servers did not answer; try later, and look at /etc/resolv.conf"
    case EAI_FAIL: "the name servers failed; look at /etc/resolv.conf"
    default: "the name could not be looked up; look at nsswitch.conf and /etc/resolv.conf"
    }
  }
}
