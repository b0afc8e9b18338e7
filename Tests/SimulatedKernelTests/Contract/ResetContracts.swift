// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import SystemPackage
import Testing
import Uring

/// What a socket says after its peer has reset the connection, and who is told.
@Suite(.onCapableKernels) struct ResetContracts {
  /// Nothing has ended before, and bytes had come.
  @Test(arguments: Family.allCases) func plain(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func toldToSend(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func toldToSocketOption(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func afterEndOfPeer(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func afterOwnEnd(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func afterOwnEndToldToSend(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func underBytes(family: Family) throws {
    try Contract.check { stage in
      for endsFirst in [false, true] {
        let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func underWaitingSend(family: Family) throws {
    try Contract.check { stage in
      for endsFirst in [false, true] {
        let (client, server) = try stage.pair(over: family)
        if endsFirst { stage.shutDown("server", server) }
        try stage.fill(client)
        stage.submit("waits", stage.sending(64, to: client, options: .waitForAll))
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
  @Test(arguments: Family.allCases) func underWaitingReceive(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      try stage.send("unread", 3, to: client)
      try stage.waitUntilReadable(server)
      stage.submit("waits", stage.receiving(64, from: client))
      try stage.completeAtOnce()
      stage.close(server)
      try stage.complete()
      try stage.receive("receive", from: client)
      stage.shutDown("client", client)
      stage.close(client)
    }
  }

  /// A peer with a linger of no time closes, and has nothing unread: a reset over TCP alone.
  @Test(arguments: Family.allCases) func byLinger(family: Family) throws {
    try Contract.check { stage in
      for (seconds, endsFirst) in [(0, false), (0, true), (9, false)] as [(UInt8, Bool)] {
        let (client, server) = try stage.pair(over: family)
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
}
