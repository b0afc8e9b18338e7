// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// A machine in memory: a clock, a network, sockets, and what goes wrong with them.
///
/// Everything that happens follows from the seed and from what the program asks. It belongs to one
/// thread.
package final class SimulatedMachine: @unchecked Sendable {
  // Unchecked: a simulation uses it on one thread.

  /// Nanoseconds since some time.
  package internal(set) var now: UInt64 = 1_000_000_000
  let network: SimulatedNetwork
  var faults: FaultSource
  var trace: Trace
  /// Whether somebody turns loops on it and moves the clock when all of them wait.
  var isDriven = false
  private var numbers: SeededNumbers
  private var events = EventQueue()
  private var lastSocketNumber = 0
  private var lastPort: UInt16 = 32767

  /// Numbers far above those of real files, so that the two are never mixed up.
  var descriptors: DescriptorTable
  /// Sockets with an address of their own, by that address.
  var bound: [SocketAddress: [SimulatedSocket]] = [:]
  /// Sockets of datagrams, whose ports are others than those of streams.
  var datagramSockets: [SocketAddress: [SimulatedSocket]] = [:]
  /// Paths of Unix-domain sockets, which stay when the sockets are closed.
  var socketFiles: Set<SocketAddress> = []

  // The record.
  /// Enters of all rings that did not have to wait.
  package internal(set) var busyEnterCount: UInt64 = 0
  /// Enters of all rings.
  package internal(set) var enterCount: UInt64 = 0
  /// Completions of all rings that brought somebody further.
  package internal(set) var usefulCount: UInt64 = 0
  /// Requests that all rings have taken.
  package internal(set) var requestCount: UInt64 = 0
  /// Requests of all rings that will still complete.
  package internal(set) var armedCount = 0
  /// Descriptors that were closed under a request.
  package internal(set) var busyCloseCount = 0
  /// Datagrams that nobody will receive: lost on their way, or in a queue without room.
  package internal(set) var lostDatagramCount = 0
  /// A number that every request and every completion changes: equal runs have equal digests.
  package internal(set) var digest: UInt64 = 0
  /// Acts that a program must never do, as far as a kernel can see them.
  package internal(set) var violations: [String] = []

  /// Makes a machine.
  package init(
    seed: UInt64, faults: FaultPlan = .none, network: SimulatedNetwork = SimulatedNetwork(),
    traceLimit: Int = 0
  ) {
    numbers = SeededNumbers(seed: seed)
    self.faults = FaultSource(faults, seed: seed ^ 0x5eed)
    self.network = network
    trace = Trace(limit: traceLimit)
    descriptors = DescriptorTable(base: 1_000_000, limit: network.descriptorLimit)
  }

  // MARK: Time

  /// A time that something takes to travel, in nanoseconds.
  func latency() -> UInt64 {
    let low = Int(network.latency.lowerBound.clampedNanoseconds)
    return UInt64(numbers.within(low...Int(network.latency.upperBound.clampedNanoseconds)))
  }

  /// A seeded number for the order of things.
  func below(_ bound: Int) -> Int { numbers.below(bound) }

  func schedule(_ event: Event, after delay: UInt64) {
    events.add(event, at: now + delay)
  }

  /// When something happens next by itself.
  package var nextEventTime: UInt64? {
    events.dropEndedTimeouts()
    return events.nextTime
  }

  /// Moves the clock on, and has everything happen whose time has come.
  package func advance(to time: UInt64) {
    while let next = events.nextTime, next <= time {
      now = max(now, next)
      runDueEvents()
    }
    now = max(now, time)
  }

  func runDueEvents() {
    while let event = events.popDue(at: now) {
      if event.isOver { continue }
      switch event {
      case .transfer(let socket): socket.transfer()
      case .arrive(let datagram, let address): arrive(datagram, at: address)
      case .handshake(let socket, let attempt): socket.shakeHands(attempt: attempt)
      case .news(let socket):
        socket.hasNewsComing = false
        socket.tellWatches()
      case .notice(let watch): watch.notice()
      case .wake(let request): request.ring.isReady(request)
      case .expire(let timer): timer.ring.expire(timer)
      case .interrupt(let request): request.ring.interrupt(request)
      case .notify(let notice): notice.ring.isReady(notice)
      case .nothing: break
      }
    }
  }

  // MARK: Sockets

  func newSocket(family: Int32, isDatagram: Bool = false) -> SimulatedSocket {
    lastSocketNumber += 1
    return SimulatedSocket(
      number: lastSocketNumber, on: self, family: family, isDatagram: isDatagram)
  }

  /// An address with a port that nobody has.
  func makeLocalAddress() -> SocketAddress {
    repeat {
      lastPort = lastPort == .max ? 32768 : lastPort + 1
    } while bound[.loopback(port: lastPort)] != nil
      || datagramSockets[.loopback(port: lastPort)] != nil
    return .loopback(port: lastPort)
  }

  /// One of the sockets that listen on an address.
  func listener(at address: SocketAddress) -> SimulatedSocket? {
    guard let sockets = bound[address.simulated] else { return nil }
    let listening = sockets.filter { $0.state == .listening && !$0.isReceiveShut }
    return listening.isEmpty ? nil : listening[below(listening.count)]
  }

  /// Whether an address is a path that no socket was ever bound to.
  func hasNoFile(at address: SocketAddress) -> Bool {
    address.isPath && !socketFiles.contains(address)
  }

  /// Closes a number of the process's table; 0 or a negated errno.
  func closeDescriptor(_ number: Int32) -> Int32 {
    guard let socket = descriptors.remove(number) else {
      report("descriptor \(number) is closed and is not open")
      return -Errno.badFileDescriptor.rawValue
    }
    trace.note(at: now, "descriptor \(number) of socket \(socket.number) is closed")
    didClose(socket)
    return 0
  }

  /// Notes that a descriptor of a socket is gone; a request holds it open without one.
  func didClose(_ socket: SimulatedSocket) {
    if socket.holderCount > 0 { busyCloseCount += 1 }
    socket.releaseIfUnused()
  }

  func didRelease(_ socket: SimulatedSocket) {
    guard let address = socket.localAddress?.simulated else { return }
    if socket.isDatagram {
      datagramSockets[address]?.removeAll { $0 === socket }
      if datagramSockets[address]?.isEmpty == true { datagramSockets[address] = nil }
      return
    }
    bound[address]?.removeAll { $0 === socket }
    if bound[address]?.isEmpty == true { bound[address] = nil }
  }

  // MARK: The record

  /// How many descriptors of the process are open.
  package var openDescriptorCount: Int { descriptors.count }

  /// Faults that have happened.
  package var faultCounts: FaultCounts { faults.counts }

  /// The last things that happened, oldest first.
  package var recentTrace: [String] { trace.all }

  func report(_ violation: String) {
    trace.note(at: now, violation)
    violations.append(violation)
  }

  func mix(_ number: UInt64) {
    digest = (digest ^ number) &* 0x9e37_79b9_7f4a_7c15
    digest ^= digest >> 29
  }
}
