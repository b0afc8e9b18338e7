// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import ShadowsocksProtocol
import Testing

@testable import ShadowsocksRelay

@Suite("Datagrams to names", .timeLimit(.minutes(1)))
struct NameTests {
  /// Where a name is to be looked up whose address is the echo's.
  private static func target(_ name: String, _ association: TestedAssociation) -> Target {
    Target(.name(name), port: association.echo.port)
  }

  @Test("A datagram to a name goes to the first address, and is answered from there")
  func localhost() async throws {
    try await TestedAssociation.with { tested, association in
      let addresses = try await tested.loop.resolve(host: "localhost", port: 0)
      let origin = try await DatagramSocket.bind(to: addresses[0], on: tested.loop)
      let target = try #require(origin.localAddress.flatMap { Target($0) })
      try await association.send([1], to: Target(.name("localhost"), port: target.port))
      let datagram = try await origin.receiveOne()
      #expect(datagram.withBytes { [UInt8](copying: $0) } == [1])
      try await origin.reply(datagram)
      #expect(try await association.receive() == Packet(target, payload: [1]))
      await origin.close()
    }
  }

  @Test("An unknown name is reported, and everybody else goes on")
  func unknown() async throws {
    try await TestedAssociation.with { tested, association in
      try await association.send([1], to: Target(.name("nowhere.invalid"), port: 9))
      guard case .lookUp(let error) = await tested.serverFailures.next() else {
        Issue.record("The failure is another one")
        return
      }
      #expect(error.host == "nowhere.invalid" && error.operation == .resolve)
      try await association.send([2])
      #expect(try await association.receive()?.payload == [2])
    }
  }

  @Test("A name that is an address in text is not looked up", arguments: ["127.0.0.1", "::1"])
  func text(host: String) async throws {
    var limits = RelayLimits()
    limits.lookUpsPerLoop = 0
    let echo = host.contains(":") ? "[\(host)]:0" : "\(host):0"
    try await TestedAssociation.with(limits: limits, echo: echo) { _, association in
      try await association.send([1], to: Self.target(host, association))
      #expect(try await association.receive() == Packet(association.echo, payload: [1]))
    }
  }

  @Test("Other datagrams do not wait for a look-up, which has a time limit")
  func others() async throws {
    let held = HeldLookUps()
    var limits = RelayLimits()
    limits.lookUpTime = .seconds(7)
    try await TestedAssociation.with(limits: limits, lookUp: held.lookUp) { tested, association in
      try await association.send([1], to: Self.target("slow.test", association))
      let question = try await held.next()
      #expect(question.name == "slow.test" && question.port == association.echo.port)
      #expect(question.timeout == .seconds(7))
      try await association.send([2])
      #expect(try await association.receive()?.payload == [2])
      question.answer(try #require(association.echo.address))
      #expect(try await association.receive() == Packet(association.echo, payload: [1]))
    }
  }

  @Test("Beyond the limit of look-ups a datagram is dropped, and reported")
  func limit() async throws {
    let held = HeldLookUps()
    var limits = RelayLimits()
    limits.lookUpsPerLoop = 1
    try await TestedAssociation.with(limits: limits, lookUp: held.lookUp) { tested, association in
      let address = try #require(association.echo.address)
      try await association.send([1], to: Self.target("first.test", association))
      let first = try await held.next()
      try await association.send([2], to: Self.target("second.test", association))
      #expect(await tested.serverFailures.next() == .tooManyLookUps("second.test"))
      first.answer(address)
      #expect(try await association.receive()?.payload == [1])
      // A look-up that fails makes room too.
      try await association.send([3], to: Self.target("third.test", association))
      try await held.next().refuse()
      guard case .lookUp(let error) = await tested.serverFailures.next() else {
        Issue.record("The failure is another one")
        return
      }
      #expect(error.host == "third.test")
      try await association.send([4], to: Self.target("fourth.test", association))
      try await held.next().answer(address)
      #expect(try await association.receive()?.payload == [4])
    }
  }

  @Test("Two datagrams that need the same new socket at a time open one")
  func oneSocket() async throws {
    let held = HeldLookUps()
    try await TestedPair.with(lookUp: held.lookUp) { tested in
      let origin = try await DatagramSocket.bind(to: .loopback(port: 0), on: tested.loop)
      let address = try #require(origin.localAddress)
      let sender = try await DatagramSocket.connect(to: tested.server, on: tested.loop)
      var questions: [HeldLookUps.Question] = []
      for index in UInt8(0)..<4 {
        let target = Target(.name("name\(index).test"), port: address.port ?? 0)
        try await sender.send(Packet(target, payload: [index]).sealed(with: tested.secret))
        questions.append(try await held.next())
      }
      for question in questions { question.answer(address) }
      var (senders, payloads): (Set<SocketAddress?>, Set<[UInt8]>) = ([], [])
      for _ in questions {
        let datagram = try await origin.receiveOne()
        senders.insert(datagram.sender)
        payloads.insert(datagram.withBytes { [UInt8](copying: $0) })
      }
      #expect(senders.count == 1 && payloads == [[0], [1], [2], [3]])
      await sender.close()
      await origin.close()
    }
  }

  @Test("A name is looked up once for as long as its address is remembered")
  func remembered() async throws {
    let held = HeldLookUps()
    try await TestedAssociation.with(lookUp: held.lookUp) { _, association in
      let address = try #require(association.echo.address)
      try await association.send([1], to: Self.target("once.test", association))
      try await held.next().answer(address)
      #expect(try await association.receive()?.payload == [1])
      try await association.send([2], to: Self.target("once.test", association))
      #expect(try await association.receive()?.payload == [2])
      try await association.send([3], to: Self.target("another.test", association))
      #expect(try await held.next().name == "another.test")
    }
    var limits = RelayLimits()
    limits.nameTime = .zero
    try await TestedAssociation.with(limits: limits, lookUp: held.lookUp) { _, association in
      for _ in 1...2 {
        try await association.send([1], to: Self.target("again.test", association))
        try await held.next().answer(try #require(association.echo.address))
        #expect(try await association.receive()?.payload == [1])
      }
    }
  }

  @Test("A look-up that is on its way ends with the server, and is reported")
  func ends() async throws {
    let held = HeldLookUps()
    try await TestedAssociation.with(lookUp: held.lookUp) { tested, association in
      try await association.send([1], to: Self.target("late.test", association))
      let question = try await held.next()
      async let forcedCount = tested.group.shutdown(grace: .seconds(3600))
      guard case .lookUp(let error) = await tested.serverFailures.next() else {
        Issue.record("The failure is another one")
        return
      }
      #expect(error.host == question.name && error.cause == .cancellation)
      await association.control.close()
      #expect(try await forcedCount == 0)
    }
  }

  @Test("As many names are remembered as the limit says")
  func names() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let now = group.loops[0].now
    var names = RecentNames(lifetime: .seconds(1))
    let targets = (0...RecentNames.limit).map { Target(.name("\($0)"), port: 1) }
    for target in targets.dropLast() { names.remember(.loopback(port: 1), of: target, at: now) }
    names.remember(.loopback(port: 2), of: targets[0], at: now)
    #expect(names.address(of: targets[0], at: now) == .loopback(port: 2))
    #expect(names.address(of: targets[1], at: now + .milliseconds(999)) == .loopback(port: 1))
    #expect(names.address(of: targets[1], at: now + .seconds(1)) == nil)
    names.remember(.loopback(port: 3), of: targets[RecentNames.limit], at: now)
    #expect(names.address(of: targets[0], at: now) == nil)
    #expect(names.address(of: targets[RecentNames.limit], at: now) == .loopback(port: 3))
    await group.close()
  }
}
