// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// What is told of Unix-domain sockets alone.
@Suite(.onCapableKernels) struct UnixContracts {
  /// A connect that must not wait finds no room, and leaves the socket as it was.
  enum FullBacklog: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener(over: OverUnix.self, backlog: 0)
      let clients = [
        try stage.socket(over: OverUnix.self), try stage.socket(over: OverUnix.self),
      ]
      try connectWithoutWaiting("fits", clients[0], to: address, on: stage)
      try connectWithoutWaiting("is full", clients[1], to: address, on: stage)
      // The backlog is looked at before the socket's own state.
      try connectWithoutWaiting("is connected, and full", clients[0], to: address, on: stage)
      try stage.look("refused", clients[1])
      stage.pendingError("refused", of: clients[1])
      stage.submit("accept", .accept(from: .file(listener)))
      let server = FileDescriptor(rawValue: try stage.complete())
      try connectWithoutWaiting("is connected", clients[0], to: address, on: stage)
      try connectWithoutWaiting("fits now", clients[1], to: address, on: stage)
      stage.close(server, clients[0], clients[1], listener)
    }

    private static func connectWithoutWaiting<K: Kernel & ~Copyable>(
      _ name: String, _ client: FileDescriptor, to address: SocketAddress, on stage: Stage<K>
    ) throws {
      let result = unsafe address.withSockaddr { pointer, byteCount in
        unsafe stage.kernel.connectWithoutWaiting(
          .connect(.file(client), to: pointer, byteCount: byteCount))
      }
      stage.note("\(name): \(result)")
    }
  }

  /// A request for a connect waits in the kernel until the listener is gone.
  enum ClosedUnderConnect: Script {
    // A connect that does not wait is told EAGAIN of a full backlog; loops make no other.
    static var needsRing: Bool { true }

    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener(over: OverUnix.self, backlog: 0)
      let clients = [
        try stage.socket(over: OverUnix.self), try stage.socket(over: OverUnix.self),
      ]
      for client in clients { try stage.connect("connect", client, to: address) }
      try stage.complete()
      stage.close(listener)
      try stage.complete()
      try stage.look("not accepted", clients[0])
      try stage.receive("not accepted", from: clients[0])
      stage.close(clients[0], clients[1])
    }
  }

  /// Names that nobody is bound to, and the file that a listener leaves behind.
  enum Names: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let path = P_tmpdir + "/" + UniqueName.next()
      defer { unsafe unlink(path) }
      let (file, abstract) = (try SocketAddress.unix(path), try SocketAddress.unix("@\(path)"))
      for address in [file, abstract] {
        let (client, listener, other) = (
          try stage.socket(over: OverUnix.self), try stage.socket(over: OverUnix.self),
          try stage.socket(over: OverUnix.self)
        )
        try stage.connect("nobody", client, to: address)
        try stage.complete()
        try stage.calls.bind(listener, to: address)
        try stage.connect("not listening", client, to: address)
        try stage.complete()
        stage.note("taken: \(Self.bind(other, to: address, on: stage))")
        try stage.calls.listen(listener, backlog: 1)
        stage.note("local: \(try stage.calls.localAddress(of: listener) == address)")
        try stage.connect("listening", client, to: address)
        try stage.complete()
        stage.note("peer: \(try stage.calls.peerAddress(of: client) == address)")
        stage.close(listener, client)
        let late = try stage.socket(over: OverUnix.self)
        try stage.connect("closed", late, to: address)
        try stage.complete()
        stage.note("left behind: \(Self.bind(other, to: address, on: stage))")
        stage.close(late, other)
      }
    }

    private static func bind<K: Kernel & ~Copyable>(
      _ socket: FileDescriptor, to address: SocketAddress, on stage: Stage<K>
    ) -> String {
      do {
        try stage.calls.bind(socket, to: address)
        return "bound"
      } catch {
        return "\(error)"
      }
    }
  }

  /// A listener that is shut down takes nobody any more, and gives away whom it has.
  enum ShutDownListener: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (listener, address) = try stage.listener(over: OverUnix.self)
      let clients = [
        try stage.socket(over: OverUnix.self), try stage.socket(over: OverUnix.self),
      ]
      try stage.connect("in time", clients[0], to: address)
      try stage.complete()
      stage.shutDown("listener", listener, direction: 2)
      try stage.look("listener", listener)
      try stage.connect("too late", clients[1], to: address)
      try stage.complete()
      stage.submit("accept", .accept(from: .file(listener)))
      let server = FileDescriptor(rawValue: try stage.complete())
      stage.submit("accept", .accept(from: .file(listener)))
      try stage.complete()
      try stage.send("send", 5, to: server)
      try stage.receive("receive", from: clients[0])
      stage.close(server, clients[0], clients[1], listener)
    }
  }

  /// A send goes on as the peer receives, and every byte comes in order.
  enum Backpressure: Script {
    static func run<K: Kernel & ~Copyable>(on stage: Stage<K>) throws {
      let (client, server) = try stage.pair(over: OverUnix.self)
      let memory = stage.lend(byteCount: 1 << 20)
      unsafe stage.submit(
        "send",
        .send(
          memory.address, byteCount: memory.byteCount, to: .file(client), options: .waitForAll))
      try stage.completeAtOnce()
      let received = stage.lend(byteCount: 1 << 20)
      unsafe stage.submit(
        "receive",
        .receive(
          .file(server), into: received.address, byteCount: received.byteCount,
          options: .waitForAll))
      try stage.completeSorted(2)
      stage.note("\(unsafe memcmp(memory.address, received.address, memory.byteCount))")
      stage.close(client, server)
    }
  }

  @Test func fullBacklog() throws { try Contract.check(FullBacklog.self) }
  @Test func closedUnderConnect() throws { try Contract.check(ClosedUnderConnect.self) }
  @Test func names() throws { try Contract.check(Names.self) }
  @Test func shutDownListener() throws { try Contract.check(ShutDownListener.self) }
  @Test func backpressure() throws { try Contract.check(Backpressure.self) }
}
