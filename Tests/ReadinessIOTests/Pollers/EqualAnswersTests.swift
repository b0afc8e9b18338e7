// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessIO
import SystemPackage
import TestSupport
import Testing

/// Random sequences of operations, on all pollers at once: the answers must be equal.
///
/// All pollers watch the same descriptors, so they see the same history. Run a failing sequence
/// again with `READINESS_SEED=<seed> swift test --filter EqualAnswersTests`.
@Suite("Equal answers", .timeLimit(.minutes(3)))
struct EqualAnswersTests {
  @Test("Random sequences have equal answers")
  func randomSequences() throws {
    let seeds: ClosedRange<UInt64>
    if let text = unsafe getenv("READINESS_SEED"), let seed = UInt64(unsafe String(cString: text)) {
      seeds = seed...seed
    } else {
      seeds = 1...150
    }
    for seed in seeds {
      var sequence = try RandomSequence(seed: seed)
      try sequence.run(stepCount: 250)
      if sequence.hasDiffered { return }
    }
  }
}

/// One history of a few channels under several pollers.
private struct RandomSequence {
  private let seed: UInt64
  private var random: SeededNumbers
  private let pollers: [(kind: PollerKind, poller: any AnyPoller)]
  private var channels: [Channel] = []
  /// Descriptors that are registered: those must not be closed.
  private var registered: Set<FileDescriptor> = []
  private var nextToken: UInt64 = 0
  private var history: [String] = []
  private(set) var hasDiffered = false

  init(seed: UInt64) throws {
    self.seed = seed
    random = SeededNumbers(seed: seed)
    pollers = try PollerKind.allCases.map { ($0, try $0.make()) }
    for index in 0..<6 { channels.append(try Self.channel(index)) }
  }

  private static func channel(_ index: Int) throws -> Channel {
    index % 3 == 2 ? try .pipe() : try .stream()
  }

  mutating func run(stepCount: Int) throws {
    for _ in 0..<stepCount where !hasDiffered { try step() }
    for descriptor in registered {
      for (_, poller) in pollers { try poller.deregister(descriptor) }
    }
  }

  private mutating func step() throws {
    let index = Int.random(in: channels.indices, using: &random)
    let channel = channels[index]
    let end = Bool.random(using: &random) ? channel.near : channel.far
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<12: register(end)
    case 12..<24: modify(end)
    case 24..<30: deregister(end)
    case 30..<45: act("write \(index)") { channel.write(100, to: end) }
    case 45..<52: act("fill \(index)") { channel.fill(end) }
    case 52..<64: act("drain \(index)") { channel.drain(end) }
    case 64..<67: act("half-close \(index)") { channel.shutDownFar() }
    case 67..<70: try renew(index)
    default: wait()
    }
  }

  private mutating func act(_ name: String, _ action: () -> Void) {
    history.append(name)
    action()
  }

  /// Closes a channel and opens a new one, which is given the same numbers.
  private mutating func renew(_ index: Int) throws {
    let channel = channels[index]
    for end in [channel.near, channel.far] where registered.contains(end) {
      deregister(end)
    }
    history.append("renew \(index)")
    channel.closeFar()
    channel.closeNear()
    channels[index] = try Self.channel(index)
  }

  private mutating func register(_ end: FileDescriptor) {
    let (token, interest, mode) = drawn()
    let succeeded = compare("register \(end.rawValue) \(interest.rawValue) \(mode)") {
      poller throws(Errno) in
      try poller.register(end, token: token, interest: interest, mode: mode)
    }
    if succeeded { registered.insert(end) }
  }

  private mutating func modify(_ end: FileDescriptor) {
    let (token, interest, mode) = drawn()
    compare("modify \(end.rawValue) \(interest.rawValue) \(mode)") { poller throws(Errno) in
      try poller.modify(end, token: token, interest: interest, mode: mode)
    }
  }

  private mutating func deregister(_ end: FileDescriptor) {
    compare("deregister \(end.rawValue)") { poller throws(Errno) in
      try poller.deregister(end)
    }
    registered.remove(end)
  }

  private mutating func drawn() -> (token: UInt64, interest: Interest, mode: PollMode) {
    nextToken += 1
    var interest: Interest = []
    for one in [Interest.readable, .writable, .peerClosed] where Bool.random(using: &random) {
      interest.insert(one)
    }
    return (nextToken, interest, PollMode.allCases.randomElement(using: &random) ?? .level)
  }

  private mutating func wait() {
    let answers = pollers.map { _, poller in
      Result { () throws(Errno) in try poller.ready() }
    }
    check("wait", answers)
  }

  @discardableResult
  private mutating func compare(
    _ name: String, _ operation: (any AnyPoller) throws(Errno) -> Void
  ) -> Bool {
    let answers: [Errno?] = pollers.map { _, poller in
      do throws(Errno) {
        try operation(poller)
        return nil
      } catch {
        return error
      }
    }
    check(name, answers)
    return answers[0] == nil
  }

  private mutating func check<Answer: Equatable>(_ name: String, _ answers: [Answer]) {
    history.append("\(name) -> \(answers[0])")
    guard !answers.allSatisfy({ $0 == answers[0] }) else { return }
    hasDiffered = true
    for (index, answer) in answers.enumerated() where answer != answers[0] {
      Issue.record(
        """
        seed \(seed): \(pollers[index].kind) answers \(answer), epoll \(answers[0]), after
        \(history.suffix(60).joined(separator: "\n"))
        """)
    }
  }
}
