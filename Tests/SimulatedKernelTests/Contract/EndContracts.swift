// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Ends of connections and of requests.
@Suite(.onCapableKernels) struct EndContracts {
  @Test func cancel() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      let receive = stage.submit("receive", stage.receiving(8, from: server))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(receive))
      try stage.complete(2)
      try stage.perform("too late", .cancel(receive))
      // In one batch: the cancel finds its target, and not the other way round.
      let many = stage.submit("many", .receiveMultishot(.file(server), bufferGroup: 0))
      stage.submit("cancel", .cancel(many))
      try stage.complete(2)
      stage.close(client, server)
    }
  }

  /// A close under a receive sends no FIN before the receive has ended.
  @Test func closeUnderReceive() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      let held = stage.submit("held", stage.receiving(8, from: server))
      try stage.completeAtOnce()
      try stage.perform("close", .close(.file(server)))
      try stage.perform("peer", stage.receiving(8, from: client, options: .doNotWait))
      stage.submit("cancel", .cancel(held))
      try stage.complete(2)
      try stage.perform("peer", stage.receiving(8, from: client))
      stage.close(client)
    }
  }

  @Test func shutDownUnderReceive() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("receive", stage.receiving(8, from: server))
      try stage.completeAtOnce()
      stage.shutDown("server", server, direction: 2)
      try stage.complete()
      try stage.send("send", 8, to: server)
      stage.close(client, server)
    }
  }

  @Test func halfClose() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.shutDown("client", client)
      try stage.perform("end", stage.receiving(8, from: server))
      try stage.perform("not hung up", .poll(.file(server), mask: 1))
      try stage.send("answer", 8, to: server)
      try stage.perform("answered", stage.receiving(8, from: client))
      try stage.send("too late", 8, to: client)
      stage.close(client, server)
    }
  }

  /// Unread bytes turn a close into a reset.
  @Test func reset() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      try stage.send("send", 8, to: client)
      try stage.waitUntilReadable(server)
      stage.close(server)
      for name in ["reset", "then the end"] {
        try stage.perform(name, stage.receiving(8, from: client))
      }
      try stage.send("send", 8, to: client)
      stage.shutDown("client", client)
      stage.close(client)
    }
  }

  /// A send that has moved bytes tells only of those, and then nobody of the reset.
  @Test func resetUnderSend() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      try stage.send("unread", 8, to: server)
      try stage.waitUntilReadable(client)
      try stage.startLongSend(to: server)
      stage.close(client)
      try stage.completePart()
      try stage.perform("end", stage.receiving(8, from: server))
      try stage.perform("hung up", .poll(.file(server), mask: 1))
      try stage.send("send", 8, to: server)
      stage.close(server)
    }
  }

  /// The first send to a peer that is gone goes out; its answer is a reset.
  @Test func sendToNobody() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.close(server)
      try stage.waitUntilReadable(client)
      try stage.send("first", 8, to: client)
      stage.settle()
      try stage.perform("poll", .poll(.file(client), mask: 0))
      try stage.send("second", 8, to: client)
      stage.close(client)
    }
  }

  @Test func polls() throws {
    try Contract.check { stage in
      let lonely = try stage.socket()
      try stage.perform("lonely", .poll(.file(lonely), mask: 5))
      let (client, server) = try stage.pair()
      try stage.perform("writable", .poll(.file(client), mask: 5))
      try stage.send("send", 8, to: client)
      try stage.perform("readable", .poll(.file(server), mask: 1))
      let nothing = stage.submit("nothing", .poll(.file(client), mask: 1))
      try stage.completeAtOnce()
      stage.submit("remove", .removePoll(nothing))
      try stage.complete(2)
      stage.close(lonely, client, server)
    }
  }

  @Test func notConnected() throws {
    try Contract.check { stage in
      let socket = try stage.socket()
      try stage.perform("receive", stage.receiving(8, from: socket))
      try stage.send("send", 8, to: socket)
      try stage.perform("accept", .accept(from: .file(socket)))
      stage.shutDown("socket", socket)
      stage.close(socket)
    }
  }
}
