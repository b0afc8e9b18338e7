/// Something that programs do with sockets, many times and in many variations.
package enum Workload: String, CaseIterable, Sendable {
  /// Clients send and compare what comes back, from a server of each kind.
  case echo
  /// Streams in one direction, with a count and a checksum at the end.
  case oneWay = "one-way"
  /// A server between: each connection is forwarded, both ways, with half-closes.
  case proxy
  /// More connects at once than a listener has room for, some to where nobody listens.
  case connectStorm = "connect-storm"
  /// Readers that stop reading, keep buffers, or go away.
  case slowReaders = "slow-readers"
  /// Deadlines that pass at about the time of what they guard.
  case deadlineRaces = "deadline-races"
  /// Tasks and operations that are cancelled at any moment.
  case cancellationStorm = "cancellation-storm"
  /// Loops that are stopped in the middle of everything.
  case shutdown
}
