// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing

@testable import CompletionIO
@testable import Uring

/// An acceptor that finds the flight table full waits for a flight.
@Suite struct AcceptorTests {
  /// An acceptor on a scripted kernel, and what it tells.
  private final class Bench {
    let fixture: LoopFixture
    let acceptor: Acceptor
    private(set) var streams: [SocketStream] = []
    private(set) var ends: [SocketError?] = []
    private var others: [Recorded] = []

    init(_ kind: Kind, flightLimit: Int) throws {
      fixture = try LoopFixture(features: kind.features) {
        $0.flightLimit = flightLimit
        $0.directDescriptorCount = kind == .direct ? 16 : 0
      }
      acceptor = Acceptor(made(5), at: address, on: fixture.loop, policy: nil)
      acceptor.open()
    }

    func start() {
      acceptor.start(
        accepted: { [unowned self] in streams.append($0) },
        ended: { [unowned self] in ends.append($0) })
    }

    /// Takes every flight that is left.
    func fill() throws {
      while fixture.loop.operationCount < fixture.loop.configuration.flightLimit {
        others.append(try fixture.start(.made(.receive, byteCount: 1)))
      }
      fixture.turnWithoutWaiting()
    }

    /// Gives one flight back: it ends in one turn, is taken in the next, and submitted in a third.
    func makeRoom() throws {
      try fixture.kernel.complete(.receive, 1)
      for _ in 0..<3 { fixture.turnWithoutWaiting() }
    }

    /// Stops the loop, whose wake-up has no flight here.
    func stop() {
      fixture.loop.stop()
      fixture.settle()
      #expect(fixture.loop.operationCount == 0)
    }

    var pendingAccepts: Int { fixture.kernel.pendingCount(of: .accept) }
  }

  enum Kind: CaseIterable {
    case multishot, oneShot, direct

    var features: KernelFeatures {
      let all = KernelFeatures(KernelFeature.allCases)
      return self == .oneShot ? all.subtracting([.acceptMultishot, .receiveMultishot]) : all
    }
  }

  @Test(arguments: Kind.allCases)
  func startsOnceThereIsAFlight(_ kind: Kind) throws {
    let bench = try Bench(kind, flightLimit: 4)
    try bench.fill()
    bench.start()
    bench.fixture.turnWithoutWaiting()
    #expect(bench.pendingAccepts == 0 && bench.ends.isEmpty)
    try bench.makeRoom()
    #expect(bench.pendingAccepts == 1)
    try bench.fixture.kernel.complete(.accept, 1_000_020, hasMore: kind == .multishot)
    bench.fixture.turnWithoutWaiting()
    #expect(bench.streams.count == 1)
    bench.stop()
    #expect(bench.ends.count == 1)
  }

  @Test(arguments: Kind.allCases)
  func goesOnAfterAPause(_ kind: Kind) throws {
    let bench = try Bench(kind, flightLimit: 4)
    bench.start()
    bench.fixture.turnWithoutWaiting()
    bench.acceptor.pause()
    bench.fixture.settle()
    try bench.fill()
    bench.acceptor.resume()
    bench.fixture.turnWithoutWaiting()
    #expect(bench.pendingAccepts == 0 && bench.ends.isEmpty)
    // Nobody is let go on who has been told to wait since.
    bench.acceptor.pause()
    try bench.makeRoom()
    #expect(bench.pendingAccepts == 0)
    try bench.fill()
    bench.acceptor.resume()
    try bench.makeRoom()
    #expect(bench.pendingAccepts == 1 && bench.ends.isEmpty)
    bench.stop()
  }

  /// One flight is the wake-up's, one the acceptor's, and two are each stream's.
  @Test(arguments: Kind.allCases)
  func acceptsNoMoreThanThereIsRoomFor(_ kind: Kind) throws {
    let bench = try Bench(kind, flightLimit: 6)
    bench.start()
    bench.fixture.turnWithoutWaiting()
    for number: Int32 in 1_000_020..<1_000_022 {
      try bench.fixture.kernel.complete(.accept, number, hasMore: kind == .multishot)
      for _ in 0..<2 { bench.fixture.turnWithoutWaiting() }
    }
    #expect(bench.streams.count == 2)
    // What an accept that is armed already brings waits for room, and no other is made.
    let hasThird = kind == .multishot
    #expect(bench.pendingAccepts == (hasThird ? 1 : 0))
    if hasThird {
      try bench.fixture.kernel.complete(.accept, 1_000_022, hasMore: true)
    }
    for _ in 0..<3 { bench.fixture.turnWithoutWaiting() }
    #expect(bench.streams.count == 2 && bench.ends.isEmpty)
    bench.streams[0].abort()
    for _ in 0..<4 { bench.fixture.turnWithoutWaiting() }
    if !hasThird { try bench.fixture.kernel.complete(.accept, 1_000_022) }
    bench.fixture.turnWithoutWaiting()
    #expect(bench.streams.count == 3)
    #expect(bench.fixture.loop.statistics.accepted == 3)
    bench.stop()
  }

  @Test func waitsForAFlightWhenAPlaceComesBack() throws {
    let bench = try Bench(.direct, flightLimit: 4)
    let places = bench.fixture.loop.streams.places
    // All places are somebody else's.
    let other = Acceptor(made(6), at: address, on: bench.fixture.loop, policy: nil)
    while places.reserve(for: other, having: 0) {}
    bench.start()
    try bench.fill()
    places.giveBack()
    bench.fixture.turnWithoutWaiting()
    #expect(bench.pendingAccepts == 0 && bench.ends.isEmpty)
    try bench.makeRoom()
    #expect(bench.pendingAccepts == 1)
    bench.stop()
  }

  @Test(arguments: Kind.allCases)
  func canBeClosedWhileItWaits(_ kind: Kind) throws {
    let bench = try Bench(kind, flightLimit: 4)
    try bench.fill()
    bench.start()
    bench.acceptor.close()
    #expect(bench.ends.count == 1)
    try bench.makeRoom()
    #expect(bench.fixture.kernel.submissions(of: .accept).isEmpty)
    bench.stop()
    #expect(bench.ends.count == 1)
  }
}

private let address = SocketAddress.loopback(port: 9)

/// A descriptor that this process does not have: a loop that stops closes listeners by itself.
private func made(_ number: Int32) -> FileDescriptor {
  FileDescriptor(rawValue: 1_000_000 + number)
}
