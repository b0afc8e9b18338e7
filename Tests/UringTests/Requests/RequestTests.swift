// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TestSupport
import Testing

@testable import Uring

@Suite struct RequestTests {
  private let socket = Descriptor.file(FileDescriptor(rawValue: 7))

  @Test func advancesOverWhatHasMoved() {
    let memory = Memory(of: UInt64(0))
    let whole = unsafe Request.send(
      memory.start, byteCount: 8, to: socket, options: .waitForAll)
    let rest = unsafe Request.send(
      memory.start + 3, byteCount: 5, to: socket, options: .waitForAll)
    #expect(whole.advanced(by: 3) == rest)
    #expect(whole.advanced(by: 0) == whole)
    #expect(whole.advanced(by: 8).count == 0)
  }

  @Test func doesNotAdvanceBeyondItsEnd() {
    let memory = Memory(of: UInt64(0))
    let whole = unsafe Request.send(memory.start, byteCount: 8, to: socket)
    #expect(whole.advanced(by: 9) == whole.advanced(by: 8))
    #expect(whole.advanced(by: .max).count == 0)
  }

  static let byteCounts: [(Int, UInt32)] = [
    (.min, 0), (-1, 0), (0, 0), (1, 1), (Int(Int32.max), UInt32(Int32.max)),
    (1 << 31, UInt32(Int32.max)), (1 << 32, UInt32(Int32.max)), (.max, UInt32(Int32.max)),
  ]

  @Test(arguments: byteCounts)
  func isMadeForAsManyBytesAsTheKernelMoves(_ byteCount: Int, _ count: UInt32) {
    let memory = Memory(of: UInt64(0))
    let start = unsafe memory.start
    let requests = unsafe [
      Request.read(socket, into: start, byteCount: byteCount),
      .receive(socket, into: start, byteCount: byteCount),
      .send(start, byteCount: byteCount, to: socket),
      .sendMessage(start, byteCount: byteCount, to: socket),
      .sendZeroCopy(start, byteCount: byteCount, to: socket),
    ]
    for request in requests { #expect(request.count == count, "\(request.operation)") }
  }

  @Test func tellsKindsOfDescriptors() {
    #expect(socket.fileDescriptor == FileDescriptor(rawValue: 7))
    #expect(Descriptor.direct(7).fileDescriptor == nil)
    #expect(Descriptor.direct(7) != socket)
  }

  private static let longest = Duration.seconds(9_223_372_036)
  static let durations: [(Duration, Int64)] = [
    (.zero, 0), (.nanoseconds(1), 1), (.milliseconds(1500), 1_500_000_000),
    (.seconds(-1), 0), (.nanoseconds(-1), 0), (.seconds(Int64.min), 0),
    (longest + .nanoseconds(854_775_806), .max - 1), (longest + .nanoseconds(854_775_807), .max),
    (longest + .nanoseconds(999_999_999), .max), (.seconds(Int64.max), .max),
  ]

  @Test(arguments: durations)
  func clampsNanoseconds(_ duration: Duration, _ nanoseconds: Int64) {
    #expect(duration.clampedNanoseconds == nanoseconds)
  }
}
