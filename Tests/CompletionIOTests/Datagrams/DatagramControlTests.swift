// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// What the kernel tells of a datagram, and is told.
@Suite("Datagram control messages", .timeLimit(.minutes(3)))
struct DatagramControlTests {
  private static var telling: DatagramOptions {
    var options = DatagramOptions()
    options.tellsDestination = true
    options.tellsTrafficClass = true
    return options
  }

  @Test("Tells destination, interface and traffic class", arguments: ["127.0.0.1", "[::1]"])
  func told(host: String) async throws {
    try await withDatagrams(at: "\(host):0", options: Self.telling) { pair in
      var marked = try #require(TrafficClass(codePoint: 10))
      marked.congestionMark = .capable0
      for trafficClass in [TrafficClass.bestEffort, marked] {
        var options = DatagramSendOptions()
        options.trafficClass = trafficClass
        try await pair.client.send([1, 2], options: options)
        let datagram = try await pair.server.receive(timeout: .seconds(20))
        guard let datagram else { throw NoDatagram() }
        #expect(datagram.destination == (try SocketAddress(parsing: "\(host):0")))
        #expect(datagram.interfaceIndex == (try NetworkInterface.name("lo").index()))
        #expect(datagram.trafficClass == trafficClass)
        #expect(datagram.congestionMark == trafficClass.congestionMark)
        #expect(datagram.segmentByteCount == nil)
        #expect(datagram.isControlTruncated == false)
        let copy = datagram.copy()
        #expect(copy.destination == datagram.destination)
        #expect([UInt8](copying: copy.bytes) == [1, 2])
      }
    }
  }

  @Test("A socket that was not asked to tells nothing")
  func notTold() async throws {
    try await withDatagrams { pair in
      try await pair.client.send([1])
      guard let datagram = try await pair.server.receive(timeout: .seconds(20)) else {
        throw NoDatagram()
      }
      #expect(datagram.destination == nil && datagram.interfaceIndex == nil)
      #expect(datagram.trafficClass == nil && datagram.congestionMark == nil)
    }
  }

  /// All of 127.0.0.0/8 is this machine's.
  @Test("A datagram comes from the address that it is told to", arguments: [false, true])
  func source(isIPv6: Bool) async throws {
    try await withLoops { group in
      let server = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group.loops[0])
      let client = try await DatagramSocket.bind(
        to: isIPv6 ? ":0" : "0.0.0.0:0", on: group.loops[0])
      var options = DatagramSendOptions()
      options.source = try SocketAddress(parsing: "127.0.0.7:0")
      let port = try #require(server.localAddress?.port)
      let target = isIPv6 ? "[::ffff:127.0.0.1]:\(port)" : "127.0.0.1:\(port)"
      try await client.send([1], to: try SocketAddress(parsing: target), options: options)
      let own = try #require(client.localAddress?.port)
      #expect(try await server.take()?.sender == (try .ipv4("127.0.0.7", port: own)))
      options.source = try SocketAddress(parsing: "192.0.2.99:0")
      let error = await failure { () throws(SocketError) in
        try await client.send([1], to: .loopback(port: port), options: options)
      }
      #expect([.invalidArgument, .networkUnreachable].contains(error?.errno))
      await client.close()
      await server.close()
    }
  }

  @Test("A send is cut into datagrams", arguments: ["127.0.0.1:0", "[::1]:0"])
  func segments(address: String) async throws {
    try await withDatagrams(at: address) { pair in
      let bytes = numbered(3500)
      try await pair.client.send(bytes, options: .segments(of: 1000))
      var received: [[UInt8]] = []
      while received.count < 4 {
        received.append(try #require(try await pair.server.take()).bytes)
      }
      #expect(received.map(\.count) == [1000, 1000, 1000, 500])
      #expect(received.flatMap { $0 } == bytes)
      for size in [0, -1, 70_000] {
        let error = await failure { () throws(SocketError) in
          try await pair.client.send(bytes, options: .segments(of: size))
        }
        #expect(error?.cause == .badValue)
      }
      let tooMany = await failure { () throws(SocketError) in
        try await pair.client.send(numbered(60_000), options: .segments(of: 10))
      }
      #expect(tooMany?.errno == .invalidArgument)
    }
  }

  @Test("Datagrams of one send are received together")
  func together() async throws {
    var options = DatagramOptions()
    options.receivesTogether = true
    try await withDatagrams(options: options) { pair in
      try await pair.client.send(numbered(3500), options: .segments(of: 1000))
      guard let datagram = try await pair.server.receive(timeout: .seconds(20)) else {
        throw NoDatagram()
      }
      #expect(datagram.segmentByteCount == 1000)
      #expect([UInt8](copying: datagram.bytes) == numbered(3500))
    }
  }

  @Test("A Unix-domain socket cuts nothing")
  func noSegments() async throws {
    try await withDatagrams(at: "unix") { pair in
      let error = await failure { () throws(SocketError) in
        try await pair.client.send([1, 2], options: .segments(of: 1))
      }
      #expect(error?.errno == .notSupportedOnSocket)
    }
  }

  @Test("A group's datagrams come to those who have joined, from the sender that they want")
  func groups() async throws {
    try await withLoops { group in
      let member = try await DatagramSocket.bind(to: "0.0.0.0:0", on: group.loops[0])
      let sender = try await DatagramSocket.bind(to: "127.0.0.1:0", on: group.loops[0])
      let loopback = try NetworkInterface.name("lo").index()
      try await sender.setOption(.ipv4MulticastInterface, to: loopback)
      #expect(try await sender.option(.ipv4MulticastLoop))
      let port = try #require(member.localAddress?.port)
      let all = try SocketAddress.ipv4("239.1.2.3", port: port)
      try await member.join(all, on: .index(loopback))
      try await sender.send([1], to: all)
      #expect(try await member.take()?.bytes == [1])
      try await member.leave(all, on: .index(loopback))
      let one = try SocketAddress.ipv4("232.1.2.3", port: port)
      try await member.join(one, on: .name("lo"), from: sender.localAddress)
      try await sender.send([2], to: one)
      #expect(try await member.take()?.bytes == [2])
      try await member.leave(one, on: .name("lo"), from: sender.localAddress)
      let gone = await failure { () throws(SocketError) in
        try await member.leave(one, on: .name("lo"))
      }
      #expect(gone?.errno == .addressNotAvailable)
      let unknown = await failure { () throws(SocketError) in
        try await member.join(all, on: .name("nothing0"))
      }
      #expect(unknown?.errno == Errno(rawValue: 19))  // ENODEV
      let single = await failure { () throws(SocketError) in
        try await member.join(.loopback(port: 1), on: .any)
      }
      #expect(single?.errno == .invalidArgument)
      await sender.close()
      await member.close()
    }
  }

  @Test("Options are read as they are set")
  func options() async throws {
    var options = DatagramOptions()
    options.set(.ipv4MulticastHopLimit, to: 3)
    options.set(.broadcast, to: true)
    try await withDatagrams(options: options) { pair in
      #expect(try await pair.server.option(.ipv4MulticastHopLimit) == 3)
      #expect(try await pair.server.option(.broadcast))
      try await pair.server.setOption(.broadcast, to: false)
      #expect(try await pair.server.option(.broadcast) == false)
      #expect(try await pair.server.option(.socketType) == 2)  // SOCK_DGRAM
    }
  }
}

/// A receive came to the end where a datagram was due.
struct NoDatagram: Error {}
