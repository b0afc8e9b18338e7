// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The storms, by the name the user types.
enum StormName: String, CaseIterable, Codable, ExpressibleByArgument, Sendable {
  /// All connect as fast as they can, and have one byte echoed.
  case connect
  /// All leave at once: half in good order, half by a reset.
  case disconnect
  /// All send at once.
  case burst
  /// All ask for more than they read.
  case slowReaders = "slow-readers"
  /// All send a byte now and then.
  case drip
  /// All connect to a server that has too few descriptors for them.
  case descriptors

  static var allNames: String { allCases.map(\.rawValue).joined(separator: ",") }

  /// Whether the storm begins with its peers connected.
  var beginsConnected: Bool { self != .connect && self != .descriptors }
}
