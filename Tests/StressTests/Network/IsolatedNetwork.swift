// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import TestSupport

/// A network of a thread's own: nothing but a loopback interface, which is down at first.
///
/// Threads that the thread makes inherit it, others do not (network_namespaces(7)).
enum IsolatedNetwork {
  /// Whether this process may have one, found by trying in a thread of its own.
  static let isPermitted: Bool = {
    let isPermitted = Mutex(false)
    try? onOtherThread {
      let entered = IsolatedNetwork.enter()
      isPermitted.withLock { $0 = entered }
    }
    return isPermitted.withLock { $0 }
  }()

  /// Gives the calling thread a new network; needs CAP_SYS_ADMIN.
  static func enter() -> Bool {
    // unshare(2) is a GNU extension, which Swift does not import.
    typealias Unshare = @convention(c) (Int32) -> Int32
    guard let symbol = unsafe dlsym(nil, "unshare") else { return false }
    let unshare = unsafe unsafeBitCast(symbol, to: Unshare.self)
    let newNetwork: Int32 = 0x4000_0000  // CLONE_NEWNET
    return unshare(newNetwork) == 0
  }

  /// Switches the loopback interface on or off (netdevice(7), SIOCSIFFLAGS).
  static func setLoopback(isUp: Bool) {
    let control = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(control) }
    var request = [UInt8](repeating: 0, count: 40)  // struct ifreq: a name, then flags
    request.replaceSubrange(0..<2, with: Array("lo".utf8))
    request[16] = isUp ? 1 : 0  // IFF_UP
    let setFlags: UInt = 0x8914  // SIOCSIFFLAGS
    require(unsafe ioctl(control, setFlags, &request) == 0, "errno \(errno)")
  }

  /// What a route that leads nowhere answers to a connect (rtnetlink(7)).
  enum DeadEnd: UInt8 {
    /// EHOSTUNREACH.
    case unreachable = 7
    /// EACCES.
    case prohibited = 8
  }

  /// Adds an IPv4 route that leads nowhere, with a message to the kernel's routing (rtnetlink(7)).
  static func addRoute(to network: (UInt8, UInt8), _ kind: DeadEnd) {
    let control = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), 0)
    defer { close(control) }
    let byteCount: UInt8 = 16 + 12 + 8
    let message: [UInt8] = [
      byteCount, 0, 0, 0,  // struct nlmsghdr: length,
      24, 0,  // RTM_NEWROUTE,
      5, 4,  // NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE,
      1, 0, 0, 0, 0, 0, 0, 0,  // a number, nobody's port
      UInt8(AF_INET), 16, 0, 0,  // struct rtmsg: destination of 16 bits, no source, no service,
      254, 4, 0, kind.rawValue,  // the main table, RTPROT_STATIC, RT_SCOPE_UNIVERSE, the type,
      0, 0, 0, 0,  // no flags
      8, 0, 1, 0,  // struct rtattr: RTA_DST
      network.0, network.1, 0, 0,
    ]
    require(unsafe send(control, message, message.count, 0) == message.count, "errno \(errno)")
    var answer = [UInt8](repeating: 0, count: 256)
    require(unsafe recv(control, &answer, answer.count, 0) >= 20, "errno \(errno)")
    // struct nlmsgerr: a negated errno behind the header.
    require(answer[16..<20].allSatisfy { $0 == 0 }, "\(answer[16..<20])")
  }
}
