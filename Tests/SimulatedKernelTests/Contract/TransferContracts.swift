// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing
import Uring

/// Bytes that come and go.
@Suite(.onCapableKernels) struct TransferContracts {
  @Test func plainReceive() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      let (sent, received) = (stage.lend(numbered(10)), stage.lend(numbered(32)))
      unsafe stage.submit("receive", .receive(.file(server), into: received.start, byteCount: 32))
      try stage.completeAtOnce()
      unsafe stage.submit("send", .send(sent.start, byteCount: 10, to: .file(client)))
      try stage.complete(2)
      stage.note("\(received.bytes.prefix(10))")
      stage.close(client)
      unsafe try stage.perform(
        "at the end", .receive(.file(server), into: received.start, byteCount: 32))
      stage.close(server)
    }
  }

  @Test func receiveOfAll() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("receive", stage.receiving(24, from: server, options: .waitForAll))
      for _ in 0..<2 {
        try stage.send("send", 10, to: client)
      }
      // The peer ends before the last four bytes have come.
      stage.close(client)
      try stage.complete()
      stage.close(server)
    }
  }

  @Test func notNow() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      try stage.perform("receive", stage.receiving(16, from: server, options: .doNotWait))
      try stage.perform("choose", .receive(.file(server), bufferGroup: 0, options: .doNotWait))
      stage.close(client, server)
    }
  }

  @Test func fullSendBuffer() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      stage.submit("send", stage.sending(Stage.longByteCount, to: client))
      try stage.completePart()
      let more = stage.sending(Stage.longByteCount, to: client, options: .doNotWait)
      // What was on its way may make room once more.
      var last: Int32 = 1
      while last > 0 {
        stage.submit("send more", more)
        last = try stage.completeUnseen().result
      }
      stage.note("then \(last)")
      stage.close(client, server)
    }
  }

  @Test func cancelledSendOfAll() throws {
    try Contract.check { stage in
      let (client, server) = try stage.pair()
      let send = try stage.startLongSend(to: client)
      try stage.perform("cancel", .cancel(send))
      try stage.completePart()
      stage.close(client, server)
    }
  }

  @Test func zeroCopy() throws {
    try Contract.check(needsRing: true) { stage in
      let (client, server) = try stage.pair()
      let memory = stage.lend(numbered(4096))
      unsafe try stage.perform(
        "send", .sendZeroCopy(memory.start, byteCount: 4096, to: .file(client)))
      // The notification comes once the peer has taken the bytes.
      let received = stage.lend(numbered(4096))
      unsafe stage.submit(
        "receive",
        .receive(.file(server), into: received.start, byteCount: 4096, options: .waitForAll))
      try stage.completeSorted(2)
      stage.note("\(received.bytes == memory.bytes)")
      stage.close(client, server)
    }
  }
}
