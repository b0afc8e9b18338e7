/// Acceptors that found the flight table full, in order of arrival.
struct AcceptorLine {
  private var waiting: [Acceptor] = []

  var isEmpty: Bool { waiting.isEmpty }

  mutating func append(_ acceptor: Acceptor) {
    if !waiting.contains(where: { $0 === acceptor }) { waiting.append(acceptor) }
  }

  mutating func removeFirst() -> Acceptor { waiting.removeFirst() }
}

extension CompletionLoop {
  /// Lets acceptors go on, as many as there are flights for.
  ///
  /// Behind all that connections begin in a turn, for new ones can wait in the listener's backlog;
  /// and behind all that ends a flight before the loop's wait, which may be long.
  func resumeAcceptors() {
    while !acceptorLine.isEmpty, operationCount < configuration.flightLimit {
      acceptorLine.removeFirst().resumeIfNotPaused()
    }
  }
}
