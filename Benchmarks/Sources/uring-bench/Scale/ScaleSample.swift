// SPDX-License-Identifier: Apache-2.0

/// One server with one number of connections.
struct ScaleSample: Encodable {
  let server: String
  let connections: Int
  let plan: ServerPlan
  /// Processes of the load.
  var loadProcesses = 0
  var established = 0
  var connectionsPerSecond: Double?
  /// Resident bytes of the server's processes for a connection.
  var residentPerConnection: Double?
  var kernel: KernelGrowth?
  var holdSeconds = 0.0
  /// One message on each connection.
  var sweep: PhaseFigures?
  var loads: [ActiveLoad] = []
  var closeSeconds: Double?
  var errors = 0
  /// Why there is no result, or the first error.
  var failure: String?

  init(_ server: ScaleServer, connections: Int, plan: ServerPlan) {
    self.server = server.name
    self.connections = connections
    self.plan = plan
  }

  /// Counts what is not as it should be.
  mutating func take(errors count: Int, _ reason: @autoclosure () -> String?) {
    guard count > 0 else { return }
    errors += count
    failure = failure ?? reason()
  }

  /// Counts what is missing, unless errors that explain it were counted before.
  mutating func take(missing count: Int, _ reason: @autoclosure () -> String?) {
    if errors == 0 { take(errors: count, reason()) }
  }
}

/// The loops over one active share of the connections.
struct ActiveLoad: Encodable {
  let share: Double
  /// Messages under way at once.
  let window: Int
  let closed: PhaseFigures
  var open: PhaseFigures?
}
