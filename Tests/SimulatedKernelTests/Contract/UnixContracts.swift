// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

/// What is told of Unix-domain sockets alone.
@Suite(.onCapableKernels) struct UnixContracts {
  /// A connect that must not wait finds no room, and leaves the socket as it was.
  @Test func fullBacklog() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener(over: .unix, backlog: 0)
      let clients = [try stage.socket(over: .unix), try stage.socket(over: .unix)]
      try Self.connectWithoutWaiting("fits", clients[0], to: address, on: stage)
      try Self.connectWithoutWaiting("is full", clients[1], to: address, on: stage)
      // The backlog is looked at before the socket's own state.
      try Self.connectWithoutWaiting("is connected, and full", clients[0], to: address, on: stage)
      try stage.look("refused", clients[1])
      stage.pendingError("refused", of: clients[1])
      let server = try stage.accept(from: listener)
      try Self.connectWithoutWaiting("is connected", clients[0], to: address, on: stage)
      try Self.connectWithoutWaiting("fits now", clients[1], to: address, on: stage)
      stage.close(server, clients[0], clients[1], listener)
    }
  }

  private static func connectWithoutWaiting(
    _ name: String, _ client: FileDescriptor, to address: SocketAddress, on stage: Stage
  ) throws {
    let result = unsafe address.withSockaddr { pointer, byteCount in
      unsafe stage.kernel.connectWithoutWaiting(
        .connect(.file(client), to: pointer, byteCount: byteCount))
    }
    stage.note("\(name): \(result)")
  }

  /// A request for a connect waits in the kernel until the listener is gone.
  @Test func closedUnderConnect() throws {
    // A connect that does not wait is told EAGAIN of a full backlog; loops make no other.
    try Contract.check(needsRing: true) { stage in
      let (listener, address) = try stage.listener(over: .unix, backlog: 0)
      let clients = [try stage.socket(over: .unix), try stage.socket(over: .unix)]
      for client in clients { try stage.startConnect("connect", client, to: address) }
      try stage.complete()
      stage.close(listener)
      try stage.complete()
      try stage.look("not accepted", clients[0])
      try stage.receive("not accepted", from: clients[0])
      stage.close(clients[0], clients[1])
    }
  }

  /// Names that nobody is bound to, and the file that a listener leaves behind.
  @Test func names() throws {
    try Contract.check { stage in
      let path = P_tmpdir + "/" + uniqueName()
      defer { unsafe unlink(path) }
      let (file, abstract) = (try SocketAddress.unix(path), try SocketAddress.unix("@\(path)"))
      for address in [file, abstract] {
        let client = try stage.socket(over: .unix)
        let listener = try stage.socket(over: .unix)
        let other = try stage.socket(over: .unix)
        try stage.connect("nobody", client, to: address)
        try stage.calls.bind(listener, to: address)
        try stage.connect("not listening", client, to: address)
        stage.note("taken: \(Self.bind(other, to: address, on: stage))")
        try stage.calls.listen(listener, backlog: 1)
        stage.note("local: \(try stage.calls.localAddress(of: listener) == address)")
        try stage.connect("listening", client, to: address)
        stage.note("peer: \(try stage.calls.peerAddress(of: client) == address)")
        stage.close(listener, client)
        let late = try stage.socket(over: .unix)
        try stage.connect("closed", late, to: address)
        stage.note("left behind: \(Self.bind(other, to: address, on: stage))")
        stage.close(late, other)
      }
    }
  }

  private static func bind(
    _ socket: FileDescriptor, to address: SocketAddress, on stage: Stage
  ) -> String {
    do {
      try stage.calls.bind(socket, to: address)
      return "bound"
    } catch {
      return "\(error)"
    }
  }

  /// A listener that is shut down takes nobody any more, and gives away whom it has.
  @Test func shutDownListener() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener(over: .unix)
      let clients = [try stage.socket(over: .unix), try stage.socket(over: .unix)]
      try stage.connect("in time", clients[0], to: address)
      stage.shutDown("listener", listener, direction: 2)
      try stage.look("listener", listener)
      try stage.connect("too late", clients[1], to: address)
      let server = try stage.accept(from: listener)
      try stage.perform("accept", .accept(from: .file(listener)))
      try stage.send("send", 5, to: server)
      try stage.receive("receive", from: clients[0])
      stage.close(server, clients[0], clients[1], listener)
    }
  }

  /// A send goes on as the peer receives, and every byte comes in order.
  @Test func backpressure() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: .unix)
      let memory = stage.lend(numbered(1 << 20))
      unsafe stage.submit(
        "send",
        .send(memory.start, byteCount: memory.byteCount, to: .file(client), options: .waitForAll))
      try stage.completeAtOnce()
      let received = stage.lend(numbered(1 << 20))
      unsafe stage.submit(
        "receive",
        .receive(
          .file(server), into: received.start, byteCount: received.byteCount, options: .waitForAll
        ))
      try stage.completeSorted(2)
      stage.note("\(unsafe memcmp(memory.start, received.start, memory.byteCount))")
      stage.close(client, server)
    }
  }
}
