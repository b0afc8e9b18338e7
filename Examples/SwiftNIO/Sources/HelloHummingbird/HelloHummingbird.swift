// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
public import HummingbirdCore
internal import Logging
public import NIOCore
public import NIOUring
public import Serving

/// A server of Hummingbird's HTTP/1.1, without Hummingbird's `Application`.
///
/// A GET is answered with `hello` and its target; other requests get back the body that they have.
public enum HelloHummingbird {
  /// Listens on the loopback interface.
  ///
  /// - Returns: The server; to stop it breaks off connections.
  public static func start(
    on group: UringEventLoopGroup, port: Int
  ) async throws -> RunningServer {
    try await start(on: group, port: port) { request, writer, _ in try await hello(request, writer)
    }
  }

  /// Listens on the loopback interface, and answers as a function does.
  public static func start(
    on group: UringEventLoopGroup, port: Int, responder: @escaping HTTPChannelHandler.Responder
  ) async throws -> RunningServer {
    let server = UringServer(HTTP1Channel(responder: responder), logger: Logger(label: "hello"))
    let (addresses, continuation) = AsyncStream.makeStream(of: NIOCore.SocketAddress.self)
    let serving = Task {
      defer { continuation.finish() }
      try await server.run(on: group, port: port) { continuation.yield($0) }
    }
    for await address in addresses {
      return RunningServer(at: address) {
        serving.cancel()
        do { try await serving.value } catch is CancellationError {}
      }
    }
    try await serving.value
    throw NoAddress()
  }

  @concurrent private static func hello(
    _ request: Request, _ writer: consuming ResponseWriter
  ) async throws {
    guard request.method != .get else {
      let text = ByteBuffer(string: "hello \(request.uri.path)!")
      let response = Response(status: .ok, body: ResponseBody(byteBuffer: text))
      return try await writer.write(response: response.head, body: response.body)
    }
    var fields = HTTPFields()
    fields[.contentLength] = request.headers[.contentLength]
    let head = HTTPResponse(status: .ok, headerFields: fields)
    var body = try await writer.writeHead(head)
    for try await part in request.body { try await body.write(part) }
    try await body.finish(nil)
  }
}
