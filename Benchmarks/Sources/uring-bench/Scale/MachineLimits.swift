// SPDX-License-Identifier: Apache-2.0

/// What a machine allows that bounds the number of connections.
struct MachineLimits: Equatable {
  /// Memory that programs could take, in bytes: MemAvailable.
  var availableMemory: Int
  /// RLIMIT_NOFILE, the hard limit: descriptors of one process, places of one direct table.
  var descriptors: Int
  /// fs.file-max; nil where it does not bind us: root may go beyond.
  var openFiles: Int?
  /// Ports in net.ipv4.ip_local_port_range.
  var ephemeralPorts: Int
  /// net.core.somaxconn.
  var backlog: Int
  /// Whether other source addresses than 127.0.0.1 can be bound.
  var hasLoopbackSources: Bool
  /// kernel.threads-max.
  var threads: Int
  /// net.netfilter.nf_conntrack_max; nil where connections on loopback are not tracked.
  var trackedConnections: Int?
}
