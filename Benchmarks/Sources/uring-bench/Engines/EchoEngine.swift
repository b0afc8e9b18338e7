// SPDX-License-Identifier: Apache-2.0

/// An echo server under measurement.
///
/// Made and used by the main thread of a `serve` process; it listens when it is made, and works on
/// threads of its own.
protocol EchoEngine {
  /// The port it listens on.
  var port: UInt16 { get }

  /// What it has done so far; may be asked at any time, also after `stop`.
  ///
  /// - Throws: when it does not answer.
  func counters() throws -> EngineCounters

  /// Stops accepting and serving.
  func stop()
}

/// What a `serve` process was asked for.
struct EngineConfiguration {
  let endpoint: IPv4Endpoint
  /// Event loops, rings or pollers, each on a thread of its own.
  let loops: Int
  /// Bytes a receive may deliver at once; nil for the engine's own choice.
  let bufferSize: Int?
  /// Buffers of each loop, where the engine has a set of them; nil for its own choice.
  var bufferCount: Int? = nil
  /// Places in each loop's table of direct descriptors, on a ring; 0 for file descriptors.
  var directDescriptors = 0
  /// Seconds without bytes after which a completion engine's receive becomes a poll; nil for never.
  var quietSeconds: Double? = nil
  /// Whether a completion engine's task starts with the first bytes of its connection.
  var startsTasksWithFirstBytes = false

  /// Whether each of a completion engine's loops is bound to one CPU.
  var bindsLoops = false
  /// Whether a completion engine gives a connection to a loop on the CPU that its packets come in on.
  var acceptsOnReceivingCPU = false
  /// Bytes that the kernel may keep of each connection, each way; nil for as many as it likes.
  var socketBufferSize: Int32? = nil

  /// Long enough for the load generator's window of connects under way; net.core.somaxconn caps it.
  let backlog: Int32 = 4096
}

/// What an engine has done since its start.
struct EngineCounters: Equatable {
  /// Connections accepted.
  var accepted: UInt64 = 0
  /// The same by the loop that accepted them, where the engine tells.
  var acceptedByLoop: [UInt64] = []
  /// Receives that delivered bytes.
  var messages: UInt64 = 0
  /// Bytes received, and so to be sent back.
  var bytes: UInt64 = 0
  /// System calls or ring enters, where the engine counts them.
  var kernelCalls: UInt64?
}
