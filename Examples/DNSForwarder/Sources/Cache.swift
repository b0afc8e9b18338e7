// SPDX-License-Identifier: Apache-2.0

/// Answers that may be told again, at most so many.
///
/// They are of two generations. Once the younger has half of the room it becomes the older, and the
/// older is dropped. An answer that is asked for becomes young again. So those stay that are asked
/// for, without a list in the order of their use.
struct Cache {
  private struct Entry {
    let answer: Answer
    /// Seconds on the clock of whoever uses the cache.
    let time: UInt32
  }

  private let generationLimit: Int
  private var young: [Question: Entry] = [:]
  private var old: [Question: Entry] = [:]

  /// Makes an empty cache.
  ///
  /// - Parameter limit: Answers that it holds at most; at least 2.
  init(limit: Int) {
    generationLimit = max(1, limit / 2)
  }

  /// Answers that it holds, also those whose time is over.
  var count: Int { young.count + old.count }

  /// Finds an answer whose time is not over.
  ///
  /// - Parameters:
  ///   - question: What it is to answer.
  ///   - now: Seconds on the caller's clock.
  /// - Returns: The answer and its age.
  mutating func answer(to question: Question, at now: UInt32) -> (answer: Answer, age: UInt32)? {
    guard let entry = young[question] ?? old[question] else { return nil }
    let age = now - min(entry.time, now)
    guard age < entry.answer.lifetime else {
      young[question] = nil
      old[question] = nil
      return nil
    }
    if young[question] == nil { add(entry) }
    return (entry.answer, age)
  }

  /// Keeps an answer for its lifetime.
  mutating func insert(_ answer: Answer, at now: UInt32) {
    guard answer.lifetime > 0 else { return }
    add(Entry(answer: answer, time: now))
  }

  private mutating func add(_ entry: Entry) {
    let question = entry.answer.question
    old[question] = nil
    if young.count >= generationLimit, young[question] == nil {
      old = young
      young = [:]
    }
    young[question] = entry
  }
}
