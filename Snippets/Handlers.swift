// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Answers each line with its number, says "idle?" to who is silent, and goodbye on shutdown.
final class NumberedLines: SocketDelegate, @unchecked Sendable {
  private var lineCount = 0
  private var reminder: ScheduledWork?

  override func opened(_ stream: SocketStream) {
    reminder = stream.loop.schedule(every: .seconds(30)) { [weak self] in
      guard let self else { return }
      self.say("\(self.lineCount) lines so far", on: stream)
    }
  }

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    for index in 0..<lease.byteCount where lease[index] == UInt8(ascii: "\n") {
      lineCount += 1
      say("\(lineCount)", on: stream)
    }
  }

  override func mayGoOn(idle direction: IdleDirection, on stream: SocketStream) -> Bool {
    // Whoever does not read is not asked.
    guard direction != .sending else { return false }
    say("idle?", on: stream)
    return true
  }

  override func draining(_ stream: SocketStream) {
    say("goodbye", on: stream)
    stream.close()
  }

  override func closed(_ stream: SocketStream) {
    reminder?.cancel()
  }

  private func say(_ text: String, on stream: SocketStream) {
    stream.enqueue(copying: Array("\(text)\n".utf8))
  }
}

func serveNumberedLines(on group: CompletionLoopGroup) async throws {
  let listener = try await StreamListener.bind(to: "127.0.0.1:7000", on: group)
  try listener.handle(
    limits: ServeLimits(
      connectionsPerLoop: 1000, excess: .refused, idleTime: .seconds(60), sendTime: .seconds(10)),
    onRefused: { $0.sendGoodbye(Array("full\n".utf8)) }
  ) { _ in NumberedLines() }
  let signals = try CaughtSignals([.terminate, .interrupt])
  _ = try await group.shutdown(grace: .seconds(10), on: signals)
}

func connect(to address: SocketAddress, on loop: CompletionLoop) {
  SocketStream.connect(to: address, on: loop, timeout: .seconds(5)) { error in
    report(error)
  } delegate: { _ in
    NumberedLines()
  }
}

func report(_ error: SocketError) {
  print(error)
}

/// Of the page "Tasks or handlers".
func countWithTasks(_ listener: StreamListener) async throws {
  try await listener.serve { connection in
    var byteCount = 0
    while let chunk = try await connection.receive() {
      byteCount += chunk.byteCount
    }
    try await connection.send(Array("\(byteCount)\n".utf8))
  }
}

/// Of the page "Tasks or handlers".
final class Counting: SocketDelegate {
  private var byteCount = 0

  override func received(_ lease: consuming BufferLease, on stream: SocketStream) {
    byteCount += lease.byteCount
  }

  override func ended(_ error: SocketError?, on stream: SocketStream) {
    if error == nil { stream.enqueue(copying: Array("\(byteCount)\n".utf8)) }
    stream.close()
  }
}

func countWithHandlers(_ listener: StreamListener) throws {
  try listener.handle { _ in Counting() }
}
