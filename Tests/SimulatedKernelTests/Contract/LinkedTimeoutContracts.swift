// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Requests that have a timeout, on every kernel as far as it can be asked the same.
@Suite struct LinkedTimeoutContracts {
  enum InTime: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      unsafe stage.submit(
        "receive", .receive(.file(server), into: memory.address, byteCount: 32),
        endedAfter: .seconds(3600))
      try stage.completeAtOnce()
      unsafe stage.submit("send", .send(memory.address + 32, byteCount: 10, to: .file(client)))
      try stage.completeInOrder(3)
      stage.close(client, server)
    }
  }

  /// Requests that need not wait, or cannot.
  enum AtOnce: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      unsafe stage.submit(
        "send", .send(memory.address, byteCount: 10, to: .file(client)), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      try stage.waitUntilReadable(server)
      unsafe stage.submit(
        "receive", .receive(.file(server), into: memory.address, byteCount: 32),
        endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.submit("nop", .nop, endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.submit("cancel", .cancel(Token(rawValue: 99)), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      let lonely = try stage.socket()
      unsafe stage.submit(
        "lonely", .receive(.file(lonely), into: memory.address, byteCount: 32),
        endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.close(client, server, lonely)
    }
  }

  enum TooLate: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      for time in [Duration.milliseconds(1), .zero] {
        unsafe stage.submit(
          "receive", .receive(.file(server), into: memory.address, byteCount: 32),
          endedAfter: time)
        try stage.completeInOrder(2)
        stage.submit("poll", .poll(.file(server), mask: 1), endedAfter: time)
        try stage.completeInOrder(2)
      }
      // The socket is as it was.
      unsafe stage.submit("send", .send(memory.address, byteCount: 10, to: .file(client)))
      try stage.complete()
      try stage.waitUntilReadable(server)
      unsafe stage.submit(
        "receive", .receive(.file(server), into: memory.address + 32, byteCount: 32))
      try stage.complete()
      stage.close(client, server)
    }
  }

  enum Accept: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener()
      stage.submit("accept", .accept(from: .file(listener)), endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      try stage.complete()
      stage.close(client, listener)
    }
  }

  /// The kernel forgets the request, and its socket goes on connecting.
  enum Connect: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, first, address) = try stage.fullListener()
      let second = try stage.socket()
      try unsafe address.withSockaddr { pointer, byteCount in
        unsafe stage.submit(
          "second", .connect(.file(second), to: pointer, byteCount: byteCount),
          endedAfter: .milliseconds(1))
        try stage.completeInOrder(2)
      }
      try stage.connect("once more", second, to: address)
      try stage.complete()
      stage.close(first, second, listener)
    }
  }

  /// A cancel finds the request, and never its timeout.
  enum Cancel: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      for inOneBatch in [false, true] {
        let tokens = unsafe stage.submit(
          "receive", .receive(.file(server), into: memory.address, byteCount: 32),
          endedAfter: .seconds(3600))
        if !inOneBatch {
          stage.submit("cancel of the timeout", .cancel(tokens.timeout))
          try stage.complete()
        }
        stage.submit("cancel", .cancel(tokens.request))
        try stage.completeInOrder(3)
      }
      stage.close(client, server)
    }
  }

  /// Bytes that have moved are told, and not why no more did.
  enum PartialReceive: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      unsafe stage.submit("send", .send(memory.address, byteCount: 10, to: .file(client)))
      try stage.complete()
      try stage.waitUntilReadable(server)
      unsafe stage.submit(
        "receive",
        .receive(.file(server), into: memory.address + 32, byteCount: 24, options: .waitForAll),
        endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
      stage.close(client, server)
    }
  }

  enum PartialSend: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 16 << 20)
      let tokens = unsafe stage.submit(
        "send",
        .send(memory.address, byteCount: memory.byteCount, to: .file(client), options: .waitForAll),
        endedAfter: .milliseconds(1))
      let both = [try stage.completeUnseen(), try stage.completeUnseen()]
      let moved = both.first { $0.token == tokens.request }?.result ?? 0
      stage.note(moved > 0 && moved < memory.byteCount ? "a part went out" : "\(moved)")
      stage.note("\(both.first { $0.token == tokens.timeout }?.result ?? 0)")
      if Contract.hasKnownOrder { stage.note("\(both.map { $0.token == tokens.request })") }
      stage.close(client, server)
    }
  }

  /// The time is that of the whole request, which many completions do not end.
  enum Multishot: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 64)
      stage.submit(
        "receive", .receiveMultishot(.file(server), bufferGroup: 0), endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
      stage.submit(
        "receive", .receiveMultishot(.file(server), bufferGroup: 0), endedAfter: .seconds(3600))
      try stage.completeAtOnce()
      for _ in 0..<2 {
        unsafe stage.submit("send", .send(memory.address, byteCount: 10, to: .file(client)))
        try stage.completeInOrder(2)
      }
      stage.close(client)
      try stage.completeInOrder(2)
      stage.close(server)
    }
  }

  @Test func inTime() throws { try Contract.check(InTime.self) }
  @Test func atOnce() throws { try Contract.check(AtOnce.self) }
  @Test func tooLate() throws { try Contract.check(TooLate.self) }
  @Test func accept() throws { try Contract.check(Accept.self) }
  @Test func cancel() throws { try Contract.check(Cancel.self) }
  @Test(.onNewKernels) func connect() throws { try Contract.check(Connect.self) }
  @Test(.onNewKernels) func partialReceive() throws { try Contract.check(PartialReceive.self) }
  @Test(.onNewKernels) func partialSend() throws { try Contract.check(PartialSend.self) }
  @Test(.onCapableKernels) func multishot() throws { try Contract.check(Multishot.self) }
}
