// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
package import Uring

/// A ring of a simulated machine: the same protocol as the real one, answered from memory.
///
/// Completions come out of ``enter(minimumCompletionCount:timeout:minimumWait:)`` only, as in a
/// ring that was set up with `IORING_SETUP_DEFER_TASKRUN`.
package final class SimulatedRing {
  let machine: SimulatedMachine
  private let submissionLimit: Int
  let completionLimit: Int
  var directTable: DescriptorTable

  // The queues.
  var prepared: [Entry] = []
  var completions = Line<Completion>()
  /// Completions that the full queue had no place for.
  var overflow = Line<Completion>()
  /// Work that the next enter goes on with.
  var work = Line<Work>()
  var armed: [Token: ArmedRequest] = [:]
  /// Zero-copy sends whose memory it has not let go of.
  var notices: [Token] = []

  // Provided buffers.
  private var groups: [UInt16: ProvidedGroup] = [:]

  // Waiting.
  /// Whether the last enter was to wait and found nothing.
  package internal(set) var isWaiting = false
  /// When its wait is over at the latest.
  package internal(set) var wakeTime = UInt64.max
  private(set) var lastSubmissionLimit: Int

  /// A place in the submission queue.
  struct Entry {
    var request: Request
    var token: Token
    /// Whether the next entry is a timeout that ends this one (`IOSQE_IO_LINK`).
    var isLinked = false
  }

  /// Something that the next enter goes on with.
  enum Work {
    case request(ArmedRequest)
    case notice(ZeroCopyNotice)
  }

  /// Makes a ring.
  ///
  /// - Parameters:
  ///   - machine: Whose sockets its requests act on.
  ///   - configuration: Sizes; rounded up to powers of two, as the kernel does.
  ///   - directTableCapacity: Places for direct descriptors; 0 for none.
  package init(
    on machine: SimulatedMachine, _ configuration: RingConfiguration = RingConfiguration(),
    directTableCapacity: Int = 0
  ) {
    self.machine = machine
    submissionLimit = Self.roundedUp(configuration.submissionEntryCount)
    completionLimit = Self.roundedUp(configuration.completionEntryCount)
    lastSubmissionLimit = submissionLimit
    directTable = DescriptorTable(base: 0, limit: directTableCapacity, order: .hinted)
  }

  deinit {
    abandonAll()
  }

  private static func roundedUp(_ count: UInt32) -> Int {
    var size = 1
    while size < count { size *= 2 }
    return size
  }

  /// Whether only time or somebody else can bring it further.
  package var isQuiet: Bool {
    prepared.isEmpty && completions.isEmpty && overflow.isEmpty && work.isEmpty
  }

  /// Provided buffers that it has.
  package var heldBufferCount: Int { groups.values.reduce(0) { $0 + $1.heldCount } }

  // MARK: Buffers

  /// The memory of the next buffer of a group, or what is left of it; `nil` for none.
  ///
  /// A group that nobody has registered has none, and that is all a receive is told of it
  /// (io_buffer_select).
  func chooseBuffer(of group: UInt16) -> MemoryPiece? { groups[group]?.first }

  /// Takes what was written to the buffer that was chosen.
  ///
  /// - Returns: The flags that tell of it.
  func commitBuffer(of group: UInt16, byteCount: Int) -> Completion.Flags {
    groups[group]?.commit(byteCount) ?? []
  }

  /// Gives the ring every buffer that has come back to a pool.
  package func provide(from pool: BufferPool) {
    var group = groups[pool.group] ?? ProvidedGroup(pool)
    pool.takeReturned { index in
      if !group.hold(index) { machine.report("buffer \(index) is given to the kernel twice") }
    }
    groups[pool.group] = group
  }

  // MARK: Submission

  /// Takes a request for the next enter; `false` when the submission queue is full.
  package func prepare(_ request: Request, token: Token) -> Bool {
    guard prepared.count < lastSubmissionLimit else { return false }
    prepared.append(Entry(request: request, token: token))
    return true
  }

  /// Requests that are prepared and not taken yet.
  package var preparedCount: Int { prepared.count }

  /// Whether completions wait outside the full queue.
  package var hasOverflow: Bool { !overflow.isEmpty }

  /// Takes prepared requests, all of them unless something is in the way.
  func takePrepared() -> [Entry] {
    defer {
      let isShort = machine.faults.strikes(.submissionQueueFull)
      lastSubmissionLimit =
        isShort ? max(prepared.count, 1 + machine.faults.below(submissionLimit)) : submissionLimit
    }
    guard prepared.count > 1, machine.faults.strikes(.partialSubmission) else {
      defer { prepared.removeAll(keepingCapacity: true) }
      return prepared
    }
    let count = 1 + machine.faults.below(prepared.count - 1)
    defer { prepared.removeFirst(count) }
    return Array(prepared.prefix(count))
  }
}
