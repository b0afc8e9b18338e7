// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import SOCKSProxy

@Suite("Addresses on the wire", .timeLimit(.minutes(3)))
struct AddressTests {
  static let addresses: [(String, [UInt8])] = [
    ("127.0.0.1:80", [1, 127, 0, 0, 1, 0, 80]),
    ("[::]:65535", [4] + [UInt8](repeating: 0, count: 16) + [255, 255]),
    ("[::1]:1", [4] + [UInt8](repeating: 0, count: 15) + [1, 0, 1]),
    (
      "[2001:db8::a:b]:256",
      [4, 0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0A, 0, 0x0B, 1, 0]
    ),
    ("[1:2:3:4:5:6:7:8]:9", [4, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9]),
    ("[fe80::]:0", [4, 0xFE, 0x80] + [UInt8](repeating: 0, count: 14) + [0, 0]),
    (
      "[::ffff:192.0.2.1]:5", [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1, 0, 5]
    ),
  ]

  @Test("An address is written, and read again", arguments: addresses)
  func roundTrip(text: String, bytes: [UInt8]) throws {
    let address = try SocketAddress(parsing: text)
    #expect(Destination.bytes(of: address) == bytes)
    let kind = try #require(Destination.Kind(rawValue: bytes[0]))
    #expect(Destination.byteCount(of: kind) == bytes.count - 1)
    #expect(Destination(kind, bytes[1...]) == .address(address))
  }

  @Test("What is no address is none")
  func none() throws {
    #expect(Destination(.ipv4, [1, 2, 3, 0, 80]) == nil)
    #expect(Destination(.ipv6, [1, 2, 3, 4, 0, 80]) == nil)
    #expect(Destination(.name, [0, 80]) == nil)
    #expect(Destination(.name, [97, 0, 98, 0, 80]) == nil)
    #expect(Destination(.name, [0xFF, 0, 80]) == nil)
    #expect(Destination(.name, [97, 98, 1, 0]) == .name("ab", port: 256))
    #expect(Destination.bytes(of: try .unix("@x")) == [1, 0, 0, 0, 0, 0, 0])
  }

  @Test("An envelope is opened")
  func envelope() throws {
    let envelope = try #require(DatagramEnvelope([0, 0, 0, 1, 127, 0, 0, 1, 0, 80, 7, 8]))
    #expect(envelope.destination == .address(.loopback(port: 80)))
    #expect(envelope.payload == [7, 8])
    let named = try #require(DatagramEnvelope([0, 0, 0, 3, 1, 97, 0, 80, 7]))
    #expect(named.destination == .name("a", port: 80) && named.payload == [7])
    let written = DatagramEnvelope.bytes(
      from: .loopback(port: 80), payload: ([7, 8] as [UInt8]).span.bytes)
    #expect(DatagramEnvelope(written) == envelope)
  }

  @Test(
    "What is no envelope is dropped",
    arguments: [
      [], [0, 0, 0], [0, 0, 0, 1, 127, 0, 0, 1, 0], [0, 0, 1, 1, 127, 0, 0, 1, 0, 80, 7],
      [1, 0, 0, 1, 127, 0, 0, 1, 0, 80], [0, 0, 0, 2, 127, 0, 0, 1, 0, 80],
      [0, 0, 0, 3, 5, 97, 0, 80],
    ] as [[UInt8]])
  func noEnvelope(bytes: [UInt8]) {
    #expect(DatagramEnvelope(bytes) == nil)
  }
}
