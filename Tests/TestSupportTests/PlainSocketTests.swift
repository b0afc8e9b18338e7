// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Plain sockets", .timeLimit(.minutes(5)))
struct PlainSocketTests {
  @Test("A receive that a signal interrupts goes on until everything has come")
  func interrupted() async {
    // The handler of a signal is the process's.
    await #expect(processExitsWith: .success) {
      let (near, far) = try connectedSockets()
      let message = numbered(5000)
      near.socket.send(Array(message[..<2000]))
      require(far.socket.unreadByteCount == 2000)
      let received = Mutex<[UInt8]>([])
      let receiving = try TestThread {
        takeInterruptions()
        let bytes = try? far.socket.receive(exactly: 5000)
        received.withLock { $0 = bytes ?? [] }
      }
      // What is taken out of the socket is taken by the receive, which waits for the rest: the
      // kernel keeps the socket locked from the one to the other (tcp_recvmsg).
      while far.socket.unreadByteCount > 0 { sched_yield() }
      receiving.interrupt(with: SIGUSR1)
      // The handler runs once recv(2) has returned.
      while interruptionCount.load(ordering: .relaxed) == 0 { sched_yield() }
      near.socket.send(Array(message[2000...]))
      receiving.join()
      let bytes = received.withLock { $0 }
      require(firstDifference(bytes, message) == nil, "\(bytes.count) bytes")
    }
  }

  @Test("A receive ends with the stream")
  func endOfStream() throws {
    let (near, far) = try connectedSockets()
    near.socket.send([1, 2, 3])
    near.socket.finishSending()
    #expect(try far.socket.receive(exactly: 2) == [1, 2])
    #expect(try far.socket.receive(exactly: 0) == [])
    #expect(try far.socket.receive(exactly: 2) == [3])
    #expect(try far.socket.receive(exactly: 2) == [])
  }

  @Test("A reset is told")
  func reset() throws {
    let listener = try PlainSocket.listening()
    let near = try PlainSocket.connected(to: listener.localAddress)
    let far = try listener.accept()
    near.send([1, 2, 3])
    near.reset()
    #expect(throws: Errno.connectionReset) { try far.receive(exactly: 4) }
  }
}

private func connectedSockets() throws -> (near: HeldSocket, far: HeldSocket) {
  let listener = try PlainSocket.listening()
  let near = HeldSocket(try .connected(to: listener.localAddress))
  return (near, HeldSocket(try listener.accept()))
}
