// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ShadowsocksProtocol

@Suite("Packets", .timeLimit(.minutes(1)))
struct PacketTests {
  /// "query" to 127.0.0.1:53 with the password "barfoo!" and the salt 00…1f, made with Python's
  /// `cryptography`.
  static let vectors: [(CipherMethod, String)] = [
    (.aes256GCM, "ff48a2be395a81cc5a3e825c6d1852f4516295005a371d4710261fa8"),
    (.chaCha20Poly1305, "a150a4fd5b8f92896536b20c435bf562986482c87191413d97f6d7f0"),
  ]

  static let target = Target(.ipv4([127, 0, 0, 1]), port: 53)
  static let secret = ChunkTests.secret(.aes256GCM)

  @Test("A packet is sealed as others seal it, and opened", arguments: vectors)
  func vector(method: CipherMethod, sealed: String) throws {
    let secret = ChunkTests.secret(method)
    let packet = Packet(Self.target, payload: Array("query".utf8))
    let datagram = Salt.counted.bytes + bytes(sealed)
    #expect(packet.sealed(with: secret, salt: .counted) == datagram)
    let opened = try Packet.open(datagram, secret)
    #expect(opened.packet == packet && opened.salt == .counted)
  }

  @Test("Payloads of all lengths come back", arguments: [0, 1, 1400, 65_000])
  func lengths(byteCount: Int) throws {
    let packet = Packet(Target(.name("localhost"), port: 1), payload: pattern(byteCount))
    let opened = try Packet.open(packet.sealed(with: Self.secret), Self.secret)
    #expect(opened.packet == packet)
  }

  @Test("A packet that is cut off or changed is refused")
  func damaged() {
    let datagram = Packet(Self.target, payload: [1]).sealed(with: Self.secret)
    for end in 0..<datagram.count {
      let expected = end < 48 ? ShadowsocksError.truncated : .authenticationFailed
      #expect(throws: expected, "cut at \(end)") {
        try Packet.open(Array(datagram[..<end]), Self.secret)
      }
      var changed = datagram
      changed[end] ^= 1
      #expect(throws: ShadowsocksError.authenticationFailed) {
        try Packet.open(changed, Self.secret)
      }
    }
  }

  @Test(
    "A packet without a target is refused",
    arguments: [
      ([], .truncated), ([1, 127, 0, 0], .truncated), ([9, 1, 1], .unknownAddressType(9)),
      ([3, 0, 0, 1], .badName),
    ] as [([UInt8], ShadowsocksError)])
  func targets(message: [UInt8], error: ShadowsocksError) {
    var datagram = Salt.counted.bytes
    var cipher = Self.secret.cipher(salt: .counted)
    cipher.seal(message[...], to: &datagram)
    #expect(throws: error) { try Packet.open(datagram, Self.secret) }
  }

  @Test("An envelope is opened, and written again")
  func envelope() throws {
    let bytes: [UInt8] = [0, 0, 0, 1, 127, 0, 0, 1, 0, 53, 7, 8]
    let packet = try #require(SOCKSEnvelope.open(bytes))
    #expect(packet == Packet(Self.target, payload: [7, 8]))
    #expect(SOCKSEnvelope.bytes(of: packet) == bytes)
  }

  @Test(
    "What is no envelope is none",
    arguments: [
      [], [0, 0, 0], [0, 0, 1, 1, 127, 0, 0, 1, 0, 53], [1, 0, 0, 1, 127, 0, 0, 1, 0, 53],
      [0, 0, 0, 2, 127, 0, 0, 1, 0, 53], [0, 0, 0, 3, 5, 97, 0, 53], [0, 0, 0, 1, 127, 0, 0, 1, 0],
    ] as [[UInt8]])
  func noEnvelope(bytes: [UInt8]) {
    #expect(SOCKSEnvelope.open(bytes) == nil)
  }
}
