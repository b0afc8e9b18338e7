// SPDX-License-Identifier: Apache-2.0

public import Uring

extension SocketStream {
  /// Connects to an address, without a task.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address.
  ///   - loop: The loop of the stream; the call may come from any thread.
  ///   - timeout: How long the connect may take; `nil` for as long as the kernel tries.
  ///   - options: How the socket is made.
  ///   - policy: What the connect and the stream do when the kernel says "not now".
  ///   - completion: Called once, on the loop's thread, with a stream to start, or with a
  ///     ``SocketError``: ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EMFILE,
  ///     ESHUTDOWN.
  ///
  /// The corresponding C function is `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    to address: SocketAddress, on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
    completion: @escaping @Sendable (Result<SocketStream, SocketError>) -> Void
  ) {
    loop.perform {
      _ = ConnectAttempt.start(
        to: address, on: loop, options: options, policy: policy, timeout: timeout,
        completion: completion)
    }
  }

  /// Connects to an address for a delegate.
  ///
  /// - Parameters:
  ///   - address: An Internet or Unix-domain address.
  ///   - loop: The loop of the stream; the call may come from any thread.
  ///   - timeout: How long the connect may take; `nil` for as long as the kernel tries.
  ///   - options: How the socket is made.
  ///   - policy: What the connect and the stream do when the kernel says "not now".
  ///   - failed: Called once, on the loop's thread, if there is no connection, as the completion of
  ///     ``connect(to:on:timeout:options:policy:completion:)``; then no delegate is made.
  ///   - delegate: Makes the stream's delegate, on the loop's thread.
  ///
  /// The corresponding C function is `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    to address: SocketAddress, on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
    failed: @escaping @Sendable (SocketError) -> Void,
    delegate: @escaping @Sendable (SocketStream) -> SocketDelegate
  ) {
    connect(to: address, on: loop, timeout: timeout, options: options, policy: policy) { result in
      switch result {
      case .success(let stream): stream.attach(delegate(stream))
      case .failure(let error): failed(error)
      }
    }
  }
}
