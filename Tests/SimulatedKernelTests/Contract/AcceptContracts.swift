// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import SystemPackage
import Testing
import Uring

/// How connections come to be, or not.
@Suite(.onCapableKernels) struct AcceptContracts {
  @Test func multishot() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener()
      let accept = stage.submit("accept", .acceptMultishot(from: .file(listener)))
      try stage.completeAtOnce()
      var sockets: [FileDescriptor] = []
      for _ in 0..<3 {
        let client = try stage.socket()
        try stage.startConnect("connect", client, to: address)
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

  @Test func notNow() throws {
    try Contract.check { stage in
      let (listener, _) = try stage.listener()
      try stage.perform("accept", .accept(from: .file(listener), options: .doNotWait))
      stage.close(listener)
    }
  }

  @Test func shutDownListener() throws {
    try Contract.check { stage in
      let (listener, _) = try stage.listener()
      stage.submit("accept", .acceptMultishot(from: .file(listener)))
      try stage.completeAtOnce()
      stage.shutDown("listener", listener, direction: 2)
      try stage.complete()
      stage.close(listener)
    }
  }

  @Test func refusal() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener()
      stage.close(listener)
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      stage.pendingError("client", of: client)
      stage.close(client)
    }
  }

  @Test func secondConnect() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener()
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      try stage.connect("once more", client, to: address)
      stage.close(client, listener)
    }
  }

  /// With its backlog full a listener drops what comes, and the connect goes on after its cancel.
  @Test func cancelledConnect() throws {
    try Contract.check { stage in
      let (listener, first, address) = try stage.fullListener()
      let second = try stage.socket()
      try stage.startConnect("second", second, to: address)
      stage.submit("cancel", .cancelAll)
      try stage.complete(2)
      try stage.connect("once more", second, to: address)
      stage.close(first, second, listener)
    }
  }

  /// Into a full table the connection is taken and lost.
  @Test func fullDirectTable() throws {
    try Contract.check(directTableCapacity: 1) { stage in
      let (listener, address) = try stage.listener()
      let clients = [try stage.socket(), try stage.socket()]
      for client in clients {
        try stage.connect("connect", client, to: address)
        try stage.perform("accept", .accept(from: .file(listener), options: .intoDirectTable))
      }
      try stage.perform("lost", stage.receiving(8, from: clients[1]))
      try stage.perform("close", .close(.direct(0)))
      try stage.perform("closed", stage.receiving(8, from: clients[0]))
      stage.close(clients[0], clients[1], listener)
    }
  }

  /// A listener that is closed takes with it who had not been accepted.
  @Test func closedListener() throws {
    try Contract.check { stage in
      let (listener, address) = try stage.listener()
      let client = try stage.socket()
      try stage.connect("connect", client, to: address)
      stage.close(listener)
      try stage.perform("receive", stage.receiving(8, from: client))
      stage.close(client)
    }
  }

  /// A Unix-domain connect to a full backlog waits for room.
  @Test func fullUnixBacklog() throws {
    // A connect that does not wait is told EAGAIN; loops make no other.
    try Contract.check(needsRing: true) { stage in
      let (listener, address) = try stage.listener(over: .unix, backlog: 0)
      let clients = try (0..<2).map { _ in try stage.socket(over: .unix) }
      try stage.connect("first", clients[0], to: address)
      try stage.startConnect("second", clients[1], to: address)
      try stage.completeAtOnce()
      stage.submit("accept", .accept(from: .file(listener)))
      try stage.completeSorted(2)
      stage.close(listener, clients[0], clients[1])
    }
  }
}
