// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Buffers that the kernel chooses, and receives that go on.
@Suite(.onCapableKernels) struct BufferContracts {
  enum Multishot: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 100)
      stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.completeAtOnce()
      for _ in 0..<2 {
        unsafe stage.submit("send", .send(memory.address, byteCount: 10, to: .file(client)))
        try stage.complete(2)
      }
      stage.close(client)
      try stage.complete()
      stage.close(server)
    }
  }

  /// Four buffers of 16 bytes for 100: the fifth is missing.
  enum Exhaustion: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 100)
      unsafe stage.submit("send", .send(memory.address, byteCount: 100, to: .file(client)))
      try stage.complete()
      try stage.waitUntilReadable(server)
      stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.complete(5)
      stage.submit("again", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.complete()
      stage.close(client, server)
    }
  }

  /// A missing buffer is told when the receive is armed, with nothing to receive.
  enum EmptyAtArming: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      try Exhaustion.takeAllBuffers(stage, client, server)
      stage.submit("one", .receive(.file(server), bufferGroup: 0))
      try stage.complete()
      stage.submit("many", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.complete()
      let waiting = stage.submit(
        "waits first", .receive(.file(server), bufferGroup: 0, options: .pollFirst))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(waiting))
      try stage.complete(2)
      stage.close(client)
      stage.submit("at the end", .receive(.file(server), bufferGroup: 0))
      try stage.complete()
      stage.close(server)
    }
  }

  /// A group that nobody has registered is no other error than an empty one, however often.
  enum UnknownGroup: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      for name in ["without bytes", "without bytes again", "with bytes"] {
        if name == "with bytes" {
          try stage.send("send", 5, to: client)
          try stage.waitUntilReadable(server)
        }
        stage.submit(name, .receive(.file(server), bufferGroup: 7))
        try stage.complete()
        stage.submit("\(name), many", .receiveMultishot(.file(server), bufferGroup: 7))
        try stage.complete()
        let waiting = stage.submit(
          "\(name), waits first", .receive(.file(server), bufferGroup: 7, options: .pollFirst))
        if name == "with bytes" {
          try stage.complete()
        } else {
          try stage.completeAtOnce()
          stage.submit("cancel", .cancel(waiting))
          try stage.complete(2)
        }
      }
      stage.submit("known", .receive(.file(server), bufferGroup: 0))
      try stage.complete()
      stage.close(client, server)
    }
  }

  /// A receive that finds no place in the completion queue ends, and loses nothing.
  enum SmallCompletionQueue: Script {
    static var buffers: (count: Int, byteCount: Int) { (8, 4) }
    static var configuration: RingConfiguration {
      RingConfiguration(submissionEntryCount: 2, completionEntryCount: 4)
    }
    // Readiness keeps completions in memory that grows, and none outside of it.
    static func compared(_ answers: [String]) -> [String] {
      answers.filter { !$0.hasPrefix("overflow") }
    }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair()
      let memory = stage.lend(byteCount: 32)
      unsafe stage.submit("send", .send(memory.address, byteCount: 32, to: .file(client)))
      try stage.complete()
      try stage.waitUntilReadable(server)
      stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
      _ = try stage.kernel.enter(minimumCompletionCount: 0, timeout: nil, minimumWait: nil)
      stage.note("overflow: \(stage.kernel.hasOverflow)")
      try stage.complete(5)
      stage.submit("the rest", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.complete(3)
      stage.close(client)
      try stage.complete()
      stage.close(server)
    }
  }

  @Test func multishot() throws { try Contract.check(Multishot.self) }
  @Test func exhaustion() throws { try Contract.check(Exhaustion.self) }
  @Test func unknownGroup() throws { try Contract.check(UnknownGroup.self) }
  @Test func emptyAtArming() throws { try Contract.check(EmptyAtArming.self) }
  @Test func smallCompletionQueue() throws { try Contract.check(SmallCompletionQueue.self) }
}

extension BufferContracts.Exhaustion {
  /// Leaves the group without a buffer and the socket without a byte.
  static func takeAllBuffers<K: Kernel & ~Copyable>(
    _ stage: Stage<K>, _ client: FileDescriptor, _ server: FileDescriptor
  ) throws {
    let memory = stage.lend(byteCount: 64)
    unsafe stage.submit("send", .send(memory.address, byteCount: 64, to: .file(client)))
    try stage.complete()
    try stage.waitUntilReadable(server)
    for _ in 0..<4 {
      stage.submit("take", .receive(.file(server), bufferGroup: 0))
      try stage.complete()
    }
  }
}
