// SPDX-License-Identifier: Apache-2.0

/// How large a ring is, and how it is set up.
public struct RingConfiguration: Hashable, Sendable {
  /// Places in the submission queue, from 1; rounded up to a power of two.
  ///
  /// With ``SetupFlags/clamp``, which all sets of ``SetupFlags/ladder`` have, more than 32768 are
  /// 32768.
  public var submissionEntryCount: UInt32
  /// Places in the completion queue, not fewer than in the submission queue; rounded up to a power
  /// of two.
  ///
  /// With ``SetupFlags/clamp`` more than 65536 are 65536.
  ///
  /// Should be at least twice the operations that can complete at once: overflow is slow and ends
  /// multishot requests.
  public var completionEntryCount: UInt32
  /// Sets of flags to try in turn, best first.
  public var flagLadder: [SetupFlags]
  /// The requests that the ring takes, where not all are taken.
  ///
  /// A restricted ring starts disabled. Its first enter enables it, and gives it to the thread that
  /// enters; buffers and direct tables have to be registered before.
  public var restriction: RingRestriction?
  /// Whether enters look the ring up in a small table of the thread, where the kernel has one.
  ///
  /// The table keeps the ring open: dropped on another thread, the ring ends with its own thread. And
  /// its number there is another ring's, or none's, on every other thread.
  package var registersDescriptor = true

  /// Describes a ring.
  ///
  /// - Parameters:
  ///   - submissionEntryCount: Places in the submission queue.
  ///   - completionEntryCount: Places in the completion queue.
  ///   - flagLadder: Sets of flags to try in turn.
  ///   - restriction: What the ring takes; `nil` for everything.
  public init(
    submissionEntryCount: UInt32 = 256, completionEntryCount: UInt32 = 8192,
    flagLadder: [SetupFlags] = SetupFlags.ladder, restriction: RingRestriction? = nil
  ) {
    self.submissionEntryCount = submissionEntryCount
    self.completionEntryCount = completionEntryCount
    self.flagLadder = flagLadder
    self.restriction = restriction
  }
}

extension RingConfiguration {
  /// The same sizes with the sets of flags that are left once some features are hidden.
  func hiding(_ hidden: KernelFeatures) -> Self {
    var rest = self
    rest.flagLadder = []
    for flags in flagLadder.map({ $0.hiding(hidden) }) where !rest.flagLadder.contains(flags) {
      rest.flagLadder.append(flags)
    }
    return rest
  }
}
