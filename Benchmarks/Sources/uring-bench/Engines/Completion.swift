// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// The library's completion model, through handlers or through tasks, on a ring or on readiness.
struct CompletionEngine: EchoEngine {
  enum Style {
    /// A task for each connection, awaiting receives and sends.
    case tasks
    /// Completion handlers: no task, no continuation.
    case handlers
  }

  let port: UInt16
  private let group: CompletionLoopGroup
  private let listener: StreamListener

  /// - Throws: RingSetupError, SocketError.
  init(_ configuration: EngineConfiguration, style: Style, on kernel: KernelChoice) throws {
    var loop = LoopConfiguration()
    if let bytes = configuration.bufferSize { loop.bufferSize = bytes }
    if let count = configuration.bufferCount { loop.bufferCount = count }
    if configuration.directDescriptors > 0 {
      loop.directDescriptorCount = UInt32(configuration.directDescriptors)
      // Two for each connection, and some for the listener and the wake-up.
      loop.flightLimit = 2 * configuration.directDescriptors + 64
    }
    loop.quietTime = configuration.quietSeconds.map { .seconds($0) }
    let group = try CompletionLoopGroup(
      count: configuration.loops, kernel: kernel,
      placement: configuration.bindsLoops ? .eachCPU : .anywhere, configuration: loop)
    var options = SocketOptions()
    options.backlog = configuration.backlog
    options.acceptsOnReceivingCPU = configuration.acceptsOnReceivingCPU
    options.sendBufferByteCount = configuration.socketBufferSize
    options.receiveBufferByteCount = configuration.socketBufferSize
    let listener = try Waiting.end(of: "listening") { [options] in
      let address = configuration.endpoint.description
      return try await StreamListener.bind(to: address, on: group, options: options)
    }
    self.group = group
    self.listener = listener
    port = listener.localAddress.port ?? 0
    switch style {
    case .tasks:
      Self.serveWithTasks(
        listener, configuration.startsTasksWithFirstBytes ? .withFirstBytes : .atOnce)
    case .handlers: Self.serveWithHandlers(listener)
    }
  }

  private static func serveWithTasks(_ listener: StreamListener, _ start: TaskStart) {
    Task {
      do {
        try await listener.serve(limits: ServeLimits(), startingTasks: start) { connection in
          while let chunk = try await connection.receive() {
            try await connection.enqueue(chunk)
          }
        }
      } catch {
        StandardLines.report("accepting ended: \(error)")
      }
    }
  }

  private static func serveWithHandlers(_ listener: StreamListener) {
    let echo = StreamHandler(
      received: { stream, chunk in stream.enqueue(chunk) },
      ended: { stream, _ in stream.close() })
    do throws(SocketError) {
      try listener.handle(
        echo,
        ended: { error in
          if let error { StandardLines.report("accepting ended: \(error)") }
        })
    } catch {
      StandardLines.report("\(error)")
    }
  }

  /// Adds up the loops' statistics, each read on its own thread.
  func counters() throws -> EngineCounters {
    var total = EngineCounters(kernelCalls: 0)
    for loop in group.loops {
      let one: LoopStatistics = try Waiting.value(of: "a loop's statistics") { done in
        loop.perform { done(.success(loop.statistics)) }
      }
      total.accepted += one.accepted
      total.acceptedByLoop.append(one.accepted)
      total.messages += one.chunksReceived
      total.bytes += one.bytesReceived
      total.kernelCalls = (total.kernelCalls ?? 0) + one.systemCallCount(on: group.kernel)
    }
    return total
  }

  func stop() {
    listener.abort()
    let group = group
    let ended: Void? = try? Waiting.end(of: "the loops' end", seconds: 3) { await group.close() }
    if ended == nil { StandardLines.report("the loops did not end in time") }
  }
}

extension LoopStatistics {
  /// System calls that a loop has made for its sockets: an enter is one on a ring, and made of the
  /// others on readiness.
  fileprivate func systemCallCount(on kernel: LoopKernel) -> UInt64 {
    kernel == .ring ? enters + otherSystemCalls : otherSystemCalls
  }
}
