// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing
import Uring

/// Buffers that are filled in pieces (`IOU_PBUF_RING_INC`).
@Suite(.onKernelsWithPieces) struct IncrementalBufferContracts {
  /// Seven bytes each into buffers of 16: every third arrival comes in two pieces.
  @Test func pieces() throws {
    try Contract.check(isIncremental: true) { stage in
      let (client, server) = try stage.pair()
      stage.submit("receive", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.completeAtOnce()
      for round in 0..<5 {
        stage.submit("send", stage.sending(7, to: client))
        try stage.complete(round == 2 || round == 4 ? 3 : 2)
      }
      stage.close(client)
      try stage.complete()
      stage.close(server)
    }
  }

  /// What fits exactly is the end of a buffer.
  @Test func exactEnd() throws {
    try Contract.check(isIncremental: true) { stage in
      let (client, server) = try stage.pair()
      for count in [8, 8, 16, 1] {
        try stage.send("send", count, to: client)
        try stage.waitUntilReadable(server)
        try stage.perform("receive", .receive(.file(server), bufferGroup: 0))
      }
      stage.close(client, server)
    }
  }

  /// Four buffers of 16 bytes for 100: the rest finds none, and waits in the socket.
  @Test func exhaustion() throws {
    try Contract.check(isIncremental: true) { stage in
      let (client, server) = try stage.pair()
      try stage.send("send", 10, to: client)
      try stage.waitUntilReadable(server)
      try stage.perform("first", .receive(.file(server), bufferGroup: 0))
      try BufferContracts.exhaust(stage, client, server)
      stage.close(client, server)
    }
  }

  /// An end, a cancel and an error take no buffer, and leave one where it was.
  @Test func nothing() throws {
    try Contract.check(isIncremental: true) { stage in
      let (client, server) = try stage.pair()
      try stage.send("send", 10, to: client)
      try stage.waitUntilReadable(server)
      try stage.perform("bytes", .receive(.file(server), bufferGroup: 0))
      let waiting = stage.submit("many", .receiveMultishot(.file(server), bufferGroup: 0))
      try stage.completeAtOnce()
      stage.submit("cancel", .cancel(waiting))
      try stage.complete(2)
      stage.close(client)
      try stage.perform("end", .receive(.file(server), bufferGroup: 0))
      stage.close(server)
      let (other, peer) = try stage.pair()
      try stage.send("send", 10, to: other)
      try stage.waitUntilReadable(peer)
      try stage.perform("behind", .receive(.file(peer), bufferGroup: 0))
      stage.close(other, peer)
    }
  }
}
