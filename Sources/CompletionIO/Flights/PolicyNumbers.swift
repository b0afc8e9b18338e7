// SPDX-License-Identifier: Apache-2.0

/// The policies of a loop's flights, by number: a policy takes 33 bytes, and there are few.
struct PolicyNumbers {
  private var entries = [
    Entry(policy: .completion, count: 0), Entry(policy: .nonblocking, count: 0),
  ]
  private var numbers: [ResubmissionPolicy: UInt16] = [:]
  private var freeNumbers: [UInt16] = []

  private struct Entry {
    var policy: ResubmissionPolicy
    /// Flights that have it; not counted for the two that nearly all have.
    var count: Int
  }

  private static var completion: UInt16 { 0 }
  private static var nonblocking: UInt16 { 1 }

  /// A policy by its number.
  subscript(number: UInt16) -> ResubmissionPolicy {
    number == Self.completion ? .completion : entries[Int(number)].policy
  }

  /// Counts a flight with a policy.
  ///
  /// - Returns: The policy's number; `nil` when all numbers are taken by other policies.
  @inline(__always)
  mutating func retain(_ policy: ResubmissionPolicy) -> UInt16? {
    switch policy {
    case .completion: Self.completion
    case .nonblocking: Self.nonblocking
    case .backoff, .retry: retainCounted(policy)
    }
  }

  @inline(never)
  private mutating func retainCounted(_ policy: ResubmissionPolicy) -> UInt16? {
    if let number = numbers[policy] {
      entries[Int(number)].count += 1
      return number
    }
    let entry = Entry(policy: policy, count: 1)
    let number: UInt16
    if let free = freeNumbers.popLast() {
      number = free
      entries[Int(free)] = entry
    } else {
      guard entries.count <= UInt16.max else { return nil }
      number = UInt16(entries.count)
      entries.append(entry)
    }
    numbers[policy] = number
    return number
  }

  /// Forgets a flight with the policy of this number.
  @inline(__always)
  mutating func release(_ number: UInt16) {
    if number > Self.nonblocking { releaseCounted(number) }
  }

  @inline(never)
  private mutating func releaseCounted(_ number: UInt16) {
    entries[Int(number)].count -= 1
    guard entries[Int(number)].count == 0 else { return }
    numbers[entries[Int(number)].policy] = nil
    freeNumbers.append(number)
  }
}
