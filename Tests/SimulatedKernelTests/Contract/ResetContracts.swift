// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// What a socket says after its peer has reset the connection, and who is told.
@Suite(.onCapableKernels) struct ResetContracts {
  /// Nothing has ended before, and bytes had come.
  enum Plain<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.send("server", 5, to: server)
      try stage.waitUntilReadable(client)
      try stage.reset(client, by: server)
      try stage.look("client", client)
      stage.addresses("client", of: client)
      stage.shutDown("client", client)
      for name in ["bytes", "reset", "end", "end again"] {
        try stage.receive(name, from: client)
      }
      try stage.look("after the error", client)
      try stage.send("too late", 5, to: client)
      stage.addresses("client", of: client)
      stage.close(client)
    }
  }

  /// A send takes the error away from the receive.
  enum ToldToSend<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.reset(client, by: server)
      try stage.send("reset", 5, to: client)
      try stage.send("once more", 5, to: client)
      try stage.look("client", client)
      stage.shutDown("client", client)
      try stage.receive("end", from: client)
      stage.pendingError("client", of: client)
      stage.close(client)
    }
  }

  /// A question for the error takes it away from everybody.
  enum ToldToSocketOption<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.reset(client, by: server)
      stage.pendingError("client", of: client)
      stage.pendingError("client", of: client)
      try stage.receive("end", from: client)
      stage.shutDown("client", client)
      try stage.look("client", client)
      stage.close(client)
    }
  }

  /// The peer has ended its half before: then no receive is told.
  enum AfterEndOfPeer<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      stage.shutDown("server", server)
      try stage.reset(client, by: server)
      try stage.look("client", client)
      stage.addresses("client", of: client)
      stage.shutDown("client", client)
      try stage.receive("end", from: client)
      try stage.receive("end again", from: client)
      stage.pendingError("client", of: client)
      try stage.receive("after the error", from: client)
      try stage.look("client", client)
      stage.close(client)
    }
  }

  /// This side has ended its half before: the error is the receive's.
  enum AfterOwnEnd<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.send("unread", 3, to: client)
      stage.shutDown("client", client)
      try stage.send("too late", 5, to: client)
      try stage.reset(client, by: server, sending: false)
      try stage.look("client", client)
      stage.addresses("client", of: client)
      stage.shutDown("client again", client)
      try stage.receive("reset", from: client)
      try stage.receive("end", from: client)
      try stage.look("client", client)
      stage.close(client)
    }
  }

  /// Even then a send that is made after it takes the error.
  enum AfterOwnEndToldToSend<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.send("unread", 3, to: client)
      stage.shutDown("client", client)
      try stage.reset(client, by: server, sending: false)
      try stage.send("too late", 5, to: client)
      try stage.receive("receive", from: client)
      stage.close(client)
    }
  }

  /// Bytes are still on their way when this side ends its half, and the peer had ended its own or
  /// not.
  enum UnderBytes<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      for endsFirst in [false, true] {
        let (client, server) = try stage.pair(over: F.self)
        if endsFirst { stage.shutDown("server", server) }
        try stage.fill(client)
        stage.shutDown("client", client)
        try stage.reset(client, by: server, sending: false)
        try stage.look("client", client)
        try stage.receive("receive", from: client)
        stage.pendingError("client", of: client)
        stage.close(client)
      }
    }
  }

  /// A send waits: it is told, and the receive is not; without a byte moved it is told the error.
  enum UnderWaitingSend<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      for endsFirst in [false, true] {
        let (client, server) = try stage.pair(over: F.self)
        if endsFirst { stage.shutDown("server", server) }
        try stage.fill(client)
        let memory = stage.lend(byteCount: 64)
        unsafe stage.submit(
          "waits", .send(memory.address, byteCount: 64, to: .file(client), options: .waitForAll))
        try stage.completeAtOnce()
        stage.close(server)
        try stage.complete()
        try stage.receive("receive", from: client)
        stage.pendingError("client", of: client)
        stage.shutDown("client", client)
        stage.close(client)
      }
    }
  }

  /// A send and a receive wait.
  enum UnderWaitingReceive<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: F.self)
      try stage.send("unread", 3, to: client)
      try stage.waitUntilReadable(server)
      let memory = stage.lend(byteCount: 64)
      unsafe stage.submit("waits", .receive(.file(client), into: memory.address, byteCount: 64))
      try stage.completeAtOnce()
      stage.close(server)
      try stage.complete()
      try stage.receive("receive", from: client)
      stage.shutDown("client", client)
      stage.close(client)
    }
  }

  @Test func plain() throws {
    try Contract.check(Plain<OverTCP>.self)
    try Contract.check(Plain<OverUnix>.self)
  }

  @Test func toldToSend() throws {
    try Contract.check(ToldToSend<OverTCP>.self)
    try Contract.check(ToldToSend<OverUnix>.self)
  }

  @Test func toldToSocketOption() throws {
    try Contract.check(ToldToSocketOption<OverTCP>.self)
    try Contract.check(ToldToSocketOption<OverUnix>.self)
  }

  @Test func afterEndOfPeer() throws {
    try Contract.check(AfterEndOfPeer<OverTCP>.self)
    try Contract.check(AfterEndOfPeer<OverUnix>.self)
  }

  @Test func afterOwnEnd() throws {
    try Contract.check(AfterOwnEnd<OverTCP>.self)
    try Contract.check(AfterOwnEnd<OverUnix>.self)
  }

  @Test func afterOwnEndToldToSend() throws {
    try Contract.check(AfterOwnEndToldToSend<OverTCP>.self)
    try Contract.check(AfterOwnEndToldToSend<OverUnix>.self)
  }

  @Test func underBytes() throws {
    try Contract.check(UnderBytes<OverTCP>.self)
    try Contract.check(UnderBytes<OverUnix>.self)
  }

  @Test func underWaitingSend() throws {
    try Contract.check(UnderWaitingSend<OverTCP>.self)
    try Contract.check(UnderWaitingSend<OverUnix>.self)
  }

  /// A peer with a linger of no time closes, and has nothing unread: a reset over TCP alone.
  enum ByLinger<F: Family>: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      for (seconds, endsFirst) in [(0, false), (0, true), (9, false)] as [(UInt8, Bool)] {
        let (client, server) = try stage.pair(over: F.self)
        try stage.calls.setOption(
          SOL_SOCKET, SO_LINGER, to: [1, 0, 0, 0, seconds, 0, 0, 0], on: server)
        try stage.send("bytes", 5, to: server)
        try stage.waitUntilReadable(client)
        if endsFirst { stage.shutDown("server", server) }
        stage.close(server)
        stage.settle()
        try stage.look("client", client)
        for name in ["bytes", "reset", "end"] { try stage.receive(name, from: client) }
        stage.pendingError("client", of: client)
        try stage.look("client", client)
        stage.close(client)
      }
    }
  }

  @Test func byLinger() throws {
    try Contract.check(ByLinger<OverTCP>.self)
    try Contract.check(ByLinger<OverUnix>.self)
  }

  @Test func underWaitingReceive() throws {
    try Contract.check(UnderWaitingReceive<OverTCP>.self)
    try Contract.check(UnderWaitingReceive<OverUnix>.self)
  }
}
