// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Uring

/// Completions: the loop deals with "not now" as a policy says.
enum CompletionChapter {
  static func run(telling narration: inout Narration) async throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    for (number, policy) in policies.enumerated() {
      narration.chapter("\(number + 6). Completions, policy .\(policy.name): \(policy.summary)")
      let stage = CompletionStage(loop: loop, policy: policy.value)
      try await accept(on: stage, &narration)
      try await receive(on: stage, &narration)
      try await send(on: stage, &narration)
      try await connect(on: stage, &narration)
    }
    await group.close()
  }

  private struct Policy {
    let value: ResubmissionPolicy
    let name: String
    let summary: String
  }

  private static let policies = [
    Policy(
      value: .completion, name: "completion", summary: "the kernel waits and tells when it is done"),
    Policy(
      value: .nonblocking, name: "nonblocking", summary: "the answer comes at once, as in 3"),
    Policy(
      value: .backoff(initial: .microseconds(100), limit: .milliseconds(10)), name: "backoff",
      summary: "sleep and retry as in 4, without a thread that sleeps"),
    Policy(
      value: .retry(limit: 3), name: "retry", summary: "one try and three more, then the answer"),
  ]

  private static func accept(
    on stage: CompletionStage, _ narration: inout Narration
  ) async throws {
    let listener = try BlockingSocket.listen()
    let outcome = try await stage.run(.accept(from: .file(listener.descriptor))) {
      [address = try listener.address] in try BlockingSocket.connected(to: address)
    }
    if outcome.result >= 0 {
      try FileDescriptor(rawValue: outcome.result).close()
    }
    narration.tell("accept", stage.story(of: outcome, waitingUntil: "a client is there"))
  }

  private static func receive(
    on stage: CompletionStage, _ narration: inout Narration
  ) async throws {
    let connection = try Connection()
    let memory = Memory(byteCount: 16)
    let request = unsafe Request.receive(
      .file(connection.server.descriptor), into: memory.start, byteCount: memory.byteCount)
    let outcome = try await stage.run(request) { _ = try connection.client.send([1, 2, 3]) }
    if outcome.result >= 0 {
      try expect(memory.bytes(outcome.byteCount) == [1, 2, 3], "three bytes")
    }
    narration.tell("recv", stage.story(of: outcome, waitingUntil: "bytes are there"))
  }

  private static func send(on stage: CompletionStage, _ narration: inout Narration) async throws {
    let connection = try Connection()
    let memory = Memory(Pattern.bytes)
    let request = unsafe Request.send(
      memory.start, byteCount: memory.byteCount, to: .file(connection.client.descriptor))
    var reader: WaitingThread<Void>?
    var outcome = try await stage.run(request) { reader = try connection.startReader() }
    var sentCount = outcome.byteCount
    if outcome.error == nil, sentCount < request.count {
      narration.tell("send", "moves what fits, and says how much that is")
      while outcome.error == nil {
        outcome = await stage.perform(request.advanced(by: sentCount)).outcome()
        sentCount += outcome.byteCount
      }
    }
    narration.tell("send", stage.story(of: outcome, waitingUntil: "the peer reads"))
    if sentCount < request.count {
      reader = try connection.startReader()
      let patient = CompletionStage(loop: stage.loop, policy: .completion)
      outcome = await patient.perform(request.advanced(by: sentCount)).outcome()
      sentCount += outcome.byteCount
      narration.tell("send", "of the rest, which was kept, once the peer reads: all of it goes")
    }
    try expect(sentCount == request.count, "all bytes sent, but \(outcome)")
    connection.client.finishSending()
    guard let reader else { throw TourError("expected: a send that waits for its peer") }
    try reader.value()
    narration.tell("recv", "at the other end: every byte arrived, in order")
  }

  private static func connect(
    on stage: CompletionStage, _ narration: inout Narration
  ) async throws {
    let listener = try FullListener()
    let socket = try BlockingSocket()
    let memory = unsafe listener.address.withSockaddr { pointer, byteCount in
      unsafe Memory(UnsafeRawBufferPointer(start: pointer, count: byteCount))
    }
    let request = unsafe Request.connect(
      .file(socket.descriptor), to: memory.start, byteCount: memory.byteCount)
    let outcome = try await stage.run(request) { try listener.makeRoom() }
    narration.tell("connect", stage.story(of: outcome, waitingUntil: "the queue has room"))
  }
}
