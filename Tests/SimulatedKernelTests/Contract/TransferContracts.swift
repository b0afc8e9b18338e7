// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Bytes that come and go.
@Suite(.onCapableKernels) struct TransferContracts {
  enum PlainReceive: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let (sent, received) = (stage.lend(byteCount: 10), stage.lend(byteCount: 32))
      unsafe stage.submit(
        "receive", .receive(.file(server), into: received.address, byteCount: 32))
      try stage.completeAtOnce()
      unsafe stage.submit("send", .send(sent.address, byteCount: 10, to: .file(client)))
      try stage.complete(2)
      stage.note("\(received.bytes.prefix(10))")
      stage.close(client)
      unsafe stage.submit(
        "at the end", .receive(.file(server), into: received.address, byteCount: 32))
      try stage.complete()
      stage.close(server)
    }
  }

  enum ReceiveOfAll: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      unsafe stage.submit(
        "receive",
        .receive(.file(server), into: memory.address, byteCount: 24, options: .waitForAll))
      for _ in 0..<2 {
        unsafe stage.submit("send", .send(memory.address + 32, byteCount: 10, to: .file(client)))
        try stage.complete()
      }
      // The peer ends before the last four bytes have come.
      stage.close(client)
      try stage.complete()
      stage.close(server)
    }
  }

  enum NotNow: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16)
      unsafe stage.submit(
        "receive",
        .receive(.file(server), into: memory.address, byteCount: 16, options: .doNotWait))
      try stage.complete()
      stage.submit("choose", .receive(.file(server), bufferGroup: 0, options: .doNotWait))
      try stage.complete()
      stage.close(client, server)
    }
  }

  enum FullSendBuffer: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16 << 20)
      unsafe stage.submit(
        "send", .send(memory.address, byteCount: memory.byteCount, to: .file(client)))
      let first = try stage.completeUnseen().result
      stage.note(first > 0 && first < memory.byteCount ? "a part" : "\(first)")
      // What was on its way may make room once more.
      var last: Int32 = 1
      while last > 0 {
        unsafe stage.submit(
          "send more",
          .send(
            memory.address, byteCount: memory.byteCount, to: .file(client), options: .doNotWait))
        last = try stage.completeUnseen().result
      }
      stage.note("then \(last)")
      stage.close(client, server)
    }
  }

  enum CancelledSendOfAll: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16 << 20)
      let send = unsafe stage.submit(
        "send",
        .send(
          memory.address, byteCount: memory.byteCount, to: .file(client), options: .waitForAll))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(send))
      try stage.complete()
      let moved = try stage.completeUnseen().result
      stage.note(moved > 0 && moved < memory.byteCount ? "a part went out" : "\(moved)")
      stage.close(client, server)
    }
  }

  enum ZeroCopy: Script {
    static var needsRing: Bool { true }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 4096)
      unsafe stage.submit(
        "send", .sendZeroCopy(memory.address, byteCount: 4096, to: .file(client)))
      try stage.complete()
      // The notification comes once the peer has taken the bytes.
      let received = stage.lend(byteCount: 4096)
      unsafe stage.submit(
        "receive",
        .receive(.file(server), into: received.address, byteCount: 4096, options: .waitForAll))
      try stage.completeSorted(2)
      stage.note("\(received.bytes == memory.bytes)")
      stage.close(client, server)
    }
  }

  @Test func plainReceive() throws { try Contract.check(PlainReceive.self) }
  @Test func receiveOfAll() throws { try Contract.check(ReceiveOfAll.self) }
  @Test func notNow() throws { try Contract.check(NotNow.self) }
  @Test func fullSendBuffer() throws { try Contract.check(FullSendBuffer.self) }
  @Test func cancelledSendOfAll() throws { try Contract.check(CancelledSendOfAll.self) }
  @Test func zeroCopy() throws { try Contract.check(ZeroCopy.self) }
}
