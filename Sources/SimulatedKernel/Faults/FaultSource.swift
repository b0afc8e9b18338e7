// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// Decides which fault happens when, and counts.
struct FaultSource {
  /// A fault that may happen, with its probability as a share of 2⁶⁴.
  private struct Chance {
    var fault: Fault
    var error: Errno
    var share: UInt64
    var count = 0
  }

  /// By raw value of the operation.
  private var answers: [[Chance]]
  private var enters: [Chance] = []
  private var watches: [Chance] = []
  private var others: [Chance]
  private var numbers: SeededNumbers

  init(_ plan: FaultPlan, seed: UInt64) {
    numbers = SeededNumbers(seed: seed)
    answers = Array(repeating: [], count: Operation.allCases.count)
    others = Condition.allCases.map {
      Chance(fault: $0.fault, error: .interrupted, share: Self.share(plan[$0.fault]))
    }
    // In a fixed order, because that of a dictionary changes from run to run.
    let named = plan.probabilities.sorted { $0.key.description < $1.key.description }
    for (fault, probability) in named {
      let share = Self.share(probability)
      switch fault {
      case .answer(let operation, let error):
        answers[Int(operation.rawValue)].append(Chance(fault: fault, error: error, share: share))
      case .enter(let error):
        enters.append(Chance(fault: fault, error: error, share: share))
      case .watch(let error):
        watches.append(Chance(fault: fault, error: error, share: share))
      default: break
      }
    }
  }

  private static func share(_ probability: Double) -> UInt64 {
    probability >= 1 ? .max : UInt64(probability * 0x1p64)
  }

  /// The faults that are neither an answer nor an error of an enter.
  enum Condition: Int, CaseIterable {
    case shortSend, shortReceive, shortTransfer, multishotEnd, lateWakeUp, reordering
    case completionQueueOverflow, submissionQueueFull, partialSubmission, cancelTooLate
    case cancelMissed, targetBeforeCancel, datagramLoss, datagramReordering, spuriousReadiness

    var fault: Fault {
      switch self {
      case .shortSend: .shortSend
      case .shortReceive: .shortReceive
      case .shortTransfer: .shortTransfer
      case .multishotEnd: .multishotEnd
      case .lateWakeUp: .lateWakeUp
      case .reordering: .reordering
      case .completionQueueOverflow: .completionQueueOverflow
      case .submissionQueueFull: .submissionQueueFull
      case .partialSubmission: .partialSubmission
      case .cancelTooLate: .cancelTooLate
      case .cancelMissed: .cancelMissed
      case .targetBeforeCancel: .targetBeforeCancel
      case .datagramLoss: .datagramLoss
      case .datagramReordering: .datagramReordering
      case .spuriousReadiness: .spuriousReadiness
      }
    }
  }

  /// Whether a fault happens now.
  mutating func strikes(_ condition: Condition) -> Bool {
    let share = others[condition.rawValue].share
    guard share > 0, numbers.next() < share else { return false }
    others[condition.rawValue].count += 1
    return true
  }

  /// The error that an operation is answered with instead of being done, if any.
  ///
  /// - Parameters:
  ///   - operation: What was asked.
  ///   - waitsFirst: Whether it waited for readiness first.
  ///   - mayHappen: Whether a kernel could answer so now.
  /// - Returns: The error, or `nil` for the operation itself.
  mutating func answer(
    to operation: Uring.Operation, waitsFirst: Bool, where mayHappen: (Errno) -> Bool
  ) -> Errno? {
    let index = Int(operation.rawValue)
    return Self.draw(&answers[index], &numbers, waitsFirst: waitsFirst, where: mayHappen)
  }

  /// The error that an enter fails with, if any.
  mutating func enterError(where mayHappen: (Errno) -> Bool) -> Errno? {
    Self.draw(&enters, &numbers, waitsFirst: false, where: mayHappen)
  }

  /// The error for which a descriptor cannot be watched, if any.
  mutating func watchError() -> Errno? {
    Self.draw(&watches, &numbers, waitsFirst: false) { _ in true }
  }

  private static func draw(
    _ chances: inout [Chance], _ numbers: inout SeededNumbers, waitsFirst: Bool,
    where mayHappen: (Errno) -> Bool
  ) -> Errno? {
    guard !chances.isEmpty else { return nil }
    var number = numbers.next()
    for index in chances.indices {
      let isWouldBlock = chances[index].error == .resourceTemporarilyUnavailable
      let share = waitsFirst && isWouldBlock ? chances[index].share / 10 : chances[index].share
      if number < share {
        guard mayHappen(chances[index].error) else { return nil }
        chances[index].count += 1
        return chances[index].error
      }
      number -= share
    }
    return nil
  }

  /// So many bytes, or fewer on purpose; of several one at least.
  mutating func cut(_ count: Int, by condition: Condition) -> Int {
    guard count > 1, strikes(condition) else { return count }
    return 1 + below(count - 1)
  }

  /// A seeded number for the size of a fault.
  mutating func below(_ bound: Int) -> Int { numbers.below(bound) }

  var counts: FaultCounts {
    FaultCounts((answers.flatMap { $0 } + enters + watches + others).map { ($0.fault, $0.count) })
  }
}
