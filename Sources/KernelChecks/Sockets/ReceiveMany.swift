// SPDX-License-Identifier: Apache-2.0

internal import Uring

extension KernelCheck {
  /// IORING_OP_RECVMSG with IORING_RECV_MULTISHOT: each buffer starts with its own header.
  static let receiveMessages = KernelCheck(
    "receive-messages", .sockets,
    "A multishot receive of datagrams puts sender and length before each payload.",
    since: "6.0", without: "One receive a datagram.",
    needs: [.receiveMultishot, .bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(size: 256, filled: 3)
    let near = try ring.socket(.udp)
    let far = try ring.socket(.udp)
    try near.bind()
    try far.connect(to: near.localAddress())
    let nameByteCount: UInt32 = 32
    let header = try ring.message([], nameByteCount: nameByteCount)
    let request = RawRequest(
      10, on: near.descriptor, address: header.address, length: 1,
      priority: RawRequest.Start.multishot)
    try ring.arm(request.selecting(group.id))
    for word in ["hello", "world!"] {
      try far.write(word)
      let completion = try ring.only()
      try expect(completion.isArmed, "does not stay armed: \(completion)")
      guard let buffer = completion.buffer else { throw .differs("no buffer: \(completion)") }
      let start = Int(buffer) * group.bufferSize
      // struct io_uring_recvmsg_out: lengths of name, control and payload, then flags.
      let nameLength = group.buffers.load(UInt32.self, at: start)
      let payloadLength = group.buffers.load(UInt32.self, at: start + 8)
      try expect(nameLength == 16, "an IPv4 address of \(nameLength) bytes")
      try expect(payloadLength == word.utf8.count, "a payload of \(payloadLength) bytes")
      let text = group.text(
        buffer, from: 16 + Int(nameByteCount), count: Int32(payloadLength))
      try expect(text == word, "receives '\(text)' for '\(word)'")
    }
  }

  /// IORING_RECVSEND_BUNDLE on receives.
  static let receiveBundle = KernelCheck(
    "receive-bundle", .sockets,
    "One receive fills several provided buffers.",
    since: "6.10", without: "One completion a buffer.",
    needs: [.receiveSendBundle, .bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(size: 8, filled: 4)
    let (near, far) = try ring.connection()
    try far.write("0123456789abcdefghij")
    try expect(near.waitUntilReadable(), "bytes do not arrive")
    let completion = try ring.perform(
      .receive(near, group: group.id, start: RawRequest.Start.bundle))
    // How many it fills at once is the kernel's choice.
    try expect(completion.result > 8, "20 bytes into buffers of 8: \(completion)")
    try expect(completion.buffer == 0, "starts with another buffer: \(completion)")
    let text = group.text(0, count: completion.result)
    try expect("0123456789abcdefghij".hasPrefix(text), "receives '\(text)'")
  }

  /// IOSQE_BUFFER_SELECT and IORING_RECVSEND_BUNDLE on sends.
  static let sendBundle = KernelCheck(
    "send-bundle", .sockets,
    "One send takes several provided buffers, in order.",
    since: "6.10", without: "A gathered send names its pieces.",
    needs: [.receiveSendBundle, .bufferRing]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let group = try ring.bufferGroup(size: 4)
    group.buffers.store(bytes: "onceupon".utf8)
    group.add(0)
    group.add(1)
    let (near, far) = try ring.pair()
    let request = RawRequest(
      26, on: near.descriptor, priority: RawRequest.Start.bundle
    ).selecting(group.id)
    let completion = try ring.perform(request)
    try expect(completion.result == 8, "two buffers of 4 bytes: \(completion)")
    try expect(far.read() == .bytes(8), "the peer does not get 8 bytes")
  }
}
