// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CLinux
import Glibc

/// `uring-bench serve`: one echo server, until SIGTERM.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run one echo server until SIGTERM.",
    discussion: """
      Prints a line when it listens and its counters when it ends; SIGUSR1 prints the counters \
      so far. Kernel calls are system calls or ring enters, as the engine counts them.
      """)

  @Option(help: "The engine: \(EngineName.allNames).")
  var engine: EngineName

  @Option(help: "The TCP port; 0 lets the kernel choose.")
  var port: UInt16

  @Option(help: "The IPv4 address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Event loops, each on a thread of its own.")
  var loops = 1

  @Option(help: "Bytes one receive may deliver; the engine's own choice when not given.")
  var bufferSize: Int?

  @Option(help: "Buffers of each loop, a power of two; completion engines only.")
  var bufferCount: Int?

  @Option(
    help: """
      Places in each loop's table of direct descriptors, so that connections take no file \
      descriptor; 0 for none. Completion engines on a ring only.
      """)
  var directDescriptors = 0

  @Option(
    help: """
      Seconds without bytes after which a connection's receive becomes a poll; completion engines \
      only.
      """)
  var quietTime: Double?

  @Flag(help: "Bind each loop to one CPU; completion engines only.")
  var bindLoops = false

  @Flag(
    help: """
      Accept a connection on a loop of the CPU that its packets come in on; completion engines only, \
      with --bind-loops.
      """)
  var receivingCPU = false

  @Flag(help: "Start a connection's task with its first bytes; completion-async only.")
  var firstBytes = false

  @Option(
    help: "Bytes the kernel may keep of each connection, each way; its own choice when not given.")
  var socketBuffers: Int32?

  @Option(help: "Descriptors it may have open; as many as the system allows when not given.")
  var descriptorLimit: Int?

  @Option(help: "End by itself after so many seconds.")
  var maxSeconds = 3600.0

  @Flag(help: .hidden)
  var endWithParent = false

  func validate() throws {
    guard (1...1024).contains(loops) else { throw ValidationError("--loops must be 1 to 1024") }
    guard (1...(64 << 20)).contains(bufferSize ?? 1) else {
      throw ValidationError("--buffer-size must be 1 to 67108864 bytes")
    }
    try validateLoops()
    guard (1...(1 << 30)).contains(descriptorLimit ?? 1) else {
      throw ValidationError("--descriptor-limit must be 1 to 1073741824")
    }
    guard (1...(1 << 30)).contains(socketBuffers ?? 1) else {
      throw ValidationError("--socket-buffers must be 1 to 1073741824 bytes")
    }
    guard maxSeconds > 0, maxSeconds < 1e9 else {
      throw ValidationError("--max-seconds must be above 0")
    }
  }

  private func validateLoops() throws {
    if let bufferCount {
      guard engine.hasLoops else {
        throw ValidationError("--buffer-count is for completion engines, not \(engine.rawValue)")
      }
      guard (1...32768).contains(bufferCount), bufferCount & (bufferCount - 1) == 0 else {
        throw ValidationError("--buffer-count must be a power of two from 1 to 32768")
      }
    }
    try validateQuietness()
    guard !bindLoops || engine.hasLoops else {
      throw ValidationError("--bind-loops is for completion engines, not \(engine.rawValue)")
    }
    guard !receivingCPU || bindLoops else {
      throw ValidationError("--receiving-cpu needs --bind-loops")
    }
    guard (0...(1 << 20)).contains(directDescriptors) else {
      throw ValidationError("--direct-descriptors must be 0 to 1048576")
    }
    guard directDescriptors == 0 || engine.hasDirectDescriptors else {
      throw ValidationError(
        "--direct-descriptors needs a completion engine on a ring, not \(engine.rawValue)")
    }
  }

  private func validateQuietness() throws {
    if let quietTime {
      guard engine.hasLoops else {
        throw ValidationError("--quiet-time is for completion engines, not \(engine.rawValue)")
      }
      guard quietTime > 0, quietTime < 1e6 else {
        throw ValidationError("--quiet-time must be above 0")
      }
    }
    guard !firstBytes || engine.hasTasks else {
      throw ValidationError("--first-bytes is for engines with tasks, not \(engine.rawValue)")
    }
  }

  func run() throws {
    if endWithParent { _ = clinux_signal_on_parent_death(SIGTERM) }
    _ = signal(SIGPIPE, SIG_IGN)
    var signals = SignalWait(for: [SIGTERM, SIGINT, SIGUSR1])
    let deadline = MonotonicClock.now + MonotonicClock.nanoseconds(maxSeconds)
    // Before the engine starts: an accept keeps the limit of when it was armed (io_accept_prep).
    if let descriptorLimit {
      try DescriptorLimit.set(to: descriptorLimit)
    } else {
      DescriptorLimit.raise()
    }
    let endpoint = try IPv4Endpoint(host: host, port: port)
    let server = try engine.start(
      EngineConfiguration(
        endpoint: endpoint, loops: loops, bufferSize: bufferSize, bufferCount: bufferCount,
        directDescriptors: directDescriptors, quietSeconds: quietTime,
        startsTasksWithFirstBytes: firstBytes, bindsLoops: bindLoops,
        acceptsOnReceivingCPU: receivingCPU, socketBufferSize: socketBuffers))
    StandardLines.print(
      ServeLine.listening(engine: engine, host: endpoint.host, port: server.port, loops: loops))
    while let signal = signals.next(until: deadline), signal == SIGUSR1 {
      StandardLines.print(ServeLine.counters("counters", try server.counters()))
    }
    server.stop()
    StandardLines.print(ServeLine.counters("ended", try server.counters()))
  }
}
