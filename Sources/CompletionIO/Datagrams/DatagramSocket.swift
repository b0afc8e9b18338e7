// SPDX-License-Identifier: Apache-2.0

public import Uring

/// A socket of datagrams, UDP or Unix-domain, for tasks.
///
/// ```swift
/// let socket = try await DatagramSocket.bind(to: "127.0.0.1:5353", on: group.next())
/// while let datagram = try await socket.receive() {
///   try await socket.reply(datagram)
/// }
/// ```
///
/// One task may receive while others send. A task that runs on the socket's loop pays no thread
/// change; others may use the socket too, more slowly. An error of one datagram ends nothing. A
/// socket that is dropped is closed.
public final class DatagramSocket: Sendable {
  /// The loop that the socket belongs to.
  public var loop: CompletionLoop { endpoint.loop }
  /// The same socket for completion handlers: ``DatagramEndpoint/start(_:)``, and sends that do not
  /// wait.
  ///
  /// It is closed with the socket.
  public let endpoint: DatagramEndpoint

  /// Wraps an endpoint, which the socket owns from now on.
  ///
  /// - Parameter endpoint: Has no handler and no other socket.
  public init(_ endpoint: DatagramEndpoint) {
    self.endpoint = endpoint
  }

  deinit {
    endpoint.close()
  }

  /// The socket's own address when it was made; `nil` where the kernel did not tell.
  public var localAddress: SocketAddress? { endpoint.localAddress }

  /// The address that the socket is connected to; `nil` for one that is not.
  public var peerAddress: SocketAddress? { endpoint.peerAddress }

  /// Bytes that a datagram may have to be received whole; of a larger one the end is lost, and
  /// ``Datagram/isTruncated`` says so.
  public var wholeByteLimit: Int { endpoint.wholeByteLimit }

  /// Makes a call on the loop's thread, and returns to the caller's executor.
  nonisolated(nonsending) func onLoop<Value: Sendable>(
    _ body: @Sendable (DatagramEndpoint) throws(SocketError) -> Value
  ) async throws(SocketError) -> Value {
    if loop.isCurrent { return try body(endpoint) }
    return try await loop.isolation.run { _ throws(SocketError) in try body(self.endpoint) }
  }

  /// Suspends the calling task until a wait is over, and takes its result; on the loop's thread.
  nonisolated(nonsending) func result(of wait: WaitID) async -> WaitResult {
    await loop.suspend(for: wait)
    return await loop.takeResult(wait)
  }

  /// Lets other tasks go on, when many calls in a row have been done without a wait.
  nonisolated(nonsending) func letOthersGoOn() async {
    guard endpoint.operationsAtOnce >= 64 else { return }
    endpoint.operationsAtOnce = 0
    await loop.passTurn()
  }

  /// - Throws: ``SocketError`` with ETIMEDOUT if there is none left.
  nonisolated(nonsending) func timeLeft(
    until deadline: LoopInstant, _ operation: SocketOperation
  ) async throws(SocketError) -> Duration {
    let timeLeft = loop.now.duration(to: deadline)
    if timeLeft > .zero { return timeLeft }
    // A task that does not heed the end would keep the loop from everything else.
    await Task.yield()
    throw .pastDeadline(operation, peerAddress)
  }
}
