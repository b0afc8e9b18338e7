// SPDX-License-Identifier: Apache-2.0

package import Uring

// What tests check between two turns.
extension CompletionLoop {
  /// What is wrong with the places of flights and buffers; `nil` if each is in exactly one.
  ///
  /// - Parameters:
  ///   - owed: The token of each request that the kernel has not completed, and of each completion
  ///     that nobody has reaped.
  ///   - bufferCount: Buffers that the kernel has, and those that such completions carry.
  /// - Returns: The first problem found.
  /// - Complexity: O(places of the flight table that have been used)
  package func problem(owed: [Token], bufferCount: Int) -> String? {
    if let problem = core.misplacement(owed: owed) { return problem }
    let kernelCount = core.memory.pools.reduce(0) { $0 + $1.kernelCount }
    return bufferCount == kernelCount
      ? nil : "the kernel has \(bufferCount) buffers, and should have \(kernelCount)"
  }

  /// Waits that nobody has ended.
  package var openWaitCount: Int { core.waits.count }
}

extension LoopCore {
  /// A flight that is not where its state says, or in two places.
  fileprivate func misplacement(owed: [Token]) -> String? {
    var states: [Flight.State] = []
    states.reserveCapacity(table.slots.count)
    for slot in table.slots { states.append(table[slot].state) }
    var census = Census(states)
    if let problem = census.addKernel(owed, of: table) { return problem }
    for completion in ended {
      guard let slot = table.slot(for: completion.token) else {
        return "\(completion.token) has ended twice"
      }
      census.place(slot, .inKernel)
    }
    census.place(backlog, .queued)
    census.place(bufferLine, .awaitingBuffer)
    census.place(streamBufferLine, .awaitingBuffer)
    census.place(descriptorLine, .awaitingDescriptor)
    for slot in table.slots where census.states[slot] == .pausing && timers.hasTime(slot) {
      census.place(slot, .pausing)
    }
    if let problem = census.problem { return problem }
    let count = census.states.count { $0 != .free }
    return count == table.count ? nil : "\(count) flights are counted as \(table.count)"
  }
}

/// Counts the flights of a table by their places.
private struct Census {
  let states: [Flight.State]
  private var isPlaced: [Bool]
  private var firstProblem: String?

  init(_ states: [Flight.State]) {
    self.states = states
    isPlaced = Array(repeating: false, count: states.count)
  }

  /// Adds the flights that a kernel owes completions, of which it may owe several.
  ///
  /// - Returns: The first request of no flight.
  mutating func addKernel(_ owed: [Token], of table: borrowing FlightTable) -> String? {
    // Cancels and closes are of no flight.
    for token in owed where token.slot != LoopCore.controlSlot {
      guard let slot = table.slot(for: token), states[slot] == .inKernel else {
        return "the kernel has \(token), which no flight waits for"
      }
      isPlaced[slot] = true
    }
    return nil
  }

  /// Adds a flight at the place of a state.
  mutating func place(_ slot: Int, _ state: Flight.State) {
    if states[slot] != state || isPlaced[slot] {
      firstProblem = firstProblem ?? "flight \(slot) is \(states[slot]), and also \(state)"
    }
    isPlaced[slot] = true
  }

  /// Adds the flights of a line.
  mutating func place(_ line: borrowing RingQueue<Int>, _ state: Flight.State) {
    for index in 0..<line.count { place(line[index], state) }
  }

  /// A flight in two places, or in none.
  var problem: String? {
    if let firstProblem { return firstProblem }
    let lost = states.indices.first { states[$0] != .free && !isPlaced[$0] }
    return lost.map { "flight \($0) is \(states[$0]), and in no place" }
  }
}
