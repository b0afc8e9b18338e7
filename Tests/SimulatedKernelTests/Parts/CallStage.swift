// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import ReadinessIO
import SystemPackage

@testable import SimulatedKernel
@testable import Uring

/// Two connected sockets, and the calls to try on them.
struct CallStage {
  let machine: SimulatedMachine
  let calls: SimulatedCalls
  private(set) var client: Int32 = 0
  private(set) var server: Int32 = 0

  /// Connects two sockets; no fault keeps it from that.
  init(
    seed: UInt64 = 1, faults: FaultPlan = .none, network: SimulatedNetwork = SimulatedNetwork()
  )
    throws
  {
    machine = SimulatedMachine(seed: seed, network: network)
    calls = SimulatedCalls(on: machine)
    let (listener, address) = try listener()
    client = try machine.makeSocket(family: AF_INET).rawValue
    _ = connect(client, to: address)
    advance()
    server = accept(listener)
    _ = close(listener)
    machine.faults = FaultSource(faults, seed: seed)
  }

  func advance() { machine.advance(to: machine.now + 10_000_000) }

  func listener() throws -> (Int32, SocketAddress) {
    let socket = try machine.makeSocket(family: AF_INET)
    try machine.bind(socket, to: .loopback(port: 0))
    try machine.listen(socket, backlog: 100)
    return (socket.rawValue, try machine.localAddress(of: socket))
  }

  func close(_ number: Int32) -> Int32 {
    calls.attempt(.close(Self.descriptor(number)))
  }

  func connect(_ number: Int32, to address: SocketAddress) -> Int32 {
    unsafe address.withSockaddr { pointer, byteCount in
      unsafe calls.attempt(
        .connect(Self.descriptor(number), to: pointer, byteCount: byteCount))
    }
  }

  func accept(_ number: Int32) -> Int32 {
    calls.attempt(.accept(from: Self.descriptor(number)))
  }

  func send(_ byteCount: Int, to number: Int32) -> Int32 {
    let memory = Array(repeating: UInt8(1), count: byteCount)
    return unsafe memory.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return 0 }
      return unsafe calls.attempt(
        .send(start, byteCount: byteCount, to: Self.descriptor(number)))
    }
  }

  func receive(_ byteCount: Int, from number: Int32) -> Int32 {
    var memory = Array(repeating: UInt8(0), count: byteCount)
    return unsafe memory.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return 0 }
      return unsafe calls.attempt(
        .receive(Self.descriptor(number), into: start, byteCount: byteCount))
    }
  }

  /// Lets everything arrive, and takes what is told of it.
  func wait() throws -> [Int32: Readiness] {
    advance()
    var events: [ReadinessEvent] = []
    try calls.wait(into: &events, timeout: .zero)
    return Dictionary(
      uniqueKeysWithValues: events.map { (Int32(truncatingIfNeeded: $0.token), $0.readiness) })
  }

  private static func descriptor(_ number: Int32) -> Descriptor {
    .file(FileDescriptor(rawValue: number))
  }
}
