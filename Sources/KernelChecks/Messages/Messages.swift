// SPDX-License-Identifier: Apache-2.0

internal import CLiburing
internal import Uring

extension KernelCheck {
  /// IORING_OP_MSG_RING.
  static let message = KernelCheck(
    "message", .messages, "A request posts a completion on another ring.",
    since: "5.18", without: "An eventfd wakes the other loop.", needs: [.messageRing]
  ) { context throws(Finding) in
    let sender = try context.ring()
    let receiver = try context.ring()
    let sent = try sender.perform(message(to: receiver, token: 77, value: 5))
    try expect(sent.result == 0, "sent: \(sent)")
    let received = try receiver.only()
    try expect(received.token == 77 && received.result == 5, "received: \(received)")
  }

  /// IORING_MSG_RING_FLAGS_PASS.
  static let messageFlags = KernelCheck(
    "message-flags", .messages, "A message carries flags of the sender's choice.",
    since: "6.3", without: "Nothing: a message carries a token and a number.",
    needs: [.messageRing]
  ) { context throws(Finding) in
    let sender = try context.ring()
    let receiver = try context.ring()
    let request = message(to: receiver, token: 77, value: 5).changed {
      $0.operation_flags = 1 << 1
      $0.file_index = 1 << 20
    }
    let sent = try sender.perform(request)
    try sent.requireKnown("IORING_MSG_RING_FLAGS_PASS")
    let received = try receiver.only()
    try expect(received.flags == 1 << 20, "received: \(received)")
  }

  /// IORING_MSG_SEND_FD.
  static let messageDescriptor = KernelCheck(
    "message-descriptor", .messages, "A message carries a direct descriptor to another ring.",
    since: "6.0", without: "A connection stays on the loop that accepted it.",
    needs: [.messageRing, .directDescriptors]
  ) { context throws(Finding) in
    let sender = try context.ring()
    let receiver = try context.ring()
    try sender.makeDirectTable(2)
    try receiver.makeDirectTable(2)
    let listener = try sender.listener()
    let client = try sender.client(of: listener)
    let place = try sender.perform(.acceptDirect(listener)).result
    let request = message(to: receiver, token: 77, value: 0).changed {
      $0.address = 1
      $0.third_address = UInt64(place)
      $0.file_index = 2
    }
    let sent = try sender.perform(request)
    try sent.requireKnown("IORING_MSG_SEND_FD")
    try expect(sent.result == 0, "sent: \(sent)")
    try expect(try receiver.only().token == 77, "the receiver is told something else")
    try client.write("hello")
    let received = try receiver.perform(
      .receive(place: 1, into: receiver.memory(), count: 64))
    try expect(received.result == 5, "received: \(received)")
  }

  /// IORING_REGISTER_SEND_MSG_RING.
  static let messageWithoutRing = KernelCheck(
    "message-without-ring", .messages,
    "A thread without a ring posts a completion on one.",
    since: "6.13", without: "An eventfd wakes the loop.", needs: [.sendMessageRing]
  ) { context throws(Finding) in
    let receiver = try context.ring()
    let entry = try receiver.memory(64)
    entry.store(message(to: receiver, token: 77, value: 5).entry, at: 0)
    let number = entry.address
    try CheckThread.run { _ throws(Finding) in
      let result = RawRing.register(on: .max, 31, address: number, count: 1)
      try expect(result == 0, "io_uring_register gives \(result)")
    }
    let received = try receiver.only()
    try expect(received.token == 77 && received.result == 5, "received: \(received)")
  }

  /// The other way to wake a loop.
  static let eventRead = KernelCheck(
    "event-read", .messages, "A read of an eventfd waits until another thread adds to it.",
    since: "5.7", without: "No loop can be made.", tier: .oneShot, needs: [.read]
  ) { context throws(Finding) in
    let ring = try context.ring()
    let event = try TestSocket.event()
    ring.possessions.append(event)
    let memory = try ring.memory()
    try ring.arm(.read(event.descriptor, into: memory, count: 8))
    let number = dup(event.descriptor)
    try CheckThread.run { _ throws(Finding) in
      try TestSocket(adopting: number).signal(3)
    }
    let completion = try ring.only()
    try expect(completion.result == 8, "\(completion)")
    try expect(memory.load(UInt64.self, at: 0) == 3, "reads another count")
  }

  private static func message(
    to ring: RawRing, token: UInt64, value: UInt32
  ) -> RawRequest {
    RawRequest(CURING_OP_MSG_RING, on: ring.descriptor, length: value, offset: token)
  }
}
