// SPDX-License-Identifier: Apache-2.0

extension SocketStream {
  /// Connects to a host by its name, without a task: looks the name up and tries its addresses until
  /// one connects.
  ///
  /// - Parameters:
  ///   - host: A name such as `example.org`, or a numeric address without brackets.
  ///   - port: The peer's port.
  ///   - loop: The loop of the stream; the call may come from any thread.
  ///   - timeout: How long the look-up and all attempts may take together; `nil` for as long as the
  ///     system tries.
  ///   - options: How sockets are made.
  ///   - policy: What the connect and the stream do when the kernel says "not now".
  ///   - completion: Called once, on the loop's thread, with a stream to start, or with a
  ///     ``SocketError`` that names the host.
  ///
  /// The corresponding C functions are `getaddrinfo` and `io_uring_prep_connect` (Linux 5.5).
  public static func connect(
    host: String, port: UInt16, on loop: CompletionLoop, timeout: Duration? = nil,
    options: SocketOptions = SocketOptions(), policy: ResubmissionPolicy? = nil,
    completion: @escaping @Sendable (Result<SocketStream, SocketError>) -> Void
  ) {
    loop.perform {
      HostConnect(
        to: host, on: loop, options: options, policy: policy, timeout: timeout,
        completion: completion
      ).resolve(port: port, by: .system)
    }
  }
}
