// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Of the page "Getting started".
func sayHello(on group: CompletionLoopGroup) async throws {
  let client = try await StreamConnection.connect(
    to: "127.0.0.1:7000", on: group, timeout: .seconds(5))
  try await client.send(Array("hello\n".utf8))
  if let chunk = try await client.receive(timeout: .seconds(5)) {
    print(String(validating: chunk) ?? "not UTF-8")
  }
  await client.close()
}

/// Of the page "Listening and connecting".
func listenAndConnect(on group: CompletionLoopGroup) async throws {
  let listener = try await StreamListener.bind(port: 8080, on: group)
  let connection = try await StreamConnection.connect(
    host: "example.org", port: 443, on: group, timeout: .seconds(5))
  await connection.close()
  await listener.close()
}

/// Of the page "Listening and connecting".
func serveInherited(on group: CompletionLoopGroup) async throws {
  for socket in try await StreamListener.inherited(on: group) {
    guard socket.name == "web", let listener = socket.listener else { continue }
    try await listener.serve { try await respond(on: $0) }
  }
}

func respond(on connection: StreamConnection) async throws {
  try await connection.send(Array("hello\n".utf8))
}

/// Of the page "Setting socket options".
func setOptions(on group: CompletionLoopGroup) async throws {
  var options = SocketOptions()
  options.set(.keepAlive, to: true)
  options.set(.keepAliveIdle, to: .seconds(30))
  options.set(.userTimeout, to: .seconds(10))
  let connection = try await StreamConnection.connect(
    to: "10.0.0.7:7000", on: group, options: options)

  try await connection.setOption(.noDelay, to: false)
  let roundTripTime = try await connection.option(.tcpStatistics).roundTripTime
  print(roundTripTime)
}

/// Of the page "Relaying".
func relayAll(of listener: StreamListener) async throws {
  let address = try SocketAddress(parsing: "10.0.0.7:7000")
  try await listener.serve { client in
    let origin = try await StreamConnection.connect(to: address, on: client.loop)
    try await relay(between: client, and: origin, idleLimit: .seconds(60))
  }
}
