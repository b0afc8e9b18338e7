// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ShadowsocksProtocol

@Suite("Targets", .timeLimit(.minutes(1)))
struct TargetTests {
  static let longName = String(repeating: "n", count: 255)

  static let targets: [(Target, [UInt8])] = [
    (Target(.ipv4([127, 0, 0, 1]), port: 80), [1, 127, 0, 0, 1, 0, 80]),
    (Target(.ipv6(pattern(16)), port: 0xFF01), [4] + pattern(16) + [0xFF, 1]),
    (Target(.name("a.b"), port: 443), [3, 3, 97, 46, 98, 1, 0xBB]),
    (Target(.name("é"), port: 0), [3, 2, 0xC3, 0xA9, 0, 0]),
    (Target(.name(longName), port: 1), [3, 255] + Array(longName.utf8) + [0, 1]),
  ]

  @Test("A target is written, and read again where all of it has come", arguments: targets)
  func roundTrip(target: Target, bytes: [UInt8]) throws {
    #expect(target.bytes == bytes)
    for end in 0...bytes.count + 1 {
      let given = Array((bytes + [7]).prefix(end))
      var rest = given[...]
      let read = try Target.read(from: &rest)
      #expect(read == (end < bytes.count ? nil : target))
      #expect(Array(rest) == (end < bytes.count ? given : Array(given[bytes.count...])))
      var reader = TargetReader()
      let head = try reader.read(Array(given.prefix(2))) ?? reader.read(Array(given.dropFirst(2)))
      #expect(head?.target == read && (head?.early ?? []) == (read == nil ? [] : Array(rest)))
    }
  }

  @Test(
    "A type that is none is refused with its byte", arguments: [0, 2, 5, 0x11, 255] as [UInt8])
  func types(type: UInt8) {
    #expect(throws: ShadowsocksError.unknownAddressType(type)) {
      var bytes: ArraySlice<UInt8> = [type]
      _ = try Target.read(from: &bytes)
    }
  }

  @Test(
    "A name that is none is refused",
    arguments: [[3, 0], [3, 1, 0, 0, 80], [3, 1, 0xFF, 0, 80], [3, 3, 97, 0, 98, 0, 80]]
      as [[UInt8]])
  func names(bytes: [UInt8]) {
    #expect(throws: ShadowsocksError.badName) {
      var bytes = bytes[...]
      _ = try Target.read(from: &bytes)
    }
  }

  @Test("A stream that ends in its target is truncated")
  func ends() throws {
    var reader = TargetReader()
    try reader.finish()
    #expect(try reader.read([1, 127]) == nil)
    #expect(throws: ShadowsocksError.truncated) { try reader.finish() }
  }
}
