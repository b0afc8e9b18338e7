// SPDX-License-Identifier: Apache-2.0

/// Counts of a loop so far.
public struct LoopStatistics: Hashable, Sendable {
  /// Calls that submitted and waited: system calls on a ring, and made of others on readiness.
  public var enters: UInt64 = 0
  /// Enters that failed for want of memory or for an overflow, and were tried again.
  public var enterFailures: UInt64 = 0
  /// Requests submitted.
  public var submissions: UInt64 = 0
  /// Completions taken out.
  public var completions: UInt64 = 0
  /// Times the submission queue was full.
  public var submissionQueueFull: UInt64 = 0
  /// Times an operation was refused because the flight table was full.
  public var flightTableFull: UInt64 = 0
  /// Completions for operations that had already ended.
  public var staleCompletions: UInt64 = 0
  /// Requests sent without a recipient (closing, cancelling) that failed.
  public var controlFailures: UInt64 = 0
  /// Cancels that missed an operation just being retried, and were sent again.
  public var repeatedCancels: UInt64 = 0
  /// Deadlines that passed.
  public var deadlines: UInt64 = 0
  /// Connections accepted.
  public var accepted: UInt64 = 0
  /// Chunks of bytes received.
  public var chunksReceived: UInt64 = 0
  /// Receives that were exchanged for a poll because nothing came (``LoopConfiguration/quietTime``).
  public var quietReceives: UInt64 = 0
  /// Bytes received.
  public var bytesReceived: UInt64 = 0
  /// Bytes sent.
  public var bytesSent: UInt64 = 0
  /// Bytes received that went on through a pipe, past the program's memory; counted as received too.
  public var bytesSpliced: UInt64 = 0
  /// Answers of would-block or a partial send whose rest was copied out of its pool buffer.
  public var sendsCopied: UInt64 = 0
  /// Bodies of ``StreamListener/serve(lingering:onError:_:)`` that have thrown something else than an
  /// ordinary end of their connection, whether somebody was told or not.
  public var bodyFailures: UInt64 = 0
  /// System calls besides enters, and those that enters are made of on readiness.
  public var otherSystemCalls: UInt64 = 0
  /// Verdicts, by kind.
  var verdicts = InlineCounters()

  /// Counts nothing yet.
  public init() {}

  /// How often a verdict was reached.
  public func count(of kind: Verdict.Kind) -> UInt64 {
    verdicts[kind.rawValue]
  }

  mutating func count(_ verdict: Verdict) {
    verdicts[verdict.kind.rawValue] += 1
  }

  /// Adds the counts of another loop.
  ///
  /// - Parameters:
  ///   - sum: Grows.
  ///   - other: What is added.
  public static func += (sum: inout Self, other: Self) {
    for count in counters { sum[keyPath: count] += other[keyPath: count] }
    sum.verdicts += other.verdicts
  }

  /// The counts besides those of verdicts.
  private static let counters: [any WritableKeyPath<Self, UInt64> & Sendable] = [
    \.enters, \.enterFailures, \.submissions, \.completions, \.submissionQueueFull,
    \.flightTableFull, \.staleCompletions, \.controlFailures, \.repeatedCancels, \.deadlines,
    \.accepted, \.chunksReceived, \.quietReceives, \.bytesReceived, \.bytesSent, \.bytesSpliced,
    \.sendsCopied, \.bodyFailures, \.otherSystemCalls,
  ]
}

/// One counter for each kind of verdict, stored in place.
struct InlineCounters: Hashable, Sendable {
  private var low = SIMD8<UInt64>()
  private var high = SIMD8<UInt64>()

  subscript(index: Int) -> UInt64 {
    get { index < 8 ? low[index] : high[index - 8] }
    set { if index < 8 { low[index] = newValue } else { high[index - 8] = newValue } }
  }

  static func += (sum: inout Self, other: Self) {
    sum.low &+= other.low
    sum.high &+= other.high
  }
}
