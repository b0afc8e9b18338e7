// SPDX-License-Identifier: Apache-2.0

import CLinux
import CompletionIO
import Uring

/// An echo server on one loop, whose thread is asked what it has done.
struct HotPathServer {
  let port: UInt16
  private let group: CompletionLoopGroup
  private let listener: StreamListener

  init(_ style: EchoStyle) throws {
    let group = try CompletionLoopGroup(count: 1)
    let bound = Answer<Result<StreamListener, any Error>>()
    Task {
      do {
        bound.give(.success(try await StreamListener.bind(to: "127.0.0.1:0", on: group)))
      } catch {
        bound.give(.failure(error))
      }
    }
    listener = try bound.value(of: "listening").get()
    self.group = group
    port = listener.localAddress.port ?? 0
    try style.serve(listener)
  }

  /// Does something on the loop's thread and waits for what it returns.
  func onLoop<Value: Sendable>(
    _ what: String, _ body: @escaping @Sendable (CompletionLoop) -> Value
  ) throws(Failure) -> Value {
    let loop = group.loops[0]
    let answer = Answer<Value>()
    loop.perform { answer.give(body(loop)) }
    return try answer.value(of: what)
  }

  /// Waits until the loop has done what its client does not wait for: the last completions of
  /// sends are taken out in one turn, and the tasks that they resume run in the next.
  func settle() throws(Failure) {
    for _ in 0..<2 { try onLoop("a turn") { _ in } }
  }

  /// Has the loop share the CPU of its client, and run when the client waits: so it finds the
  /// messages of all connections at once, as often as it is asked.
  func share(cpu: Int32) throws(Failure) {
    let isShared = try onLoop("sharing a CPU") { _ in
      clinux_pin_thread(cpu) == 0 && clinux_batch_thread() == 0
    }
    guard isShared else { throw Failure("the server's thread cannot be bound to CPU \(cpu)") }
  }

  func stop() throws(Failure) {
    listener.abort()
    let ended = Answer<Void>()
    Task { [group] in
      await group.close()
      ended.give(())
    }
    try ended.value(of: "the loop's end")
  }
}
