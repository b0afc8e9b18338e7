// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Glibc
import Synchronization
import SystemPackage
import Uring

extension World {
  /// Clients send datagrams to echo servers: tasks and handlers, connected and not, UDP and
  /// Unix-domain; servers come and go.
  func runDatagrams() async {
    var numbers = scenario.numbers
    let log = DatagramLog(in: ledger)
    let isUnix = numbers.chance(40)
    let width = numbers.within(1...8)
    repeat {
      let life: Int? = numbers.chance(40) ? numbers.within(500...20_000) : nil
      guard let server = await openDatagrams(isUnix, to: nil, &numbers) else { return }
      let address = server.localAddress
      let isHandled = numbers.chance(50)
      let peer =
        isHandled
        ? await onLoop(server.loop) { DatagramPeer(server, echoTo: nil, log, in: self) }
        : nil
      let serving = task(on: group.next()) { [self] in
        if !isHandled { await echoDatagrams(server, log) }
      }
      let isOver = Atomic<Bool>(false)
      let clock = task(on: group.loops[0]) { [self] in
        if let life { await pause(microseconds: life, on: group.loops[0]) }
        isOver.store(life != nil, ordering: .relaxed)
        if life != nil { await endServer(server, peer) }
      }
      await crowd(width, &numbers, while: { !isOver.load(ordering: .relaxed) }) { numbers in
        await self.sendDatagrams(to: address, isUnix, log, &numbers)
      }
      await clock.value
      if life == nil { await endServer(server, peer) }
      await serving.value
    } while goesOn
    // What is still on its way arrives where nobody is, which counts as lost only then.
    await pause(microseconds: 10_000, on: group.loops[0])
    ledger.reportLost { log.lostCount }
  }

  func onLoop<Value: Sendable>(
    _ loop: CompletionLoop, _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      loop.perform { continuation.resume(returning: body()) }
    }
  }

  private func endServer(_ server: DatagramSocket, _ peer: DatagramPeer?) async {
    if let peer { return await peer.close() }
    server.stopReceiving()
  }

  /// The server's side with a task: echoes until it is told to stop.
  private func echoDatagrams(_ server: DatagramSocket, _ log: DatagramLog) async {
    while true {
      let ticket = ledger.begin(.receive)
      do throws(SocketError) {
        guard let datagram = try await server.receive() else {
          ledger.end(ticket)
          break
        }
        ledger.end(ticket, datagram.byteCount)
        let name = log.receive(datagram, echoTo: nil)
        guard name != nil || datagram.isEmpty else { continue }
        await reply(datagram, name, server, log)
      } catch {
        ledger.end(ticket, -1)
        guard await passesDatagrams(error, on: server) else { break }
      }
    }
    await close(server, log)
  }

  private func reply(
    _ datagram: consuming Datagram, _ name: DatagramLog.Name?, _ server: DatagramSocket,
    _ log: DatagramLog
  ) async {
    log.beginEcho(name, datagram.byteCount)
    let ticket = ledger.begin(.queuedSend)
    do throws(SocketError) {
      try await server.reply(datagram, timeout: .milliseconds(20))
      ledger.end(ticket)
    } catch {
      ledger.end(ticket, -1)
      log.failEcho(name)
      _ = await passesDatagrams(error, on: server)
    }
  }

  /// Closes a socket that receives nothing any more.
  func close(_ socket: DatagramSocket, _ log: DatagramLog) async {
    let ticket = ledger.begin(.close)
    await socket.close()
    ledger.end(ticket)
    log.countUntoldFailures(socket.endpoint.failedSendCount)
  }

  /// Checks that an operation may fail in this way, and waits a little.
  ///
  /// - Returns: Whether the socket goes on.
  func passesDatagrams(_ error: SocketError, on socket: DatagramSocket) async -> Bool {
    checkDatagrams(error)
    if error.cause == .closed || isStopping { return false }
    // Whoever is told that nothing has come asks seldom.
    let isBusy = error.errno == .resourceTemporarilyUnavailable
    return await pause(microseconds: isBusy ? 2000 : 200, on: socket.loop)
  }

  /// Checks that an operation on a socket of datagrams may fail in this way.
  func checkDatagrams(_ error: SocketError) {
    // The first send to a Unix-domain peer that is gone ends the connection (unix_dgram_sendmsg).
    let hasLostPeer = error.errno == .socketNotConnected && error.peer?.port == nil
    if hasLostPeer { return ledger.count("send to a peer that is gone") }
    // A send to a Unix-domain peer that takes no more is tried for as long as it takes.
    let isUnixSend = error.operation == .send && error.peer?.port == nil
    let policy: ResubmissionPolicy =
      isUnixSend && scenario.policy == .completion
      ? .backoff(initial: .microseconds(50), limit: .milliseconds(2)) : scenario.policy
    ledger.check(error, under: policy, circumstances.union([.deadline, .closed, .queued]))
  }

  /// Makes a socket with an address of its own; `nil` if that fails.
  func openDatagrams(
    _ isUnix: Bool, to peer: SocketAddress?, _ numbers: inout Numbers
  ) async -> DatagramSocket? {
    var options = DatagramOptions()
    if numbers.chance(50) {
      options.receiveBufferByteCount = Int32(numbers.powerOfTwo(8...14))
      options.sendBufferByteCount = Int32(numbers.powerOfTwo(13...15))
    }
    options.unclaimedDatagramLimit = numbers.pick([1, 4, 256])
    let local =
      isUnix
      ? try? SocketAddress.unix("@swift-uring-\(getpid())-\(newConnection().connection)")
      : SocketAddress.loopback(port: 0)
    guard let local else { return nil }
    let ticket = ledger.begin(.bind)
    do throws(SocketError) {
      let loop = group.next()
      let socket =
        if let peer {
          try await DatagramSocket.connect(
            to: peer, from: isUnix || numbers.chance(50) ? local : nil, on: loop,
            options: options, policy: scenario.policy)
        } else {
          try await DatagramSocket.bind(
            to: local, on: loop, options: options, policy: scenario.policy)
        }
      ledger.end(ticket)
      return socket
    } catch {
      ledger.end(ticket, -1)
      ledger.check(error, under: .completion, circumstances)
      return nil
    }
  }
}
