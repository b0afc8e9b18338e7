// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The bytes of a stream.
///
/// Each byte depends on its connection and its place, so that a lost, doubled or moved byte shows.
/// The first eight bytes name the connection. The rest comes from a long table, from a place that
/// differs between connections.
enum Content {
  /// Bytes that name a connection.
  static let headerByteCount = 8
  /// A prime number, so that no power of two hides a shift.
  private static let period = 65521

  private static let table: [UInt8] = {
    var numbers = Numbers(seed: 1)
    let once = (0..<period).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
    return once + once
  }()

  private static func start(_ connection: UInt64, _ position: Int) -> Int {
    Int((connection &* 7919 &+ UInt64(position)) % UInt64(period))
  }

  private static func headerByte(_ connection: UInt64, _ position: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: connection >> UInt64(position * 8))
  }

  /// A piece of a connection's bytes, at most 65521.
  static func bytes(of connection: UInt64, from position: Int, count: Int) -> [UInt8] {
    let start = start(connection, position)
    var bytes = Array(table[start..<start + min(count, period)])
    for index in 0..<max(0, min(bytes.count, headerByteCount - position)) {
      bytes[index] = headerByte(connection, position + index)
    }
    return bytes
  }

  /// Whether bytes are the ones that belong at a place of a connection's stream.
  static func matches(_ bytes: RawSpan, _ connection: UInt64, from position: Int) -> Bool {
    var offset = 0
    while offset < bytes.byteCount, position + offset < headerByteCount {
      let byte = bytes.byte(at: offset)
      guard byte == headerByte(connection, position + offset) else { return false }
      offset += 1
    }
    while offset < bytes.byteCount {
      let count = min(bytes.byteCount - offset, period)
      let start = start(connection, position + offset)
      guard bytes.equals(table, from: start, at: offset, count: count) else { return false }
      offset += count
    }
    return true
  }
}

extension RawSpan {
  /// A byte; traps outside the span.
  func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount, "byte \(offset) of \(byteCount)")
    return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Compares a piece with a piece of an array, by memcmp(3), because the tests compare much.
  fileprivate func equals(_ table: [UInt8], from start: Int, at offset: Int, count: Int) -> Bool {
    precondition(start + count <= table.count && offset + count <= byteCount)
    return unsafe withUnsafeBytes { mine in
      unsafe table.withUnsafeBytes { theirs in
        guard let left = mine.baseAddress, let right = theirs.baseAddress else {
          return count == 0
        }
        return unsafe memcmp(left + offset, right + start, count) == 0
      }
    }
  }
}

extension [UInt8] {
  /// Fills memory that belongs to the program with one byte.
  ///
  /// A kernel that still reads the memory sends wrong bytes; one that writes to it leaves a trace.
  mutating func spoil() {
    unsafe withUnsafeMutableBytes { memory in
      if let start = memory.baseAddress { unsafe memset(start, Int32(Self.spoiled), memory.count) }
    }
  }

  /// Whether nobody has written to spoiled memory, from a place on.
  func isSpoiled(from start: Int = 0) -> Bool {
    var index = start
    while index < count {
      if self[index] != Self.spoiled { return false }
      index += 1
    }
    return true
  }

  private static var spoiled: UInt8 { 0xEE }
}
