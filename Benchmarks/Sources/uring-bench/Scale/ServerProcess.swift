// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One process of a server under measurement.
struct ServerProcess {
  let process: ChildProcess
  let port: UInt16
  let usage: ProcessUsage

  /// Starts `serve`, and waits until it listens.
  ///
  /// - Throws: ``RunFailure``, SystemFailure.
  init(engine: EngineName, _ plan: ServerPlan, endsAfter seconds: Double) throws {
    let process = try ChildProcess(
      [
        "serve", "--engine", engine.rawValue, "--port", "0", "--max-seconds", "\(seconds)",
        "--end-with-parent",
      ] + plan.arguments)
    let line = process.readLine(until: MonotonicClock.now + 30_000_000_000)
    guard let line, line.hasPrefix("listening "),
      let port = ServeLine.value("port", in: line).flatMap({ UInt16($0) })
    else { throw RunFailure.notListening(process.end(with: SIGKILL, within: 2).code) }
    self.process = process
    self.port = port
    usage = try ProcessUsage(of: process.pid)
  }

  /// Starts a foreign server on a free port, and waits until it accepts a connection.
  ///
  /// - Throws: ``RunFailure``, SystemFailure.
  init(foreign server: ForeignServer, _ plan: ServerPlan) throws {
    let local = try IPv4Endpoint(host: "127.0.0.1", port: 0)
    let free = try TCP.listen(at: local, backlog: 1)
    close(free.descriptor)
    let command = server.arguments(port: free.port, loops: plan.loops)
    process = try ChildProcess(["run-server"] + command)
    port = free.port
    do {
      usage = try ProcessUsage(of: process.pid)
      let endpoint = IPv4Endpoint(address: local.address, port: free.port)
      try Self.waitForAccept(at: endpoint, process)
    } catch {
      process.end(with: SIGKILL, within: 2)
      throw error
    }
  }

  private static func waitForAccept(at server: IPv4Endpoint, _ process: ChildProcess) throws {
    let deadline = MonotonicClock.now + 10_000_000_000
    while MonotonicClock.now < deadline {
      let probe = try TCP.open(nonblocking: false)
      TCP.setResetOnClose(probe)
      let code = unsafe server.withSockaddr { unsafe connect(probe, $0, $1) }
      close(probe)
      if code == 0 { return }
      _ = process.readLine(until: 0)
      if process.isAtEnd { break }
      usleep(10_000)
    }
    throw RunFailure.notListening(nil)
  }

  /// The counters of one that runs `serve`.
  ///
  /// - Throws: ``RunFailure`` when it does not answer.
  func counters() throws -> EngineCounters {
    process.signal(SIGUSR1)
    let line = process.readLine(until: MonotonicClock.now + 30_000_000_000)
    guard let line, let counters = ServeLine.parseCounters(line) else {
      throw RunFailure.serverSilent
    }
    return counters
  }
}
