// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Uring

/// Has datagrams echoed, one at a time: a lost one is counted, a wrong one is a fault.
struct SoakDatagrams: Sendable {
  let number: Int
  let seed: UInt64
  let loops: [CompletionLoop]
  let address: SocketAddress
  let content: SoakContent
  let tally: SoakTally

  /// How long the echo of a datagram is waited for.
  private static let wait = Duration.milliseconds(200)

  func run(_ phase: SoakPhase) async {
    var numbers = SoakNumbers(seed: seed, phase: phase.number, lane: number)
    let loop = loops[number % loops.count]
    while !phase.isOver {
      do {
        let socket = try await DatagramSocket.connect(to: address, on: loop)
        do {
          try await exchange(on: socket, numbers.spread(over: 1...256), phase, &numbers)
        } catch {
          await socket.close()
          throw error
        }
        await socket.close()
      } catch {
        tally.unexpected(error, "phase \(phase.number), datagrams \(number)")
      }
    }
  }

  private func exchange(
    on socket: DatagramSocket, _ count: Int, _ phase: SoakPhase, _ numbers: inout SoakNumbers
  ) async throws {
    for index in 0..<count where !phase.isOver {
      let size = numbers.spread(over: 1...8192)
      let message = [UInt8(truncatingIfNeeded: index)] + content.bytes[index..<(index + size)]
      try await socket.send(message)
      tally.add { $0.datagrams += 1 }
      do throws(SocketError) {
        while try await !isEcho(of: message, on: socket) {}
      } catch {
        guard error.isTimeout else { throw error }
        tally.add { $0.lostDatagrams += 1 }
      }
    }
  }

  /// Receives a datagram, which may be the late echo of one that was given up.
  private func isEcho(
    of message: [UInt8], on socket: DatagramSocket
  ) async throws(SocketError) -> Bool {
    guard let datagram = try await socket.receive(timeout: Self.wait) else { return false }
    let bytes = datagram.withBytes { [UInt8](copying: $0) }
    if bytes == message {
      tally.add { $0.bytes += UInt64(bytes.count) }
      return true
    }
    let index = Int(bytes.first ?? 0)
    let isLate =
      bytes.first != message.first
      && bytes.dropFirst().elementsEqual(content.bytes[index..<(index + max(0, bytes.count - 1))])
    if !isLate { tally.unexpected(SoakFault.wrongDatagram, "datagrams \(number)") }
    return false
  }
}
