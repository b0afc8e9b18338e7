// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Uring

/// Lists of control messages, well-formed and not.
@Suite struct ControlMessageTests {
  /// One `struct cmsghdr` with its value, padded.
  private func message(
    _ length: UInt64, _ level: Int32, _ type: Int32, _ value: [UInt8]
  )
    -> [UInt8]
  {
    var bytes = bytes(of: length) + bytes(of: level) + bytes(of: type) + value
    while bytes.count % 8 != 0 { bytes.append(0) }
    return bytes
  }

  private func bytes(of value: some FixedWidthInteger) -> [UInt8] {
    unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
  }

  private func all(in list: [UInt8]) -> [ControlMessage] {
    var found: [ControlMessage] = []
    var offset = 0
    let span = unsafe list.span.bytes
    while let message = ControlMessage.next(in: span, at: &offset) { found.append(message) }
    return found
  }

  @Test func findsEachInOrder() {
    let list = message(17, 0, 1, [3]) + message(20, 41, 67, [1, 0, 0, 0])
    let found = all(in: list)
    #expect(found.map(\.level) == [0, 41])
    #expect(found.map(\.type) == [1, 67])
    #expect(found.map(\.value) == [16..<17, 40..<44])
  }

  @Test func theLastNeedsNoPadding() {
    let list = Array(message(17, 0, 1, [3]).prefix(17))
    #expect(all(in: list).map(\.value) == [16..<17])
  }

  @Test(arguments: [0, 15, 18, UInt64.max, 1 << 63])
  func aLengthThatCannotBeEndsTheList(_ length: UInt64) {
    let list = message(17, 0, 1, [3]).prefix(16) + [UInt8](repeating: 0, count: 1)
    let wrong = bytes(of: length) + list.dropFirst(8)
    #expect(all(in: Array(wrong)).isEmpty)
  }

  @Test func nothingHasNone() {
    #expect(all(in: []).isEmpty)
    #expect(all(in: [UInt8](repeating: 0, count: 15)).isEmpty)
  }
}
