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
        ? await onLoop(server.loop) { DatagramPeer(server, echoesOf: nil, log, in: self) }
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
    ledger.reportLost { log.lostCount }
  }

  private func onLoop<Value: Sendable>(
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
        let name = log.receive(datagram, isEcho: false)
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
  private func close(_ socket: DatagramSocket, _ log: DatagramLog) async {
    let ticket = ledger.begin(.close)
    await socket.close()
    ledger.end(ticket)
    log.countUntoldFailures(socket.endpoint.failedSendCount)
  }

  /// Checks that an operation may fail in this way, and waits a little.
  ///
  /// - Returns: Whether the socket goes on.
  private func passesDatagrams(_ error: SocketError, on socket: DatagramSocket) async -> Bool {
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
    ledger.check(
      error, under: scenario.policy, circumstances.union([.deadline, .closed, .queued]))
  }

  /// Makes a socket with an address of its own; `nil` if that fails.
  private func openDatagrams(
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

  // MARK: Clients

  /// A client's life: sends, receives echoes, takes the last of them, and closes.
  private func sendDatagrams(
    to server: SocketAddress?, _ isUnix: Bool, _ log: DatagramLog, _ numbers: inout Numbers
  ) async {
    let isConnected = numbers.chance(50)
    let socket = await openDatagrams(isUnix, to: isConnected ? server : nil, &numbers)
    guard let socket else {
      await pause(microseconds: 100, on: group.next())
      return
    }
    let client = log.newClient(at: socket.localAddress)
    let target = isConnected && numbers.chance(80) ? nil : server
    if numbers.chance(40) {
      return await sendWithHandlers(socket, client, to: target, server, log, &numbers)
    }
    for number in 0..<UInt32(numbers.within(1...20)) where goesOn {
      let count = Self.datagramByteCount(&numbers)
      await send(
        DatagramLog.Name(client: client, number: number), count, from: socket, to: target, log,
        &numbers)
      if numbers.chance(60) {
        await receiveEcho(socket, server, log, patience: numbers.within(0...400))
      }
    }
    let patience = numbers.within(0...20_000)
    while await receiveEcho(socket, server, log, patience: patience) == .echo {}
    socket.stopReceiving()
    // What has come is still there, and an error may be told before.
    while await receiveEcho(socket, server, log, patience: 1_000_000) != .end {}
    await close(socket, log)
  }

  private static func datagramByteCount(_ numbers: inout Numbers) -> Int {
    switch numbers.within(0...9) {
    case 0: 0
    case 1: numbers.within(DatagramLog.headerByteCount...8000)
    default: numbers.within(DatagramLog.headerByteCount...numbers.pick([30, 300, 1500]))
    }
  }

  private func send(
    _ name: DatagramLog.Name, _ byteCount: Int, from socket: DatagramSocket,
    to target: SocketAddress?, _ log: DatagramLog, _ numbers: inout Numbers
  ) async {
    var bytes = log.begin(name, byteCount)
    let ticket = ledger.begin(.send)
    do throws(SocketError) {
      // Two Unix-domain sockets whose queues are full would wait for each other.
      let timeout: Duration? =
        numbers.chance(10)
        ? .microseconds(numbers.within(1...100))
        : target?.port == nil ? .milliseconds(20) : nil
      try await socket.send(bytes, to: target, timeout: timeout)
      ledger.end(ticket, byteCount)
    } catch {
      ledger.end(ticket, -1)
      log.fail(byteCount == 0 ? nil : name)
      _ = await passesDatagrams(error, on: socket)
    }
    bytes.spoil()
  }

  private enum EchoNews {
    case echo
    /// Nothing came in time, or an error did.
    case nothing
    /// Nothing will come any more.
    case end
  }

  /// Receives an echo, if one comes in time.
  @discardableResult
  private func receiveEcho(
    _ socket: DatagramSocket, _ server: SocketAddress?, _ log: DatagramLog, patience: Int
  ) async -> EchoNews {
    let ticket = ledger.begin(.receive)
    do throws(SocketError) {
      guard let datagram = try await socket.receive(timeout: .microseconds(patience)) else {
        ledger.end(ticket)
        return .end
      }
      ledger.end(ticket, datagram.byteCount)
      _ = log.receive(datagram, isEcho: true, from: server)
      return .echo
    } catch {
      ledger.end(ticket, -1)
      return await passesDatagrams(error, on: socket) ? .nothing : .end
    }
  }

  private func sendWithHandlers(
    _ socket: DatagramSocket, _ client: UInt32, to target: SocketAddress?,
    _ server: SocketAddress?, _ log: DatagramLog, _ numbers: inout Numbers
  ) async {
    let peer = await onLoop(socket.loop) {
      DatagramPeer(socket, echoesOf: server, log, in: self)
    }
    for number in 0..<UInt32(numbers.within(1...20)) where goesOn {
      let count = Self.datagramByteCount(&numbers)
      let ticket = ledger.begin(.send)
      let name = DatagramLog.Name(client: client, number: number)
      await onLoop(socket.loop) {
        peer.send(count == 0 ? nil : name, log.begin(name, count), to: target)
      }
      ledger.end(ticket)
      if numbers.chance(30) {
        await pause(microseconds: numbers.within(0...300), on: socket.loop)
      }
    }
    await pause(microseconds: numbers.within(0...5000), on: socket.loop)
    await peer.close()
  }
}
