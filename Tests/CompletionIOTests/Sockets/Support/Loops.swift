import CompletionIO
import Testing
import Uring

/// Whether connections can be accepted into a ring's own table (Linux 5.19).
let hasDirectDescriptors =
  (try? KernelFeatures.discover().contains(.directDescriptors)) ?? false

/// Runs a body with loops of its own, and ends them whatever the body does.
func withLoops<Result>(
  _ count: Int = 1, _ change: (inout LoopConfiguration) -> Void = { _ in },
  _ body: (CompletionLoopGroup) async throws -> Result
) async throws -> Result {
  var configuration = LoopConfiguration()
  // Many suites make loops at the same time; each pays for its buffers.
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

/// Runs a body while a listener serves every connection with `session`, then ends both.
func withServer<Result>(
  on group: CompletionLoopGroup, at address: String = "127.0.0.1:0",
  options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
  _ session: nonisolated(nonsending) @escaping @Sendable (TCPConnection) async throws -> Void,
  _ body: (SocketAddress) async throws -> Result
) async throws -> Result {
  let listener = try await TCPListener.bind(
    to: address, on: group, options: options, policy: policy)
  let serving = Task { try await listener.serve(session) }
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

/// Both ends of a connection.
struct ConnectionPair {
  let near: TCPConnection
  let far: TCPConnection

  init(
    on group: CompletionLoopGroup, at address: String = "127.0.0.1:0",
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil
  ) async throws {
    let listener = try await TCPListener.bind(to: address, on: group, options: options)
    near = try await TCPConnection.connect(
      to: listener.localAddress, on: group.loops[0], options: options)
    far = try await listener.accept()
    // Not with the connect, of which a policy that shows would-block answers gives EINPROGRESS.
    if let policy { near.setPolicy(policy) }
    listener.close()
  }

  func close() async {
    near.abort()
    far.abort()
    await near.close()
    await far.close()
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

/// A name for a Unix-domain socket without a file.
func abstractName() -> String {
  "unix:@swift-uring-test-\(UInt64.random(in: 0 ... .max))"
}
