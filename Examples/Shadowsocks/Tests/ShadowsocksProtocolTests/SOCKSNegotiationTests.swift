// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import ShadowsocksProtocol

@Suite("The SOCKS negotiation", .timeLimit(.minutes(1)))
struct SOCKSNegotiationTests {
  /// Takes bytes in parts, and returns the steps that are no waits.
  private static func steps(
    _ parts: [[UInt8]]
  ) throws(SOCKSRefusal) -> [SOCKSNegotiation.Step] {
    var negotiation = SOCKSNegotiation()
    var steps: [SOCKSNegotiation.Step] = []
    for part in parts {
      negotiation.append(part)
      while let step = try Self.step(&negotiation) {
        steps.append(step)
        if case .asks = step { return steps }
      }
    }
    return steps
  }

  private static func step(
    _ negotiation: inout SOCKSNegotiation
  ) throws(SOCKSRefusal) -> SOCKSNegotiation.Step? {
    let step = try negotiation.next()
    return step == .waits ? nil : step
  }

  @Test(
    "A request may come split anywhere",
    arguments: [
      ([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 80], .connect, .ipv4([127, 0, 0, 1])),
      ([5, 2, 2, 0, 5, 3, 0, 3, 1, 97, 0, 80], .associate, .name("a")),
      ([5, 1, 0, 5, 1, 0, 4] + pattern(16) + [0, 80], .connect, .ipv6(pattern(16))),
    ] as [([UInt8], SOCKSRequest.Command, Target.Host)])
  func split(bytes: [UInt8], command: SOCKSRequest.Command, host: Target.Host) throws {
    let request = SOCKSRequest(command: command, target: Target(host, port: 80))
    for end in 0...bytes.count {
      let steps = try Self.steps([Array(bytes[..<end]), Array(bytes[end...])])
      #expect(steps == [.answers([5, 0]), .asks(request, early: [])])
    }
    let single = try Self.steps(bytes.map { [$0] })
    #expect(single == [.answers([5, 0]), .asks(request, early: [])])
    let early = try Self.steps([bytes + [1, 2]])
    #expect(early.last == .asks(request, early: [1, 2]))
  }

  @Test(
    "What cannot be served is refused",
    arguments: [
      ([4, 1, 0, 80], [5, 0xFF]),
      ([5, 1, 2], [5, 0xFF]),
      ([5, 0], [5, 0xFF]),
      ([5, 1, 0, 4, 1, 0, 1], reply(1)),
      ([5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80], reply(7)),
      ([5, 1, 0, 5, 1, 0, 2], reply(8)),
      ([5, 1, 0, 5, 1, 0, 3, 0], reply(1)),
    ] as [([UInt8], [UInt8])])
  func refused(bytes: [UInt8], answer: [UInt8]) {
    let refusal = #expect(throws: SOCKSRefusal.self) { _ = try Self.steps([bytes]) }
    #expect(refusal?.answer == answer)
  }

  static func reply(_ code: UInt8) -> [UInt8] { [5, code, 0, 1, 0, 0, 0, 0, 0, 0] }

  @Test("A reply says where to send datagrams")
  func bound() {
    let target = Target(.ipv4([127, 0, 0, 1]), port: 258)
    #expect(SOCKSReply.succeeded.bytes(bound: target) == [5, 0, 0, 1, 127, 0, 0, 1, 1, 2])
  }
}
