// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Ends of connections and of requests.
@Suite(.onCapableKernels) struct EndContracts {
  enum Cancel: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 8)
      let receive = unsafe stage.submit(
        "receive", .receive(.file(server), into: memory.address, byteCount: 8))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(receive))
      try stage.complete(2)
      stage.submit("too late", .cancel(receive))
      try stage.complete()
      // In one batch: the cancel finds its target, and not the other way round.
      let many = stage.submit("many", .receiveMultishot(.file(server), bufferGroup: 0))
      stage.submit("cancel", .cancel(many))
      try stage.complete(2)
      stage.close(client, server)
    }
  }

  /// A close under a receive sends no FIN before the receive has ended.
  enum CloseUnderReceive: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16)
      let held = unsafe stage.submit(
        "held", .receive(.file(server), into: memory.address, byteCount: 8))
      try stage.completeAtOnce()
      stage.submit("close", .close(.file(server)))
      try stage.complete()
      unsafe stage.submit(
        "peer",
        .receive(
          .file(client), into: memory.address + 8, byteCount: 8, options: .doNotWait))
      try stage.complete()
      stage.submit("cancel", .cancel(held))
      try stage.complete(2)
      unsafe stage.submit(
        "peer", .receive(.file(client), into: memory.address + 8, byteCount: 8))
      try stage.complete()
      stage.close(client)
    }
  }

  enum ShutDownUnderReceive: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16)
      unsafe stage.submit(
        "receive", .receive(.file(server), into: memory.address, byteCount: 8))
      try stage.completeAtOnce()
      stage.note("\(stage.kernel.shutdown(.file(server), direction: 2))")
      try stage.complete()
      unsafe stage.submit("send", .send(memory.address, byteCount: 8, to: .file(server)))
      try stage.complete()
      stage.close(client, server)
    }
  }

  enum HalfClose: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16)
      stage.note("\(stage.kernel.shutdown(.file(client), direction: 1))")
      unsafe stage.submit(
        "end", .receive(.file(server), into: memory.address, byteCount: 8))
      try stage.complete()
      stage.submit("not hung up", .poll(.file(server), mask: 1))
      try stage.complete()
      unsafe stage.submit("answer", .send(memory.address, byteCount: 8, to: .file(server)))
      try stage.complete()
      unsafe stage.submit(
        "answered", .receive(.file(client), into: memory.address + 8, byteCount: 8))
      try stage.complete()
      unsafe stage.submit("too late", .send(memory.address, byteCount: 8, to: .file(client)))
      try stage.complete()
      stage.close(client, server)
    }
  }

  /// Unread bytes turn a close into a reset.
  enum Reset: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16)
      unsafe stage.submit("send", .send(memory.address, byteCount: 8, to: .file(client)))
      try stage.complete()
      try stage.waitUntilReadable(server)
      stage.close(server)
      for name in ["reset", "then the end"] {
        unsafe stage.submit(
          name, .receive(.file(client), into: memory.address, byteCount: 8))
        try stage.complete()
      }
      unsafe stage.submit("send", .send(memory.address, byteCount: 8, to: .file(client)))
      try stage.complete()
      stage.note("\(stage.kernel.shutdown(.file(client), direction: 1))")
      stage.close(client)
    }
  }

  /// A send that has moved bytes tells only of those, and then nobody of the reset.
  enum ResetUnderSend: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let byteCount = 16 << 20
      let memory = stage.lend(byteCount: byteCount)
      unsafe stage.submit("unread", .send(memory.address, byteCount: 8, to: .file(server)))
      try stage.complete()
      try stage.waitUntilReadable(client)
      unsafe stage.submit(
        "long",
        .send(memory.address, byteCount: byteCount, to: .file(server), options: .waitForAll))
      try stage.completeAtOnce()
      stage.close(client)
      let sentByteCount = Int(try stage.completeUnseen().result)
      stage.note("a part: \(sentByteCount > 0 && sentByteCount < byteCount)")
      unsafe stage.submit("end", .receive(.file(server), into: memory.address, byteCount: 8))
      try stage.complete()
      stage.submit("hung up", .poll(.file(server), mask: 1))
      try stage.complete()
      unsafe stage.submit("send", .send(memory.address, byteCount: 8, to: .file(server)))
      try stage.complete()
      stage.close(server)
    }
  }

  /// The first send to a peer that is gone goes out; its answer is a reset.
  enum SendToNobody: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16)
      stage.close(server)
      try stage.waitUntilReadable(client)
      unsafe stage.submit("first", .send(memory.address, byteCount: 8, to: .file(client)))
      try stage.complete()
      stage.settle()
      stage.submit("poll", .poll(.file(client), mask: 0))
      try stage.complete()
      unsafe stage.submit("second", .send(memory.address, byteCount: 8, to: .file(client)))
      try stage.complete()
      stage.close(client)
    }
  }

  enum Polls: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let lonely = try stage.socket()
      stage.submit("lonely", .poll(.file(lonely), mask: 5))
      try stage.complete()
      let (client, server) = try stage.pair()
      stage.submit("writable", .poll(.file(client), mask: 5))
      try stage.complete()
      let memory = stage.lend(byteCount: 8)
      unsafe stage.submit("send", .send(memory.address, byteCount: 8, to: .file(client)))
      try stage.complete()
      stage.submit("readable", .poll(.file(server), mask: 1))
      try stage.complete()
      let nothing = stage.submit("nothing", .poll(.file(client), mask: 1))
      try stage.completeAtOnce()
      stage.submit("remove", .removePoll(nothing))
      try stage.complete(2)
      stage.close(lonely, client, server)
    }
  }

  enum NotConnected: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let socket = try stage.socket()
      let memory = stage.lend(byteCount: 8)
      unsafe stage.submit("receive", .receive(.file(socket), into: memory.address, byteCount: 8))
      try stage.complete()
      unsafe stage.submit("send", .send(memory.address, byteCount: 8, to: .file(socket)))
      try stage.complete()
      stage.submit("accept", .accept(from: .file(socket)))
      try stage.complete()
      stage.note("\(stage.kernel.shutdown(.file(socket), direction: 1))")
      stage.close(socket)
    }
  }

  @Test func cancel() throws { try Contract.check(Cancel.self) }
  @Test func closeUnderReceive() throws { try Contract.check(CloseUnderReceive.self) }
  @Test func shutDownUnderReceive() throws { try Contract.check(ShutDownUnderReceive.self) }
  @Test func halfClose() throws { try Contract.check(HalfClose.self) }
  @Test func reset() throws { try Contract.check(Reset.self) }
  @Test func resetUnderSend() throws { try Contract.check(ResetUnderSend.self) }
  @Test func sendToNobody() throws { try Contract.check(SendToNobody.self) }
  @Test func polls() throws { try Contract.check(Polls.self) }
  @Test func notConnected() throws { try Contract.check(NotConnected.self) }
}
