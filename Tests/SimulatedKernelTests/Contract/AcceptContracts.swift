// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Testing
import Uring

/// How connections come to be, or not.
@Suite(.onCapableKernels) struct AcceptContracts {
  enum Multishot: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener()
      let accept = stage.submit("accept", .acceptMultishot(from: .file(listener)))
      try stage.completeAtOnce()
      var sockets: [FileDescriptor] = []
      for _ in 0..<3 {
        let client = try stage.socket()
        try stage.connect("connect", client, to: address)
        try stage.completeSorted(2) { completion in
          if completion.token.operation == .accept {
            sockets.append(FileDescriptor(rawValue: completion.result))
          }
        }
        sockets.append(client)
      }
      stage.submit("cancel", .cancel(accept))
      try stage.complete(2)
      for socket in sockets + [listener] { stage.close(socket) }
    }
  }

  enum NotNow: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, _) = try stage.listener()
      stage.submit("accept", .accept(from: .file(listener), options: .doNotWait))
      try stage.complete()
      stage.close(listener)
    }
  }

  enum ShutDownListener: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, _) = try stage.listener()
      stage.submit("accept", .acceptMultishot(from: .file(listener)))
      try stage.completeAtOnce()
      stage.note("\(stage.kernel.shutdown(.file(listener), direction: 2))")
      try stage.complete()
      stage.close(listener)
    }
  }

  enum Refusal: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener()
      stage.close(listener)
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      try stage.complete()
      stage.note("pending error \(stage.kernel.pendingError(of: .file(client)))")
      stage.close(client)
    }
  }

  enum SecondConnect: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener()
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      try stage.complete()
      try stage.connect("once more", client, to: address)
      try stage.complete()
      stage.close(client, listener)
    }
  }

  /// With its backlog full a listener drops what comes, and the connect goes on after its cancel.
  enum CancelledConnect: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, first, address) = try stage.fullListener()
      let second = try stage.socket()
      try stage.connect("second", second, to: address)
      stage.submit("cancel", .cancelAll)
      try stage.complete(2)
      try stage.connect("once more", second, to: address)
      try stage.complete()
      stage.close(first, second, listener)
    }
  }

  /// Into a full table the connection is taken and lost.
  enum FullDirectTable: Script {
    static var directTableCapacity: UInt32 { 1 }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener()
      let clients = [try stage.socket(), try stage.socket()]
      for client in clients {
        try stage.connect("connect", client, to: address)
        try stage.complete()
        stage.submit("accept", .accept(from: .file(listener), options: .intoDirectTable))
        try stage.complete()
      }
      let memory = stage.lend(byteCount: 8)
      unsafe stage.submit(
        "lost", .receive(.file(clients[1]), into: memory.address, byteCount: 8))
      try stage.complete()
      stage.submit("close", .close(.direct(0)))
      try stage.complete()
      unsafe stage.submit(
        "closed", .receive(.file(clients[0]), into: memory.address, byteCount: 8))
      try stage.complete()
      stage.close(clients[0], clients[1], listener)
    }
  }

  /// A listener that is closed takes with it who had not been accepted.
  enum ClosedListener: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener()
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      try stage.complete()
      stage.close(listener)
      let memory = stage.lend(byteCount: 8)
      unsafe stage.submit("receive", .receive(.file(client), into: memory.address, byteCount: 8))
      try stage.complete()
      stage.close(client)
    }
  }

  /// A Unix-domain connect to a full backlog waits for room.
  enum FullUnixBacklog: Script {
    // A connect that does not wait is told EAGAIN; loops make no other.
    static var needsRing: Bool { true }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener(over: OverUnix.self, backlog: 0)
      let clients = try (0..<2).map { _ in try stage.socket(over: OverUnix.self) }
      try stage.connect("first", clients[0], to: address)
      try stage.complete()
      try stage.connect("second", clients[1], to: address)
      try stage.completeAtOnce()
      stage.submit("accept", .accept(from: .file(listener)))
      try stage.completeSorted(2)
      stage.close(listener, clients[0], clients[1])
    }
  }

  @Test func fullUnixBacklog() throws { try Contract.check(FullUnixBacklog.self) }
  @Test func multishot() throws { try Contract.check(Multishot.self) }
  @Test func notNow() throws { try Contract.check(NotNow.self) }
  @Test func shutDownListener() throws { try Contract.check(ShutDownListener.self) }
  @Test func refusal() throws { try Contract.check(Refusal.self) }
  @Test func secondConnect() throws { try Contract.check(SecondConnect.self) }
  @Test func cancelledConnect() throws { try Contract.check(CancelledConnect.self) }
  @Test func fullDirectTable() throws { try Contract.check(FullDirectTable.self) }
  @Test func closedListener() throws { try Contract.check(ClosedListener.self) }
}
