// SPDX-License-Identifier: Apache-2.0

/// Which measurements a machine has room for, and what to say about the others.
struct ScaleChoice {
  struct Measurement: Equatable {
    let server: ScaleServer
    let connections: Int
  }

  /// Those to run, in order.
  let measurements: [Measurement]
  /// Empty when all are run.
  let messages: [String]

  init(servers: [ScaleServer], connections: [Int], limits: MachineLimits) {
    var measurements: [Measurement] = []
    var messages: [String] = []
    for count in connections {
      var reasons: [(shortages: [Shortage], servers: [String])] = []
      for server in servers {
        let shortages = ScaleNeeds(server: server, connections: count).shortages(limits: limits)
        if shortages.isEmpty {
          measurements.append(Measurement(server: server, connections: count))
        } else if let index = reasons.firstIndex(where: { $0.shortages == shortages }) {
          reasons[index].servers.append(server.name)
        } else {
          reasons.append((shortages, [server.name]))
        }
      }
      for (shortages, names) in reasons {
        let number = Numeral.grouped(Double(count))
        messages.append("\(number) connections with \(names.joined(separator: ", ")) are left out:")
        messages += shortages.map { "  \($0)" }
      }
    }
    if !messages.isEmpty { messages += servers.map { Self.largest($0, limits) } }
    self.measurements = measurements
    self.messages = messages
  }

  private static func largest(_ server: ScaleServer, _ limits: MachineLimits) -> String {
    let largest = ScaleNeeds.largest(for: server, limits: limits)
    let number = Numeral.grouped(Double(largest))
    let most = largest == ScaleNeeds.largestNumber ? "\(number) or more" : number
    return "this machine holds \(most) connections with \(server.name)"
  }
}
