// SPDX-License-Identifier: Apache-2.0

/// A kind of program: what it does with its connections, many times and in many variations.
package enum Workload: String, CaseIterable, Sendable {
  /// Clients send and compare what comes back, from a server of each kind.
  case echo
  /// Streams in one direction, with a count and a checksum at the end.
  case oneWay = "one-way"
  /// A proxy forwards each connection, both ways, with half-closes.
  case proxy
  /// More connects at once than a listener has room for; nobody listens at some addresses.
  case connectStorm = "connect-storm"
  /// Readers that stop reading, keep buffers, or go away.
  case slowReaders = "slow-readers"
  /// Deadlines that pass at about the time when their operations end.
  case deadlineRaces = "deadline-races"
  /// Tasks and operations that are cancelled at any moment.
  case cancellationStorm = "cancellation-storm"
  /// Loops that are stopped in the middle of everything.
  case shutdown
  /// Groups that drain in the middle of everything: what has begun is finished.
  case gracefulShutdown = "graceful-shutdown"
  /// A relay between clients and servers that end, reset, leave or fall silent in every way.
  case relay
  /// Times that pass at any moment: each ends its wait once, never early, never once cancelled.
  case timers
  /// Datagrams to echo servers that come and go: each arrives once, whole or told to be cut, or never.
  case datagrams
}
