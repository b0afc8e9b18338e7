import CompletionIO
import Synchronization
import Testing
import Uring

/// Runs a body with loops of its own, and ends them whatever the body does.
func withLoops<Result>(
  _ count: Int = 1, _ change: (inout LoopConfiguration) -> Void = { _ in },
  _ body: (CompletionLoopGroup) async throws -> Result
) async throws -> Result {
  var configuration = LoopConfiguration()
  configuration.bufferCount = 32
  change(&configuration)
  let group = try CompletionLoopGroup(count: count, configuration: configuration)
  do {
    let result = try await body(group)
    await group.shutdown()
    return result
  } catch {
    await group.shutdown()
    throw error
  }
}

/// Runs a body while a listener echoes, then ends both.
func withEcho<Result>(
  on group: CompletionLoopGroup, options: SocketOptions = SocketOptions(),
  _ body: (SocketAddress) async throws -> Result
) async throws -> Result {
  let listener = try await TCPListener.bind(to: "127.0.0.1:0", on: group, options: options)
  let serving = Task {
    try await listener.serve { connection in
      while let chunk = try await connection.receive() { try await connection.send(chunk.bytes) }
    }
  }
  do {
    let result = try await body(listener.localAddress)
    listener.close()
    try await serving.value
    return result
  } catch {
    serving.cancel()
    _ = await serving.result
    throw error
  }
}

extension SocketOptions {
  /// As little room in the kernel as it allows, so that a peer that does not read is felt soon.
  static var tight: Self {
    var options = Self()
    options.sendBufferByteCount = 4096
    options.receiveBufferByteCount = 4096
    return options
  }
}

extension CompletionLoop {
  /// Asks something on the loop's thread.
  func ask<Answer: Sendable>(_ question: @escaping @Sendable () -> Answer) async -> Answer {
    await withCheckedContinuation { continuation in
      perform { continuation.resume(returning: question()) }
    }
  }

  /// Waits, turn by turn of the loop, until something holds there.
  func until(_ condition: @escaping @Sendable () -> Bool) async {
    while await !ask(condition) { await Task.yield() }
  }
}

/// A number that several tasks add to.
final class Tally: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .sequentiallyConsistent) }

  @discardableResult
  func add(_ count: Int = 1) -> Int {
    number.add(count, ordering: .sequentiallyConsistent).newValue
  }
}
