// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Requests that have a timeout, on every kernel as far as it can be asked the same.
@Suite struct LinkedTimeoutContracts {
  @Test func inTime() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("receive", stage.receiving(32, from: server), endedAfter: .seconds(3600))
      try stage.completeAtOnce()
      stage.submit("send", stage.sending(10, to: client))
      try stage.completeInOrder(3)
      stage.close(client, server)
    }
  }

  /// Requests that need not wait, or cannot.
  @Test func atOnce() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("send", stage.sending(10, to: client), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      try stage.waitUntilReadable(server)
      stage.submit("receive", stage.receiving(32, from: server), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.submit("nop", .nop, endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.submit("cancel", .cancel(Token(rawValue: 99)), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      let lonely = try stage.socket()
      stage.submit("lonely", stage.receiving(32, from: lonely), endedAfter: .seconds(3600))
      try stage.completeInOrder(2)
      stage.close(client, server, lonely)
    }
  }

  @Test func tooLate() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      for time in [Duration.milliseconds(1), .zero] {
        stage.submit("receive", stage.receiving(32, from: server), endedAfter: time)
        try stage.completeInOrder(2)
        stage.submit("poll", .poll(.file(server), mask: 1), endedAfter: time)
        try stage.completeInOrder(2)
      }
      // The socket is as it was.
      try stage.send("send", 10, to: client)
      try stage.waitUntilReadable(server)
      try stage.perform("receive", stage.receiving(32, from: server))
      stage.close(client, server)
    }
  }

  @Test func accept() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener()
      stage.submit("accept", .accept(from: .file(listener)), endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      stage.close(client, listener)
    }
  }

  /// The kernel forgets the request, and its socket goes on connecting.
  @Test(.onNewKernels) func connect() throws {
    try Contract.check { stage in
      let (listener, first, address) = try stage.fullListener()
      let second = try stage.socket()
      try unsafe address.withSockaddr { pointer, byteCount in
        unsafe stage.submit(
          "second", .connect(.file(second), to: pointer, byteCount: byteCount),
          endedAfter: .milliseconds(1))
        try stage.completeInOrder(2)
      }
      try stage.connect("once more", second, to: address)
      stage.close(first, second, listener)
    }
  }

  /// A cancel finds the request, and never its timeout.
  @Test func cancel() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      for inOneBatch in [false, true] {
        let tokens = stage.submit(
          "receive", stage.receiving(32, from: server), endedAfter: .seconds(3600))
        if !inOneBatch {
          try stage.perform("cancel of the timeout", .cancel(tokens.timeout))
        }
        stage.submit("cancel", .cancel(tokens.request))
        try stage.completeInOrder(3)
      }
      stage.close(client, server)
    }
  }

  /// Bytes that have moved are told, and not why no more did.
  @Test(.onNewKernels) func partialReceive() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      try stage.send("send", 10, to: client)
      try stage.waitUntilReadable(server)
      stage.submit(
        "receive", stage.receiving(24, from: server, options: .waitForAll),
        endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
      stage.close(client, server)
    }
  }

  @Test(.onNewKernels) func partialSend() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      let tokens = stage.submit(
        "send", stage.sending(Stage.longByteCount, to: client, options: .waitForAll),
        endedAfter: .milliseconds(1))
      let both = [try stage.completeUnseen(), try stage.completeUnseen()]
      let moved = both.first { $0.token == tokens.request }?.result ?? 0
      stage.note(moved > 0 && moved < Stage.longByteCount ? "a part went out" : "\(moved)")
      stage.note("\(both.first { $0.token == tokens.timeout }?.result ?? 0)")
      if Contract.hasKnownOrder { stage.note("\(both.map { $0.token == tokens.request })") }
      stage.close(client, server)
    }
  }

  /// The time is that of the whole request, which many completions do not end.
  @Test(.onCapableKernels) func multishot() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit(
        "receive", .receiveMultishot(.file(server), bufferGroup: 0), endedAfter: .milliseconds(1))
      try stage.completeInOrder(2)
      stage.submit(
        "receive", .receiveMultishot(.file(server), bufferGroup: 0), endedAfter: .seconds(3600))
      try stage.completeAtOnce()
      for _ in 0..<2 {
        stage.submit("send", stage.sending(10, to: client))
        try stage.completeInOrder(2)
      }
      stage.close(client)
      try stage.completeInOrder(2)
      stage.close(server)
    }
  }
}
