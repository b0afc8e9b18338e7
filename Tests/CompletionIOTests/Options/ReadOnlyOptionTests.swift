// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What the kernel alone decides of its sockets.
@Suite(.timeLimit(.minutes(3))) struct ReadOnlyOptionTests {
  @Test func kindsOfSockets() async throws {
    try await withLoops { group in
      let tcp = try await ConnectionPair(on: group)
      let unix = try await ConnectionPair(on: group, at: abstractName())
      #expect(try await tcp.near.option(.addressFamily) == AF_INET)
      #expect(try await unix.far.option(.addressFamily) == AF_UNIX)
      #expect(try await tcp.far.option(.protocolNumber) == Int32(IPPROTO_TCP))
      #expect(try await unix.near.option(.protocolNumber) == 0)
      #expect(try await unix.near.option(.socketType) == Int32(SOCK_STREAM.rawValue))
      #expect(try await !tcp.near.option(.isListening))
      let cookies = [
        try await tcp.near.option(.cookie), try await tcp.far.option(.cookie),
        try await unix.near.option(.cookie), try await unix.far.option(.cookie),
      ]
      #expect(Set(cookies).count == 4 && !cookies.contains(0))
      await tcp.close()
      await unix.close()
    }
  }

  @Test func aUnixDomainPeerHasCredentials() async throws {
    try await withLoops { group in
      let pair = try await ConnectionPair(on: group, at: abstractName())
      let own = PeerCredentials(processID: getpid(), userID: geteuid(), groupID: getegid())
      #expect(try await pair.far.option(.peerCredentials) == own)
      #expect(try await pair.near.option(.peerCredentials) == own)
      await pair.close()
      let tcp = try await ConnectionPair(on: group)
      #expect(try await tcp.near.option(.peerCredentials) == nil)
      await tcp.close()
    }
  }

  @Test func statisticsCountBytes() async throws {
    try await withPair { sender, receiver in
      try await sender.send(numbered(50_000))
      #expect(try await receiver.receive(atMost: 50_000).count == 50_000)
      try await receiver.send([1])
      #expect(try await sender.receive(atMost: 1) == [1])
      let (near, far) = (
        try await sender.option(.tcpStatistics), try await receiver.option(.tcpStatistics)
      )
      #expect(near.receivedByteCount == 1 && far.receivedByteCount == 50_000)
      // The answer acknowledged all before it; a SYN counts as a byte that was acknowledged.
      #expect((50_000...50_001).contains(near.acknowledgedByteCount))
      #expect(near.sentByteCount == 50_000 + near.resentByteCount)
      #expect(near.unsentByteCount == 0 && near.unacknowledgedSegmentCount == 0)
      #expect(near.roundTripTime > .zero && near.minimumRoundTripTime <= near.roundTripTime)
      #expect(near.retransmissionTimeout >= .milliseconds(1))
      #expect(near.congestionWindow > 0 && near.deliveryRate > 0)
      let segment = try await sender.option(.maximumSegmentByteCount)
      #expect(near.sendSegmentByteCount == segment && near.pathByteLimit > segment)
    }
  }

  @Test func aUnixDomainSocketHasNoStatistics() async throws {
    try await withPair(at: abstractName()) { near, _ in
      let error = await failure { () async throws(SocketError) in
        _ = try await near.option(.tcpStatistics)
      }
      #expect(error?.errno == .notSupportedOnSocket && error?.operation == .readOption)
    }
  }
}
