// SPDX-License-Identifier: Apache-2.0

import Glibc

extension MachineLimits {
  /// The limits of this machine for this process; a limit that cannot be read does not bind.
  static func read() -> MachineLimits {
    MachineLimits(
      availableMemory: ProcFile.bytes(
        of: "MemAvailable", in: TextFile.read("/proc/meminfo") ?? "") ?? .max,
      descriptors: DescriptorLimit.raise(),
      openFiles: geteuid() == 0 ? nil : ProcFile.number("/proc/sys/fs/file-max"),
      ephemeralPorts: WorkerPlan.ephemeralPorts,
      backlog: ProcFile.number("/proc/sys/net/core/somaxconn") ?? .max,
      hasLoopbackSources: canBindLoopback(),
      threads: ProcFile.number("/proc/sys/kernel/threads-max") ?? .max,
      trackedConnections: trackedConnections())
  }

  /// Whether 127.0.0.2 can be bound: 127.0.0.0/8 belongs to the loopback device unless somebody has
  /// changed that.
  private static func canBindLoopback() -> Bool {
    guard let source = try? IPv4Endpoint(host: "127.0.0.2", port: 0),
      let listener = try? TCP.listen(at: source, backlog: 1)
    else { return false }
    close(listener.descriptor)
    return true
  }

  /// The limit of the connection tracker, if it tracks a connection of ours.
  ///
  /// Its file is there when its module is loaded, but only rules of a firewall make it work.
  private static func trackedConnections() -> Int? {
    let folder = "/proc/sys/net/netfilter/"
    guard let limit = ProcFile.number(folder + "nf_conntrack_max"),
      let local = try? IPv4Endpoint(host: "127.0.0.1", port: 0),
      let listener = try? TCP.listen(at: local, backlog: 1)
    else { return nil }
    defer { close(listener.descriptor) }
    guard let client = try? TCP.open(nonblocking: false) else { return nil }
    defer { close(client) }
    let server = IPv4Endpoint(address: local.address, port: listener.port)
    guard unsafe server.withSockaddr({ unsafe connect(client, $0, $1) }) == 0 else { return nil }
    return (ProcFile.number(folder + "nf_conntrack_count") ?? 0) > 0 ? limit : nil
  }
}
