// SPDX-License-Identifier: Apache-2.0

import Glibc
import ReadinessEcho
import ReadinessIO
import SystemPackage
import TestSupport
import Testing
import Uring

@Suite("Descriptor limit", .timeLimit(.minutes(3)))
struct DescriptorLimitTests {
  // In a process of its own, because the limit is the process's.
  @Test("Out of descriptors the epoll server pauses accepting and goes on")
  func epoll() async {
    await #expect(processExitsWith: .success) { try await serveBeyondTheLimit(.epoll) }
  }

  @Test("Out of descriptors the ring server pauses accepting and goes on")
  func ring() async {
    await #expect(processExitsWith: .success) { try await serveBeyondTheLimit(.ring) }
  }
}

/// Makes connections until the server has no descriptor for them, then ends some of the first.
private func serveBeyondTheLimit(_ kind: PollerKind) async throws {
  let fixture = try EchoFixture(
    kind, configuration: ReadinessEchoConfiguration(acceptPause: .seconds(3600)))
  let first = try PlainSocket.connected(to: fixture.address)
  try first.send(all: [1])
  try require(first.receive(exactly: 1) == [1])

  // The clients are in this process too: give them their descriptors before the limit falls.
  var clients = try (0..<6).map { _ in try HeldSocket(PlainSocket()) }
  try await limitDescriptors(toAdditional: 2)
  for client in clients { try client.socket.connect(to: fixture.address) }

  for client in clients.prefix(2) {
    client.socket.send([7])
    try require(client.socket.receive(exactly: 1) == [7])
  }
  // The pause is an hour long: only an ended connection can make room, and it must.
  for _ in 2..<6 {
    clients.removeFirst()
    let next = clients[1]
    next.socket.send([9])
    try require(next.socket.receive(exactly: 1) == [9])
  }
  try first.send(all: [2])
  try require(first.receive(exactly: 1) == [2])
  let counters = fixture.stop()
  precondition(counters.acceptedCount == 7, "\(counters)")
  precondition(counters.kernelCallCount < 400, "the server spins: \(counters)")
}
