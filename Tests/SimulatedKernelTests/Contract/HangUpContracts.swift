// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// What a socket says after the ends of a connection: a hang-up is no reset.
@Suite(.onCapableKernels) struct HangUpContracts {
  /// The peer ends its half.
  @Test(arguments: Family.allCases) func endOfPeer(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      stage.shutDown("server", server)
      try stage.look("client", client)
      try stage.look("server", server)
      stage.addresses("client", of: client)
      try stage.receive("client", from: client)
      stage.pendingError("client", of: client)
      try stage.send("client", 5, to: client)
      stage.settle()
      try stage.receive("server", from: server)
      stage.close(client, server)
    }
  }

  /// The peer closes, with nothing unread.
  @Test(arguments: Family.allCases) func closeOfPeer(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      try stage.send("server", 5, to: server)
      stage.close(server)
      stage.settle()
      try stage.look("client", client)
      stage.addresses("client", of: client)
      stage.pendingError("client", of: client)
      for name in ["bytes", "the end", "the end again"] {
        try stage.receive(name, from: client)
      }
      stage.shutDown("client", client)
      try stage.look("client", client)
      stage.addresses("client", of: client)
      stage.shutDown("client", client)
      try stage.receive("after both ends", from: client)
      stage.pendingError("client", of: client)
      stage.close(client)
    }
  }

  /// Both end their halves, this side first.
  @Test(arguments: Family.allCases) func bothEnd(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      stage.shutDown("client", client)
      try stage.look("client", client)
      stage.addresses("client", of: client)
      stage.shutDown("client again", client)
      stage.shutDown("server", server)
      for (name, socket) in [("client", client), ("server", server)] {
        try stage.look(name, socket)
        stage.addresses(name, of: socket)
        stage.pendingError(name, of: socket)
        try stage.receive(name, from: socket)
        try stage.send(name, 5, to: socket)
        stage.shutDown("\(name) again", socket)
        try stage.look(name, socket)
      }
      stage.close(client, server)
    }
  }

  /// Both end their halves while bytes of both are unread; a close that follows resets nothing.
  @Test(arguments: Family.allCases) func bothEndWithBytes(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      for (name, socket) in [("client", client), ("server", server)] {
        try stage.send(name, 5, to: socket)
        stage.shutDown(name, socket)
      }
      try stage.look("client", client)
      stage.close(server)
      stage.settle()
      try stage.look("client", client)
      stage.pendingError("client", of: client)
      try stage.receive("bytes", from: client)
      try stage.receive("end", from: client)
      stage.close(client)
    }
  }

  /// The program itself ends both directions.
  @Test(arguments: Family.allCases) func ownEndOfBoth(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      stage.shutDown("client", client, direction: 2)
      for (name, socket) in [("client", client), ("server", server)] {
        try stage.look(name, socket)
        stage.addresses(name, of: socket)
        try stage.receive(name, from: socket)
      }
      stage.close(client, server)
    }
  }

  /// The program ends its receiving half: what comes after that can still be received over TCP.
  @Test(arguments: Family.allCases) func ownEndOfReceiving(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      stage.shutDown("client", client, direction: 0)
      try stage.look("client", client)
      try stage.receive("client", from: client)
      try stage.look("server", server)
      try stage.send("server", 5, to: server)
      stage.settle()
      try stage.receive("client", from: client)
      try stage.receive("client", from: client)
      stage.close(client, server)
    }
  }

  /// A poll that asks for nothing answers at the peer's end, and tells one end from both.
  ///
  /// The kernel adds POLLERR, POLLHUP, POLLNVAL and POLLRDHUP to what is asked for
  /// (IO_POLL_UNMASK in io_init_poll_iocb, Linux 5.13).
  @Test(arguments: Family.allCases) func pollForNothing(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      stage.shutDown("server", server)
      stage.settle()
      try stage.perform("one end", .poll(.file(client), mask: 0))
      stage.shutDown("client", client)
      try stage.perform("both ends", .poll(.file(client), mask: 0))
      stage.close(client, server)
    }
  }
}
