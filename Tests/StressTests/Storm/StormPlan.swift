// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import CompletionTestSupport
import Glibc
import TestSupport
import Testing
import Uring

/// What a storm is made of, all of it from one seed.
struct StormPlan: Sendable, CustomTestStringConvertible {
  let seed: UInt64
  let clientCount: Int
  /// Things done by all clients before the end begins.
  let actionLimit: Int
  let serverLoopCount: Int
  let clientLoopCount: Int
  let server: LoopConfiguration
  let options: SocketOptions
  let style: Style
  let end: End

  /// How the server is written.
  enum Style: CaseIterable {
    case bytes, lease, handler, intoMemory
  }

  /// What the end begins with.
  enum End: CaseIterable {
    case serversStop, clientsStop, bothStop, serveIsCancelled, listenerCloses
  }

  init(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    self.seed = seed
    clientCount = Int.random(in: 4...24, using: &numbers)
    actionLimit = Int.random(in: 20...400, using: &numbers)
    serverLoopCount = Int.random(in: 1...2, using: &numbers)
    clientLoopCount = Int.random(in: 1...2, using: &numbers)
    var server = LoopConfiguration()
    server.bufferCount = 1 << Int.random(in: 1...5, using: &numbers)
    server.bufferSize = 1 << Int.random(in: 8...14, using: &numbers)
    if numbers.chance(1, outOf: 3) {
      server.ring = RingConfiguration(submissionEntryCount: 2, completionEntryCount: 4)
    }
    if numbers.chance(1, outOf: 3) { server.directDescriptorCount = directPlaces(32) }
    if numbers.chance(1, outOf: 3) { server.flightLimit = 24 }
    options = numbers.chance(1, outOf: 2) ? .tight : SocketOptions()
    style = Style.allCases.randomElement(using: &numbers) ?? .bytes
    end = End.allCases.randomElement(using: &numbers) ?? .bothStop
    if numbers.chance(1, outOf: 2) { LoopConfiguration.inPieces(&server) }
    self.server = server
  }

  var testDescription: String { "seed \(seed): \(style), \(clientCount) clients, \(end)" }
}

extension StormPlan {
  /// The storms of a run: as many as `STRESS_ROUNDS` says, from `STRESS_SEED` on.
  static let all: [StormPlan] = {
    let rounds = number("STRESS_ROUNDS") ?? 24
    let first = number("STRESS_SEED") ?? 1
    return (0..<rounds).map { StormPlan(seed: first &+ $0) }
  }()

  private static func number(_ name: String) -> UInt64? {
    unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
  }
}
