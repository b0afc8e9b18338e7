// SPDX-License-Identifier: Apache-2.0

/// What a number of connections to a server takes.
///
/// Every need grows with the connections, so that there is a largest number.
struct ScaleNeeds {
  let server: ScaleServer
  let connections: Int

  /// Kernel memory of a connection, both ends with their places in epoll and rings, as measured.
  static let kernelBytes = 10_000
  /// Memory for everything else: the programs, and what the system wants to keep.
  static let reservedBytes = 512 << 20
  /// Processes of the load or of a server; more would measure the scheduler.
  static let processLimit = 512
  /// More is neither asked for nor tried.
  static let largestNumber = 4_000_000

  /// What is missing; empty when the machine holds the connections.
  func shortages(limits: MachineLimits) -> [Shortage] {
    let all = [
      memory(limits), descriptors(limits), files(limits), ports(limits), sources(limits),
      backlog(limits), threads(limits), tracking(limits),
    ]
    return all.compactMap(\.self)
  }

  /// The largest number of connections to `server` that a machine holds.
  static func largest(for server: ScaleServer, limits: MachineLimits) -> Int {
    Least.number(in: 1...largestNumber + 1) { connections in
      connections > largestNumber
        || !ScaleNeeds(server: server, connections: connections).shortages(limits: limits).isEmpty
    } - 1
  }

  private func memory(_ limits: MachineLimits) -> Shortage? {
    let needed =
      connections * (Self.kernelBytes + server.userBytesPerConnection) + Self.reservedBytes
    guard needed > limits.availableMemory else { return nil }
    return Shortage(
      subject: "available memory", setting: nil,
      present: "\(Numeral.gibibytes(limits.availableMemory)) GiB",
      needed: "\(Numeral.gibibytes(needed)) GiB", command: nil)
  }

  /// The plans of servers and load, and their pipes, under some limit of descriptors.
  private func fits(descriptors: Int) -> Bool {
    let load = WorkerPlan(connections: connections, descriptorLimit: descriptors, ports: 1)
    let plan = ServerPlan(server, connections: connections, descriptorLimit: descriptors)
    let children = load.shares.count + plan.processes
    return load.shares.count <= Self.processLimit && plan.loops <= ServerPlan.loopLimit
      && plan.directDescriptors <= descriptors && 2 * children + 64 <= descriptors
  }

  private func descriptors(_ limits: MachineLimits) -> Shortage? {
    guard !fits(descriptors: limits.descriptors) else { return nil }
    let needed = Least.number(in: limits.descriptors...1 << 30) { fits(descriptors: $0) }
    return Shortage(
      subject: "descriptors of a process", setting: "RLIMIT_NOFILE",
      present: "\(limits.descriptors)", needed: "\(needed)", command: "ulimit -n \(needed)")
  }

  private func files(_ limits: MachineLimits) -> Shortage? {
    Self.sysctl("open files", "fs.file-max", limits.openFiles, 2 * connections + 4096)
  }

  /// Ports of one source address: few are enough where there are many addresses.
  private func ports(_ limits: MachineLimits) -> Shortage? {
    let addresses = limits.hasLoopbackSources ? Self.sourceLimit : 1
    let fits = { (ports: Int) in
      WorkerPlan.connectionsPerSource(ports: ports) * addresses >= connections
    }
    guard !fits(limits.ephemeralPorts), fits(Self.portLimit) else { return nil }
    let needed = Least.number(in: limits.ephemeralPorts...Self.portLimit, where: fits)
    return Shortage(
      subject: "ports for connecting", setting: "net.ipv4.ip_local_port_range",
      present: "\(limits.ephemeralPorts) ports", needed: "\(needed) ports",
      command: "sysctl -w net.ipv4.ip_local_port_range='\(65536 - needed) 65535'")
  }

  private func sources(_ limits: MachineLimits) -> Shortage? {
    let perAddress = WorkerPlan.connectionsPerSource(ports: Self.portLimit)
    guard !limits.hasLoopbackSources, connections > perAddress else { return nil }
    return Shortage(
      subject: "source addresses on loopback", setting: "127.0.0.0/8", present: "127.0.0.1 alone",
      needed: "\((connections + perAddress - 1) / perAddress) addresses",
      command: "ip address replace 127.0.0.1/8 dev lo")
  }

  /// All connects under way may meet in one listener.
  private func backlog(_ limits: MachineLimits) -> Shortage? {
    let load = WorkerPlan(
      connections: connections, descriptorLimit: limits.descriptors, ports: 1)
    let underWay = min(connections, max(128, load.window * load.shares.count))
    return Self.sysctl(
      "connects that a listener holds", "net.core.somaxconn", limits.backlog, underWay)
  }

  private func threads(_ limits: MachineLimits) -> Shortage? {
    let load = WorkerPlan(
      connections: connections, descriptorLimit: limits.descriptors, ports: 1)
    let plan = ServerPlan(server, connections: connections, descriptorLimit: limits.descriptors)
    // A process has some threads beside its loops: its first, and those of Swift's own pool.
    var needed = load.shares.count + plan.processes * (plan.loops + 8) + 256
    if server.hasThreadPerConnection { needed += connections }
    return Self.sysctl("threads", "kernel.threads-max", limits.threads, needed)
  }

  /// The tracker sees a connection on loopback once, though it has two ends.
  private func tracking(_ limits: MachineLimits) -> Shortage? {
    Self.sysctl(
      "tracked connections", "net.netfilter.nf_conntrack_max", limits.trackedConnections,
      connections + 1024)
  }

  private static func sysctl(
    _ subject: String, _ setting: String, _ present: Int?, _ needed: Int
  ) -> Shortage? {
    guard let present, present < needed else { return nil }
    return Shortage(
      subject: subject, setting: setting, present: "\(present)", needed: "\(needed)",
      command: "sysctl -w \(setting)=\(needed)")
  }

  /// Addresses that the load takes from 127.0.0.0/8 (`ConnectPhase`).
  private static let sourceLimit = 60_000
  /// Ports from 1024 on.
  private static let portLimit = 65536 - 1024
}
