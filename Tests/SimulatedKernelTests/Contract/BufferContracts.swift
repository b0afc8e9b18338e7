// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Buffers that the kernel chooses, and receives that go on.
@Suite(.onCapableKernels) struct BufferContracts {
  @Test func multishot() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.completeAtOnce()
      for _ in 0..<2 {
        stage.submit("send", stage.sending(10, to: client))
        try stage.complete(2)
      }
      stage.close(client)
      try stage.complete()
      stage.close(server)
    }
  }

  /// Four buffers of 16 bytes for 100: the fifth is missing.
  @Test func exhaustion() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      try Self.exhaust(stage, client, server)
      stage.close(client, server)
    }
  }

  /// Receives more than four buffers have room for, and then once more.
  static func exhaust(
    _ stage: Stage, _ client: FileDescriptor, _ server: FileDescriptor
  ) throws {
    try stage.send("send", 100, to: client)
    try stage.waitUntilReadable(server)
    stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
    try stage.complete(5)
    try stage.perform("again", .receiveMultishot(.file(server), bufferGroup: 0))
  }

  /// A missing buffer is told when the receive is armed, with nothing to receive.
  @Test func emptyAtArming() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      try Self.takeAllBuffers(stage, client, server)
      try stage.perform("one", .receive(.file(server), bufferGroup: 0))
      try stage.perform("many", .receiveMultishot(.file(server), bufferGroup: 0))
      let waiting = stage.submit(
        "waits first", .receive(.file(server), bufferGroup: 0, options: .pollFirst))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(waiting))
      try stage.complete(2)
      stage.close(client)
      try stage.perform("at the end", .receive(.file(server), bufferGroup: 0))
      stage.close(server)
    }
  }

  /// A group that nobody has registered is no other error than an empty one, however often.
  @Test func unknownGroup() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      for name in ["without bytes", "without bytes again", "with bytes"] {
        if name == "with bytes" {
          try stage.send("send", 5, to: client)
          try stage.waitUntilReadable(server)
        }
        try stage.perform(name, .receive(.file(server), bufferGroup: 7))
        try stage.perform("\(name), many", .receiveMultishot(.file(server), bufferGroup: 7))
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
      try stage.perform("known", .receive(.file(server), bufferGroup: 0))
      stage.close(client, server)
    }
  }

  /// A receive that finds no place in the completion queue ends, and loses nothing.
  @Test func smallCompletionQueue() throws {
    // Readiness keeps completions in memory that grows, and none outside of it.
    try Contract.check(
      buffers: (8, 4),
      configuration: RingConfiguration(submissionEntryCount: 2, completionEntryCount: 4),
      compared: { answers in answers.filter { !$0.hasPrefix("overflow") } }
    ) { stage in
      let (client, server) = try stage.pair()
      try stage.send("send", 32, to: client)
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

  /// Leaves the group without a buffer and the socket without a byte.
  private static func takeAllBuffers(
    _ stage: Stage, _ client: FileDescriptor, _ server: FileDescriptor
  ) throws {
    try stage.send("send", 64, to: client)
    try stage.waitUntilReadable(server)
    for _ in 0..<4 { try stage.perform("take", .receive(.file(server), bufferGroup: 0)) }
  }
}
