// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import Uring

/// Sends that took only a part, and what the receive says afterwards.
@Suite(.onCapableKernels) struct PartialSendContracts {
  /// The peer reads on and closes in good order, with and without this side's end before.
  @Test(arguments: Family.allCases) func cleanEnd(family: Family) throws {
    try Contract.check { stage in
      for endsFirst in [false, true] {
        let (client, server) = try stage.pair(over: family)
        stage.submit(
          "send", stage.sending(Stage.longByteCount, to: client, options: .doNotWait))
        let byteCount = try stage.completePart()
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
  @Test(arguments: Family.allCases) func cutAndCleanEnd(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      let send = try stage.startLongSend(to: client)
      try stage.perform("cancel", .cancel(send))
      let byteCount = try stage.completePart()
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
  @Test(arguments: Family.allCases) func laterReset(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
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
  @Test(arguments: Family.allCases) func toldInPlaceOfReset(family: Family) throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair(over: family)
      try stage.startLongSend(to: client)
      try stage.waitUntilReadable(server)
      stage.close(server)
      try stage.completePart()
      try stage.send("too late", 5, to: client)
      try stage.look("client", client)
      try stage.receive("end", from: client)
      stage.pendingError("client", of: client)
      stage.close(client)
    }
  }
}
