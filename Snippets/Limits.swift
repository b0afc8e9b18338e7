// SPDX-License-Identifier: Apache-2.0

import CompletionIO

/// Of the page "Very many connections".
func startTasksLate(_ listener: StreamListener) async throws {
  try await listener.serve(limits: ServeLimits(), startingTasks: .withFirstBytes) { connection in
    while let request = try await connection.receive() {
      try await connection.send(answer(to: request))
    }
  }
}

func answer(to request: borrowing BufferLease) -> [UInt8] {
  [UInt8](request)
}

/// Of the page "Very many connections".
func letConnectionsBeQuiet() throws -> CompletionLoopGroup {
  var configuration = LoopConfiguration()
  configuration.quietTime = .seconds(30)
  return try CompletionLoopGroup(configuration: configuration)
}

/// Of the page "Very many connections".
func makeManyTables() throws -> CompletionLoopGroup {
  var configuration = LoopConfiguration()
  configuration.directDescriptorCount = 20_000
  configuration.flightLimit = 2 * 20_000 + 64
  configuration.bufferCount = 64
  configuration.bufferSize = 4096
  let group = try CompletionLoopGroup(count: 54, configuration: configuration)
  return group
}

/// Of the page "Very many connections".
func boundKernelBuffers() -> SocketOptions {
  var options = SocketOptions()
  options.sendBufferByteCount = 16_384
  options.receiveBufferByteCount = 16_384
  return options
}

/// Of the page "Back-pressure and limits".
func serveWithLimits() async throws {
  var configuration = LoopConfiguration()
  configuration.unclaimedByteLimit = 16_384
  configuration.unsentByteLimit = 16_384
  let group = try CompletionLoopGroup(configuration: configuration)

  let limits = ServeLimits(
    connectionsPerLoop: 10_000, idleTime: .seconds(60), sendTime: .seconds(10))
  let listener = try await StreamListener.bind(to: "127.0.0.1:7000", on: group)
  try await listener.serve(limits: limits) { connection in
    while let chunk = try await connection.receive() {
      try await connection.send(chunk.bytes)
    }
  }
}

/// Of the page "Where io_uring is refused".
func tellKernel() throws {
  let group = try CompletionLoopGroup()
  print(group.kernel)
}

/// Of the page "Observing".
func printSnapshots(of group: CompletionLoopGroup) async {
  for snapshot in await group.statistics() {
    print(snapshot.counts.bytesReceived, snapshot.load.unsentBytes, snapshot.delay)
  }
}
