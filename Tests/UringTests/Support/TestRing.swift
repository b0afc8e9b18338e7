// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import Uring

extension Ring {
  /// A small ring, as most tests need it.
  static func small(
    submissions: UInt32 = 8, completions: UInt32 = 64, hiding hidden: KernelFeatures = []
  ) throws -> Ring {
    try Ring(
      RingConfiguration(
        submissionEntryCount: submissions, completionEntryCount: completions),
      hiding: hidden)
  }

  /// Prepares requests for nothing until one finds no room; returns how many did.
  mutating func prepareNops(_ tokens: some Sequence<Token>) -> Int {
    var count = 0
    for token in tokens {
      guard prepare(.nop, token: token) else { break }
      count += 1
    }
    return count
  }

  /// Submits a request under a token made of a slot.
  mutating func submit(_ request: Request, slot: Int = 0) throws {
    let token = Token(slot: slot, generation: 1, operation: request.operation)
    let isPrepared = prepare(request, token: token)
    try #require(isPrepared, "no room for \(token)")
    _ = try enter()
  }

  /// Waits for completions; fails after so long that only a missing one explains it.
  mutating func next(
    _ count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [Completion] {
    var all = reapAll()
    var emptyCount = 0
    while all.count < count {
      let before = all.count
      _ = try enter(minimumCompletionCount: 1, timeout: .seconds(20))
      all += reapAll()
      // A timeout that fires ends a wait, though its completion may come with the next one
      // (io_should_wake, Linux 6.1).
      emptyCount = all.count > before ? 0 : emptyCount + 1
      try #require(
        emptyCount < 3, "\(all.count) of \(count) completions", sourceLocation: sourceLocation)
    }
    return all
  }

  /// Copies out what the queue holds, as far as a batch goes.
  mutating func reapAll(batch size: Int = 64) -> [Completion] {
    let blank = Completion(token: Token(rawValue: 0), result: 0)
    var batch = [Completion](repeating: blank, count: size)
    let count = unsafe batch.withUnsafeMutableBufferPointer { unsafe reap(into: $0) }
    return Array(batch[..<count])
  }
}
