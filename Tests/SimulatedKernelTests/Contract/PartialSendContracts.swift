// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Sends that took only a part, and what the receive says afterwards.
@Suite(.onCapableKernels) struct PartialSendContracts {
  /// The peer reads on and closes in good order, with and without this side's end before.
  enum CleanEnd<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      for endsFirst in [false, true] {
        let (client, server) = try stage.pair(over: F.self)
        let memory = stage.lend(byteCount: 16 << 20)
        unsafe stage.submit(
          "send",
          .send(
            memory.address, byteCount: memory.byteCount, to: .file(client), options: .doNotWait))
        let byteCount = Int(try stage.completeUnseen().result)
        stage.note("a part: \(byteCount > 0 && byteCount < memory.byteCount)")
        if endsFirst { stage.shutDown("client", client) }
        try stage.receiveAll(byteCount, from: server)
        stage.settle()
        try stage.receive("server", from: server)
        stage.close(server)
        stage.settle()
        try stage.look("client", client)
        try stage.receive("end", from: client)
        stage.pendingError("client", of: client)
        stage.shutDown("client", client)
        stage.close(client)
      }
    }
  }

  /// A send of all is cut by a cancel; then as before.
  enum CutAndCleanEnd<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      let memory = stage.lend(byteCount: 16 << 20)
      let send = unsafe stage.submit(
        "send",
        .send(
          memory.address, byteCount: memory.byteCount, to: .file(client), options: .waitForAll))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(send))
      try stage.complete()
      let byteCount = Int(try stage.completeUnseen().result)
      stage.note("a part: \(byteCount > 0 && byteCount < memory.byteCount)")
      stage.shutDown("client", client)
      try stage.receiveAll(byteCount, from: server)
      stage.settle()
      try stage.receive("server", from: server)
      stage.close(server)
      stage.settle()
      try stage.look("client", client)
      try stage.receive("end", from: client)
      stage.pendingError("client", of: client)
      stage.close(client)
    }
  }

  /// The reset comes after the send has told its part: then it is told as well.
  enum LaterReset<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.fill(client)
      try stage.reset(client, by: server, sending: false)
      try stage.look("client", client)
      stage.shutDown("client", client)
      try stage.receive("reset", from: client)
      stage.close(client)
    }
  }

  /// The part is told in place of the reset; the next send, the poll and the receive then say what
  /// is left to say.
  enum ToldInPlaceOfReset<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      let memory = stage.lend(byteCount: 16 << 20)
      unsafe stage.submit(
        "send",
        .send(
          memory.address, byteCount: memory.byteCount, to: .file(client), options: .waitForAll))
      try stage.completeAtOnce()
      try stage.waitUntilReadable(server)
      stage.close(server)
      let byteCount = Int(try stage.completeUnseen().result)
      stage.note("a part: \(byteCount > 0 && byteCount < memory.byteCount)")
      try stage.send("too late", 5, to: client)
      try stage.look("client", client)
      try stage.receive("end", from: client)
      stage.pendingError("client", of: client)
      stage.close(client)
    }
  }

  @Test func toldInPlaceOfReset() throws {
    try Contract.check(ToldInPlaceOfReset<OverTCP>.self)
    try Contract.check(ToldInPlaceOfReset<OverUnix>.self)
  }

  @Test func cleanEnd() throws {
    try Contract.check(CleanEnd<OverTCP>.self)
    try Contract.check(CleanEnd<OverUnix>.self)
  }

  @Test func cutAndCleanEnd() throws {
    try Contract.check(CutAndCleanEnd<OverTCP>.self)
    try Contract.check(CutAndCleanEnd<OverUnix>.self)
  }

  @Test func laterReset() throws {
    try Contract.check(LaterReset<OverTCP>.self)
    try Contract.check(LaterReset<OverUnix>.self)
  }
}
