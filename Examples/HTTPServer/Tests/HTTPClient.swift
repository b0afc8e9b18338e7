// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Testing

@testable import HTTPServer

/// A response as a client sees it.
struct ReceivedResponse: Equatable {
  var statusLine: String
  var fields: [String]
  var body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
  var isLast: Bool { fields.contains("Connection: close") }
}

/// A connection to a server that is tested.
struct HTTPClient: ~Copyable {
  let connection: StreamConnection
  private var reader: ByteReader

  init(_ connection: StreamConnection) {
    self.connection = connection
    reader = ByteReader(connection)
  }

  func send(_ text: String) async throws {
    try await connection.send(Array(text.utf8))
  }

  /// Receives a response; `nil` when the connection ends instead.
  mutating func receive(hasBody: Bool = true) async throws -> ReceivedResponse? {
    guard try await reader.read(until: [13, 10, 13, 10], limit: 4096) else { return nil }
    let head = String(validating: reader.element)
    var lines = try #require(head).split(separator: "\r\n").map(String.init)
    var response = ReceivedResponse(statusLine: lines.removeFirst(), fields: [], body: [])
    response.fields = lines
    let length = lines.first { $0.hasPrefix("Content-Length: ") }?.dropFirst(16)
    guard hasBody, let count = length.flatMap({ Int($0) }) else { return response }
    let isWhole = try await reader.read(exactly: count)
    #expect(isWhole)
    response.body = [UInt8](copying: reader.element)
    return response
  }

  /// Sends a request without a body, and receives its response.
  mutating func ask(
    _ method: String, _ target: String, fields: String = ""
  ) async throws -> ReceivedResponse? {
    try await send("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n")
    return try await receive(hasBody: method != "HEAD")
  }
}

/// A server that is tested.
struct TestedServer {
  let server: Server
  let address: SocketAddress
  let group: CompletionLoopGroup
  let clients: CompletionLoopGroup

  func connect() async throws -> HTTPClient {
    HTTPClient(try await StreamConnection.connect(to: address, on: clients.loops[0]))
  }

  /// Runs a server while a body uses it.
  static func with(
    _ style: Options.Style, root: String? = nil, limits: ServerLimits = ServerLimits(),
    _ body: (TestedServer) async throws -> Void
  ) async throws {
    let files = try root.map { try StaticFiles(root: $0) }
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let server = Server(listener, Service(files: files), limits)
    let serving = Task { try await server.serve(in: style) }
    let clients = try CompletionLoopGroup(count: 1)
    let tested = TestedServer(
      server: server, address: listener.localAddress, group: group, clients: clients)
    do {
      try await body(tested)
    } catch {
      Issue.record(error)
    }
    await clients.close()
    await group.close()
    try await serving.value
  }
}
