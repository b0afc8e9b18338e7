// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import Uring

@testable import CompletionIO

/// Values and the kernel's bytes for them.
@Suite struct OptionCodingTests {
  /// The number that an option's bytes are; `nil` for a value that has none.
  private func number<Value>(_ option: SocketOption<Value>, _ value: Value) -> Int32? {
    option.encode(value).flatMap { $0.count == 4 ? Int32($0) : nil }
  }

  @Test(
    arguments: [
      (.zero, 0), (.seconds(1), 1), (.nanoseconds(1), 1), (.milliseconds(1001), 2),
      (.seconds(2_147_483_647), .max), (.seconds(2_147_483_647) + .nanoseconds(1), nil),
      (.seconds(-1), nil), (.nanoseconds(-1), nil), (.seconds(Int64.max), nil),
    ] as [(Duration, Int32?)])
  func secondsAreRoundedUp(_ duration: Duration, _ expected: Int32?) {
    #expect(number(.keepAliveIdle, duration) == expected)
  }

  @Test(
    arguments: [
      (.zero, 0), (.microseconds(1), 1), (.seconds(5), 5000), (.seconds(3_000_000), nil),
      (.milliseconds(2_147_483_647), .max), (.milliseconds(2_147_483_648), nil),
      (.milliseconds(-1), nil),
    ] as [(Duration, Int32?)])
  func millisecondsAreRoundedUp(_ duration: Duration, _ expected: Int32?) {
    #expect(number(.userTimeout, duration) == expected)
  }

  @Test(arguments: [(.nanoseconds(50_001), 51), (.seconds(2148), nil)] as [(Duration, Int32?)])
  func microsecondsAreRoundedUp(_ duration: Duration, _ expected: Int32?) {
    #expect(number(.busyPoll, duration) == expected)
  }

  @Test(arguments: [0, 1, 999, 1000, 1001, .max] as [Int32])
  func timesAreReadAsTheyWere(_ count: Int32) {
    for unit in [OptionTimeUnit.second, .millisecond, .microsecond] {
      #expect(unit.count(in: unit.duration(of: count)) == count)
    }
    #expect(OptionTimeUnit.millisecond.duration(of: count) == .milliseconds(Int(count)))
  }

  @Test(
    arguments: [
      (0, 0), (1, 1), (-1, nil), (2_147_483_647, .max), (2_147_483_648, nil), (.max, nil),
    ] as [(Int, Int32?)])
  func countsFitOrHaveNone(_ count: Int, _ expected: Int32?) {
    #expect(number(.sendBufferByteCount, count) == expected)
  }

  @Test func unsignedNumbersUseEveryBit() {
    #expect(number(.unsentLowWaterMark, 4_294_967_295) == -1)
    #expect(number(.unsentLowWaterMark, 4_294_967_296) == nil)
    #expect(number(.unsentLowWaterMark, -1) == nil)
    #expect(SocketOption.unsentLowWaterMark.reading.decode([255, 255, 255, 255]) == 4_294_967_295)
    #expect(number(.mark, .max) == -1)
    #expect(SocketOption.mark.reading.decode([255, 255, 255, 255]) == .max)
    #expect(number(.incomingCPU, -1) == -1)
  }

  @Test func lingersAreOffOrSeconds() {
    let (encode, decode) = (SocketOption.linger.encode, SocketOption.linger.reading.decode)
    for seconds in [0, 1, Int64(Int32.max)] {
      let bytes = encode(.seconds(seconds))
      #expect(bytes.flatMap { Int32($0) } == 1)
      #expect(bytes.flatMap { Int32($0, at: 4) } == Int32(seconds))
      #expect(bytes.flatMap(decode) == .some(.some(.seconds(seconds))))
    }
    #expect(encode(nil) == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(encode(nil).flatMap(decode) == .some(.none))
    // Never to zero, which would reset.
    #expect(encode(.milliseconds(1)).flatMap { Int32($0, at: 4) } == 1)
    #expect(encode(.seconds(-1)) == nil)
    #expect(decode([1, 0, 0, 0]) == .none)
  }

  @Test func namesThatTheKernelWouldCutHaveNoBytes() {
    let option = SocketOption.congestionControl
    #expect(option.encode("cubic") == Array("cubic".utf8))
    #expect(option.encode(String(repeating: "a", count: 15))?.count == 15)
    #expect(option.encode(String(repeating: "a", count: 16)) == nil)
    #expect(option.encode("a\0b") == nil)
    #expect(option.reading.decode(Array("reno\0\0\0x".utf8)) == "reno")
    #expect(SocketOption.boundDevice.encode("") == [])
    #expect(SocketOption.boundDevice.reading.decode([]) == "")
  }

  @Test func tooFewBytesAreNoValue() {
    #expect(SocketOption.noDelay.reading.decode([1]) == nil)
    #expect(SocketOption.keepAliveIdle.reading.decode([]) == nil)
    #expect(SocketOption.mark.reading.decode([1, 2, 3]) == nil)
    #expect(ReadOnlySocketOption.cookie.decode([1, 2, 3, 4]) == nil)
    #expect(TCPStatistics(copying: [UInt8](repeating: 0, count: 215)) == nil)
  }

  @Test func credentialsOfNobody() {
    let decode = ReadOnlySocketOption.peerCredentials.decode
    let nobody = [UInt8](0) + [UInt8](-1) + [UInt8](-1)
    #expect(decode(nobody) == .some(.none))
    // Of a process that this one cannot see.
    let hidden = [UInt8](0) + [UInt8](7) + [UInt8](8)
    #expect(decode(hidden) == .some(PeerCredentials(processID: 0, userID: 7, groupID: 8)))
    #expect(decode(Array(nobody.dropLast())) == .none)
  }

  @Test func trafficClasses() {
    #expect(TrafficClass(codePoint: 46) == .expeditedForwarding)
    #expect(TrafficClass.expeditedForwarding.rawValue == 0xb8)
    #expect(TrafficClass(rawValue: 0xbb).codePoint == 46)
    #expect(TrafficClass(codePoint: 63)?.rawValue == 0xfc)
    #expect(TrafficClass(codePoint: 64) == nil && TrafficClass(codePoint: -1) == nil)
  }

  @Test func numbersAreInTheMachinesOrder() {
    let bytes = unsafe withUnsafeBytes(of: Int32(0x0102_0304)) { unsafe Array($0) }
    #expect([UInt8](Int32(0x0102_0304)) == bytes)
    #expect(Int32(bytes) == 0x0102_0304)
    #expect(Int32([UInt8](.min)) == .min)
    let large = unsafe withUnsafeBytes(of: UInt64.max - 5) { unsafe Array($0) }
    #expect(UInt64([0] + large, at: 1) == UInt64.max - 5)
    #expect(UInt64(large, at: 1) == nil)
    #expect(SocketOption.noDelay.encode(true) == [UInt8](1))
  }

  @Test func optionsAreTheSameByTheirNumbers() {
    let raw = SocketOption<Int32>.raw(level: Int32(IPPROTO_TCP), number: TCP_NODELAY)
    #expect(raw.name == SocketOption.noDelay.name)
    #expect("\(raw.name)" == "level 6, option 1" && "\(SocketOption.noDelay.name)" == "TCP_NODELAY")
    var options = SocketOptions()
    options.set(.noDelay, to: true)
    options.set(.keepAlive, to: true)
    options.set(raw, to: 0)
    #expect(options.settings.map(\.name) == [SocketOption.keepAlive.name, raw.name])
    #expect(options.settings.last?.bytes == [0, 0, 0, 0])
    #expect(options != SocketOptions())
  }

  @Test func errorsNameTheOption() {
    let name = SocketOption.noDelay.name
    let error = SocketError(.setOption, .notPermitted, option: name)
    #expect(error.description.hasPrefix("setOption TCP_NODELAY failed: "))
    #expect(error.advice.contains("CAP_NET_ADMIN"))
    let missing = SocketError(.readOption, .protocolNotAvailable, option: name)
    #expect(missing.advice.contains("no such option"))
  }
}
