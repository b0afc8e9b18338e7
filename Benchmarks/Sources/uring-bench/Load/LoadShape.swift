// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// What load to put on a server: the options that `load` and its worker processes share.
struct LoadShape: ParsableArguments, Sendable {
  @Option(help: "The server's IPv4 address.")
  var host = "127.0.0.1"

  @Option(help: "The server's TCP port.")
  var port: UInt16

  @Option(help: "Connections to open.")
  var connections = 64

  @Option(help: "Bytes in a message, 1 to 16777216.")
  var size = 64

  @Option(help: "Messages in flight on each active connection, 1 to 1024.")
  var pipeline = 1

  @Option(help: "Share of the connections that send, 0 to 1; the rest stay open and idle.")
  var active = 1.0

  @Option(help: "The server's process, to measure its CPU time and memory.")
  var serverPid: Int32?

  func validate() throws {
    guard port > 0 else { throw ValidationError("--port must be 1 to 65535") }
    guard (1...4_000_000).contains(connections) else {
      throw ValidationError("--connections must be 1 to 4000000")
    }
    guard (1...(16 << 20)).contains(size) else {
      throw ValidationError("--size must be 1 to 16777216 bytes")
    }
    guard (1...1024).contains(pipeline) else {
      throw ValidationError("--pipeline must be 1 to 1024")
    }
    guard (0...1).contains(active) else { throw ValidationError("--active must be 0 to 1") }
    if let serverPid, serverPid < 1 { throw ValidationError("--server-pid must be above 0") }
  }

  /// Whether connection `index`, counted over all workers, sends: the active ones are spread evenly.
  func isActive(_ index: Int) -> Bool {
    (Double(index + 1) * active).rounded(.down) > (Double(index) * active).rounded(.down)
  }

  /// The options again, as a worker's command line takes them.
  var arguments: [String] {
    var list = ["--host", host, "--port", "\(port)", "--connections", "\(connections)"]
    list += ["--size", "\(size)", "--pipeline", "\(pipeline)", "--active", "\(active)"]
    if let serverPid { list += ["--server-pid", "\(serverPid)"] }
    return list
  }
}
