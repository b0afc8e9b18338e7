// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import SystemPackage
internal import Uring

extension KernelCheck {
  /// IORING_OP_SEND_ZC.
  static let sendZeroCopy = KernelCheck(
    "send-zero-copy", .sockets,
    "A zero-copy send completes with a count that says a notification follows.",
    since: "6.0", without: "Sends copy.", needs: [.sendZeroCopy]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    let memory = try ring.memory(16384)
    try ring.submit(
      RawRequest(CURING_OP_SEND_ZC, on: near.descriptor, address: memory.address, length: 16384))
    try expect(far.waitUntilReadable(), "bytes do not arrive")
    while case .bytes = far.read(limit: 65536) {}
    let both = try ring.wait(2)
    try expect(both[0].result == 16384 && both[0].isArmed, "first: \(both[0])")
    try expect(both[1].isNotification && !both[1].isArmed, "second: \(both[1])")
  }

  /// IORING_SEND_ZC_REPORT_USAGE.
  static let sendZeroCopyReport = KernelCheck(
    "send-zero-copy-report", .sockets,
    "The notification tells, if asked, that the loopback device copied after all.",
    since: "6.2", without: "Nothing: it is for people to look at.", needs: [.sendZeroCopy]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    let memory = try ring.memory(16384)
    try ring.submit(
      RawRequest(
        CURING_OP_SEND_ZC, on: near.descriptor, address: memory.address, length: 16384,
        priority: RawRequest.Start.reportUsage))
    let first = try ring.wait()
    try first[0].requireKnown("IORING_SEND_ZC_REPORT_USAGE")
    try expect(far.waitUntilReadable(), "bytes do not arrive")
    while case .bytes = far.read(limit: 65536) {}
    let last = first.count > 1 ? first[1] : try ring.only()
    // IORING_NOTIF_USAGE_ZC_COPIED, the sign bit.
    try expect(last.result == .min, "notification: \(last)")
  }

  /// IORING_OP_SENDMSG_ZC.
  static let sendMessageZeroCopy = KernelCheck(
    "send-message-zero-copy", .sockets,
    "A gathered zero-copy send completes with a count, then with a notification.",
    since: "6.1", without: "Gathered sends copy.", needs: [.sendMessageZeroCopy]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, far) = try ring.connection()
    let memory = try ring.memory(8192)
    let message = try ring.message([(memory.address, 4096), (memory.address(at: 4096), 4096)])
    try ring.submit(
      RawRequest(
        CURING_OP_SENDMSG_ZC, on: near.descriptor, address: message.address, length: 1))
    try expect(far.waitUntilReadable(), "bytes do not arrive")
    while case .bytes = far.read(limit: 65536) {}
    let both = try ring.wait(2)
    try expect(both[0].result == 8192 && both[0].isArmed, "first: \(both[0])")
    try expect(both[1].isNotification, "second: \(both[1])")
  }

  /// Not every socket can.
  static let sendZeroCopyUnsupported = KernelCheck(
    "send-zero-copy-refused", .sockets,
    "A zero-copy send on a socket that cannot is refused with -EOPNOTSUPP.",
    since: "6.0", without: "Nothing: the refused send is made again as one that copies.",
    needs: [.sendZeroCopy]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let (near, _) = try ring.pair()
    let memory = try ring.memory()
    try ring.submit(
      RawRequest(CURING_OP_SEND_ZC, on: near.descriptor, address: memory.address, length: 16))
    let found = try ring.wait()
    try expect(found[0].fails(with: .notSupportedOnSocket), "on a Unix socket: \(found)")
  }
}
