// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

// The clients of the workload of datagrams.
extension World {
  /// A client's life: sends, receives echoes, takes the last of them, and closes.
  func sendDatagrams(
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
        await receiveEcho(socket, client, server, log, patience: numbers.within(0...400))
      }
    }
    let patience = numbers.within(0...20_000)
    while await receiveEcho(socket, client, server, log, patience: patience) == .echo {}
    socket.stopReceiving()
    // What has come is still there, and an error may be told before.
    while await receiveEcho(socket, client, server, log, patience: 1_000_000) != .end {}
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
    _ socket: DatagramSocket, _ client: UInt32, _ server: SocketAddress?, _ log: DatagramLog,
    patience: Int
  ) async -> EchoNews {
    let ticket = ledger.begin(.receive)
    do throws(SocketError) {
      guard let datagram = try await socket.receive(timeout: .microseconds(patience)) else {
        ledger.end(ticket)
        return .end
      }
      ledger.end(ticket, datagram.byteCount)
      _ = log.receive(datagram, echoTo: client, from: server)
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
      DatagramPeer(socket, echoTo: client, from: server, log, in: self)
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
