// SPDX-License-Identifier: Apache-2.0

/// Which places of a loop's direct table are spoken for.
///
/// An accept that finds the table full has taken its connection already and drops it: the kernel
/// installs the file after the accept (io_accept), and the peer sees a reset. So no accept is
/// submitted without a place of its own, and connections wait in the listener's backlog instead.
final class DirectPlaces {
  private var freeCount: Int
  /// Places that one acceptor may keep for connections that have not come.
  private let reserveLimit: Int
  private var waiting: [Acceptor] = []

  /// - Parameters:
  ///   - capacity: Places in the table.
  ///   - flightLimit: Operations of the loop, of which each accept is one.
  init(capacity: UInt32, flightLimit: Int) {
    freeCount = Int(capacity)
    // A few, so that a burst is accepted in one turn; not all, so that listeners can share, and
    // connections have flights.
    reserveLimit = max(1, min(16, Int(capacity) / 8, flightLimit / 8))
  }

  /// Reserves a place for an acceptor that has so many; `false` if it has enough or must wait.
  func reserve(for acceptor: Acceptor, having count: Int) -> Bool {
    guard count < reserveLimit else { return false }
    guard freeCount > 0 else {
      if count == 0, !waiting.contains(where: { $0 === acceptor }) { waiting.append(acceptor) }
      return false
    }
    freeCount -= 1
    return true
  }

  /// Takes a place back, from an accept that ended without a connection or behind a close.
  func giveBack() {
    freeCount += 1
    while freeCount > 0, !waiting.isEmpty { waiting.removeFirst().resumeIfNotPaused() }
  }
}
