// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// The library's UDP echo server on one loop, through handlers or through a task.
struct DatagramEngine: EchoEngine {
  let port: UInt16
  private let group: CompletionLoopGroup
  private let socket: DatagramSocket

  /// - Throws: RingSetupError, SocketError.
  init(style: CompletionEngine.Style) throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let socket = try Waiting.end(of: "binding") {
      try await DatagramSocket.bind(to: "127.0.0.1:0", on: loop)
    }
    self.group = group
    self.socket = socket
    port = socket.localAddress?.port ?? 0
    switch style {
    case .handlers:
      socket.endpoint.start(
        DatagramHandler(received: { endpoint, datagram in _ = endpoint.reply(datagram) }))
    case .tasks:
      Task(executorPreference: loop) {
        do throws(SocketError) {
          while let datagram = try await socket.receive() { try await socket.reply(datagram) }
        } catch {
          if error.cause != .closed, error.cause != .loopStopped {
            StandardLines.report("echoing ended: \(error)")
          }
        }
      }
    }
  }

  func counters() throws -> EngineCounters {
    let group = group
    let snapshots = try Waiting.end(of: "a loop's statistics") { await group.statistics() }
    let counts = snapshots[0].counts
    return EngineCounters(
      messages: counts.chunksReceived, bytes: counts.bytesReceived,
      kernelCalls: counts.enters + counts.otherSystemCalls)
  }

  func stop() {
    let (socket, group) = (socket, group)
    let ended: Void? = try? Waiting.end(of: "the loop's end", seconds: 3) {
      socket.abort()
      await group.close()
    }
    if ended == nil { StandardLines.report("the loop did not end in time") }
  }
}
