// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import ReadinessIO
import SystemPackage
import Testing

@testable import SimulatedKernel
@testable import Uring

/// The calls below a readiness kernel, each by itself.
@Suite struct SimulatedCallsTests {
  @Test func anArrivalIsToldOnce() throws {
    let stage = try CallStage()
    #expect(stage.calls.watch(stage.server, again: false) == 0)
    #expect(try stage.wait() == [stage.server: [.writable]])
    #expect(try stage.wait() == [:])
    for _ in 0..<2 {
      #expect(stage.send(5, to: stage.client) == 5)
      #expect(try stage.wait() == [stage.server: [.readable, .writable]])
      #expect(try stage.wait() == [:])
    }
    #expect(stage.receive(16, from: stage.server) == 10)
    #expect(stage.receive(16, from: stage.server) == -EAGAIN)
    #expect(try stage.wait() == [:])
    #expect(stage.close(stage.client) == 0)
    #expect(try stage.wait() == [stage.server: [.readable, .writable, .peerClosed]])
    #expect(stage.receive(16, from: stage.server) == 0)
  }

  @Test func roomIsToldOfAfterItWasLacking() throws {
    var network = SimulatedNetwork()
    network.sendBufferByteCount = 64
    network.receiveBufferByteCount = 64
    let stage = try CallStage(network: network)
    #expect(stage.calls.watch(stage.client, again: false) == 0)
    #expect(try stage.wait() == [stage.client: [.writable]])
    // There always was room, so that it is no news.
    #expect(stage.send(8, to: stage.client) == 8)
    #expect(try stage.wait() == [:])
    #expect(stage.send(200, to: stage.client) == 64)
    #expect(try stage.wait() == [stage.client: [.writable]])
    #expect(stage.send(200, to: stage.client) == 56)
    #expect(stage.send(200, to: stage.client) == -EAGAIN)
    #expect(try stage.wait() == [:])
    #expect(stage.receive(64, from: stage.server) == 64)
    #expect(try stage.wait() == [stage.client: [.writable]])
  }

  @Test func aWatchEndsWithItsLastDescriptor() throws {
    let stage = try CallStage()
    #expect(stage.calls.watch(stage.server, again: false) == 0)
    let other = stage.calls.duplicate(stage.server)
    #expect(other >= 0 && other != stage.server)
    #expect(stage.close(stage.server) == 0)
    _ = try stage.wait()
    // The file is still open, and its events go on under the number that was watched.
    #expect(stage.send(5, to: stage.client) == 5)
    #expect(try stage.wait() == [stage.server: [.readable, .writable]])
    #expect(stage.receive(16, from: other) == 5)
    #expect(stage.close(other) == 0)
    #expect(stage.calls.watches.isEmpty)
    #expect(stage.send(5, to: stage.client) == 5)
    #expect(try stage.wait() == [:])
  }

  @Test func aNumberMeansAnotherSocketAfterItsClose() throws {
    let stage = try CallStage()
    _ = try stage.machine.makeSocket(family: AF_INET)  // Takes the number of the listener.
    #expect(stage.calls.watch(stage.server, again: false) == 0)
    #expect(stage.close(stage.server) == 0)
    let next = try stage.machine.makeSocket(family: AF_INET).rawValue
    #expect(next == stage.server)
    #expect(try stage.wait() == [:])
    #expect(stage.calls.watch(next, again: true) == 0)
    #expect(try stage.wait() == [next: [.writable, .hangup]])
    stage.calls.unwatch(next)
    #expect(stage.calls.watches.isEmpty)
  }

  @Test func aConnectIsToldItsEndOnce() throws {
    let stage = try CallStage()
    let (listener, address) = try stage.listener()
    let socket = try stage.machine.makeSocket(family: AF_INET).rawValue
    let connect = { stage.connect(socket, to: address) }
    #expect(connect() == -EINPROGRESS)
    #expect(connect() == -EALREADY)
    #expect(stage.calls.watch(socket, again: false) == 0)
    #expect(try stage.wait() == [socket: [.writable]])
    #expect(stage.calls.pendingError(of: socket) == 0)
    #expect(connect() == 0)
    #expect(connect() == -EISCONN)
    #expect(stage.close(listener) == 0)

    let refused = try stage.machine.makeSocket(family: AF_INET).rawValue
    #expect(stage.connect(refused, to: address) == -EINPROGRESS)
    #expect(stage.calls.watch(refused, again: false) == 0)
    let told = try stage.wait()[refused]
    #expect(told?.isSuperset(of: [.writable, .error, .hangup]) == true)
    #expect(stage.calls.pendingError(of: refused) == -ECONNREFUSED)
    #expect(stage.connect(refused, to: address) == -ECONNABORTED)
    #expect(stage.connect(refused, to: address) == -EINPROGRESS)
  }

  @Test func whatAFaultHoldsBackArrivesLater() throws {
    var plan = FaultPlan()
    plan[.shortReceive] = 1
    plan[.answer(.accept, .resourceTemporarilyUnavailable)] = 0.5
    let stage = try CallStage(faults: plan)
    #expect(stage.calls.watch(stage.server, again: false) == 0)
    _ = try stage.wait()
    #expect(stage.send(100, to: stage.client) == 100)
    var left = 100
    while left > 1 {
      #expect(try stage.wait()[stage.server]?.contains(.readable) == true)
      let count = stage.receive(left, from: stage.server)
      #expect(count > 0 && count < left)
      left -= Int(count)
    }
    #expect(try stage.wait()[stage.server]?.contains(.readable) == true)
    #expect(stage.receive(1, from: stage.server) == 1)
    #expect(try stage.wait() == [:])

    let (listener, address) = try stage.listener()
    #expect(stage.calls.watch(listener, again: false) == 0)
    for _ in 0..<20 {
      #expect(
        try stage.connect(stage.machine.makeSocket(family: AF_INET).rawValue, to: address) < 0)
      repeat { #expect(try stage.wait()[listener] == [.readable]) } while stage.accept(listener) < 0
    }
    #expect(stage.machine.faultCounts[.answer(.accept, .resourceTemporarilyUnavailable)] > 0)
  }

  @Test func watchingFailsAndWaitsAreInterrupted() throws {
    var plan = FaultPlan()
    plan[.watch(.noMemory)] = 0.5
    plan[.enter(.interrupted)] = 0.5
    plan[.spuriousReadiness] = 0.5
    let stage = try CallStage(faults: plan)
    var results: Set<Int32> = []
    for _ in 0..<20 { results.insert(stage.calls.watch(stage.server, again: true)) }
    #expect(results == [0, -ENOMEM])
    var (interruptionCount, spuriousCount) = (0, 0)
    var events: [ReadinessEvent] = []
    for _ in 0..<100 {
      do {
        try stage.calls.wait(into: &events, timeout: .milliseconds(1))
        if events.first?.readiness == [.readable, .writable] { spuriousCount += 1 }
      } catch {
        #expect(error == .interrupted)
        interruptionCount += 1
      }
    }
    #expect(interruptionCount > 10 && spuriousCount > 10)
    #expect(stage.receive(5, from: stage.server) == -EAGAIN)
  }

  @Test func aDrivenWaitDoesNotMoveTheClock() throws {
    let stage = try CallStage()
    stage.machine.isDriven = true
    let start = stage.calls.now
    var events: [ReadinessEvent] = []
    try stage.calls.wait(into: &events, timeout: .seconds(5))
    #expect(events.isEmpty && stage.calls.isWaiting)
    #expect(stage.calls.wakeTime >= start + 5_000_000_000)
    #expect(stage.calls.now < start + 1_000_000)
    #expect(stage.calls.watch(stage.server, again: false) == 0)
    #expect(!stage.calls.isQuiet)
    try stage.calls.wait(into: &events, timeout: .seconds(5))
    #expect(events.count == 1 && !stage.calls.isWaiting)
    // A wait of no time is no wait.
    try stage.calls.wait(into: &events, timeout: .zero)
    #expect(events.isEmpty && !stage.calls.isWaiting)
  }

  @Test func realFilesAreSilent() throws {
    let stage = try CallStage()
    let event = try EventDescriptor()
    event.signal()
    let counter = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    defer { unsafe counter.deallocate() }
    #expect(stage.calls.watch(event.descriptor.rawValue, again: false) == 0)
    #expect(try stage.wait() == [:])
    let read = unsafe Request.read(.file(event.descriptor), into: counter, byteCount: 8)
    #expect(stage.calls.attempt(read) == -EAGAIN)
    #expect(stage.machine.violations == [])
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func theSameSeedReplays(seed: UInt64) throws {
    let digests = try (0..<2).map { _ in
      let stage = try CallStage(seed: seed, faults: .transient(rate: 0.2))
      for _ in 0..<50 {
        _ = stage.calls.watch(stage.server, again: true)
        _ = stage.send(100, to: stage.client)
        _ = try? stage.wait()
        _ = stage.receive(1000, from: stage.server)
      }
      #expect(stage.machine.faultCounts.total > 0)
      return stage.machine.digest
    }
    #expect(digests[0] == digests[1])
  }
}
