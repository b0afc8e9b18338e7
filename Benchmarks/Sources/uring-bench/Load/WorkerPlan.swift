// SPDX-License-Identifier: Apache-2.0

/// How the connections are spread over processes and source addresses.
struct WorkerPlan {
  /// First connection and number of connections of each worker.
  let shares: [(first: Int, count: Int)]
  /// Connects under way at once in each worker.
  let window: Int
  /// Connections from one source address.
  let perSource: Int
  /// Time for connecting.
  let connectSeconds: Double

  /// - Parameters:
  ///   - connections: in all.
  ///   - descriptorLimit: of one process (RLIMIT_NOFILE).
  ///   - ports: the ephemeral ports of one source address.
  init(connections: Int, descriptorLimit: Int, ports: Int) {
    // Some descriptors are for pipes, epoll and the library's own; 18,000 keeps a worker's part of
    // the work small enough for one core.
    let perWorker = max(1, min(18_000, descriptorLimit - 64))
    let workers = (connections + perWorker - 1) / perWorker
    shares = (0..<workers).map { worker in
      let first = connections * worker / workers
      return (first, connections * (worker + 1) / workers - first)
    }
    // 128 in all when there are few workers: what a listener with the traditional backlog holds.
    window = max(8, 128 / workers)
    perSource = Self.connectionsPerSource(ports: ports)
    connectSeconds = 10 + Double(connections) / 1000
  }

  /// Connections that one source address may have, with so many ephemeral ports.
  ///
  /// connect(2) takes the ports of one parity first, and walks over all of them for each connection
  /// once they are taken (__inet_hash_connect): a little less than half of the range.
  static func connectionsPerSource(ports: Int) -> Int { max(1, ports * 9 / 20) }

  /// The size of net.ipv4.ip_local_port_range.
  static var ephemeralPorts: Int {
    let text = TextFile.read("/proc/sys/net/ipv4/ip_local_port_range") ?? ""
    let bounds = text.split { $0 == "\t" || $0 == " " || $0 == "\n" }.compactMap { Int($0) }
    guard bounds.count == 2, bounds[1] > bounds[0] else { return 28232 }
    return bounds[1] - bounds[0] + 1
  }
}
