// SPDX-License-Identifier: Apache-2.0

/// Processes and rings that hold a number of connections.
struct ServerPlan: Equatable, Encodable {
  /// Each on a port of its own.
  let processes: Int
  /// Event loops of each process, whose listeners share its port.
  let loops: Int
  /// Places of each loop's table of direct descriptors; 0 where connections take file descriptors.
  let directDescriptors: Int
  /// Seconds without bytes after which its receives become polls; nil for never.
  let quietSeconds: Double?

  /// Loops that one `serve` can have.
  static let loopLimit = 1024
  /// Places that one table can have: IORING_MAX_FIXED_FILES, io_uring_register_files(3).
  private static let placeLimit = 1 << 20
  /// Places for the accepts that wait for a connection, and some to spare.
  private static let spare = 64

  /// - Parameters:
  ///   - server: Which server.
  ///   - connections: How many it is to hold.
  ///   - descriptorLimit: RLIMIT_NOFILE: files of one process, and places of one table.
  ///   - quietSeconds: Seconds without bytes after which receives become polls, where the server
  ///     is a completion engine.
  init(
    _ server: ScaleServer, connections: Int, descriptorLimit: Int, quietSeconds: Double? = nil
  ) {
    self.quietSeconds = server.hasQuietTimes ? quietSeconds : nil
    guard server.holdsConnectionsInTables else {
      let shares = WorkerPlan(
        connections: connections, descriptorLimit: descriptorLimit, ports: 1
      ).shares
      processes = shares.count
      loops = 1
      directDescriptors = 0
      return
    }
    let limit = min(descriptorLimit, Self.placeLimit)
    processes = 1
    loops = Self.loops(connections, places: limit)
    directDescriptors = min(limit, Self.places(connections, loops: loops))
  }

  /// The fewest loops whose tables have `places` each.
  private static func loops(_ connections: Int, places: Int) -> Int {
    var fewest = max(1, connections / max(1, places))
    while fewest <= loopLimit, Self.places(connections, loops: fewest) > places { fewest += 1 }
    return fewest
  }

  /// Places that each of some loops needs.
  ///
  /// The kernel spreads connections over the listeners of a port by a hash: the fullest of them has
  /// some standard deviations more than the mean, and practically never six.
  private static func places(_ connections: Int, loops: Int) -> Int {
    let mean = Double(connections) / Double(loops)
    let excess = loops == 1 ? 0 : 6 * mean.squareRoot()
    return Int((mean + excess).rounded(.up)) + spare
  }

  /// What `serve` is told beside its engine, its port, and how it ends.
  var arguments: [String] {
    var list = ["--loops", "\(loops)"]
    if directDescriptors > 0 { list += ["--direct-descriptors", "\(directDescriptors)"] }
    if let quietSeconds { list += ["--quiet-time", "\(quietSeconds)"] }
    // The default buffers of many loops would be 8 MiB each.
    if loops > 4 { list += ["--buffer-size", "4096", "--buffer-count", "64"] }
    return list
  }
}

extension ScaleServer {
  /// Whether it can exchange receives for polls.
  var hasQuietTimes: Bool {
    switch self {
    case .engine(let engine): engine.hasLoops
    case .foreign: false
    }
  }

  /// Whether connections are places in tables of rings, so that one process holds any number.
  var holdsConnectionsInTables: Bool {
    switch self {
    case .engine(let engine): engine.hasDirectDescriptors
    case .foreign(let server): server.choosesLoops
    }
  }
}
